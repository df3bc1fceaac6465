"""Frontiers of selected samples."""
