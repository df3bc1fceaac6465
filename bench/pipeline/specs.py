"""The specification curve: every unit's score under every combination of choices that could have been made.

Returns to scale, which outputs count, whether outliers stay, and who is in the sample are choices, and each moves
somebody. The curve shows all of them at once: how much of the ranking each choice carries, and the best and worst case
of every unit. (The idea is that of Simonsohn, Simmons & Nelson 2020, Nature Human Behaviour 4, 1208-1214.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.envelopment.core.technology import Technology
from bench.envelopment.outliers.outliers import leave_one_out
from bench.errors import DataError, Issue, OptionError
from bench.modelfile import Model
from bench.options import one_of
from bench.pipeline.figures import in_window, with_figures
from bench.pipeline.frontier import group_volumes, with_defaults
from bench.pipeline.neutral.comparable_cost import compared_inputs, with_comparable
from bench.pipeline.schemes import SchemeData, scheme_data, with_year
from bench.pipeline.scores.methods import choice_of
from bench.pipeline.scores.sample import decision_years
from bench.pipeline.shaping import with_optional
from bench.results import RunResult
from bench.typing import FloatArray, IntArray, Progress
from bench.units import Units

#: Choices that are varied, in the order they are told.
CHOICES = ("rts", "outputs", "outliers", "sample")
#: More specifications than this are refused: the table would be of no use to anyone.
MOST = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class SpecificationCurve:
    """Scores of every unit under every specification of one scheme and year.

    Attributes
    ----------
    scheme : str
    year : int
    specs : DataFrame
        One row per specification: its choices, mean and least efficiency, units without a score.
    scores : array (specs, units)
        Missing where a specification leaves the unit out or has no score for it.
    units : DataFrame
        One row per unit: lowest, median and highest score, rank likewise, and how often it lands in its commonest
        class.
    choices : DataFrame
        One row per choice: its share of the variance of ranks over the specifications.
    """

    scheme: str
    year: int
    specs: pd.DataFrame
    scores: FloatArray
    units: pd.DataFrame
    choices: pd.DataFrame


def specification_curve(
    model: Model,
    units: Units,
    *,
    rts: Sequence[str] = ("crs", "vrs"),
    outputs: str = "subsets",
    outliers: Sequence[str] = ("kept", "iqr"),
    sample: str = "leave-one-out",
    classes: int = 4,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[SpecificationCurve]:
    """Score every unit of every scheme under every combination of choices, in the year of the last decision.

    Parameters
    ----------
    model : Model
        Gives schemes, inputs and the frontier's outputs; its own returns are not used.
    units : Units
    rts : sequence of str
        Returns to scale: crs, vrs, drs, irs.
    outputs : {"subsets", "leave-one-out", "stated"}
        Every set of the frontier's outputs, all but one at a time beside the stated, or the stated alone.
    outliers : sequence of {"kept", "iqr"}
        With everybody, and without those beyond the interquartile rule on super-efficiency.
    sample : {"leave-one-out", "all"}
        With every unit left out in turn beside the whole, or the whole alone.
    classes : int
        Equal groups by rank that a unit may land in.

    Raises
    ------
    OptionError
        Unknown choices, or more than 200,000 specifications.
    DataError
        When a scheme has fewer than three units.
    """
    kinds = [one_of(kind, ("crs", "vrs", "drs", "irs"), "rts of the curve") for kind in rts]
    screens = [one_of(kind, ("kept", "iqr"), "outliers") for kind in outliers]
    one_of(sample, ("leave-one-out", "all"), "sample")
    one_of(outputs, ("subsets", "leave-one-out", "stated"), "outputs")
    if classes < 2:
        raise OptionError(f"classes must be at least 2, not {classes}")
    model = model.expanded(units)
    dated, _ = with_year(units, model.data.year)
    dated, _ = with_optional(model, dated)
    parts = scheme_data(model, with_comparable(model, with_figures(model, in_window(model, dated))).units)
    found = []
    for done, data in enumerate(parts):
        found.append(_curve(model, data, kinds, outputs, screens, sample, classes, workers))
        if progress is not None:
            progress("specifications", done + 1, len(parts))
    return found


def curves_of(result: RunResult) -> list[SpecificationCurve]:
    """Return the curves of a run's schemes for its letters: all outputs and all but one, everybody and all but one.

    None where the model measures no efficiency, or a scheme has too few units to be ranked.
    """
    if not len(result.efficiency):
        return []
    try:
        return specification_curve(result.model, result.units, outputs="leave-one-out")
    except (DataError, OptionError):
        return []


def _curve(
    model: Model,
    data: SchemeData,
    kinds: Sequence[str],
    outputs: str,
    screens: Sequence[str],
    sample: str,
    classes: int,
    workers: int,
) -> SpecificationCurve:
    year = decision_years(model, data)[-1]
    rows = np.flatnonzero(data.year == year)
    names = [data.unit[row] for row in rows]
    if len(rows) < 3:
        raise DataError(
            [
                Issue(
                    "few-units",
                    f"scheme {data.name!r} has {len(rows)} units in {year}: nothing can be said of how they rank",
                    "take a scheme or year with more units",
                    period=str(year),
                )
            ]
        )
    options = with_defaults(model, data.name)
    variants = model.frontier.variants
    if variants:
        choice = choice_of(model, data.name, options, variants[0])
        inputs, groups = choice.inputs, choice.outputs
    else:
        inputs = compared_inputs(model, (data.rule.cost or model.data.cost,))
        groups = model.output_groups(data.name)
    X = data.units.frame[list(inputs)].to_numpy(dtype=np.float64)[rows]
    Y = group_volumes(data, groups)[rows]
    sets = _sets(list(groups), outputs)
    most = len(kinds) * len(sets) * len(screens) * (1 + (len(rows) if sample != "all" else 0))
    if most > MOST:
        raise OptionError(
            f"scheme {data.name!r}: {most} specifications; take outputs = 'leave-one-out' or 'stated', or "
            "sample = 'all'"
        )
    records: list[dict[str, object]] = []
    blocks: list[FloatArray] = []
    for kind in kinds:
        for chosen in sets:
            picked = [list(groups).index(name) for name in chosen]
            whole = _Solved.of(X, Y[:, picked], kind, workers)
            for screen in screens:
                block, left = _scores(whole, screen, sample, workers)
                blocks.append(block)
                records += [
                    {
                        "rts": kind,
                        "outputs": " + ".join(chosen),
                        "outliers": screen,
                        "sample": "all" if who < 0 else f"without {names[who]}",
                    }
                    for who in left
                ]
    scores = np.vstack(blocks)
    specs = pd.DataFrame(records)
    specs["mean"] = np.nanmean(scores, axis=1)
    specs["least"] = np.nanmin(scores, axis=1)
    specs["missing"] = np.isnan(scores).sum(axis=1)
    ranks = _ranks(scores)
    return SpecificationCurve(
        data.name, year, specs, scores, _unit_frame(names, scores, ranks, classes), _choice_frame(specs, ranks)
    )


def _sets(names: list[str], rule: str) -> list[tuple[str, ...]]:
    whole = tuple(names)
    if rule == "stated" or len(names) == 1:
        return [whole]
    if rule == "leave-one-out":
        return [whole, *(tuple(n for n in names if n != gone) for gone in names)]
    return [chosen for size in range(len(names), 0, -1) for chosen in combinations(names, size)]


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """Everybody against everybody, which the screened and the reduced samples begin with.

    Attributes
    ----------
    X, Y : array (n, m), (n, s)
    kind : str
    kept : array of int
        Rows with any output.
    efficiency : array (kept,)
    peers : array (kept, w) of int
        Rows of ``kept`` with weight, −1 for none.
    """

    X: FloatArray
    Y: FloatArray
    kind: str
    kept: IntArray
    efficiency: FloatArray
    peers: IntArray

    @classmethod
    def of(cls, X: FloatArray, Y: FloatArray, kind: str, workers: int) -> _Solved:
        kept = np.flatnonzero(Y.any(axis=1))
        technology = Technology.of(X[kept], Y[kept], kind)
        points, along = technology.points(X[kept], Y[kept]), technology.along(X[kept], Y[kept], "input")
        found = technology.ray(points, along, own=np.arange(kept.size), workers=workers)
        peers = np.where((found.column >= 0) & (found.weight > 0.0), found.column, -1)
        return cls(X, Y, kind, kept, found.score("input"), peers)

    def super_efficiency(self, workers: int) -> FloatArray:
        """Scores against all others, array (kept,): only those that are their own peers are solved again."""
        score = self.efficiency.copy()
        again = np.flatnonzero((self.peers == np.arange(self.kept.size)[:, None]).any(axis=1))
        if again.size:
            X, Y = self.X[self.kept], self.Y[self.kept]
            technology = Technology.of(X, Y, self.kind)
            points, along = technology.points(X[again], Y[again]), technology.along(X[again], Y[again], "input")
            score[again] = 1.0 - technology.ray(points, along, exclude=again, workers=workers).value
        return score


def _scores(whole: _Solved, screen: str, sample: str, workers: int) -> tuple[FloatArray, list[int]]:
    """Scores with everybody and with each unit left out in turn, one row each, and who is left out (−1 for nobody)."""
    n, X, Y, kind = len(whole.X), whole.X, whole.Y, whole.kind
    kept = whole.kept
    if screen == "iqr" and kept.size > 3:
        kept = kept[_inside(whole.super_efficiency(workers))]
    base = np.full(n, np.nan)
    if sample == "all" and kept.size == whole.kept.size:
        base[kept] = whole.efficiency
        return base[None, :], [-1]
    technology = Technology.of(X[kept], Y[kept], kind)
    gone = np.setdiff1d(whole.kept, kept)
    if sample == "all":
        some = whole.kept
        points, along = technology.points(X[some], Y[some]), technology.along(X[some], Y[some], "input")
        base[some] = np.minimum(1.0 - technology.ray(points, along, workers=workers).value, 1.0)
        return base[None, :], [-1]
    influence = leave_one_out(technology, "input", workers=workers)
    base[kept] = influence.efficiency
    if gone.size:
        # Those the screen took out are measured by the frontier of the others, at most 1.
        points, directions = technology.points(X[gone], Y[gone]), technology.along(X[gone], Y[gone], "input")
        base[gone] = np.minimum(1.0 - technology.ray(points, directions, workers=workers).value, 1.0)
    block = np.tile(base, (kept.size + 1, 1))
    block[1 + np.arange(kept.size), kept] = np.nan
    block[1 + influence.unit, kept[influence.affected]] += influence.rise
    return block, [-1, *(int(k) for k in kept)]


def _inside(score: FloatArray) -> npt.NDArray[np.bool_]:
    """Rows that the interquartile rule on super-efficiency leaves in."""
    known = score[np.isfinite(score)]
    if known.size < 4:
        return np.ones(len(score), dtype=bool)
    low, high = np.quantile(known, [0.25, 0.75])
    return np.asarray(np.isfinite(score) & (score <= high + 1.5 * (high - low)))


def _ranks(scores: FloatArray) -> FloatArray:
    """Rank of every unit in every specification, ties shared, as a share of those with a score: 0 is best."""
    ranked = pd.DataFrame(-scores).rank(axis=1, method="average").to_numpy(dtype=np.float64)
    count = np.isfinite(scores).sum(axis=1, keepdims=True)
    return np.asarray((ranked - 1.0) / np.maximum(count - 1, 1))


def _unit_frame(names: Sequence[str], scores: FloatArray, ranks: FloatArray, classes: int) -> pd.DataFrame:
    group = np.minimum(np.floor(ranks * classes), classes - 1)
    known = np.isfinite(ranks).sum(axis=0)
    counts = np.stack([(group == k).sum(axis=0) for k in range(classes)])
    return pd.DataFrame(
        {
            "unit": list(names),
            "lowest": np.nanmin(scores, axis=0),
            "median": np.nanmedian(scores, axis=0),
            "highest": np.nanmax(scores, axis=0),
            "best_rank": np.nanmin(ranks, axis=0),
            "median_rank": np.nanmedian(ranks, axis=0),
            "worst_rank": np.nanmax(ranks, axis=0),
            "class": counts.argmax(axis=0) + 1,
            "same_class": counts.max(axis=0) / np.maximum(known, 1),
            "specifications": known,
        }
    )


def _choice_frame(specs: pd.DataFrame, ranks: FloatArray) -> pd.DataFrame:
    """Share of the variance of ranks over the specifications that each choice carries by itself, all units together."""
    middle = np.nanmean(ranks, axis=0)
    total = float(np.nansum((ranks - middle) ** 2))
    rows = []
    for choice in CHOICES:
        between = 0.0
        levels, place = np.unique(specs[choice].to_numpy(dtype=str), return_inverse=True)
        for level in range(len(levels)):
            part = ranks[place == level]
            count = np.isfinite(part).sum(axis=0)
            with np.errstate(invalid="ignore"):
                mean = np.where(count > 0, np.nansum(part, axis=0) / np.maximum(count, 1), middle)
            between += float((count * (mean - middle) ** 2).sum())
        rows.append({"choice": choice, "levels": len(levels), "share": between / total if total > 0 else 0.0})
    return pd.DataFrame(rows)
