"""From efficiency to money: cost norms, benchmark prices and efficiency requirements.

The functions take arrays (one scheme and one year at a time) and know nothing about model files or financing.

* :mod:`bench.norms.cost_norms`: what a unit's services should have cost: average, best practice, frontier, combined.
* :mod:`bench.norms.calibration`: make norms or prices add to a stated total.
* :mod:`bench.norms.peer_differences`: scores corrected for how conditions differ from those of the unit's peers.
* :mod:`bench.norms.own_history`: a unit measured by its own mean years.
* :mod:`bench.norms.publication`: peers' shares that tell nobody's cost.
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
from bench.norms.own_history import own_history_score
from bench.norms.peer_differences import Composite, PeerDifferences, bacon, composite, peer_differences
from bench.norms.prices import BenchmarkPrices, multiplier_prices, rescale_prices, weight_prices
from bench.norms.publication import Published, publishable_shares
from bench.norms.requirements import PATHS, RequirementPath, requirement_path

__all__ = [
    "CALIBRATION_KEYS",
    "COMBINATIONS",
    "PATHS",
    "BenchmarkPrices",
    "Calibration",
    "Composite",
    "PeerDifferences",
    "Published",
    "RequirementPath",
    "average_norm",
    "bacon",
    "best_practice_norm",
    "calibrate",
    "combine_norms",
    "combine_scores",
    "composite",
    "frontier_norm",
    "multiplier_prices",
    "own_cost_mix",
    "own_history_score",
    "peer_differences",
    "publishable_shares",
    "requirement_path",
    "rescale_prices",
    "weight_prices",
]
