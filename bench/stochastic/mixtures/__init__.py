"""Latent classes and zero inefficiency."""
