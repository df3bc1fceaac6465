"""Prices inside a comparison: multipliers, their ranges and restrictions, and what follows from them."""
