"""Prices that a model file works out from what a service takes."""
