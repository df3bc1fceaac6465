"""Letters to the units, as Word and PDF: what is decided for each, and the data given back for validation."""
