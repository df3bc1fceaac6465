"""Stochastic frontiers on panels."""
