"""What should a unit cost? An interval that assumes no distribution: jackknife+, CV+ and split conformal.

A regression of cost on volumes and conditions is fitted without the unit and, in turn, without each other unit. The
others' errors, at predictions that never saw them, are laid around the predictions for the unit. If units are
exchangeable the interval holds the cost of a comparable unit with a probability that needs no further assumption: not
that the regression is right, nor that errors are normal or alike.

Sources: Barber, Candès, Ramdas & Tibshirani (2021), Annals of Statistics 49 (theorems 1 and 4); Vovk, Gammerman &
Shafer (2005), Algorithmic Learning in a Random World; Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), Journal of
the American Statistical Association 113 (split).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import DataError, EstimationError, Issue, OptionError
from bench.options import PERIODS, Periods, one_of
from bench.presenting import Presented, Summary
from bench.seeds import sequence
from bench.stochastic.afterwards.cost_rules import REGRESSIONS, LeastSquares, Rule, cost_rule
from bench.typing import FloatArray, IntArray
from bench.units import Units, roles_wanted

RESAMPLINGS = ("jackknife+", "cv+", "split")
#: A product of probabilities and counts that is whole up to rounding is whole.
_WHOLE = 1e-9
#: Where leaving a unit out takes more than this share of what determines the function, nothing determines it.
_PINNED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ConformalInterval(Presented):
    """What comparable units would cost.

    Attributes
    ----------
    frame : DataFrame
        One row per unit; see :func:`conformal_interval`.
    regression, resampling : str
    level : float
        Asked for.
    guaranteed : float
        What theory promises for exchangeable units, whatever the truth is; the least over periods. NaN where units
        stand in several periods.
    compared : int
        Other rows whose errors make an interval; the fewest over units and periods.
    warnings : tuple of Issue
    """

    frame: pd.DataFrame
    regression: str
    resampling: str
    level: float
    guaranteed: float
    compared: int
    warnings: tuple[Issue, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame."""
        return self.frame.copy()

    def summary(self) -> Summary:
        """Return what was asked, what is guaranteed and how wide the intervals are; text, HTML and LaTeX."""
        width = (self.frame["upper"] - self.frame["lower"]) / self.frame["expected"]
        facts = [
            ("Regression", self.regression),
            ("Resampling", self.resampling),
            ("Rows", str(len(self.frame))),
            ("Level asked for", f"{self.level:.1%}"),
            ("Guaranteed at least", "nothing" if np.isnan(self.guaranteed) else f"{self.guaranteed:.1%}"),
            ("Other rows behind each interval", str(self.compared)),
        ]
        rows = [("median width, share of the expected cost", f"{float(width.median()):.3f}")]
        if "cost" in self.frame:
            above = int((self.frame["cost"] > self.frame["upper"]).sum())
            below = int((self.frame["cost"] < self.frame["lower"]).sum())
            rows += [("rows that cost more than their interval", str(above)), ("less", str(below))]
        notes: tuple[str, ...] = ("The interval is for the cost of a unit like this one, not for its efficiency.",)
        notes += tuple(f"{issue.message}. {issue.remedy}." for issue in self.warnings)
        return Summary("Conformal interval of cost", tuple(facts), (), (("Intervals", tuple(rows)),), notes)

    def plot(self) -> Any:
        """Return an Altair chart of each unit's cost and its interval."""
        import altair as alt

        table = self.frame.reset_index()
        labels = [str(column) for column in table.columns if column not in self.frame.columns]
        table["label"] = table[labels].astype(str).agg(" ".join, axis=1)
        base = alt.Chart(table).encode(y=alt.Y("label:N", sort="-x", title=None))
        bars = base.mark_rule(strokeWidth=3).encode(x=alt.X("lower:Q", title="cost"), x2="upper:Q")
        marks = [base.mark_point(filled=True, size=50).encode(x="cost:Q")] if "cost" in self.frame else []
        return alt.layer(bars, *marks)

    def __repr__(self) -> str:
        return f"ConformalInterval({self.regression}, {self.resampling}, {len(self.frame)} rows, level {self.level:g})"


def conformal_interval(
    units: Units,
    *,
    regression: str = "least-squares",
    form: str = "cobb-douglas",
    environment: Sequence[str] = (),
    distribution: str = "half-normal",
    rts: str = "vrs",
    resampling: str | None = None,
    folds: int = 10,
    level: float = 0.9,
    seed: int = 0,
    new: Units | None = None,
    periods: Periods | None = None,
) -> ConformalInterval:
    """Return an interval for what each unit would cost if it were one more unit like the others.

    Use it to say what a unit of these volumes and conditions is likely to cost, with an error that needs no model to be
    true: before a price is set for it, or a cost is called unusual.

    Parameters
    ----------
    units : Units
        One input, the cost; outputs, and perhaps input prices (least squares and SFA).
    regression : {"least-squares", "sfa", "cnls"}
        The function of cost. Its errors decide how wide the interval is, not whether it holds.
    form : {"cobb-douglas", "translog", "quadratic"}
        Of least squares and SFA. The quadratic, in levels, takes volumes of zero; so does ``cnls``.
    environment : sequence of str
        Conditions that shift cost.
    distribution : str
        Of inefficiency in SFA.
    rts : {"vrs", "crs", "drs", "irs"}
        Of ``cnls``.
    resampling : {"jackknife+", "cv+", "split"}, optional
        Every unit left out in turn; units left out fold by fold; or the function from half of the others and errors
        from the other half. Jackknife+ for least squares on one period, CV+ otherwise, when omitted.
    folds : int
        Of ``cv+``, and of the rows that ``split`` looks at together.
    level : float
        Aim, half of the rest in each tail. Guaranteed: ``level`` by ``split``, ``2 level − 1`` by ``jackknife+``,
        somewhat less by ``cv+``; typical is ``level`` for all three.
    seed : int
        Of the folds; jackknife+ draws nothing.
    new : Units, optional
        Other units to say something of, with the table's columns; they join no regression.
    periods : {"pooled", "separate"}, optional
        Needed when there are several: one regression per period, or one over all with whole units left out.

    Returns
    -------
    ConformalInterval
        Per row: ``cost``, ``expected`` (median of what the others make likely), ``lower``, ``upper`` and ``position``,
        the share of comparisons that the unit's cost lies above: near one is dear. With a single output also
        ``unit_cost``, ``unit_cost_lower`` and ``unit_cost_upper``.

    Raises
    ------
    OptionError, DataError, EstimationError

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> hours = np.exp(rng.normal(size=60))
    >>> cost = 50 * hours**0.9 * np.exp(0.1 * rng.normal(size=60))
    >>> units = bench.Units.from_arrays(cost, hours)
    >>> found = conformal_interval(units, level=0.9)
    >>> bool(found.frame["cost"].between(found.frame["lower"], found.frame["upper"]).mean() > 0.8)
    True
    >>> round(found.guaranteed, 6)
    0.8
    """
    asked = {"regression": one_of(regression, REGRESSIONS, "regression"), "form": form, "environment": environment,
             "distribution": distribution, "rts": rts}  # fmt: skip
    way = None if resampling is None else one_of(resampling, RESAMPLINGS, "resampling")
    _refuse(units, new, level, folds)
    choice = _periods(units, new, periods)
    if choice == "separate":
        parts = [
            _one(units.for_period(one), None if new is None else new.for_period(one), asked, way, folds, level, seed)
            for one in units.periods
            if new is None or one in new.periods
        ]
    else:
        parts = [_one(units, new, asked, way, folds, level, seed)]
    told = units if new is None else new
    frame = pd.concat([part.frame for part in parts])
    return replace(
        parts[0],
        frame=frame.loc[told.index] if choice == "separate" else frame,
        guaranteed=min(part.guaranteed for part in parts),
        compared=min(part.compared for part in parts),
        warnings=tuple(issue for part in parts for issue in part.warnings),
    )


def _one(
    units: Units, new: Units | None, asked: dict[str, Any], way: str | None, folds: int, level: float, seed: int
) -> ConformalInterval:
    """The intervals of one sample."""
    group = np.unique(units.frame[units.id].to_numpy(), return_inverse=True)[1]
    count = int(group.max()) + 1 if len(group) else 0
    if count < 3:
        raise DataError(f"an interval needs at least three units, and there {'is' if count == 1 else 'are'} {count}")
    rule = cost_rule(units, new, **asked)
    several = count < len(units)
    chosen = way or ("jackknife+" if isinstance(rule, LeastSquares) and not several else "cv+")
    parts = count if chosen == "jackknife+" else min(folds, count)
    at = np.arange(len(units)) if new is None else len(units) + np.arange(len(new))
    if isinstance(rule, LeastSquares) and chosen == "jackknife+" and not several:
        values = _left_out_exactly(rule, units.names, None if new is None else at)
    else:
        values = _left_out(rule, _folds(group, parts, seed), None if new is None else at, chosen == "split", units)
    least = min(len(row) for row in values)
    bounds = np.array([_bounds(row, level) for row in values])
    money = rule.money(bounds, at)
    columns: dict[str, npt.ArrayLike] = {"expected": money[:, 1], "lower": money[:, 0], "upper": money[:, 2]}
    if new is None:
        cost = units.X[:, 0]
        place = [float(np.mean(row < own)) for row, own in zip(values, rule.y, strict=True)]
        columns = {"cost": cost, **columns, "position": place}
    told = units if new is None else new
    frame = pd.DataFrame(columns, index=told.index)
    if len(told.outputs) == 1:
        _add_unit_cost(frame, told.Y[:, 0])
    issues = (_not_alike(),) if several else ()
    promise = float("nan") if several else _guaranteed(chosen, level, least, parts - (new is None))
    return ConformalInterval(frame, asked["regression"], chosen, level, promise, least, issues)


def _add_unit_cost(frame: pd.DataFrame, volume: FloatArray) -> None:
    """Cost per unit of the only service; NaN where nothing was made."""
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(volume > 0.0, 1.0 / volume, np.nan)
    if "cost" in frame:
        frame["unit_cost"] = frame["cost"] * each
    frame["unit_cost_lower"], frame["unit_cost_upper"] = frame["lower"] * each, frame["upper"] * each


# -- predictions and errors that never saw each other ------------------------------------------------------


def _left_out_exactly(rule: LeastSquares, names: Sequence[str], at: IntArray | None) -> list[FloatArray]:
    """Per row, the others' errors around its prediction, by the hat matrix: no function is fitted twice.

    The errors of two rows i and k left out together are (I − H)⁻¹e on these two rows.
    """
    n = len(rule.y)
    X = rule.points[:n]
    q, _ = np.linalg.qr(X / np.sqrt(np.mean(X**2, axis=0)))
    hat = q @ q.T
    e = rule.y - hat @ rule.y
    free = 1.0 - np.diagonal(hat)
    _refuse_pinned(free, names)
    if at is not None:
        scaled = rule.points[at] / np.sqrt(np.mean(X**2, axis=0))
        pull = np.linalg.lstsq(X / np.sqrt(np.mean(X**2, axis=0)), q, rcond=None)[0]
        reach = (scaled @ pull) @ q.T
        middle = reach @ rule.y
        return list(middle[:, None] - reach * (e / free) + e / free)
    found = []
    for k in range(n):
        others = np.delete(np.arange(n), k)
        h, fi = hat[k, others], free[others]
        det = free[k] * fi - h**2
        short = others[det <= _PINNED * np.maximum(free[k], fi)]
        if len(short):
            _refuse_pinned(np.zeros(1), [f"{names[k]} and {names[int(short[0])]}"])
        own = (fi * e[k] + h * e[others]) / det
        theirs = (free[k] * e[others] + h * e[k]) / det
        found.append(rule.y[k] - own + theirs)
    return found


def _refuse_pinned(free: FloatArray, names: Sequence[str]) -> None:
    issues = [
        Issue(
            "one-unit-decides",
            "without this the others do not determine the function, so nothing says what it would cost",
            "choose a form with fewer terms or fewer conditions",
            unit=str(names[int(row)]),
        )
        for row in np.flatnonzero(free <= _PINNED)
    ]
    if issues:
        raise DataError(issues)


def _folds(group: IntArray, parts: int, seed: int) -> IntArray:
    """Number the fold of each row: whole units, by name, so that the order of rows does not matter."""
    order = np.random.default_rng(sequence(seed)).permutation(int(group.max()) + 1)
    return np.asarray((np.argsort(order) % parts)[group], dtype=np.int64)


def _left_out(rule: Rule, fold: IntArray, at: IntArray | None, split: bool, units: Units) -> list[FloatArray]:
    """Per row, the others' errors around its prediction, one function per pair of folds left out (or per half)."""
    if at is not None:
        return _around_new(rule, fold, at, split, units)
    found: list[list[FloatArray]] = [[] for _ in fold]
    parts = int(fold.max()) + 1
    for a in range(parts):
        inside = np.flatnonzero(fold == a)
        if split:
            learn, judge = _halves(fold, a)
            at_own, error = _errors(rule, learn, inside, judge, units)
            for row, value in zip(inside, at_own, strict=True):
                found[row].append(value + error)
            continue
        for b in range(a + 1, parts):
            other = np.flatnonzero(fold == b)
            rest = np.flatnonzero((fold != a) & (fold != b))
            both = np.concatenate([inside, other])
            value = _fitted(rule, rest, both, units)
            error = rule.y[both] - value
            for place, row in enumerate(both):
                theirs = error[len(inside) :] if place < len(inside) else error[: len(inside)]
                found[row].append(value[place] + theirs)
    return [np.concatenate(part) for part in found]


def _around_new(rule: Rule, fold: IntArray, at: IntArray, split: bool, units: Units) -> list[FloatArray]:
    """The same for rows of another table: they are in no fold."""
    if split:
        learn, judge = _halves(fold, -1)
        value, error = _errors(rule, learn, at, judge, units)
        return list(value[:, None] + error)
    blocks = []
    for a in range(int(fold.max()) + 1):
        judge = np.flatnonzero(fold == a)
        value, error = _errors(rule, np.flatnonzero(fold != a), at, judge, units)
        blocks.append(value[:, None] + error)
    return list(np.hstack(blocks))


def _halves(fold: IntArray, gone: int) -> tuple[IntArray, IntArray]:
    """Folds to learn from and to judge by: every second of those that are left."""
    left = [part for part in range(int(fold.max()) + 1) if part != gone]
    return np.flatnonzero(np.isin(fold, left[::2])), np.flatnonzero(np.isin(fold, left[1::2]))


def _errors(rule: Rule, learn: IntArray, at: IntArray, judge: IntArray, units: Units) -> tuple[FloatArray, FloatArray]:
    value = _fitted(rule, learn, np.concatenate([at, judge]), units)
    return value[: len(at)], rule.y[judge] - value[len(at) :]


def _fitted(rule: Rule, rows: IntArray, at: IntArray, units: Units) -> FloatArray:
    """The prediction, or who was left out where there is none."""
    try:
        return rule.predict(rows, at)
    except (DataError, EstimationError) as error:
        names = units.names
        gone = [names[int(row)] for row in np.setdiff1d(np.arange(len(units)), rows)]
        listed = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" if len(gone) > 5 else "")
        where = f"without {listed} the function of cost cannot be fitted"
        if isinstance(error, DataError) and error.issues:
            raise DataError([replace(one, message=f"{where}: {one.message}") for one in error.issues]) from error
        raise type(error)(f"{where}: {error}") from error


# -- bounds ------------------------------------------------------------------------------------------------


def _bounds(values: FloatArray, level: float) -> tuple[float, float, float]:
    """Lower bound, median and upper bound of a unit, from the others' errors around its predictions.

    Each tail holds ⌊(1 − level)/2 · (m + 1)⌋ of the m + 1 places that the unit can take among the others.
    """
    m = len(values)
    tail = int(np.floor(0.5 * (1.0 - level) * (m + 1) + _WHOLE))
    if tail < 1:
        needed = int(np.ceil(2.0 / (1.0 - level) - _WHOLE)) - 1
        most = 1.0 - 2.0 / (m + 1)
        raise DataError(
            f"level={level:g} needs the errors of at least {needed} other units, and there are {m}: "
            + (f"ask for level={np.floor(1000 * most) / 1000:g} or less" if m > 1 else "there are too few units")
        )
    ordered = np.sort(values)
    return float(ordered[tail - 1]), float(np.median(ordered)), float(ordered[m - tail])


def _guaranteed(way: str, level: float, m: int, parts: int) -> float:
    """What theory promises: Barber et al. 2021, theorems 1 (jackknife+) and 4 (CV+), once for each tail."""
    if way == "split":
        return level
    excess = 0.0
    if way == "cv+":
        size = m / parts
        excess = min(2.0 * (1.0 - 1.0 / parts) / (size + 1.0), max(1.0 - parts / m, 0.0) / (parts + 1.0))
    return max(2.0 * level - 1.0 - 2.0 * excess, 0.0)


# -- questions before the work -----------------------------------------------------------------------------


def _refuse(units: Any, new: Any, level: float, folds: Any) -> None:
    for table, name in ((units, "units"), (new, "new")):
        if not isinstance(table, Units) and not (table is None and name == "new"):
            raise OptionError(roles_wanted(table, name))
    if not 0.0 < level < 1.0:
        raise OptionError(f"level must lie between 0 and 1; got {level!r}")
    if isinstance(folds, bool) or not isinstance(folds, int) or folds < 3:
        raise OptionError(f"folds must be a whole number of at least 3; got {folds!r}")
    if len(units.inputs) != 1:
        raise DataError(
            f"the interval is of one cost, and the table has {len(units.inputs)} inputs: {', '.join(units.inputs)}; "
            "choose one with select(inputs=[…]), or add them up to one column"
        )


def _periods(units: Units, new: Units | None, periods: Periods | None) -> str:
    choice = None if periods is None else one_of(periods, PERIODS, "periods")
    several = len(units.periods) > 1
    if several and choice is None:
        raise OptionError(
            f"the table has {len(units.periods)} periods; say periods='separate' (one function of cost per period) or "
            "periods='pooled' (one over all, with whole units left out)"
        )
    if several and choice == "separate" and new is not None:
        gone = [one for one in new.periods if one not in units.periods]
        if gone:
            raise OptionError(f"the table has no unit in period {gone[0]}, which new has: use periods='pooled'")
    return "separate" if several and choice == "separate" else "pooled"


def _not_alike() -> Issue:
    return Issue(
        "rows-not-exchangeable",
        "units stand in several periods: years of one unit are alike, so the guarantee does not hold for them",
        "use periods='separate', or one period",
        severity="warning",
    )
