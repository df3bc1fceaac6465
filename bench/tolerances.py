"""How near is near enough: one definition for what several rooms must decide alike."""

from __future__ import annotations

#: An efficiency within this of one is one. The proof of each optimum is a hundred times finer, so that nobody is
#: called efficient, or inefficient, by the last digits of a solver.
EFFICIENT = 1e-8
