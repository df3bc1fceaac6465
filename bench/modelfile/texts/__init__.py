"""A model as text: made new for a client, written again, compared with another in words, explained as a page."""
