"""Where the ranking flips: two drivers at a time, those an advice always shows or a pair the reader chooses.

Drivers of the accounts are *played*: a price and a fixed grant, or the systems the reader names, meet in worlds that
differ in the two drivers alone.
Drivers of the decision are *worked out*: years until a price has paid for its setting up, against the horizon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.errors import OptionError, nearest
from bench.modelfile import Model
from bench.pipeline.jobs import Job
from bench.report.words.advice import DRIVERS, shown_value
from bench.report.words.numbers import Numbers
from bench.stykkpris.scheme_data import scheme_data
from bench.stykkpris.simulation.advising.arguments import Pair
from bench.stykkpris.simulation.advising.drivers import Driver, drivers_of
from bench.stykkpris.simulation.advising.flip_map import FlipMap
from bench.stykkpris.simulation.advising.reasons import HORIZON, SETUP, payback
from bench.stykkpris.simulation.criteria import CRITERIA
from bench.stykkpris.simulation.criterion_values import System
from bench.stykkpris.simulation.outlook import Outlook
from bench.stykkpris.simulation.simulate import simulate
from bench.typing import FloatArray

#: Worlds of every cell of a map, and the years it is played over.
CELLS, SPAN = 160, 4
#: A lasting saving a year where the reader's pair does not hold it: an assumption, and the map says so.
GAIN = 0.01

#: Driver -> what it is in a world, and the values of its axis.
PLAYED: Mapping[str, tuple[str, FloatArray]] = {
    "fixed_share": ("fixed_share", np.array([0.1, 0.3, 0.45, 0.55, 0.7, 0.9])),
    "volatility": ("demand_shock", np.array([0.02, 0.05, 0.10, 0.20])),
    "common": ("common_shock", np.array([0.01, 0.02, 0.05, 0.10])),
    "growth": ("demand_growth", np.array([-0.04, -0.02, 0.0, 0.02, 0.04])),
}
#: Driver -> the values of its axis; those of setting up are shares of what it is held to cost.
WORKED_OUT: Mapping[str, FloatArray] = {
    "inhabitants": np.array([5e3, 13e3, 28e3, 76e3, 114e3]),
    "gain": np.array([0.0025, 0.005, 0.01, 0.02]),
    "setup": np.array([0.25, 0.5, 1.0, 2.0, 4.0]),
    "horizon": np.array([2.0, 3.0, 5.0, 8.0, 12.0]),
}
#: The pairs an advice and a comparison on the command line are mapped over when none is asked for.
USUAL = ("fixed_share,volatility", "fixed_share,growth")
#: Most systems that one map tells apart.
MOST = 4
#: Counted in the file, so nothing to vary.
COUNTED = ("units", "largest_unit")

_EXAMPLE = (
    "Engangskostnaden er kildens eksempel, 10 mill. kr i Stavanger, ikke deres tall; oppgi --setup.",
    "The cost of setting up is the source's example, NOK 10 million in Stavanger, not your figure; give --setup.",
)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What maps are drawn on.

    Attributes
    ----------
    job : Job
    systems : mapping of str to Model
        What is set against each other, on the file's accounts, by the name it has in the result: at least two.
    years : tuple of int
    seed : int
    drivers : tuple of Driver
    cost : float
        Yearly cost of the schemes together, NOK.
    inhabitants, setup : float or None
        As the reader states them.
    horizon : float
    """

    job: Job
    systems: Mapping[str, Model]
    years: tuple[int, ...]
    seed: int
    drivers: Sequence[Driver]
    cost: float
    inhabitants: float | None = None
    setup: float | None = None
    horizon: float = HORIZON

    def measured(self, key: str) -> float | None:
        """Return a driver's mean over the schemes, or None where the data cannot tell."""
        known = [driver.value for driver in self.drivers if driver.key == key and driver.how != "unknown"]
        return float(np.mean(known)) if known else None


def pair_of(text: str) -> tuple[str, str]:
    """Read ``driver,driver``: two drivers that bear on the same question.

    Raises
    ------
    OptionError
        Names every driver a map can be drawn over.

    Examples
    --------
    >>> pair_of("volatility,growth")
    ('volatility', 'growth')
    """
    names = tuple(name.strip() for name in text.split(","))
    known = (*PLAYED, *WORKED_OUT)
    said = f"played: {', '.join(PLAYED)}; worked out: {', '.join(WORKED_OUT)}"
    if len(names) != 2 or names[0] == names[1]:
        raise OptionError(f"flip {text!r}: write two different drivers, such as fixed_share,growth; {said}")
    for name in names:
        if name in COUNTED:
            raise OptionError(f"flip {text!r}: {name} is counted in the file and cannot be varied; {said}")
        if name not in known:
            raise OptionError(f"flip {text!r}: no driver {name!r}{nearest(name, known)}; {said}")
    if (names[0] in PLAYED) != (names[1] in PLAYED):
        raise OptionError(f"flip {text!r}: the two bear on different questions; take both from one group: {said}")
    return names[0], names[1]


def pairs_of(texts: Sequence[str], inhabitants: float | None) -> list[tuple[str, str]]:
    """Read the reader's pairs; one over inhabitants needs the reader's own number, which gives the cost per head."""
    pairs = [pair_of(text) for text in texts]
    for pair in pairs:
        if "inhabitants" in pair and inhabitants is None:
            raise OptionError(
                f"flip '{','.join(pair)}': a map over inhabitants needs your own number, which gives the cost per "
                "head: give --inhabitants"
            )
    return pairs


def between_of(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the systems a map sets against each other: at least two different ones that the result holds.

    Raises
    ------
    OptionError
        Names every system there is.

    Examples
    --------
    >>> between_of(["hamar", "kristiansand"], ["kristiansand", "hamar", "moss"])
    ['hamar', 'kristiansand']
    """
    there = ", ".join(known)
    for name in names:
        if name not in known:
            raise OptionError(f"between: no system {name!r} here{nearest(name, known)}; there are: {there}")
    if (names and len(set(names)) != len(names)) or len(names) == 1:
        raise OptionError(f"between {', '.join(names)}: name two or more different systems of: {there}")
    if len(names) > MOST:
        raise OptionError(f"between: a map tells at most {MOST} systems apart, not {len(names)}")
    return list(names)


def asked_of(said: Mapping[str, Any], names: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the pairs of drivers and the systems a comparison is to be mapped over, before anything is played.

    Raises
    ------
    OptionError
        For drivers of the decision, which set a unit price against staying whatever is compared; for systems that are
        not there.
    """
    pairs = pairs_of(said.get("flip", ()), 1.0)
    for pair in pairs:
        if pair[0] in WORKED_OUT:
            raise OptionError(
                f"flip {','.join(pair)!r}: years until a unit price has paid for itself are for bench advise; a "
                f"comparison is mapped over {', '.join(PLAYED)}"
            )
    named = between_of(said.get("between", ()), names) or list(names)[:MOST]
    return (pairs, named) if len(named) > 1 else ([], [])


def compared_maps(
    job: Job, systems: Mapping[str, Model], pairs: Sequence[tuple[str, str]], years: tuple[int, ...], seed: int
) -> list[FlipMap]:
    """Return the maps of a comparison's systems over pairs of drivers, as :func:`asked_of` gives them."""
    if not pairs:
        return []
    first = next(iter(systems.values())).expanded(job.units)
    parts = scheme_data(first, job.units)
    drivers = [driver for data in parts for driver in drivers_of(data)]
    cost = sum(float(data.cost[:, -1].sum()) for data in parts)
    return [chosen_map(Ground(job, systems, years, seed, drivers, cost), pair) for pair in pairs]


def standard_maps(ground: Ground) -> list[FlipMap]:
    """Return the maps every advice shows: risk, need, and payback where inhabitants are stated."""
    spread = ground.measured("volatility") or 0.0
    risk = _played_map(ground, "risk", "unit_risk", ("fixed_share", "volatility"), {})
    need = _played_map(ground, "need", "pressure", ("fixed_share", "growth"), {"volatility": spread})
    if ground.inhabitants is None:
        return [risk, need]
    return [risk, need, _payback_map(ground, "payback", ("inhabitants", "gain"))]


def chosen_map(ground: Ground, pair: tuple[str, str]) -> FlipMap:
    """Return the map of a pair the reader chose; what is not in the pair stands as measured, and the note says at what.

    Parameters
    ----------
    ground : Ground
    pair : tuple of str
        As :func:`pair_of` gives it: the first stands in the rows.

    Notes
    -----
    Where need grows or falls the criterion is the cost that units carry uncovered. Else need stands still, and it is
    the units' risk. The common movement of a scheme is not among the measured drivers: outside the pair it is none.
    """
    key = "_".join(pair)
    if pair[0] in WORKED_OUT:
        return _payback_map(ground, key, pair)
    found = {name: ground.measured(name) for name in ("fixed_share", "volatility") if name not in pair}
    still = {name: 0.0 for name in ("common", "growth") if name not in pair}
    held = {name: value or 0.0 for name, value in found.items()} | still
    note = _held_note(held, [name for name, value in found.items() if value is None])
    return _played_map(ground, key, "pressure" if "growth" in pair else "unit_risk", pair, held, note)


def _held_note(held: Mapping[str, float], unknown: Sequence[str]) -> Pair:
    """Say what does not vary, at what value, and what stands at nothing because the data cannot tell."""
    said = []
    for at, (language, head, still) in enumerate(
        (
            ("nb", "Holdt fast: ", " (ikke kjent, satt til null)"),
            ("en", "Held: ", " (not known, set to nothing)"),
        )
    ):
        n = Numbers(language)
        parts = [
            f"{DRIVERS[name][at][:1].lower()}{DRIVERS[name][at][1:]} {shown_value(name, value, n)}"
            + (still if name in unknown else "")
            for name, value in held.items()
        ]
        said.append(f"{head}{'; '.join(parts)}.")
    return said[0], said[1]


def _played_map(
    ground: Ground,
    key: str,
    criterion: str,
    pair: tuple[str, str],
    held: Mapping[str, float],
    note: Pair = ("", ""),
) -> FlipMap:
    """Play the systems in the worlds of two drivers, in which everything else stands still."""
    rows, columns = ((name, PLAYED[name][1]) for name in pair)
    span = ground.years[: min(SPAN, len(ground.years))]
    compute = next(one for one in CRITERIA if one.key == criterion).compute
    values = np.zeros((len(rows[1]), len(columns[1]), len(ground.systems)))
    for s, shaped in enumerate(ground.systems.values()):
        for r, c in np.ndindex(*values.shape[:2]):
            drawn = {**held, rows[0]: float(rows[1][r]), columns[0]: float(columns[1][c])}
            world = Outlook.certain(**{PLAYED[name][0]: value for name, value in drawn.items()})
            played = simulate(
                shaped, ground.job.units, years=span, seed=ground.seed, draws=CELLS, behaviour="neutral",
                outlook=world, tables=ground.job.tables,
            )  # fmt: skip
            values[r, c, s] = float(np.mean(compute(System(shaped, played, (), (), ()))))
    return FlipMap(key, criterion, rows, columns, tuple(ground.systems), values, note)


def _payback_map(ground: Ground, key: str, pair: tuple[str, str]) -> FlipMap:
    """Set the years until a unit price has paid for itself against the horizon."""
    setup = SETUP if ground.setup is None else ground.setup
    at = {"inhabitants": ground.inhabitants or 1.0, "gain": GAIN, "setup": setup, "horizon": ground.horizon}
    axes = {name: WORKED_OUT[name] * (setup if name == "setup" else 1.0) for name in pair}
    grid = dict(zip(pair, np.meshgrid(axes[pair[0]], axes[pair[1]], indexing="ij"), strict=True))
    size = axes[pair[0]].size, axes[pair[1]].size
    people, gain, amount, horizon = (np.broadcast_to(grid.get(name, np.asarray(at[name])), size) for name in at)
    years = payback(amount, ground.cost / at["inhabitants"] * people * gain)
    values = np.stack([years, horizon], axis=-1)
    rows, columns = ((name, axes[name]) for name in pair)
    return FlipMap(key, "payback", rows, columns, ("unit-price", "stay"), values, _payback_note(ground, pair))


def _payback_note(ground: Ground, pair: tuple[str, str]) -> Pair:
    said = [list(_EXAMPLE)] if ground.setup is None and "setup" not in pair else []
    if "setup" in pair and ground.setup is None:
        said.append(
            [
                "Engangskostnaden går fra en fjerdedel til det firedobbelte av kildens eksempel, 10 mill. kr.",
                "The cost of setting up goes from a quarter to four times the source's example, NOK 10 million.",
            ]
        )
    if "gain" not in pair:
        said.append(
            [
                f"Varig innsparing er satt til {100 * GAIN:.0f} % av kostnaden i året (antatt).",
                f"The lasting saving is set to {100 * GAIN:.0f} % of the cost a year (assumed).",
            ]
        )
    if "horizon" not in pair and said and pair != ("inhabitants", "gain"):
        said.append(
            [f"Skal være tjent inn på {ground.horizon:g} år.", f"To be paid back within {ground.horizon:g} years."]
        )
    return " ".join(one[0] for one in said), " ".join(one[1] for one in said)
