"""Tables of the pages, and frames as CSV files."""
