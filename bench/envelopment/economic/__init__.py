"""What inefficiency costs: prices, profit, mergers."""
