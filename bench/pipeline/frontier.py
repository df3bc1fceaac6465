"""The frontier stage: efficiency, peers and multipliers of every unit, scheme by scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import EstimationError, Issue
from bench.modelfile import FrontierOptions, Model
from bench.norms import combine_scores
from bench.options import Rts
from bench.pipeline.sample import PriceLevel, Sample, samples, scheme_columns
from bench.pipeline.schemes import SchemeData
from bench.results import COLUMNS
from bench.typing import FloatArray, Progress
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class SchemeFrontier:
    """Efficiency of one scheme's rows.

    Attributes
    ----------
    efficiency : array (n,)
        Combined over the methods, input-oriented share.
    by_method : Mapping of str to array (n,)
    frames : Mapping of str to DataFrame
        ``efficiency``, ``peers`` and ``multipliers`` with the columns of :data:`bench.results.COLUMNS`.
    group_prices : Mapping of str to DataFrame
        By method: the marginal cost of each output of the frontier (columns) at each row, in the prices of
        the row's year.
    outputs : Mapping of str to tuple of str
        Services that make up each output of the frontier.
    warnings : tuple of Issue
    """

    efficiency: FloatArray
    by_method: Mapping[str, FloatArray]
    frames: Mapping[str, pd.DataFrame]
    group_prices: Mapping[str, pd.DataFrame]
    outputs: Mapping[str, tuple[str, ...]]
    warnings: tuple[Issue, ...]


def scheme_frontier(
    model: Model, data: SchemeData, level: PriceLevel, *, workers: int = 1, progress: Progress | None = None
) -> SchemeFrontier | None:
    """Measure one scheme's efficiency by the model's methods, for every decision year.

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
    if rule.method == ("none",):
        return None
    options = with_defaults(model, data.name)
    groups = model.output_groups(data.name)
    volumes = group_volumes(data, groups)
    outputs = {name: volumes[:, position] for position, name in enumerate(groups)}
    found = samples(model, data, options, scheme_columns(model, data, options, outputs), level)
    warnings = _weak(found, data.name)
    results: dict[str, Measured] = {}
    for method in rule.method:
        parts = []
        for sample in found:
            try:
                parts.append(_METHODS[method](model, sample, options, workers, progress))
            except EstimationError as error:
                raise type(error)(f"scheme {data.name!r}, method {method!r}: {error}") from error
        results[method] = _joined(found, parts, data.cost.size)
    for name, result in results.items():
        warnings += [
            replace(issue, message=f"scheme {data.name!r}, {name}: {issue.message}") for issue in result.warnings
        ]
    by_method = {method: result.efficiency for method, result in results.items()}
    first = results[rule.method[0]]
    combined = combine_scores(list(by_method.values()), rule.combine)
    return SchemeFrontier(
        efficiency=combined,
        by_method=by_method,
        frames={
            "efficiency": _efficiency_frame(data, found, combined, by_method, first),
            "peers": _labelled(first.peers, data, "peers"),
            "multipliers": _labelled(first.multipliers, data, "multipliers"),
        },
        group_prices={
            method: pd.DataFrame(result.prices, columns=list(groups))
            for method, result in results.items()
            if result.prices is not None
        },
        outputs=groups,
        warnings=tuple(warnings),
    )


def with_defaults(model: Model, scheme: str) -> FrontierOptions:
    """Return a scheme's options of the frontier with those that have a default filled in.

    Where the frontier feeds money the years are those known when the decision is made; a frontier that only describes
    pools them.
    """
    options = model.frontier_for(scheme)
    periods = options.periods or ("known" if model.feeds_money(scheme) else "pooled")
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


def _weak(found: Sequence[Sample], scheme: str) -> list[Issue]:
    """Warn where a frontier has too few units to tell them apart.

    The rule of thumb max(m·s, 3(m+s)) is that of Cooper, Seiford & Tone (2007), p. 116.
    """
    size = min(len(sample.reference) for sample in found)
    table = found[0].reference
    m, s = len(table.inputs), len(table.outputs)
    needed = max(m * s, 3 * (m + s))
    if size >= needed:
        return []
    return [
        Issue(
            "weak-frontier",
            f"scheme {scheme!r}: {size} observations for {m} inputs and {s} outputs; at least {needed} are needed "
            "before efficiency tells units apart",
            "let the frontier look at more years, put services into fewer groups, or use the average norm in this "
            "scheme",
            severity="warning",
        )
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What one method found in one sample, or in all of them put together.

    Attributes
    ----------
    efficiency : array (e,)
    score, super_efficiency, scale_efficiency : array (e,) or None
    peers, multipliers : DataFrame or None
        As the method gives them, with ``norm_share`` in ``peers``.
    prices : array (e, s) or None
        Marginal cost of each output at each row, in the prices of the row's year.
    warnings : tuple of Issue
    """

    efficiency: FloatArray
    score: FloatArray | None = None
    super_efficiency: FloatArray | None = None
    scale_efficiency: FloatArray | None = None
    peers: pd.DataFrame | None = None
    multipliers: pd.DataFrame | None = None
    prices: FloatArray | None = None
    warnings: tuple[Issue, ...] = ()


_ROWWISE = ("efficiency", "score", "super_efficiency", "scale_efficiency", "prices")


def _joined(found: Sequence[Sample], parts: Sequence[Measured], size: int) -> Measured:
    """Put the decision years together in the order of the scheme's rows."""
    values: dict[str, Any] = {}
    for name in _ROWWISE:
        pieces = [getattr(part, name) for part in parts]
        if any(piece is None for piece in pieces):
            continue
        whole = np.full((size, *pieces[0].shape[1:]), np.nan)
        for sample, piece in zip(found, pieces, strict=True):
            whole[sample.rows] = piece
        values[name] = whole
    for name in ("peers", "multipliers"):
        frames = [frame for part in parts if (frame := getattr(part, name)) is not None]
        if frames:
            values[name] = pd.concat(frames, ignore_index=True)
    several = len(found) > 1
    values["warnings"] = tuple(
        replace(issue, message=f"{sample.year}: {issue.message}") if several else issue
        for sample, part in zip(found, parts, strict=True)
        for issue in part.warnings
    )
    return Measured(**values)


def _dea(model: Model, sample: Sample, options: FrontierOptions, workers: int, progress: Progress | None) -> Measured:
    from bench.envelopment import dea

    table = sample.evaluated
    common: dict[str, Any] = {"orientation": options.orientation, "periods": "pooled", "workers": workers}
    if sample.reference is not table:
        common["reference"] = sample.reference
    rts = _stated_rts(options)
    result = dea(table, rts=rts, progress=progress, **common)
    efficiency = result.efficiency.to_numpy(dtype=np.float64)
    found: dict[str, Any] = {
        "efficiency": efficiency,
        "score": result.score.to_numpy(dtype=np.float64),
        "peers": _with_norm_shares(result.peers(), sample),
    }
    if rts in ("crs", "vrs", "drs", "irs"):
        multipliers = result.multipliers()
        found["multipliers"] = multipliers
        if model.frontier.scale_efficiency:
            crs = result if rts == "crs" else dea(table, rts="crs", **common)
            found["scale_efficiency"] = crs.efficiency.to_numpy(dtype=np.float64) / efficiency
        if len(table.inputs) == 1:
            found["prices"] = _dea_prices(multipliers, table) / sample.factor[:, None]
    if model.frontier.super_efficiency:
        found["super_efficiency"] = dea(table, rts=rts, super_efficiency=True, **common).efficiency.to_numpy(
            dtype=np.float64
        )
    return Measured(**found)


def _with_norm_shares(peers: pd.DataFrame, sample: Sample) -> pd.DataFrame:
    """Add each peer's share of the unit's norm in NOK, ``λ_j·c_j / Σ λ_k·c_k``.

    A small peer with a large intensity is a small part of the money: shares of λ say nothing about the norm.
    """
    reference = sample.reference
    if reference.period is None:
        peers = peers.assign(peer_period=sample.year)
        place = pd.Index(reference.frame[reference.id]).get_indexer(pd.Index(peers["peer"]))
    else:
        place = reference.index.get_indexer(pd.MultiIndex.from_frame(peers[["peer", "peer_period"]]))
    part = peers["intensity"].to_numpy(dtype=np.float64) * sample.cost[place]
    whole = pd.Series(part).groupby([peers["unit"].to_numpy(), peers["period"].to_numpy()]).transform("sum").to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        return peers.assign(norm_share=part / whole)


def _stated_rts(options: FrontierOptions) -> Rts:
    """The returns to scale; the model file has refused a frontier without."""
    assert options.rts is not None
    return options.rts


def _dea_prices(multipliers: pd.DataFrame, table: Units) -> FloatArray:
    """Marginal cost ``u/v`` of each output at each row, in the table's row order, array (e, s)."""
    wide = multipliers.pivot(index=["unit", "period"], columns="column", values="multiplier").reindex(table.index)
    cost = wide[table.inputs[0]].to_numpy(dtype=np.float64)
    return np.asarray(wide[list(table.outputs)].to_numpy(dtype=np.float64) / cost[:, None])


def _sfa(model: Model, sample: Sample, options: FrontierOptions, workers: int, progress: Progress | None) -> Measured:
    """Stochastic frontier; conditions shift the frontier, so that no unit's efficiency is lowered by them."""
    from bench.stochastic import sfa

    rule = model.frontier
    table = sample.reference
    result = sfa(table, kind=rule.kind, form=rule.form, distribution=rule.distribution, environment=table.environment)
    rows = sample.evaluated.index
    prices = result.marginal_costs()
    wide = prices.pivot(index=["unit", "period"], columns="output", values="marginal_cost").reindex(rows)
    return Measured(
        efficiency=np.asarray(result.efficiency.reindex(rows), dtype=np.float64),
        warnings=tuple(result.warnings),
        prices=wide[list(table.outputs)].to_numpy(dtype=np.float64) / sample.factor[:, None],
    )


def _stoned(
    model: Model, sample: Sample, options: FrontierOptions, workers: int, progress: Progress | None
) -> Measured:
    """StoNED; conditions are fitted jointly with the frontier, so that no unit's efficiency is lowered by them."""
    from bench.stochastic import stoned

    table = sample.reference
    result = stoned(table, kind=model.frontier.kind, rts=_stated_rts(options), environment=table.environment)
    return Measured(
        efficiency=np.asarray(result.efficiency.reindex(sample.evaluated.index), dtype=np.float64),
        warnings=tuple(result.warnings),
    )


_METHODS = {"dea": _dea, "sfa": _sfa, "stoned": _stoned}


def _efficiency_frame(
    data: SchemeData,
    found: Sequence[Sample],
    combined: FloatArray,
    by_method: Mapping[str, FloatArray],
    first: Measured,
) -> pd.DataFrame:
    used = set() if first.peers is None else set(zip(first.peers["peer"], first.peers["peer_period"], strict=True))
    nothing = np.full(data.cost.size, np.nan)
    last, start = np.zeros(data.cost.size, dtype=np.int64), np.zeros(data.cost.size, dtype=np.int64)
    for sample in found:
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
    for method, scores in by_method.items():
        frame[f"efficiency_{method}"] = scores
    return frame.assign(reference_from=start, reference_to=last)


def _labelled(frame: pd.DataFrame | None, data: SchemeData, name: str) -> pd.DataFrame:
    """Give a result's tidy frame the scheme and the column names of the run."""
    if frame is None:
        return pd.DataFrame(columns=list(COLUMNS[name]))
    renamed = frame.rename(columns={"period": "year", "peer_period": "peer_year"})
    renamed.insert(0, "scheme", data.name)
    return renamed[[*COLUMNS[name], *(c for c in renamed.columns if c not in COLUMNS[name])]]
