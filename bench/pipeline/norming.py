"""The norm stage: cost norms, benchmark prices and requirements, scheme by scheme and year by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench import norms
from bench.errors import DataError, Issue, ModelError
from bench.modelfile import Model, Norm
from bench.pipeline.frontier import SchemeFrontier, group_volumes
from bench.pipeline.schemes import SchemeData
from bench.results import COLUMNS
from bench.typing import FloatArray

#: Norm sources that take the frontier's combined efficiency or one method's.
_FRONTIER_SOURCES = ("frontier", "dea", "sfa", "stoned")

#: A frontier price this many times above or below the price by agreed weights is pointed out.
FAR = 2.0


def scheme_norms(
    model: Model, data: SchemeData, frontier: SchemeFrontier | None, share: Mapping[int, float]
) -> pd.DataFrame:
    """Cost norms of one scheme, all years: columns of ``COLUMNS["norms"]``.

    ``share`` is the scheme's share of all schemes' cost by year: its part of a budget stated for the whole.
    """
    parts = []
    for year, rows in data.rows():
        cost, volume = data.cost[rows], data.weighted_volume[rows]
        average = norms.average_norm(cost, volume)
        best = _best_practice(model.norm, year, cost, volume)
        own = frontier.efficiency[rows] if frontier is not None else np.full(rows.size, np.nan)
        dea = cost * (
            frontier.by_method["dea"][rows] if frontier is not None and "dea" in frontier.by_method else np.nan
        )
        norm = _chosen(model, data, frontier, year, rows, share[year], {"average": average, "best-practice": best})
        parts.append(
            pd.DataFrame(
                {
                    "scheme": data.name,
                    "unit": [data.unit[row] for row in rows],
                    "year": year,
                    "cost": cost,
                    "average_norm": average,
                    "best_practice_norm": best,
                    "dea_norm": dea,
                    "norm": norm,
                    "efficiency": np.where(np.isnan(own), norm / cost, own),
                    "potential": np.maximum(cost - norm, 0.0),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _best_practice(rule: Norm, year: int, cost: FloatArray, volume: FloatArray) -> FloatArray:
    """Best practice as the model states it; the single best unit where it states none."""
    if rule.quantile is not None:
        return norms.best_practice_norm(cost, volume, quantile=rule.quantile.at(year))
    k = rule.k if rule.k is not None else 1
    return norms.best_practice_norm(cost, volume, k=k)


def _chosen(
    model: Model,
    data: SchemeData,
    frontier: SchemeFrontier | None,
    year: int,
    rows: Any,
    share: float,
    simple: Mapping[str, FloatArray],
) -> FloatArray:
    """The norm the model asks for, after tolerance, floor, own-cost share and calibration."""
    rule = model.norm
    cost = data.cost[rows]
    if rule.source in _FRONTIER_SOURCES:
        scores = _scores(model, data, frontier, rule.source)[rows]
        scores = np.minimum(scores / rule.tolerance.at(year), 1.0)
        floor = max(model.frontier.floor.at(year), rule.floor.at(year))
        norm = norms.frontier_norm(cost, scores, floor=floor)
    else:
        norm = np.maximum(simple[rule.source], rule.floor.at(year) * cost)
    norm = norms.own_cost_mix(cost, norm, rule.own_cost_share.at(year))
    if rule.calibrate == "none":
        return norm
    total = share * rule.total.at(year) if rule.total is not None else float(cost.sum())
    return norms.calibrate(norm, total, "norm").norm


def _scores(model: Model, data: SchemeData, frontier: SchemeFrontier | None, source: str) -> FloatArray:
    if frontier is None or (source != "frontier" and source not in frontier.by_method):
        raise ModelError(
            f"scheme {data.name!r}: the norm comes from {source!r}, which the frontier does not estimate",
            file=model.file,
            key="norm.source",
        )
    return frontier.efficiency if source == "frontier" else frontier.by_method[source]


def benchmark_prices(
    model: Model,
    data: SchemeData,
    frontier: SchemeFrontier | None,
    norm: pd.DataFrame,
    share: Mapping[int, float],
) -> tuple[pd.DataFrame, list[Issue]]:
    """Benchmark prices of one scheme by source and year, and what to know about them.

    ``price`` keeps the level the source found. ``calibrated_price`` is rescaled by ``scale`` to the stated total.
    """
    rule = model.benchmark
    empty = pd.DataFrame(columns=[*COLUMNS["benchmark_prices"], "year"])
    if not data.services:
        return empty, []
    sources = [source for source in rule.sources if _has_prices(model, data, frontier, source)]
    issues = [_without_prices(data, source) for source in rule.sources if source not in sources]
    parts = []
    for year, rows in data.rows():
        volumes = data.volumes[rows].sum(axis=0)
        cost = data.cost[rows]
        total = float(cost.sum())
        if rule.total == "norm":
            total = float(norm.loc[norm["year"] == year, "norm"].sum())
        elif rule.amount is not None:
            total = share[year] * rule.amount.at(year)
        for source in sources:
            raw = _raw_prices(model, data, frontier, source, year, rows)
            used = volumes > 0
            prices = norms.rescale_prices(np.where(used, raw, 0.0), volumes, total)
            parts.append(
                pd.DataFrame(
                    {
                        "scheme": data.name,
                        "service": data.services,
                        "measure": [service.measure.nb for service in data.rule.service],
                        "source": source,
                        "price": raw,
                        "calibrated_price": raw * prices.scale,
                        "scale": prices.scale,
                        "total": total,
                        "year": year,
                    }
                )
            )
    if not parts:
        return empty, issues
    frame = pd.concat(parts, ignore_index=True)
    return frame, [*issues, *_far_from_weights(data, frame)]


def _method(model: Model, source: str) -> str:
    return model.frontier.method[0] if source == "frontier" else source


def _has_prices(model: Model, data: SchemeData, frontier: SchemeFrontier | None, source: str) -> bool:
    """Whether a source gives prices here; a source the model never estimates is an error of the model file."""
    if source not in _FRONTIER_SOURCES:
        return True
    method = _method(model, source)
    if frontier is None or method not in frontier.by_method:
        raise ModelError(
            f"scheme {data.name!r}: benchmark prices come from {source!r}, which the frontier does not estimate",
            file=model.file,
            key="benchmark.sources",
        )
    return method in frontier.group_prices


def _without_prices(data: SchemeData, source: str) -> Issue:
    return Issue(
        "no-frontier-prices",
        f"scheme {data.name!r}: the frontier {source!r} gives no price per service: cost is not its only input, or its "
        "technology has no multipliers",
        "make cost the only input of the frontier, or leave the source out of benchmark.sources",
        severity="warning",
    )


def _far_from_weights(data: SchemeData, frame: pd.DataFrame) -> list[Issue]:
    """Warn of frontier prices of the last year that lie far from those of the agreed weights.

    Calibrated prices are compared: what is asked is whether the services stand in another proportion to each other,
    not whether best practice is cheaper than the average.
    """
    last = frame[frame["year"] == data.years[-1]].pivot(index="service", columns="source", values="calibrated_price")
    if "average" not in last.columns:
        return []
    issues = []
    for source in [name for name in last.columns if name in _FRONTIER_SOURCES]:
        ratio = last[source] / last["average"]
        far = ratio[(ratio > FAR) | (ratio < 1.0 / FAR)]
        if len(far):
            named = ", ".join(f"{service} ({value:.2g} times)" for service, value in far.items())
            issues.append(
                Issue(
                    "price-far-from-weight",
                    f"scheme {data.name!r}: prices from {source!r} are far from those of the product weights: {named}",
                    "do not sign them before the frontier's outputs are grouped or its multipliers bounded",
                    severity="warning",
                )
            )
    return issues


def _raw_prices(
    model: Model, data: SchemeData, frontier: SchemeFrontier | None, source: str, year: int, rows: Any
) -> FloatArray:
    cost, volume, weights = data.cost[rows], data.weighted_volume[rows], data.weights[rows][0]
    if source == "average":
        return norms.weight_prices(float(cost.sum() / volume.sum()), weights)
    if source == "best-practice":
        norm = _best_practice(model.norm, year, cost, volume)
        return norms.weight_prices(float(norm.sum() / volume.sum()), weights)
    assert frontier is not None
    method = _method(model, source)
    groups = frontier.outputs
    marginal = frontier.group_prices[method].iloc[rows].to_numpy(dtype=np.float64)
    by_group = norms.multiplier_prices(np.ones(len(rows)), marginal, group_volumes(data, groups)[rows])
    prices = np.zeros(len(data.services))
    for position, services in enumerate(groups.values()):
        for name in services:
            if name in data.services:
                place = data.services.index(name)
                prices[place] = by_group[position] * (weights[place] if len(services) > 1 else 1.0)
    return prices


def requirements(model: Model, parts: Sequence[SchemeData], norm: pd.DataFrame) -> pd.DataFrame:
    """Requirements of every unit: columns of ``COLUMNS["requirements"]``, and the accounts they are decided on.

    Decided before their first year, they look at the newest accounts that are known then, and at no later ones.

    Raises
    ------
    DataError
        When a scheme has no accounts that old.
    """
    rule = model.requirement
    if rule is None:
        return pd.DataFrame(columns=list(COLUMNS["requirements"]))
    years = rule.year_list
    frames = []
    for data in parts:
        base = norm[(norm["scheme"] == data.name) & (norm["year"] == _base_year(data, years[0]))]
        exempt = [
            any(exemption.unit == unit and exemption.covers(years[0]) for exemption in rule.exemption)
            for unit in base["unit"]
        ]
        path = norms.requirement_path(
            base["cost"].to_numpy(),
            base["norm"].to_numpy(),
            years=rule.years,
            general=[rule.general.at(year) for year in years],
            path=rule.path,
            individual_share=rule.individual_share.at(years[0]),
            max_gap=1.0 - rule.floor.at(years[0]),
            max_yearly=None if rule.corridor is None else rule.corridor.at(years[0]),
            exempt=np.array(exempt, dtype=bool),
        )
        frames.append(_requirement_frame(data.name, base, years, path))
    return pd.concat(frames, ignore_index=True)


def _base_year(data: SchemeData, first: int) -> int:
    """Return the year of the newest accounts known when a requirement from a year on is decided."""
    lag = max(data.rule.price.lag, 1)
    known = [year for year in data.years if year <= first - lag]
    if known:
        return known[-1]
    raise DataError(
        [
            Issue(
                "no-accounts",
                f"the requirement from {first} on is decided on accounts up to {first - lag}, and scheme {data.name!r} "
                f"has none before {data.years[0]}",
                f"state requirement.first_year = {data.years[-1] + lag}, or add earlier accounts",
                period=str(first - lag),
            )
        ]
    )


def _requirement_frame(
    scheme: str, base: pd.DataFrame, years: Sequence[int], path: norms.RequirementPath
) -> pd.DataFrame:
    count, length = path.individual.shape
    return pd.DataFrame(
        {
            "scheme": scheme,
            "unit": np.repeat(base["unit"].to_numpy(dtype=object), length),
            "year": np.tile(np.asarray(years), count),
            "base_cost": np.repeat(base["cost"].to_numpy(), length),
            "individual": path.individual.ravel(),
            "general": path.general.ravel(),
            "requirement": path.requirement.ravel(),
            "requirement_nok": path.requirement_nok.ravel(),
            "allowed_cost": path.allowed_cost.ravel(),
            "base_year": np.repeat(base["year"].to_numpy(), length),
            "gap": np.repeat(np.maximum(base["cost"].to_numpy() - base["norm"].to_numpy(), 0.0), length),
        }
    )
