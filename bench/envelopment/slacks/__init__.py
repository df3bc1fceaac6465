"""Measures made of every slack, not of one common factor: additive, slacks-based, Russell, closest targets."""
