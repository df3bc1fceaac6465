"""Stability of a financing system: does a small disturbance die out, swing or grow?

The yearly map from last year's prices, accounts and settled results to this year's is the engine's own: block PR sets
the price, the units produce, block SR settles, and what units do with the settled result comes back as cost. Its
Jacobian is taken numerically, coordinate by coordinate, all in one call; the size of its largest root says how much of
a disturbance is left a year later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bench.modelfile.sections.blocks import FIXED_SOURCES
from bench.stykkpris.scheme_data import SchemeData
from bench.stykkpris.simulation.behaviour import Behaviour
from bench.stykkpris.simulation.setting import Setting, State, start, unsettled
from bench.stykkpris.simulation.still import settled_in, step, still, widened
from bench.stykkpris.year.books import Books, Yardstick
from bench.stykkpris.year.yardstick import Measured, Standing, Together
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


#: Relative step of the numerical Jacobian: the map is linear between its kinks, so it need not be tiny.
STEP = 1e-4
#: Roots closer to the unit circle than this count as on it.
MARGIN = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """How a scheme's rule answers a disturbance.

    Attributes
    ----------
    scheme : str
    spending : float
        Share of the settled result that units turn into cost: the behaviour the numbers hold for.
    radius : float
        Size of the largest root with the units as they are: below 1 a disturbance dies out.
    scheme_radius : float
        The same when all units swing together.
    roots : complex array
        Roots for the scheme as a whole, the largest first.
    safe_spending : float or None
        Largest share units may spend before a swing of the whole scheme grows; None where no share makes it grow.
    anchor : float
        Part of a lasting change of the cost level that the price does not follow: 0 for a price that passes all cost
        on (every cost level is a fixed point), 1 for a price that does not look at cost.
    rest_level : float
        Price level at rest, against unit cost.
    """

    scheme: str
    spending: float
    radius: float
    scheme_radius: float
    roots: npt.NDArray[np.complex128]
    safe_spending: float | None
    anchor: float
    rest_level: float

    @property
    def verdict(self) -> str:
        """``"stable"``, ``"boundary"`` or ``"explosive"``, for the scheme as a whole and the units as they are."""
        worst = max(self.radius, self.scheme_radius)
        if abs(worst - 1.0) <= MARGIN:
            return "boundary"
        return "stable" if worst < 1.0 else "explosive"

    @property
    def half_life(self) -> float:
        """Years until half a disturbance is left; 0 when it is gone after a year, infinite when it does not die out."""
        worst = max(self.radius, self.scheme_radius)
        if worst >= 1.0 - MARGIN:
            return float("inf")
        return float(np.log(0.5) / np.log(worst)) if worst > 1e-6 else 0.0

    @property
    def swings(self) -> bool:
        """Whether the largest root makes the price go up and down."""
        return bool(len(self.roots) and abs(self.roots[0]) > 1e-6 and self.roots[0].real < 0.0)


def stability(setting: Setting, opening: Books, *, spending: float = 0.0) -> Stability:
    """Return the stability of a scheme's actual rules on its actual accounts.

    Parameters
    ----------
    setting, opening : Setting, Books
        From :func:`bench.stykkpris.simulation.simulate.prepare`.
    spending : float
        Share of the settled result that units spend (and of a carried deficit that they save) the year after.

    Notes
    -----
    Efficiency, volume and the reserves' size are held: only what feeds back on the price moves. Where a rule bends at
    the point of rest, as keeping 90 % of a surplus and carrying 100 % of a deficit does, the two sides count equally,
    which is exact for a two-year swing.
    """
    whole = as_one_unit(setting)
    alone = _alone(whole, opening)
    free, full = (_jacobian(whole, alone, s) for s in (0.0, 1.0))
    mixed = free + spending * (full - free)
    roots = np.linalg.eigvals(mixed).astype(np.complex128)
    roots = roots[np.argsort(-np.abs(roots), kind="stable")]
    units = _jacobian(setting, opening, spending)
    anchor, rest = _anchor(setting, opening)
    return Stability(
        scheme=setting.scheme.id,
        spending=spending,
        radius=_radius(units),
        scheme_radius=_radius(mixed),
        roots=roots,
        safe_spending=_boundary(free, full),
        anchor=anchor,
        rest_level=rest,
    )


def stability_map(setting: Setting, opening: Books, gains: Sequence[float], spendings: Sequence[float]) -> FloatArray:
    """Return the largest root of the scheme as a whole for every gain and spending, array (gains, spendings)."""
    from bench.modelfile.values import plain

    made = np.zeros((len(gains), len(spendings)))
    whole = as_one_unit(setting)
    for row, gain in enumerate(gains):
        price = whole.scheme.price.model_copy(update={"gain": plain(gain)})
        moved = _with_scheme(whole, price=price)
        free, full = (_jacobian(moved, _alone(moved, opening), s) for s in (0.0, 1.0))
        made[row] = [_radius(free + s * (full - free)) for s in spendings]
    return made


def to_frame(found: Sequence[Stability]) -> pd.DataFrame:
    """Return one row per scheme."""
    import pandas as pd

    names = (
        "scheme",
        "spending",
        "radius",
        "scheme_radius",
        "safe_spending",
        "anchor",
        "half_life",
        "swings",
        "verdict",
    )
    return pd.DataFrame([[getattr(one, name) for name in names] for one in found], columns=list(names))


def as_one_unit(setting: Setting) -> Setting:
    """Return the scheme as one unit: what happens when all units swing together.

    Corrections and price classes move money between units and are left out; the price then equals unit cost at rest.
    """
    data = setting.data
    joined: SchemeData = replace(
        data,
        units=("*",),
        present=np.asarray(data.present.any(axis=0, keepdims=True)),
        cost=data.cost.sum(axis=0, keepdims=True),
        volume=data.volume.sum(axis=0, keepdims=True),
        allocated=data.allocated.sum(axis=0, keepdims=True),
        columns={name: values.sum(axis=0, keepdims=True) for name, values in data.columns.items()},
    )
    weighted = float((setting.need @ setting.weights).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        recorded = joined.volume[:, -1] / joined.allocated[:, -1]
    plain_recorded = setting.recorded.size and (setting.recorded == 1.0).all()
    whole = replace(
        setting,
        data=joined,
        present=np.ones(1, dtype=bool),
        columns={name: np.atleast_1d(values.sum()) for name, values in setting.columns.items()},
        fixed=np.atleast_1d(setting.fixed.sum()),
        variable=np.atleast_1d((setting.variable * (setting.need @ setting.weights)).sum() / (weighted or 1.0)),
        recorded=np.ones_like(recorded) if plain_recorded else np.where(np.isfinite(recorded), recorded, 1.0),
        yardstick=_joined(setting.yardstick),
    )
    price = setting.scheme.price.model_copy(update={"class_": (), "own_excluded": False})
    return _with_scheme(whole, price=price, correction=())


def _joined(yardstick: Yardstick | None) -> Yardstick | None:
    """The frontier of a scheme that is one unit: its norm is the sum of the units'."""
    if not isinstance(yardstick, Standing | Measured):
        return yardstick
    norm = {year: np.atleast_1d(np.nansum(norms)) for year, norms in yardstick.given.norm.items()}
    given = replace(yardstick.given, norm=norm)
    return Together(given, yardstick.base) if isinstance(yardstick, Measured) else replace(yardstick, given=given)


def _alone(whole: Setting, opening: Books) -> Books:
    """Return the books of a scheme that is one unit: its accounts, and the prices that were made."""
    return replace(unsettled(whole, opening.weight_year), made=dict(opening.made), funds=dict(opening.funds))


def _with_scheme(setting: Setting, **values: object) -> Setting:
    scheme = setting.scheme.model_copy(update=values)
    return replace(setting, data=replace(setting.data, scheme=scheme))


# -- the yearly map as a vector function -------------------------------------------------------------------------


def _jacobian(setting: Setting, opening: Books, spending: float) -> FloatArray:
    """Central differences of the yearly map in every coordinate, all in one call."""
    world = still(setting, 80)
    rest = settled_in(world, start(world, opening, 1))
    vector = _packed(world, rest)
    size = len(vector)
    scale = STEP * _scales(world, rest)
    points = np.concatenate([vector + np.diag(scale), vector - np.diag(scale)])
    state = _unpacked(world, rest, points)
    after, _ = step(world, state, Behaviour(reserve_spending=spending))
    moved = _packed(world, after).reshape(2 * size, -1)
    return np.asarray(((moved[:size] - moved[size:]) / (2.0 * scale[:, None])).T)


def _layout(setting: Setting) -> list[str]:
    """Names of what feeds back, by how the rules look back."""
    scheme = setting.scheme
    names = [f"cost{k}" for k in range(scheme.price.lag + 1)] + ["settled"]
    # A price that is only indexed stays where it is put: it feeds back on nothing.
    if scheme.price.source not in (*FIXED_SOURCES, "none", "previous"):
        names.append("level")
    transition = scheme.transition
    if transition.hold_harmless is not None or transition.cap is not None or transition.reference == "last-income":
        names.append("income")
    if scheme.block.kind == "incremental":
        names += ["block", "result"]
    if scheme.price.fund_years is not None:
        names += [f"fund{k}" for k in range(max(scheme.price.lag, 1))]
    if scheme.price.reserves == "outside":
        names += [f"spending{k}" for k in range(scheme.price.lag + 1)]
    return names


def _member(state: State, name: str) -> FloatArray:
    if name.startswith(("cost", "spending")):
        held = state.cost if name.startswith("cost") else state.spending
        return np.asarray(held[state.year - int(name[-1])])
    if name == "level":
        return np.asarray(state.made[state.year].level)[..., None]
    if name.startswith("fund"):
        return np.asarray(state.fund(state.year - int(name[-1])))[..., None]
    return np.asarray(getattr(state, name))


def _of_scheme(name: str) -> bool:
    """Whether the scheme has one of a coordinate; of the others there is one for each unit."""
    return name == "level" or name.startswith("fund")


def _packed(setting: Setting, state: State) -> FloatArray:
    """The coordinates of a state: a vector, or a row per draw."""
    rows = len(state.closing)
    parts = []
    for name in _layout(setting):
        value = np.atleast_2d(_member(state, name))
        width = 1 if _of_scheme(name) else len(setting.data.units)
        parts.append(np.broadcast_to(value.reshape(-1, width), (rows, width)))
    packed = np.concatenate(parts, axis=-1)
    return np.asarray(packed[0] if rows == 1 else packed)


def _scales(setting: Setting, state: State) -> FloatArray:
    """Size of each coordinate: cost for amounts, the level for the level."""
    cost = np.maximum(np.broadcast_to(state.cost[state.year], state.closing.shape)[0], 1.0)
    parts = []
    for name in _layout(setting):
        whole = np.abs(_member(state, name)).reshape(-1)[:1] if name == "level" else cost.sum(keepdims=True)
        parts.append(whole if _of_scheme(name) else cost)
    return np.concatenate(parts)


def _unpacked(setting: Setting, rest: State, points: FloatArray) -> State:
    """States with the given coordinates, one per row, alike in everything else."""
    state = widened(rest, len(points))
    n, at = len(setting.data.units), 0
    for name in _layout(setting):
        width = 1 if _of_scheme(name) else n
        part, at = points[:, at : at + width], at + width
        if name.startswith(("cost", "spending")):
            held = state.cost if name.startswith("cost") else state.spending
            held[state.year - int(name[-1])] = part
            if name.startswith("cost"):
                state.estimate[state.year - int(name[-1])] = part
        elif name == "level":
            before = rest.made[rest.year]
            ratio = part[:, 0] / np.atleast_1d(before.level)
            state.made[state.year] = replace(
                before, level=part[:, 0], prices=np.atleast_2d(before.prices) * ratio[:, None]
            )
        elif name.startswith("fund"):
            state.funds[state.year - int(name[-1])] = part[:, 0]
        else:
            setattr(state, name, part)
    return state


def _radius(matrix: FloatArray) -> float:
    return float(np.max(np.abs(np.linalg.eigvals(matrix)))) if matrix.size else 0.0


def _boundary(free: FloatArray, full: FloatArray) -> float | None:
    """The smallest spending at which the largest root reaches one: a scan for the first crossing, then bisection."""

    def radius(share: float) -> float:
        return _radius(free + share * (full - free))

    grid = np.linspace(0.0, 1.0, 41)
    sizes = [radius(share) for share in grid]
    crossing = next((k for k in range(1, len(grid)) if sizes[k] >= 1.0 > sizes[k - 1]), None)
    if crossing is None:
        return 0.0 if sizes[0] >= 1.0 + MARGIN else None
    low, high = float(grid[crossing - 1]), float(grid[crossing])
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if radius(middle) < 1.0 else (low, middle)
    return 0.5 * (low + high) if high < 1.0 - 1e-6 else None


def _anchor(setting: Setting, opening: Books) -> tuple[float, float]:
    """Part of a lasting cost change the price does not follow, and income over cost at rest."""
    world = still(setting, 120)
    state = widened(settled_in(world, start(world, opening, 1)), 2)
    state.efficiency[1] *= 1.0 - STEP
    outcome = None
    for _ in range(40):
        state, outcome = step(world, state)
    assert outcome is not None
    income, cost = outcome.income.sum(axis=-1), outcome.cost.sum(axis=-1)
    followed = (income[0] - income[1]) / (cost[0] - cost[1])
    return float(1.0 - followed), float(income[0] / cost[0])
