"""The frontier stage: efficiency, peers and multipliers of every unit, scheme by scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import EstimationError, Issue, ModelError
from bench.modelfile import FrontierOptions, Model
from bench.norms import combine_scores
from bench.options import Rts
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
    model: Model, data: SchemeData, real: FloatArray, *, workers: int = 1, progress: Progress | None = None
) -> SchemeFrontier | None:
    """Measure one scheme's efficiency by the model's methods.

    Parameters
    ----------
    model : Model
    data : SchemeData
    real : array (n,)
        Factor that takes each row's money to the prices of the last year.
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
    options = _with_defaults(model.frontier_for(data.name))
    groups = model.output_groups(data.name)
    table = _table(model, data, options, groups, real)
    warnings = _weak(table, data.name, options.periods or "pooled")
    results: dict[str, dict[str, Any]] = {}
    for method in rule.method:
        try:
            results[method] = _measured(method, model, table, options, workers, progress)
        except EstimationError as error:
            raise type(error)(f"scheme {data.name!r}, method {method!r}: {error}") from error
    for name, result in results.items():
        warnings += [
            replace(issue, message=f"scheme {data.name!r}, {name}: {issue.message}")
            for issue in result.get("warnings", ())
        ]
    by_method = {method: result["efficiency"] for method, result in results.items()}
    first = results[rule.method[0]]
    combined = combine_scores(list(by_method.values()), rule.combine)
    return SchemeFrontier(
        efficiency=combined,
        by_method=by_method,
        frames={
            "efficiency": _efficiency_frame(data, combined, by_method, first),
            "peers": _labelled(first.get("peers"), data, "peers"),
            "multipliers": _labelled(first.get("multipliers"), data, "multipliers"),
        },
        group_prices={
            method: result["prices"] / real[:, None] for method, result in results.items() if "prices" in result
        },
        outputs=groups,
        warnings=tuple(warnings),
    )


def _with_defaults(options: FrontierOptions) -> FrontierOptions:
    return options.model_copy(
        update={"orientation": options.orientation or "input", "periods": options.periods or "pooled"}
    )


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


def _table(
    model: Model, data: SchemeData, options: FrontierOptions, groups: Mapping[str, tuple[str, ...]], real: FloatArray
) -> Units:
    """The scheme as Units for the frontier: cost in the prices of the last year, outputs by group."""
    inputs = tuple(options.inputs or model.data.inputs or (model.data.cost,))
    environment = tuple(options.environment or ())
    frame = data.units.frame
    _refuse_missing(model, data, "inputs", inputs)
    _refuse_missing(model, data, "environment", environment)
    table = pd.DataFrame({"unit": data.unit, "year": data.year})
    for column in inputs:
        values = frame[column].to_numpy(dtype=np.float64)
        table[column] = values * real if column == model.data.cost else values
    volumes = group_volumes(data, groups)
    for position, name in enumerate(groups):
        table[name] = volumes[:, position]
    for column in environment:
        table[column] = frame[column].to_numpy(dtype=np.float64)
    return Units.from_frame(
        table, id="unit", period="year", inputs=inputs, outputs=list(groups), environment=environment
    )


def _refuse_missing(model: Model, data: SchemeData, key: str, columns: tuple[str, ...]) -> None:
    """Refuse a column the table lacks, or one that holds nothing in this scheme."""
    frame = data.units.frame
    for column in columns:
        if column in frame.columns and not frame[column].isna().any():
            continue
        why = "does not apply in this scheme" if column in frame.columns else "is not in the table"
        raise ModelError(
            f"scheme {data.name!r}: the frontier needs the column {column!r}, which {why}: give the column, or state "
            f"the scheme's own in [frontier.by_scheme.{data.name}] {key}",
            file=model.file,
            key=f"frontier.{key}",
        )


def _weak(table: Units, scheme: str, periods: str) -> list[Issue]:
    """Warn where a frontier has too few units to tell them apart.

    The rule of thumb max(m·s, 3(m+s)) is that of Cooper, Seiford & Tone (2007), p. 116.
    """
    size = len(table) if periods == "pooled" else min(len(table.for_period(p)) for p in table.periods)
    m, s = len(table.inputs), len(table.outputs)
    needed = max(m * s, 3 * (m + s))
    if size >= needed:
        return []
    return [
        Issue(
            "weak-frontier",
            f"scheme {scheme!r}: {size} observations for {m} inputs and {s} outputs; at least {needed} are needed "
            "before efficiency tells units apart",
            "pool the years, put services into fewer groups, or use the average norm in this scheme",
            severity="warning",
        )
    ]


def _dea(
    model: Model, table: Units, options: FrontierOptions, workers: int, progress: Progress | None
) -> dict[str, Any]:
    from bench.envelopment import dea

    common: dict[str, Any] = {"orientation": options.orientation, "periods": options.periods, "workers": workers}
    rts = _stated_rts(options)
    result = dea(table, rts=rts, progress=progress, **common)
    found: dict[str, Any] = {
        "efficiency": result.efficiency.to_numpy(dtype=np.float64),
        "score": result.score.to_numpy(dtype=np.float64),
        "peers": result.peers(),
    }
    if rts in ("crs", "vrs", "drs", "irs"):
        multipliers = result.multipliers()
        found["multipliers"] = multipliers
        if model.frontier.scale_efficiency:
            crs = result if rts == "crs" else dea(table, rts="crs", **common)
            found["scale_efficiency"] = crs.efficiency.to_numpy(dtype=np.float64) / found["efficiency"]
        if len(table.inputs) == 1:
            found["prices"] = _dea_prices(multipliers, table)
    if model.frontier.super_efficiency:
        found["super_efficiency"] = dea(table, rts=rts, super_efficiency=True, **common).efficiency.to_numpy(
            dtype=np.float64
        )
    return found


def _stated_rts(options: FrontierOptions) -> Rts:
    """The returns to scale; the model file has refused a frontier without."""
    assert options.rts is not None
    return options.rts


def _dea_prices(multipliers: pd.DataFrame, table: Units) -> pd.DataFrame:
    """Marginal cost ``u/v`` of each output at each row, in the table's row order."""
    wide = multipliers.pivot(index=["unit", "period"], columns="column", values="multiplier").reindex(table.index)
    cost = wide[table.inputs[0]]
    return pd.DataFrame({name: (wide[name] / cost).to_numpy() for name in table.outputs})


def _sfa(
    model: Model, table: Units, options: FrontierOptions, workers: int, progress: Progress | None
) -> dict[str, Any]:
    """Stochastic frontier; conditions shift the frontier, so that no unit's efficiency is lowered by them."""
    from bench.stochastic import sfa

    rule = model.frontier
    result = sfa(table, kind=rule.kind, form=rule.form, distribution=rule.distribution, environment=table.environment)
    prices = result.marginal_costs()
    wide = prices.pivot(index=["unit", "period"], columns="output", values="marginal_cost").reindex(table.index)
    return {
        "efficiency": result.efficiency.reindex(table.index).to_numpy(dtype=np.float64),
        "warnings": result.warnings,
        "prices": pd.DataFrame({name: wide[name].to_numpy() for name in table.outputs}),
    }


def _stoned(
    model: Model, table: Units, options: FrontierOptions, workers: int, progress: Progress | None
) -> dict[str, Any]:
    """StoNED; conditions are fitted jointly with the frontier, so that no unit's efficiency is lowered by them."""
    from bench.stochastic.stoned import stoned

    result = stoned(table, kind=model.frontier.kind, rts=_stated_rts(options), environment=table.environment)
    return {
        "efficiency": result.efficiency.reindex(table.index).to_numpy(dtype=np.float64),
        "warnings": result.warnings,
    }


_METHODS = {"dea": _dea, "sfa": _sfa, "stoned": _stoned}


def _measured(
    method: str, model: Model, table: Units, options: FrontierOptions, workers: int, progress: Progress | None
) -> dict[str, Any]:
    """One method's result on the whole table, or year by year where the model asks for a frontier per year."""
    if method == "dea" or options.periods == "pooled" or len(table.periods) == 1:
        return _METHODS[method](model, table, options, workers, progress)
    years = [table.for_period(period) for period in table.periods]
    found = [_METHODS[method](model, year, options, workers, progress) for year in years]
    order = years[0].index.append([year.index for year in years[1:]]).get_indexer(table.index)
    joined: dict[str, Any] = {
        "efficiency": np.concatenate([part["efficiency"] for part in found])[order],
        "warnings": [
            replace(issue, message=f"{period}: {issue.message}")
            for period, part in zip(table.periods, found, strict=True)
            for issue in part["warnings"]
        ],
    }
    if "prices" in found[0]:
        joined["prices"] = pd.concat([part["prices"] for part in found]).iloc[order].reset_index(drop=True)
    return joined


def _efficiency_frame(
    data: SchemeData, combined: FloatArray, by_method: Mapping[str, FloatArray], first: Mapping[str, Any]
) -> pd.DataFrame:
    peers = first.get("peers")
    used = set() if peers is None else set(zip(peers["peer"], peers["peer_period"], strict=True))
    nothing = np.full(data.cost.size, np.nan)
    frame = pd.DataFrame(
        {
            "scheme": data.name,
            "unit": data.unit,
            "year": data.year,
            "efficiency": combined,
            "score": first.get("score", combined),
            "super_efficiency": first.get("super_efficiency", nothing),
            "scale_efficiency": first.get("scale_efficiency", nothing),
            "is_peer": [key in used for key in zip(data.unit, data.year.tolist(), strict=True)],
        }
    )
    for method, scores in by_method.items():
        frame[f"efficiency_{method}"] = scores
    return frame


def _labelled(frame: pd.DataFrame | None, data: SchemeData, name: str) -> pd.DataFrame:
    """Give a result's tidy frame the scheme and the column names of the run."""
    if frame is None:
        return pd.DataFrame(columns=list(COLUMNS[name]))
    renamed = frame.rename(columns={"period": "year", "peer_period": "peer_year"})
    renamed.insert(0, "scheme", data.name)
    return renamed[[*COLUMNS[name], *(c for c in renamed.columns if c not in COLUMNS[name])]]
