"""Tables that the tests of stochastic frontiers share."""

from __future__ import annotations

import numpy as np
import pandas as pd

import bench


def costs(n, seed=0, waste=0.3, noise=0.1):
    """Cost of hours and visits at two prices, with half-normal waste."""
    rng = np.random.default_rng(seed)
    hours, visits, wage, rent = np.exp(0.5 * rng.normal(size=(4, n)))
    error = noise * rng.normal(size=n) + waste * np.abs(rng.normal(size=n))
    cost = 30.0 * hours**0.6 * visits**0.3 * wage**0.7 * rent**0.3 * np.exp(error)
    return pd.DataFrame({"cost": cost, "hours": hours, "visits": visits, "wage": wage, "rent": rent})


def units(frame):
    """The table with its roles."""
    named = frame.assign(unit=[f"u{k}" for k in range(len(frame))])
    return bench.Units.from_frame(
        named, id="unit", inputs=["cost"], outputs=["hours", "visits"], input_prices=["wage", "rent"]
    )
