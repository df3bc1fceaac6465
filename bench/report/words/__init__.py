"""Texts, numbers and names in bokmål and English, and the sentences computed from a run."""
