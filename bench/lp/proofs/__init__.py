"""Proofs of answers: residuals and gap of a batch in numpy, and compiled for many sets of columns."""
