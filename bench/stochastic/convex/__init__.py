"""Frontiers that are convex or concave and have no form: CNLS, StoNED, quantiles."""
