"""The methods a model file may name: their table, their keys, and the sections that name them."""
