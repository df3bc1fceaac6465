"""A fair comparison: costs on one footing, the gain of over-recording, and what of it may be published."""
