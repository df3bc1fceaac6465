"""The frontier stage: efficiency, peers and multipliers of every unit, scheme by scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from bench import norms
from bench.errors import DataError, EstimationError, Issue, ModelError, OptionError
from bench.modelfile import FrontierOptions, Model
from bench.modelfile.sections.chain import FITTED_METHODS
from bench.pipeline.asking.library import further_columns
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.combination import combined_scores
from bench.pipeline.scores.conditions import corrected_scores
from bench.pipeline.scores.inference import Sureness, sureness
from bench.pipeline.scores.methods import Choice, Measured, choice_of, filled, joined, measured
from bench.pipeline.scores.own_reference import by_others, excludes_own, told
from bench.pipeline.scores.quality_gate import gate_told
from bench.pipeline.scores.sample import (
    PriceLevel,
    RuledRows,
    Sample,
    decision_years,
    ruled_rows,
    samples,
    scheme_columns,
    seen_years,
)
from bench.pipeline.scores.screening import screened
from bench.pipeline.scores.small_schemes import refuse_small, size_row
from bench.results import COLUMNS
from bench.tolerances import EFFICIENT
from bench.typing import BoolArray, FloatArray, IndexArray, Progress

#: Frames the frontier stage makes, by their names in a run.
FRAMES = (
    "efficiency",
    "peers",
    "multipliers",
    "frontier_size",
    "screens",
    "inference",
    "ranks",
    "conditions",
    "coefficients",
    "composites",
    "loadings",
)


@dataclass(frozen=True, slots=True, eq=False)
class SchemeFrontier:
    """Efficiency of one scheme's rows.

    Attributes
    ----------
    efficiency : array (n,)
        Combined over the variants, input-oriented share; missing for rows the rules keep out.
    by_method : Mapping of str to array (n,)
        By variant.
    lower, upper : array (n,)
        Interval of the combined score, where every variant has one; missing elsewhere.
    upper_by_method : Mapping of str to array (n,)
        By variant; missing where it has no interval.
    kind : array (n,) of str
        Unit rule of each row, empty where none holds.
    frames : Mapping of str to DataFrame
        With the columns of :data:`bench.results.COLUMNS`.
    group_prices : Mapping of str to DataFrame
        By variant: the marginal cost of each output of the frontier (columns) at each row, in the prices of
        the row's year.
    price_ends : Mapping of str to tuple of array (n, s)
        By variant with prices: least and largest marginal cost; missing where they are not known.
    chosen_by : Mapping of str to str
        By variant with prices: the rule that chose them.
    outputs : Mapping of str to Mapping of str to tuple of str
        By variant: services that make up each output of the frontier.
    warnings : tuple of Issue
    """

    efficiency: FloatArray
    by_method: Mapping[str, FloatArray]
    lower: FloatArray
    upper: FloatArray
    upper_by_method: Mapping[str, FloatArray]
    kind: Any
    frames: Mapping[str, pd.DataFrame]
    group_prices: Mapping[str, pd.DataFrame]
    price_ends: Mapping[str, tuple[FloatArray, FloatArray]]
    chosen_by: Mapping[str, str]
    outputs: Mapping[str, Mapping[str, tuple[str, ...]]]
    warnings: tuple[Issue, ...]


@dataclass(slots=True)
class _Run:
    """One variant over all decision years, while it is put together."""

    choice: Choice
    samples: list[Sample] = field(default_factory=list)
    parts: list[Measured] = field(default_factory=list)
    sure: list[Sureness | None] = field(default_factory=list)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    own: list[tuple[IndexArray, Any]] = field(default_factory=list)

    def add(self, frame: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows.setdefault(frame, []).extend(dict(row) for row in rows)


def scheme_frontier(
    model: Model, data: SchemeData, level: PriceLevel, *, workers: int = 1, progress: Progress | None = None
) -> SchemeFrontier | None:
    """Measure one scheme's efficiency by the model's variants, for every decision year.

    Parameters
    ----------
    model : Model
    data : SchemeData
    level : callable
        ``level(year, decision_year)``: factor that takes money of one year to the prices of the other.
    workers : int
    progress : callable, optional

    Returns
    -------
    SchemeFrontier or None
        None when the model has no frontier.
    """
    rule = model.frontier
    if not rule.variants:
        return None
    options = with_defaults(model, data.name)
    rules = ruled_rows(model, data, options)
    runs = [
        _measure(model, data, options, choice_of(model, data.name, options, variant), level, rules, workers, progress)
        for variant in rule.variants
    ]
    results = {run.choice.id: joined(run.samples, run.parts, data.cost.size) for run in runs}
    by_variant = {name: result.efficiency for name, result in results.items()}
    weights = {run.choice.id: run.choice.weight for run in runs}

    def combine(values: Mapping[str, FloatArray]) -> FloatArray:
        return combined_scores(values, rule.combine, weights, best_in_one=rule.bgh)

    combined = combine(by_variant)
    lower, upper = _interval(runs, results, data, combine)
    if rules.kind.any():
        combined = _with_own_history(model, data, options, runs[0], rules, combined)
    weak = [*_weak(runs), *_own_told(data, options, runs), *gate_told(model, data)]
    warnings = [replace(issue, message=f"scheme {data.name!r}: {issue.message}") for issue in weak]
    warnings += [
        replace(issue, message=f"scheme {data.name!r}, {name}: {issue.message}")
        for name, result in results.items()
        for issue in result.warnings
    ]
    first = results[runs[0].choice.id]
    bonus = _bonus(model, options, data, results)
    frames = {name: _stacked(runs, name, data.name) for name in FRAMES[3:]}
    frames["efficiency"] = _efficiency_frame(data, runs, combined, lower, upper, bonus, by_variant, first, rules)
    frames["peers"] = _labelled(first.peers, data, "peers")
    frames["multipliers"] = _labelled(first.multipliers, data, "multipliers")
    return SchemeFrontier(
        efficiency=combined,
        by_method=by_variant,
        lower=lower,
        upper=upper,
        upper_by_method={
            name: np.full_like(upper, np.nan) if result.upper is None else result.upper
            for name, result in results.items()
        },
        kind=rules.kind,
        frames=frames,
        group_prices={
            run.choice.id: pd.DataFrame(result.prices, columns=list(run.choice.outputs))
            for run, result in zip(runs, results.values(), strict=True)
            if result.prices is not None
        },
        price_ends={name: _price_ends(result) for name, result in results.items() if result.prices is not None},
        chosen_by={name: result.chosen_by for name, result in results.items() if result.prices is not None},
        outputs={run.choice.id: run.choice.outputs for run in runs},
        warnings=tuple(warnings),
    )


def _price_ends(result: Measured) -> tuple[FloatArray, FloatArray]:
    assert result.prices is not None
    nothing = np.full_like(result.prices, np.nan)
    low, high = result.price_low, result.price_high
    return nothing if low is None else low, nothing if high is None else high


def with_defaults(model: Model, scheme: str) -> FrontierOptions:
    """Return a scheme's options of the frontier with those that have a default filled in.

    Where the frontier feeds money the years are those known when the decision is made; a frontier that only describes
    pools them.
    """
    options = model.frontier_for(scheme)
    periods = options.periods or ("known" if model.feeds_money(scheme) else "pooled")
    if options.reference is not None and options.reference.years and periods != "average":
        periods = "known"
    return options.model_copy(update={"orientation": options.orientation or "input", "periods": periods})


def group_volumes(data: SchemeData, groups: Mapping[str, tuple[str, ...]]) -> FloatArray:
    """Outputs of the frontier at each row: services added by their weights, array (n, groups).

    A group of one service stays in the service's own measure.
    """
    place = {name: k for k, name in enumerate(data.services)}
    columns = []
    for services in groups.values():
        picked = [place[name] for name in services if name in place]
        weights = data.weights[:, picked] if len(picked) > 1 else 1.0
        columns.append((weights * data.volumes[:, picked]).sum(axis=1))
    return np.column_stack(columns)


def first_samples(model: Model, data: SchemeData, level: PriceLevel) -> list[Sample]:
    """Return the samples of a scheme's first variant, as :func:`scheme_frontier` measures them."""
    options = with_defaults(model, data.name)
    choice = choice_of(model, data.name, options, model.frontier.variants[0])
    return _samples_of(model, data, options, choice, level, ruled_rows(model, data, options))


def _samples_of(
    model: Model, data: SchemeData, options: FrontierOptions, choice: Choice, level: PriceLevel, rules: RuledRows
) -> list[Sample]:
    volumes = group_volumes(data, choice.outputs)
    outputs = {name: volumes[:, position] for position, name in enumerate(choice.outputs)}
    further = further_columns(choice.method, choice.keys, {*choice.inputs, *choice.environment, *outputs})
    place = "frontier" if not any(further.values()) else f"frontier.variant.{choice.id}"
    columns = scheme_columns(model, data, choice.inputs, choice.environment, outputs, further, place)
    return samples(model, data, options, columns, level, rules)


# -- one variant -----------------------------------------------------------------------------------------------


def _measure(
    model: Model,
    data: SchemeData,
    options: FrontierOptions,
    choice: Choice,
    level: PriceLevel,
    rules: RuledRows,
    workers: int,
    progress: Progress | None,
) -> _Run:
    run = _Run(choice)
    for sample in _samples_of(model, data, options, choice, level, rules):
        try:
            _measure_sample(model, data, options, sample, run, workers, progress)
        except EstimationError as error:
            raise type(error)(f"scheme {data.name!r}, method {choice.id!r}: {error}") from error
        except OptionError as error:
            raise _refused(model, data, choice, error) from error
    return run


def _refused(model: Model, data: SchemeData, choice: Choice, error: OptionError) -> ModelError:
    """What the library refuses, at the place in the file that asks for it."""
    place = [variant.id for variant in model.frontier.variant]
    path = ("frontier", "variant", place.index(choice.id)) if choice.id in place else ("frontier", "method")
    return model.refuse(f"scheme {data.name!r}, variant {choice.id!r}: {error}", path)


def _measure_sample(
    model: Model,
    data: SchemeData,
    options: FrontierOptions,
    sample: Sample,
    run: _Run,
    workers: int,
    progress: Progress | None,
) -> None:
    choice = run.choice
    before = sample
    removed: BoolArray | None = None
    if options.screen and (choice.method == "dea" or choice.method in FITTED_METHODS):
        outcome = screened(choice, sample, options.screen, workers=workers)
        sample, removed = outcome.sample, outcome.removed
        run.add("screens", outcome.rows)
    found = measured(model, choice, sample, workers=workers, progress=progress)
    fitted = choice.method in FITTED_METHODS
    if fitted and removed is not None and removed.any():
        found = _without_removed(model, options, choice, before, sample, found, removed, workers)
    _refuse_unmeasured(model, choice, sample, found)
    size = size_row(choice, sample, found)
    refuse_small(model, data.name, options, size)
    run.add("frontier_size", [size])
    if excludes_own(model, data.name, options):
        limit = options.own_limit.at(sample.year)
        others = by_others(model, choice, sample, found, limit, workers=workers)
        found = others.measured
        run.own.append((sample.rows, others.status))
    if not fitted and removed is not None and removed.any():
        found = _without_removed(model, options, choice, before, sample, found, removed, workers)
    sure = None
    if options.inference is not None and choice.method == "dea":
        _refuse_corrected(model, data, options)
        sure = sureness(options.inference, choice, sample, data, workers=workers)
        run.add("inference", _sure_rows(choice, sample, sure))
        run.add("ranks", [{"variant": choice.id, **row} for row in sure.ranks])
        found = _with_interval(sample, found, sure, options.inference.use)
    if options.correction is not None and choice.method == "dea":
        fixed = corrected_scores(model, options.correction, choice, sample, found, data, sure, workers=workers)
        for name in ("conditions", "coefficients", "composites", "loadings"):
            run.add(name, [{"variant": choice.id, **row} for row in getattr(fixed, name)])
        found = replace(found, efficiency=fixed.score)
    run.samples.append(sample)
    run.parts.append(found)
    run.sure.append(sure)


def _refuse_unmeasured(model: Model, choice: Choice, sample: Sample, found: Measured) -> None:
    """Refuse a fitted frontier that has no score for a unit it is to measure: it is not fitted to its row."""
    gone = np.flatnonzero(np.isnan(found.efficiency))
    if gone.size and choice.method != "dea":
        names = ", ".join(dict.fromkeys(sample.evaluated.frame[sample.evaluated.id].iloc[gone].astype(str)))
        why, remedy, key = "a rule or the reference", "give it kind = 'out', or take method 'dea'", "frontier.unit_rule"
        if model.quality is not None and model.quality.floor is not None:
            why, key = "the floor of quality", "quality.floor"
            remedy = "take a method that measures any row against a reference, such as 'dea', or quality.floor out"
        elif sample.evaluated is not sample.base:
            key = "frontier.reference"
        raise ModelError(
            f"the variant {choice.id!r} measures the rows it is fitted to or that lie within its reference, and {why} "
            f"keeps {names} out of them: {remedy}",
            file=model.file,
            key=key,
        )


def _refuse_corrected(model: Model, data: SchemeData, options: FrontierOptions) -> None:
    """Refuse corrected scores of a frontier that leaves units out of their own reference: they are of the whole."""
    assert options.inference is not None
    if options.inference.use == "corrected" and excludes_own(model, data.name, options):
        raise ModelError(
            f"scheme {data.name!r}: the frontier feeds money and leaves each unit out of its own reference, and "
            "corrected scores are those of the frontier with everybody in it: state frontier.inference.use = 'plain', "
            "or frontier.own = 'included' with the reason in a [[basis]]",
            file=model.file,
            key="frontier.inference.use",
        )


def _without_removed(
    model: Model,
    options: FrontierOptions,
    choice: Choice,
    before: Sample,
    sample: Sample,
    found: Measured,
    removed: BoolArray,
    workers: int,
) -> Measured:
    """Scores of those a screen took out: full for the efficient, the floor or their own for the others.

    A frontier that is fitted without a row says nothing of it, so its own score is that of the frontier with everybody.
    """
    fitted = choice.method in FITTED_METHODS
    whole = measured(model, choice, before, workers=workers)
    keys = before.base.index
    place = keys.get_indexer(
        sample.evaluated.index.get_level_values("unit") if before.averaged else sample.evaluated.index
    )
    gone = removed[place]
    rule = next(screen for screen in options.screen if screen.action == "remove" and screen.fitted == fitted)
    if fitted:
        found = filled(found, whole, gone)
    efficient = whole.efficiency >= 1.0 - EFFICIENT
    other = found.efficiency if rule.inefficient == "own" else np.full(gone.size, model.frontier.floor.at(sample.year))
    # One that was taken out lies ahead of nobody it is measured with, so no bonus is read off its super-efficiency.
    ahead = found.super_efficiency
    return replace(
        found,
        efficiency=np.where(gone, np.where(efficient, rule.efficient_score, other), found.efficiency),
        super_efficiency=None if ahead is None else np.where(gone, np.nan, ahead),
    )


def _with_interval(sample: Sample, found: Measured, sure: Sureness, use: str) -> Measured:
    """Give the evaluated rows the interval of their rows of ``base``; means have no interval for one year."""
    if sample.averaged:
        if use == "corrected":
            raise ModelError(
                "corrected scores are those of means: with periods = 'average' the year's own plain score goes on",
                key="frontier.inference.use",
            )
        return found
    place = sample.base.index.get_indexer(sample.evaluated.index)
    gone = np.isnan(sure.corrected[place])
    corrected = np.where(gone, found.efficiency, sure.corrected[place])
    names = [str(sample.evaluated.frame[sample.evaluated.id].iloc[int(row)]) for row in np.flatnonzero(gone)]
    told = (
        Issue(
            "no-correction",
            f"the resampling gives no corrected score for {', '.join(names)}: the plain score counts there",
            "look at how far from the others these units lie",
            severity="warning",
        ),
    )
    return replace(
        found,
        efficiency=corrected if use == "corrected" else found.efficiency,
        lower=sure.lower[place],
        upper=sure.upper[place],
        warnings=(*found.warnings, *(told if names else ())),
    )


def _sure_rows(choice: Choice, sample: Sample, sure: Sureness) -> list[dict[str, Any]]:
    base = sample.base
    units = [str(name) for name in base.frame[base.id]]
    years = [sample.year] * len(units) if base.period is None else base.frame[base.period].tolist()
    return [
        {
            "unit": units[row],
            "year": int(years[row]),
            "variant": choice.id,
            "estimate": sure.estimate[row],
            "corrected": sure.corrected[row],
            "lower": sure.lower[row],
            "upper": sure.upper[row],
            "method": sure.source,
            "decision_year": sample.year,
        }
        for row in np.flatnonzero(sample.common)
    ]


# -- all variants together -------------------------------------------------------------------------------------


def _interval(
    runs: Sequence[_Run], results: Mapping[str, Measured], data: SchemeData, combine: Any
) -> tuple[FloatArray, FloatArray]:
    """Combine the ends of the variants' intervals by the same rule; missing where a variant has none."""
    nothing = np.full(data.cost.size, np.nan)
    ends = []
    for name in ("lower", "upper"):
        values = {key: getattr(result, name) for key, result in results.items()}
        ends.append(nothing if any(part is None for part in values.values()) else combine(values))
    return ends[0], ends[1]


def _with_own_history(
    model: Model,
    data: SchemeData,
    options: FrontierOptions,
    run: _Run,
    rules: RuledRows,
    combined: FloatArray,
) -> FloatArray:
    """Scores of units measured by their own history: the year against the unit's own means, those rounded as data."""
    found = combined.copy()
    places: dict[Any, list[int]] = {}
    for place, unit in enumerate(data.unit):
        places.setdefault(unit, []).append(place)
    cost = data.units.frame[run.choice.inputs[0]].to_numpy(dtype=np.float64)
    for year in decision_years(model, data):
        rows = [row for row in np.flatnonzero(data.year == year) if rules.kind[row] == "own-history"]
        for row in rows:
            rule = rules.rule[row]
            assert rule is not None
            own = np.array(places[data.unit[row]])
            own = own[seen_years(data, options, year)[own]]
            names = list(rule.weights)
            gone = [name for name in names if name not in data.services]
            if gone:
                raise ModelError(
                    f"scheme {data.name!r}: a unit's own history weighs {gone[0]!r}, which is no service of it",
                    file=model.file,
                    key="frontier.unit_rule.weights",
                )
            picked = [data.services.index(name) for name in names]
            mean_outputs, mean_cost = data.volumes[own][:, picked].mean(axis=0), cost[own].mean()
            if options.rounding != "none":
                whole = np.rint if options.rounding == "whole-half-even" else lambda x: np.floor(x + 0.5)
                mean_outputs, mean_cost = whole(mean_outputs), whole(mean_cost)
            try:
                score = norms.own_history_score(
                    data.volumes[[row]][:, picked],
                    cost[[row]],
                    mean_outputs[None, :],
                    np.atleast_1d(mean_cost),
                    [rule.weights[name].at(year) for name in names],
                )
            except DataError as error:
                raise DataError(
                    [
                        Issue(
                            "no-history", str(error), "give it another unit rule", unit=data.unit[row], period=str(year)
                        )
                    ]
                ) from error
            found[row] = score[0]
    return found


def _bonus(model: Model, options: FrontierOptions, data: SchemeData, results: Mapping[str, Measured]) -> FloatArray:
    """How far efficient units lie ahead of the others, mean over the stated variants, up to the limit."""
    nothing = np.zeros(data.cost.size)
    rule = options.bonus
    if rule is None:
        return nothing
    if not model.frontier.super_efficiency:
        raise ModelError(
            "a bonus is how far a unit lies ahead of the others: state frontier.super_efficiency = true",
            file=model.file,
            key="frontier.bonus",
        )
    names = [name for name in rule.variants or tuple(results) if results[name].super_efficiency is not None]
    ahead = []
    for name in names:
        result = results[name]
        assert result.super_efficiency is not None
        efficient = result.efficiency >= 1.0 - EFFICIENT
        ahead.append(np.where(efficient & np.isfinite(result.super_efficiency), result.super_efficiency - 1.0, 0.0))
    if not ahead:
        return nothing
    limit = np.array([rule.limit.at(int(year)) for year in data.year])
    return np.asarray(np.clip(np.mean(ahead, axis=0), 0.0, limit))


def _weak(runs: Sequence[_Run]) -> list[Issue]:
    """Warn where a frontier has too few units to tell them apart.

    The rule of thumb max(m·s, 3(m+s)) is that of Cooper, Seiford & Tone (2007), p. 116.
    """
    issues = {}
    for run in runs:
        size = min(len(sample.reference) for sample in run.samples)
        m, s = len(run.choice.inputs), len(run.choice.outputs)
        needed = max(m * s, 3 * (m + s))
        if size < needed:
            message = (
                f"{size} observations for {m} inputs and {s} outputs; at least {needed} are needed before efficiency "
                "tells units apart"
            )
            issues[message] = Issue(
                "weak-frontier",
                message,
                "let the frontier look at more years, put services into fewer groups, or use the average norm in this "
                "scheme",
                severity="warning",
            )
    return list(issues.values())


def _own_told(data: SchemeData, options: FrontierOptions, runs: Sequence[_Run]) -> list[Issue]:
    """Name the units the others are no yardstick for."""
    found = {
        (int(data.year[row]), str(data.unit[row]), str(what))
        for run in runs
        for rows, status in run.own
        for row, what in zip(rows, status, strict=True)
    }
    return told(sorted(found), options.own_limit.at(data.years[-1]))


# -- frames ----------------------------------------------------------------------------------------------------


def _efficiency_frame(
    data: SchemeData,
    runs: Sequence[_Run],
    combined: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    bonus: FloatArray,
    by_variant: Mapping[str, FloatArray],
    first: Measured,
    rules: RuledRows,
) -> pd.DataFrame:
    used = set() if first.peers is None else set(zip(first.peers["peer"], first.peers["peer_period"], strict=True))
    nothing = np.full(data.cost.size, np.nan)
    last, start = np.zeros(data.cost.size, dtype=np.int64), np.zeros(data.cost.size, dtype=np.int64)
    for sample in runs[0].samples:
        last[sample.rows], start[sample.rows] = sample.year, sample.first_year
    frame = pd.DataFrame(
        {
            "scheme": data.name,
            "unit": data.unit,
            "year": data.year,
            "efficiency": combined,
            "score": combined if first.score is None else first.score,
            "super_efficiency": nothing if first.super_efficiency is None else first.super_efficiency,
            "scale_efficiency": nothing if first.scale_efficiency is None else first.scale_efficiency,
            "is_peer": [key in used for key in zip(data.unit, data.year.tolist(), strict=True)],
        }
    )
    for name, scores in by_variant.items():
        frame[f"efficiency_{name}"] = scores
    frame = frame.assign(lower=lower, upper=upper, reference_from=start, reference_to=last)
    if any(run.own for run in runs):
        own = np.full(data.cost.size, "", dtype=object)
        for rows, status in next(run.own for run in runs if run.own):
            own[rows] = status
        frame["own_rows"] = own
    if bonus.any():
        frame["bonus"] = bonus
    if rules.kind.any():
        frame["rule"] = rules.kind
        frame["rule_reason"] = ["" if rule is None else rule.reason for rule in rules.rule]
        frame["rule_source"] = ["" if rule is None else rule.source for rule in rules.rule]
    decided = (last > 0) | (rules.kind != "")
    years = {sample.year for sample in runs[0].samples}
    if not decided.all() and len(years) < len(data.years):
        frame = frame[decided & frame["year"].isin(years).to_numpy()].reset_index(drop=True)
    return frame


def _stacked(runs: Sequence[_Run], name: str, scheme: str) -> pd.DataFrame:
    rows = [{"scheme": scheme, **row} for run in runs for row in run.rows.get(name, ())]
    columns = list(COLUMNS[name])
    return pd.DataFrame(rows, columns=columns) if rows else pd.DataFrame(columns=columns)


def _labelled(frame: pd.DataFrame | None, data: SchemeData, name: str) -> pd.DataFrame:
    """Give a result's tidy frame the scheme and the column names of the run."""
    if frame is None:
        return pd.DataFrame(columns=list(COLUMNS[name]))
    renamed = frame.rename(columns={"period": "year", "peer_period": "peer_year"})
    renamed.insert(0, "scheme", data.name)
    return renamed[[*COLUMNS[name], *(c for c in renamed.columns if c not in COLUMNS[name])]]
