"""What a decision costs in error, where the truth is known: asked of those who have nothing to give, and left untaken.

No regulator publishes these two numbers, because nobody knows the truth of a real scheme. On a made-up one they show
what evidence, combination and the share of the frontier do before they are chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.errors import OptionError
from bench.typing import FloatArray

#: Efficiency above which a unit has nothing to give.
EFFICIENT = 0.999


@dataclass(frozen=True, slots=True)
class DecisionError:
    """Error of a requirement in NOK.

    Attributes
    ----------
    efficient : int
        Units that are truly efficient.
    required : float
        Asked of all units.
    required_of_efficient : float
        Asked of those that are truly efficient.
    required_beyond : float
        Asked of any unit beyond its own true potential.
    potential : float
        True potential of all units.
    not_required : float
        True potential that nobody is asked for.
    """

    efficient: int
    required: float
    required_of_efficient: float
    required_beyond: float
    potential: float
    not_required: float


def decision_error(cost: FloatArray, efficiency: FloatArray, required: FloatArray) -> DecisionError:
    """Hold what is asked of n units against their true efficiency.

    Parameters
    ----------
    cost : array (n,)
        NOK.
    efficiency : array (n,)
        True share of the cost that is needed, from 0 to 1.
    required : array (n,)
        Asked, NOK.

    Raises
    ------
    OptionError
        For efficiencies outside 0 to 1.

    Examples
    --------
    >>> found = decision_error(np.array([100.0, 200.0]), np.array([1.0, 0.8]), np.array([5.0, 30.0]))
    >>> found.required_of_efficient, found.required_beyond, round(found.potential, 9), round(found.not_required, 9)
    (5.0, 5.0, 40.0, 10.0)
    """
    if ((efficiency <= 0.0) | (efficiency > 1.0 + 1e-9)).any():
        raise OptionError("true efficiencies are shares above 0 and at most 1")
    truly = efficiency > EFFICIENT
    potential = np.maximum(1.0 - efficiency, 0.0) * cost
    return DecisionError(
        efficient=int(truly.sum()),
        required=float(required.sum()),
        required_of_efficient=float(required[truly].sum()),
        required_beyond=float(np.maximum(required - potential, 0.0).sum()),
        potential=float(potential.sum()),
        not_required=float(np.maximum(potential - required, 0.0).sum()),
    )


def dominated(errors: Mapping[str, DecisionError], name: str) -> list[str]:
    """Return the choices that ask less of efficient units and leave less potential untaken than one, by name."""
    own = errors[name]
    better = []
    for other, error in errors.items():
        pairs = (
            (error.required_of_efficient, own.required_of_efficient),
            (error.not_required, own.not_required),
        )
        if all(theirs <= mine for theirs, mine in pairs) and any(theirs < mine for theirs, mine in pairs):
            better.append(other)
    return better
