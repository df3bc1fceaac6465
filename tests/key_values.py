"""A value per key of a method, for tests that try every method: one its range allows, other than what it would be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Keys that name no column of a table.
VALUES: Mapping[str, Any] = {
    "rts": "vrs",
    "seed": 1,
    "replicates": 100,
    "halves": 3,
    "splits": 2,
    "level": 0.8,
    "m": 5,
    "alpha": 0.9,
    "width": 2,
    "deletions": 1,
    "threshold": 0.02,
    "least": 0.2,
    "scaling": [0.7, 1.4],
    "goal": "benevolent",
    "norm": "largest",
    "weights": "ram",
    "sets": "global",
    "requirement": 0.6,
    "algorithm": 1,
    "convention": "simar-wilson-1998",
    "hypothesis": "constant-returns",
}
