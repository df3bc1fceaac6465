"""What is made of a fitted frontier."""
