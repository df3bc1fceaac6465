"""Kinds of files: bytes to a grid of cells, or to columns."""
