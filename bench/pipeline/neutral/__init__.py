"""A fair decision: costs on one footing, over-recording, what may be published, and errors where the truth is known."""
