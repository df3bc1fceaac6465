"""Frontiers that a referee asks for: other noise, dependence, two tiers, correlated effects, endogenous regressors."""
