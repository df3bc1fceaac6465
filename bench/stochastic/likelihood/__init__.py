"""Composed densities, distributions of inefficiency, and the likelihood of independent rows."""
