"""Scores of units against the others: a unit whose norm hangs on its own accounts sets its own yardstick.

Where the reference holds a unit's own rows, an efficient unit is measured by itself: its norm is its own cost, and a
saving of its own lowers the norm by as much. Left out, it is measured by the others alone and scores above one where it
beats them (Andersen & Petersen 1993, Management Science 39, 1261-1264). All rows of the unit are left out, those of
earlier years too: last year's accounts are its own as well.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.catalogue import METHODS, SCORE_METHODS
from bench.errors import Issue, ModelError
from bench.modelfile import FrontierOptions, Model
from bench.pipeline.asking.library import takes_reference
from bench.pipeline.scores.methods import ROWWISE, Choice, Measured, measured
from bench.pipeline.scores.sample import Sample
from bench.tolerances import EFFICIENT
from bench.typing import BoolArray, FloatArray, IndexArray

#: What became of a unit whose own rows carried weight in its norm.
LEFT_OUT, CAPPED, ALONE = "left out", "capped", "alone"
#: Methods a frontier is fitted by: the frontier is not made of single rows.
_FITTED = tuple(name for name, spec in METHODS.items() if spec.room == "stochastic")
#: A score this far above the limit is not rounding.
_ABOVE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class OthersOnly:
    """Scores of a sample by the others alone.

    Attributes
    ----------
    measured : Measured
    status : array (e,) of str
        Empty where the unit's own rows carry no weight in its norm, ``left out`` where they did, ``capped`` where the
        score reached the limit, ``alone`` where no combination of others makes the unit's outputs.
    """

    measured: Measured
    status: np.ndarray[tuple[int], np.dtype[np.object_]]


@functools.cache
def excluding() -> tuple[str, ...]:
    """Return the methods besides DEA that can measure a unit by the others; all are loaded to tell."""
    return tuple(name for name in SCORE_METHODS if name not in _FITTED and takes_reference(name))


def excludes_own(model: Model, scheme: str, options: FrontierOptions) -> bool:
    """Tell whether units are left out of their own reference: as stated, else where the frontier feeds money.

    A reference of fixed years does not move with the unit's later accounts, so nothing is left out of it unasked.
    """
    if options.own is not None:
        return options.own == "excluded"
    frozen = options.reference is not None and bool(options.reference.years)
    return model.feeds_money(scheme) and not frozen


def by_others(
    model: Model, choice: Choice, sample: Sample, found: Measured, limit: float, *, workers: int = 1
) -> OthersOnly:
    """Measure again, by the others, every unit that is its own peer.

    Programs without weight on the unit's own rows are optimal without these rows too, so nobody else is solved again.

    Parameters
    ----------
    model : Model
    choice : Choice
        A fitted frontier comes back as it is.
    sample : Sample
    found : Measured
        With everybody in everybody's reference.
    limit : float
        Highest score that counts. Beyond it the norm is the limit times the unit's own cost, and its peer is itself.

    Raises
    ------
    ModelError
        For a method that measures only the rows its frontier is made of.
    """
    status = np.full(len(sample.evaluated), "", dtype=object)
    if choice.method in _FITTED:
        return OthersOnly(found, status)
    if choice.method != "dea" and not takes_reference(choice.method):
        raise ModelError(
            f"the variant {choice.id!r} measures the rows its frontier is made of, and cannot leave a unit out of its "
            "own reference: state frontier.own = 'included' with the reason in a [[basis]], or take a method that "
            f"can: {', '.join(('dea', *excluding()))}",
            file=model.file,
            key="frontier.own",
        )
    own_rule = sample.own >= 0
    rows = np.flatnonzero(_own_weight(sample, found) & ~own_rule)
    status[rows] = LEFT_OUT
    merged, alone = found, np.zeros(len(status), dtype=bool)
    together = choice.method == "dea" and not choice.restriction
    for group in _groups(sample, rows) if together else [rows[[place]] for place in range(rows.size)]:
        part = _against_others(model, choice, sample, group, workers)
        known = np.zeros(len(group), dtype=bool) if part is None else np.isfinite(part.efficiency)
        alone[group[~known]] = True
        if part is not None and known.any():
            merged = _merged(merged, part, group, known, sample)
    capped = ~alone & ~own_rule & (merged.efficiency > limit * (1.0 + _ABOVE))
    status[alone], status[capped] = ALONE, CAPPED
    score = np.where(alone, 1.0, np.where(own_rule, merged.efficiency, np.minimum(merged.efficiency, limit)))
    return OthersOnly(_itself(replace(merged, efficiency=score), sample, alone | capped), status)


def told(status: Sequence[tuple[int, str, str]], limit: float) -> list[Issue]:
    """Name the units that no other unit can be a yardstick for, from rows of year, unit and status."""
    said = {
        ALONE: (
            "own-reference-infeasible",
            "no combination of the other units makes what these make, so each is its own norm",
            "measure them by constant returns, by more years, or by a unit rule of their own",
        ),
        CAPPED: (
            "own-reference-capped",
            f"these beat the others by more than frontier.own_limit = {limit:g} lets count",
            "look at their accounts for an error or another kind of service before the limit is moved",
        ),
    }
    issues = []
    for kind, (rule, message, remedy) in said.items():
        by_unit: dict[str, list[int]] = {}
        for year, unit, what in status:
            if what == kind:
                by_unit.setdefault(unit, []).append(year)
        if by_unit:
            names = ", ".join(f"{unit} ({', '.join(map(str, years))})" for unit, years in by_unit.items())
            issues.append(Issue(rule, f"{message}: {names}", remedy, severity="warning"))
    return issues


def _own_weight(sample: Sample, found: Measured) -> BoolArray:
    """Rows whose norm may hang on the unit's own rows, of any year: by its peers, where the method tells them.

    Where it does not, a row that lies behind the frontier has no weight on itself: taken away from the combination that
    beats it, what is left beats it by more. Earlier rows of the unit may have.
    """
    peers = found.peers
    if peers is None:
        table = sample.evaluated
        count = sample.reference.frame[sample.reference.id].value_counts()
        several = table.frame[table.id].map(count).fillna(0).to_numpy() > 1
        return np.asarray(several | ~(found.efficiency < 1.0 - EFFICIENT))
    own = peers[(peers["unit"] == peers["peer"]).to_numpy()]
    table = sample.evaluated
    if table.period is not None:
        keys = set(zip(own["unit"], own["period"], strict=True))
        mine = zip(table.frame[table.id], table.frame[table.period], strict=True)
        return np.array([key in keys for key in mine], dtype=bool)
    return np.asarray(table.frame[table.id].isin(set(own["unit"])), dtype=bool)


def _groups(sample: Sample, rows: IndexArray) -> list[IndexArray]:
    """Rows that can be measured together: those with one row of their own in the reference, and each of the others."""
    if sample.averaged or not rows.size:
        return [rows[[place]] for place in range(rows.size)]
    names = sample.base.frame[sample.base.id].to_numpy(dtype=object)[sample.common]
    count = pd.Series(names).value_counts()
    units = sample.evaluated.frame[sample.evaluated.id].to_numpy(dtype=object)[rows]
    single = np.array([count.get(unit, 0) == 1 for unit in units])
    single &= np.isin(rows, np.flatnonzero(sample.evaluated.index.isin(sample.reference.index)))
    together = [rows[single]] if single.any() else []
    return [*together, *(rows[[place]] for place in np.flatnonzero(~single))]


def _against_others(model: Model, choice: Choice, sample: Sample, rows: IndexArray, workers: int) -> Measured | None:
    """Measure some rows against the others; None where there are no others."""
    part = replace(
        sample,
        rows=sample.rows[rows],
        evaluated=sample.evaluated.take(rows),
        own=np.full(len(rows), -1, dtype=np.intp),
        factor=sample.factor[rows],
    )
    if len(rows) > 1:
        return measured(model, choice, replace(part, others_only=True), workers=workers)
    unit = part.evaluated.frame[part.evaluated.id].iloc[0]
    common = sample.common & (sample.base.frame[sample.base.id] != unit).to_numpy()
    return measured(model, choice, replace(part, common=common), workers=workers) if common.any() else None


def _merged(found: Measured, part: Measured, rows: IndexArray, known: BoolArray, sample: Sample) -> Measured:
    """Put what the others say of some rows in place of what the whole says, where they say anything."""
    values: dict[str, Any] = {}
    for name in ROWWISE:
        array, one = getattr(found, name), getattr(part, name)
        if array is not None and one is not None:
            values[name] = array.copy()
            values[name][rows[known]] = one[known]
    for name in ("peers", "multipliers"):
        frame, one = getattr(found, name), getattr(part, name)
        if frame is not None:
            gone = one[~_of(one, sample, rows[known])].index
            others = frame[~_of(frame, sample, rows[known])]
            values[name] = pd.concat([others, one.drop(index=gone)], ignore_index=True)
    return replace(found, **values)


def _of(frame: pd.DataFrame, sample: Sample, rows: IndexArray) -> BoolArray:
    """Rows of a tidy frame that speak of some evaluated rows."""
    table = sample.evaluated
    picked = table.frame.iloc[rows]
    if table.period is None or "period" not in frame.columns:
        return frame["unit"].isin(set(picked[table.id])).to_numpy(dtype=bool)
    keys = set(zip(picked[table.id], picked[table.period], strict=True))
    return np.array([key in keys for key in zip(frame["unit"], frame["period"], strict=True)], dtype=bool)


def _itself(made: Measured, sample: Sample, itself: BoolArray) -> Measured:
    """Say of units whose norm is a number times their own cost that their peer is themselves."""
    rows = np.flatnonzero(itself)
    if not rows.size or made.peers is None:
        return made
    table = sample.evaluated
    units = table.frame[table.id].to_numpy(dtype=object)[rows]
    score: FloatArray = made.efficiency[rows]
    own: dict[str, Any] = {"unit": units, "peer": units, "intensity": score, "share": 1.0, "norm_share": 1.0}
    if table.period is not None:
        own["period"] = table.frame[table.period].to_numpy()[rows]
    own["peer_period"] = sample.year
    others = made.peers[~_of(made.peers, sample, rows)]
    frame = pd.concat([others, pd.DataFrame(own)[list(others.columns)]], ignore_index=True)
    return replace(made, peers=frame)
