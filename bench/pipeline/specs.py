"""The specification curve: every unit's score under every combination of choices that could have been made.

Returns to scale, which outputs count, whether outliers stay, and who is in the sample are choices, and each moves
somebody. The curve shows all of them at once: how much of the ranking each choice carries, and the best and worst case
of every unit. (The idea is that of Simonsohn, Simmons & Nelson 2020, Nature Human Behaviour 4, 1208-1214.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.catalogue import CONDITION_METHODS, METHODS, VARIANT_METHODS
from bench.envelopment.core.technology import Technology
from bench.envelopment.outliers.outliers import leave_one_out
from bench.errors import DataError, EstimationError, Issue, OptionError
from bench.modelfile import Model, Variant
from bench.options import one_of
from bench.pipeline.asking.library import Request, shares
from bench.pipeline.figures import in_window, with_figures
from bench.pipeline.frontier import group_volumes, with_defaults
from bench.pipeline.neutral.comparable_cost import compared_inputs, with_comparable
from bench.pipeline.neutral.cost_drivers import cost_drivers
from bench.pipeline.schemes import SchemeData, scheme_data, with_year
from bench.pipeline.scores.methods import choice_of
from bench.pipeline.scores.sample import decision_years
from bench.pipeline.shaping import with_optional
from bench.pipeline.spec_requirements import RequiredUnder, base_year, required_under
from bench.results import RunResult
from bench.typing import BoolArray, FloatArray, IntArray, Progress
from bench.units import Units

#: Choices that are varied, in the order they are told.
CHOICES = ("method", "rts", "outputs", "outliers", "sample")
#: Said of a method that knows no returns to scale.
NO_RETURNS = "none"
#: More specifications than this are refused: the table would be of no use to anyone.
MOST = 200_000
#: Sets of outputs that are solved as one batch.
_SETS = 256


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
    drivers : DataFrame
        One row per candidate driver of cost: see :func:`bench.pipeline.neutral.cost_drivers.cost_drivers`.
    required : RequiredUnder, optional
        The requirement under every specification, where the curve is of a run whose requirements rest on that year.
    """

    scheme: str
    year: int
    specs: pd.DataFrame
    scores: FloatArray
    units: pd.DataFrame
    choices: pd.DataFrame
    drivers: pd.DataFrame
    required: RequiredUnder | None = None


def specification_curve(
    model: Model,
    units: Units,
    *,
    methods: Sequence[str] = ("dea",),
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
    methods : sequence of str
        Methods that give a share of cost, by their words in a model file, or ids of the model's own variants, which
        bring their keys. One that knows no returns to scale is tried once for all of them.
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
    workers : int
        Processes; the numbers do not depend on it.

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
    ways = [_way(model, name) for name in methods]
    if not ways:
        raise OptionError("name at least one method")
    one_of(outputs, ("subsets", "leave-one-out", "stated"), "outputs")
    if classes < 2:
        raise OptionError(f"classes must be at least 2, not {classes}")
    model = model.expanded(units)
    dated, _ = with_year(units, model.data.year)
    dated, _ = with_optional(model, dated)
    parts = scheme_data(model, with_comparable(model, with_figures(model, in_window(model, dated))).units)
    found = []
    for done, data in enumerate(parts):
        year = decision_years(model, data)[-1]
        found.append(_curve(model, data, year, ways, kinds, outputs, screens, sample, classes, workers))
        if progress is not None:
            progress("specifications", done + 1, len(parts))
    return found


def curves_of(result: RunResult) -> list[SpecificationCurve]:
    """Return the curves of a run's schemes for its letters: all outputs and all but one, everybody and all but one.

    They look at the accounts the requirement rests on, and say what it would have been; without one, at the accounts of
    the last decision. None where the model measures no efficiency, or a scheme has too few units to be ranked.
    """
    if not len(result.efficiency):
        return []
    model, found = result.model, []
    try:
        for data in scheme_data(model, result.units):
            year = base_year(result, data.name) or decision_years(model, data)[-1]
            curve = _curve(
                model,
                data,
                year,
                [_way(model, "dea")],
                ["crs", "vrs"],
                "leave-one-out",
                ["kept", "iqr"],
                "leave-one-out",
                4,
                1,
            )
            found.append(replace(curve, required=required_under(result, data, curve.scores)))
    except (DataError, OptionError):
        return []
    return found


def _curve(
    model: Model,
    data: SchemeData,
    year: int,
    ways: Sequence[_Way],
    kinds: Sequence[str],
    outputs: str,
    screens: Sequence[str],
    sample: str,
    classes: int,
    workers: int,
) -> SpecificationCurve:
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
    tried = sum(len(kinds) if way.knows_returns else 1 for way in ways)
    most = tried * len(sets) * len(screens) * (1 + (len(rows) if sample != "all" else 0))
    if most > MOST:
        raise OptionError(
            f"scheme {data.name!r}: {most} specifications; take outputs = 'leave-one-out' or 'stated', or "
            "sample = 'all'"
        )
    picked = [[list(groups).index(name) for name in chosen] for chosen in sets]
    conditions = _conditions(model, data, rows)
    asked = _Asked(X, Y, ways, kinds[0], list(groups), screens, sample, names, conditions)
    steps = [(kind, picked[start : start + _SETS]) for kind in kinds for start in range(0, len(picked), _SETS)]
    records: list[dict[str, object]] = []
    blocks: list[FloatArray] = []
    for told, found in _in_processes(asked, steps, workers):
        records += told
        blocks += found
    scores = np.vstack(blocks)
    specs = pd.DataFrame(records)
    known = np.isfinite(scores).any(axis=1)
    specs["mean"], specs["least"] = np.nan, np.nan
    specs.loc[known, "mean"] = np.nanmean(scores[known], axis=1)
    specs.loc[known, "least"] = np.nanmin(scores[known], axis=1)
    specs["missing"] = np.isnan(scores).sum(axis=1)
    ranks = _ranks(scores)
    more = {name: values for name, values in conditions.items() if np.isfinite(values).all()}
    candidates = np.column_stack([Y, *more.values()])
    drivers = cost_drivers(X, candidates, [*groups, *more], [False] * len(groups) + [True] * len(more), kinds[0])
    units = _unit_frame(names, scores, ranks, classes)
    return SpecificationCurve(data.name, year, specs, scores, units, _choice_frame(specs, ranks), drivers)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is asked of every set of outputs: the data, the ways to measure, and the samples."""

    X: FloatArray
    Y: FloatArray
    ways: Sequence[_Way]
    first_kind: str
    groups: Sequence[str]
    screens: Sequence[str]
    sample: str
    names: Sequence[str]
    conditions: Mapping[str, FloatArray]


def _in_processes(
    asked: _Asked, steps: Sequence[tuple[str, Sequence[Sequence[int]]]], workers: int
) -> Iterator[tuple[list[dict[str, object]], list[FloatArray]]]:
    """Take the steps one after another, or in processes: each is the same numbers wherever it is worked out."""
    if workers == 1 or len(steps) == 1:
        yield from (_of_sets(asked, *step) for step in steps)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=workers, return_as="generator")(delayed(_of_sets)(asked, *step) for step in steps)


def _of_sets(
    asked: _Asked, kind: str, picked: Sequence[Sequence[int]]
) -> tuple[list[dict[str, object]], list[FloatArray]]:
    """Every specification of some sets of outputs under one kind of returns: what it is, and its scores."""
    records: list[dict[str, object]] = []
    blocks: list[FloatArray] = []
    solved = _solved_sets(asked.X, asked.Y, picked, kind, screen="iqr" in asked.screens)
    for numbers, whole in zip(picked, solved, strict=True):
        chosen = [asked.groups[number] for number in numbers]
        for way, screen in product(asked.ways, asked.screens):
            if not way.knows_returns and kind != asked.first_kind:
                continue
            if way.fast:
                block, left = _scores(whole, screen, asked.sample)
            else:
                block, left = way.scores(whole, screen, asked.sample, chosen, asked.conditions)
            blocks.append(block)
            said = {"method": way.name, "rts": kind if way.knows_returns else NO_RETURNS}
            said |= {"outputs": " + ".join(chosen), "outliers": screen}
            records += [{**said, "sample": "all" if who < 0 else f"without {asked.names[who]}"} for who in left]
    return records, blocks


def _conditions(model: Model, data: SchemeData, rows: IntArray) -> dict[str, FloatArray]:
    """Conditions the table has beside the outputs, by column: candidates, and what methods correct for."""
    frame = data.units.frame
    return {
        name: frame[name].to_numpy(dtype=np.float64)[rows] for name in model.data.environment if name in frame.columns
    }


@dataclass(frozen=True, slots=True)
class _Way:
    """A method of the curve with the keys it is asked with.

    Attributes
    ----------
    name : str
    variant : Variant
    environment : tuple of str
        Conditions it takes account of.
    knows_returns : bool
        Whether returns to scale make a difference to it.
    """

    name: str
    variant: Variant
    environment: tuple[str, ...]
    form: str
    distribution: str

    @property
    def knows_returns(self) -> bool:
        return "rts" in METHODS[self.variant.method].keys

    @property
    def fast(self) -> bool:
        """Whether the frontiers of all sets can be solved together."""
        return self.variant.method == "dea"

    def scores(
        self,
        whole: _Solved,
        screen: str,
        sample: str,
        chosen: Sequence[str],
        conditions: Mapping[str, FloatArray],
    ) -> tuple[FloatArray, list[int]]:
        """Scores of one set of outputs, estimated anew for every sample: see :func:`_scores`.

        Who is taken out has no score: not every method measures units that are not in it. Neither has anybody where
        the method finds no answer.
        """
        kept = whole.kept[whole.inside] if screen == "iqr" and whole.kept.size > 3 else whole.kept
        left = [-1, *(kept.tolist() if sample != "all" else ())]
        block = np.full((len(left), len(whole.X)), np.nan)
        for line, gone in enumerate(left):
            rows = kept[kept != gone]
            table = self._table(whole, rows, chosen, conditions)
            options = {
                "rts": whole.kind,
                "orientation": "input",
                "direction": "inputs",
                "kind": self.variant.kind,
                "form": self.form,
                "distribution": self.distribution,
                "environment": self.environment,
            }
            try:
                block[line, rows] = shares(Request(self.variant.method, self.variant.stated_keys(), options), table)[0]
            except EstimationError:
                continue
        return block, left

    def _table(
        self, whole: _Solved, rows: IntArray, chosen: Sequence[str], conditions: Mapping[str, FloatArray]
    ) -> Units:
        """The units of a sample with inputs, this set of outputs and the conditions the method asks for."""
        inputs = {f"input {k + 1}": whole.X[rows, k] for k in range(whole.X.shape[1])}
        outputs = {name: whole.Y[rows, k] for k, name in enumerate(chosen)}
        more = {name: conditions[name][rows] for name in self.environment}
        frame = pd.DataFrame({"unit": [str(row) for row in rows], **inputs, **outputs, **more})
        return Units.from_frame(frame, id="unit", inputs=list(inputs), outputs=list(outputs), environment=list(more))


def _way(model: Model, name: str) -> _Way:
    """Return a method by its word, or a variant of the model by its id."""
    rule = model.frontier
    own = {variant.id: variant for variant in rule.variants}
    if name in own:
        variant = own[name]
        if variant.restriction:
            raise OptionError(f"the variant {name!r} limits its weights, which the curve does not: name another method")
    else:
        word = one_of(name, (*own, *VARIANT_METHODS), "methods of the curve")
        spec = METHODS[word]
        needed = [key for key in spec.needs if key != "rts"]
        if needed:
            raise OptionError(
                f"method {word!r} needs {', '.join(needed)}: state it as a [[frontier.variant]] of the model and name "
                "its id here"
            )
        variant = Variant.model_validate({"id": word, "method": word} | ({"rts": "crs"} if "rts" in spec.needs else {}))
    common = rule.environment or () if variant.method in CONDITION_METHODS else ()
    environment = tuple(common if variant.environment is None else variant.environment)
    return _Way(name, variant, environment, variant.form or rule.form, variant.distribution or rule.distribution)


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
    inside : array (kept,) of bool
        Rows that the interquartile rule leaves in; all of them where it is not asked.
    screened : array (kept,)
        Scores against those that are left, at most 1.
    """

    X: FloatArray
    Y: FloatArray
    kind: str
    kept: IntArray
    efficiency: FloatArray
    inside: BoolArray
    screened: FloatArray


def _solved_sets(
    X: FloatArray, Y: FloatArray, picked: Sequence[Sequence[int]], kind: str, *, screen: bool
) -> Iterator[_Solved]:
    """Solve everybody against everybody with each set of outputs, many sets at a time.

    An output that is left out is asked for in the amount of nothing, which every combination of units has: so one set
    of columns serves all sets. Only where a unit makes none of a set's outputs is it out of that comparison, which has
    columns of its own then.
    """
    common = [number for number, chosen in enumerate(picked) if Y[:, list(chosen)].any(axis=1).all()]
    batches = [common[start : start + _SETS] for start in range(0, len(common), _SETS)]
    batch_of = {numbers[0]: numbers for numbers in batches}
    ready: dict[int, _Solved] = {}
    for number, chosen in enumerate(picked):
        if number in batch_of:
            sets = [picked[k] for k in batch_of[number]]
            ready |= zip(batch_of[number], _solved_together(X, Y, sets, kind, screen=screen), strict=True)
        if number in ready:
            yield ready.pop(number)
            continue
        kept = np.flatnonzero(Y[:, list(chosen)].any(axis=1))
        part = Y[kept][:, list(chosen)]
        (own,) = _solved_together(X[kept], part, [range(part.shape[1])], kind, screen=screen)
        yield replace(own, X=X, Y=Y[:, list(chosen)], kept=kept)


def _solved_together(
    X: FloatArray, Y: FloatArray, sets: Sequence[Sequence[int]], kind: str, *, screen: bool
) -> list[_Solved]:
    """Solve the units with each set of outputs as one batch of programs with the same columns."""
    n = len(X)
    technology = Technology.of(X, Y, kind)
    asked = np.zeros((len(sets), n, Y.shape[1]))
    for place, chosen in enumerate(sets):
        asked[place][:, list(chosen)] = Y[:, list(chosen)]
    inputs, outputs = np.tile(X, (len(sets), 1)), asked.reshape(-1, Y.shape[1])
    points, along = technology.points(inputs, outputs), technology.along(inputs, outputs, "input")
    found = technology.ray(points, along)
    efficiency = found.score("input").reshape(len(sets), n)
    inside, screened = np.ones((len(sets), n), dtype=bool), efficiency
    if screen and n > 3:
        peers = np.where((found.column >= 0) & (found.weight > 0.0), found.column, -1)
        own = np.tile(np.arange(n), len(sets))
        # Against all others: only those that are their own peers are solved again.
        again = np.flatnonzero((peers == own[:, None]).any(axis=1))
        beyond = efficiency.copy()
        beyond.flat[again] = 1.0 - technology.ray(points[again], along[again], exclude=own[again]).value
        inside = np.stack([_inside(row) for row in beyond])
        screened = _screened(technology, points, along, efficiency, peers, inside)
    everyone = np.arange(n)
    return [
        _Solved(X, Y[:, list(chosen)], kind, everyone, efficiency[place], inside[place], screened[place])
        for place, chosen in enumerate(sets)
    ]


def _screened(
    technology: Technology,
    points: FloatArray,
    along: FloatArray,
    efficiency: FloatArray,
    peers: IntArray,
    inside: BoolArray,
) -> FloatArray:
    """Return scores (sets, n) against those inside, at most 1: sets that lost the same units are solved together.

    Only those who are taken out or have such a peer are solved again: the combination of all others is still there.
    """
    n = inside.shape[1]
    score = efficiency.copy()
    alike: dict[bytes, list[int]] = {}
    for place in np.flatnonzero(~inside.all(axis=1)):
        alike.setdefault(inside[place].tobytes(), []).append(int(place))
    for places in alike.values():
        left = inside[places[0]]
        rows = (np.array(places)[:, None] * n + np.arange(n)).ravel()
        lost = np.where(peers[rows] >= 0, ~left[peers[rows]], False).any(axis=1) | np.tile(~left, len(places))
        some = rows[lost]
        value = technology.take(left).ray(points[some], along[some]).value
        score.flat[some] = np.minimum(1.0 - value, 1.0)
    return score


def _scores(whole: _Solved, screen: str, sample: str) -> tuple[FloatArray, list[int]]:
    """Scores with everybody and with each unit left out in turn, one row each, and who is left out (−1 for nobody)."""
    n, X, Y, kind = len(whole.X), whole.X, whole.Y, whole.kind
    kept = whole.kept
    if screen == "iqr" and kept.size > 3:
        kept = kept[whole.inside]
    base = np.full(n, np.nan)
    if sample == "all":
        base[whole.kept] = whole.efficiency if kept.size == whole.kept.size else whole.screened
        return base[None, :], [-1]
    technology = Technology.of(X[kept], Y[kept], kind)
    gone = np.setdiff1d(whole.kept, kept)
    influence = leave_one_out(technology, "input")
    base[kept] = influence.efficiency
    base[gone] = whole.screened[np.isin(whole.kept, gone)]
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
