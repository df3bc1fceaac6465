"""Maximum likelihood: starts, Newton steps, boundaries, and what a search becomes."""
