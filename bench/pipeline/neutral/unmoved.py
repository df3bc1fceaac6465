"""Who cannot move when one unit's number is corrected, with the proof: no second look at the frontier is needed.

A unit's score is the value of a linear program. Where the corrected unit carries no weight in it, the combination that
gave the score is still there, so the score cannot rise. Where the unit's own prices (its multipliers) still let the
corrected rows cost at least what they are worth, ``v·x ≥ u·y + u₀``, the prices prove the score from the other side, so
it cannot fall. Both together: it stays, whatever is done with the program (Charnes, Cooper, Lewin, Morey & Rousseau
1985, Annals of Operations Research 2, 139-156, on the sensitivity of efficiency to one unit's data).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bench.envelopment.core.technology import CONVEX
from bench.modelfile import FrontierOptions, Model
from bench.pipeline.frontier import first_samples, with_defaults
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.sample import PriceLevel, Sample
from bench.typing import BoolArray

#: Columns of the proof.
COLUMNS = ("scheme", "unit", "year", "norm_share", "margin", "cannot_move", "why")
#: Prices must leave the corrected row this share of its cost, or more, above its worth.
_CLEAR = 1e-9
#: Why a score cannot move, or may.
PROVEN, PEER, BEATEN, TOGETHER = "not-a-peer-and-no-cheaper", "is-a-peer", "cheaper-at-its-prices", "estimated-together"


def unmoved(
    model: Model,
    before: SchemeData,
    after: SchemeData,
    peers: pd.DataFrame,
    prices: pd.DataFrame,
    unit: str,
    level: PriceLevel,
) -> pd.DataFrame:
    """Return, for every other unit and decision, whether its score can move when one unit's rows become others.

    Parameters
    ----------
    model : Model
    before, after : SchemeData
        The scheme with the number as it was and as it should be.
    peers, prices : DataFrame
        Peers and multipliers of the scheme as they were found before: the proof.
    unit : str
        Whose number it is.
    level : callable
        Factor between two years' prices.

    Returns
    -------
    DataFrame
        ``norm_share`` is what the unit makes of the other's norm, ``margin`` the least loss of its corrected rows at
        the other's prices as a share of their cost there: zero and positive are the proof.
    """
    options = with_defaults(model, before.name)
    others = [(str(u), int(y)) for u, y in zip(before.unit, before.year, strict=True) if str(u) != unit]
    if not _by_programs(model, options):
        rows = [(before.name, name, year, np.nan, np.nan, False, TOGETHER) for name, year in others]
        return pd.DataFrame(rows, columns=list(COLUMNS))
    share = peers[peers["peer"].astype(str) == unit].groupby(["unit", "year"])["norm_share"].sum().to_dict()
    margin: dict[tuple[str, int], float] = {}
    wide = prices.pivot(index=["unit", "year"], columns="column", values="multiplier")
    for one, two in zip(first_samples(model, before, level), first_samples(model, after, level), strict=True):
        changed = _changed(one, two)
        if changed is None:
            continue
        margin |= _margins(wide, one, two, changed)
    found = []
    measured = set(zip(prices["unit"].astype(str), prices["year"].astype(int), strict=True))
    for name, year in others:
        if (name, year) not in measured:
            continue
        part, clear = float(share.get((name, year), 0.0)), margin.get((name, year), np.inf)
        why = PEER if part > 0.0 else PROVEN if clear >= _CLEAR else BEATEN
        found.append((before.name, name, year, part, clear, why == PROVEN, why))
    return pd.DataFrame(found, columns=list(COLUMNS))


def _by_programs(model: Model, options: FrontierOptions) -> bool:
    """Whether each unit's score is one linear program against the rows, with nothing estimated from all of them."""
    plain = options.inference is None or options.inference.use != "corrected"
    alone = len(model.frontier.variants) == 1 and model.frontier.variants[0].method == "dea"
    if not (plain and alone) or options.correction is not None or options.bonus is not None:
        return False
    variant = model.frontier.variants[0]
    removes = any(screen.action == "remove" for screen in options.screen)
    return not removes and not variant.restriction and (variant.rts or options.rts) in CONVEX


def _changed(one: Sample, two: Sample) -> BoolArray | None:
    """Rows of the reference that differ; None where the correction changes who is in it."""
    if len(one.base) != len(two.base) or not one.base.index.equals(two.base.index):
        return None
    if not np.array_equal(one.common, two.common):
        return None
    return np.asarray((one.base.X != two.base.X).any(axis=1) | (one.base.Y != two.base.Y).any(axis=1))


def _margins(
    wide: pd.DataFrame, one: Sample, two: Sample, changed: BoolArray
) -> Iterator[tuple[tuple[str, int], float]]:
    """Give the least loss of the changed rows at the prices of every row that is measured."""
    table = one.evaluated
    names = table.frame[table.id].astype(str).to_numpy()
    years = table.frame[table.period].to_numpy(dtype=np.int64) if table.period else np.full(len(table), one.year)
    keys = list(zip(names.tolist(), years.tolist(), strict=True))
    known = [key for key in keys if key in wide.index]
    found = wide.reindex(pd.MultiIndex.from_tuples(known, names=["unit", "year"])) if known else wide.iloc[:0]
    v = found[list(table.inputs)].to_numpy(dtype=np.float64)
    u = found[list(table.outputs)].to_numpy(dtype=np.float64)
    free = [column for column in found.columns if column not in (*table.inputs, *table.outputs)]
    constant = found[free].fillna(0.0).to_numpy(dtype=np.float64).sum(axis=1)
    rows = changed & two.common
    if not rows.any():
        least = np.full(len(known), np.inf)
    else:
        cost, worth = v @ two.base.X[rows].T, u @ two.base.Y[rows].T + constant[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            least = ((cost - worth) / cost).min(axis=1)
    least = np.where(np.isnan(least), -np.inf, least)
    yield from zip(known, least.tolist(), strict=True)
