"""`bench.sfa`: from a table of units to a result."""
