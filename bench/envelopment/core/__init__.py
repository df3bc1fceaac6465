"""What every envelopment method stands on: the production set, distances to it, and one layout of results."""
