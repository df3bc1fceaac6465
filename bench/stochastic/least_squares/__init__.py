"""Frontiers by least squares, in cross-sections and panels."""
