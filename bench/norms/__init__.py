"""From efficiency to money: cost norms, benchmark prices and efficiency requirements.

The functions take arrays (one scheme and one year at a time) and know nothing about model files or financing.

* :mod:`bench.norms.cost_norms`: what a unit's services should have cost: average, best practice, frontier, combined.
* :mod:`bench.norms.calibration`: make norms or prices add to a stated total.
* :mod:`bench.norms.prices`: benchmark price per service.
* :mod:`bench.norms.requirements`: the norm as a path of yearly requirements.
"""

from bench.norms.calibration import CALIBRATION_KEYS, Calibration, calibrate
from bench.norms.cost_norms import (
    COMBINATIONS,
    average_norm,
    best_practice_norm,
    combine_norms,
    combine_scores,
    frontier_norm,
    own_cost_mix,
)
from bench.norms.prices import BenchmarkPrices, multiplier_prices, rescale_prices, weight_prices
from bench.norms.requirements import PATHS, RequirementPath, requirement_path

__all__ = [
    "CALIBRATION_KEYS",
    "COMBINATIONS",
    "PATHS",
    "BenchmarkPrices",
    "Calibration",
    "RequirementPath",
    "average_norm",
    "best_practice_norm",
    "calibrate",
    "combine_norms",
    "combine_scores",
    "frontier_norm",
    "multiplier_prices",
    "own_cost_mix",
    "requirement_path",
    "rescale_prices",
    "weight_prices",
]
