"""Units that decide too much, or do not belong."""
