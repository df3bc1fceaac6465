"""The norm stage: cost norms, benchmark prices and requirements, scheme by scheme and year by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench import norms
from bench.errors import DataError, Issue, ModelError, SettlementError, nearest
from bench.modelfile import Model, Norm, Requirement
from bench.modelfile.sections.analysis import CALIBRATION_WORDS
from bench.pipeline.frontier import SchemeFrontier, group_volumes, with_defaults
from bench.pipeline.neutral.comparable_cost import COMPARABLE, in_accounts
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.methods import choice_of
from bench.pipeline.scores.own_reference import excludes_own
from bench.pipeline.scores.quality_gate import resting
from bench.pipeline.scores.sample import UNMEASURED, PriceLevel, decision_years, refuse_missing
from bench.results import COLUMNS
from bench.stykkpris.identities import stated_difference
from bench.typing import BoolArray, FloatArray, IntArray
from bench.units import Units

#: Norm sources that take the frontier's combined efficiency or one method's.
_FRONTIER_SOURCES = ("frontier", "dea", "sfa", "stoned")

#: Columns of benchmark prices in a run.
BENCHMARK_COLUMNS = (*COLUMNS["benchmark_prices"], "year", "lower", "upper", "chosen_by")
#: A frontier price this many times above or below the price by agreed weights is pointed out.
FAR = 2.0


def scheme_norms(
    model: Model, data: SchemeData, frontier: SchemeFrontier | None, share: Mapping[int, float]
) -> pd.DataFrame:
    """Cost norms of one scheme, all years: columns of ``COLUMNS["norms"]``.

    ``share`` is the scheme's share of all schemes' cost by year: its part of a budget stated for the whole.
    """
    parts = []
    weighted = data.weighted_volume
    for year in decision_years(model, data):
        rows = np.flatnonzero(data.year == year)
        cost, volume = data.cost[rows], weighted[rows]
        nothing = np.full(rows.size, np.nan)
        if _weighted(model, data):
            average = norms.average_norm(cost, volume)
            best = _best_practice(model.norm, year, cost, volume)
        else:
            average = best = nothing
        own = frontier.efficiency[rows] if frontier is not None else nothing
        known = frontier is not None and "dea" in frontier.by_method
        dea = in_accounts(data, rows, frontier.by_method["dea"][rows]) if known and frontier is not None else nothing
        simple = {"average": average, "best-practice": best}
        raw, norm = _chosen(model, data, frontier, year, rows, share[year], simple)
        lenient = _with_evidence(model, data, frontier, year, rows, raw, norm)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(np.isnan(own), norm / cost, own)
        parts.append(
            pd.DataFrame(
                {
                    "scheme": data.name,
                    "unit": data.unit[rows],
                    "year": year,
                    "cost": cost,
                    "average_norm": average,
                    "best_practice_norm": best,
                    "dea_norm": dea,
                    "norm": norm,
                    "efficiency": found,
                    "potential": np.maximum(cost - norm, 0.0),
                    "uncalibrated_norm": raw,
                    "evidence_norm": lenient,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _with_evidence(
    model: Model,
    data: SchemeData,
    frontier: SchemeFrontier | None,
    year: int,
    rows: Any,
    raw: FloatArray,
    norm: FloatArray,
) -> FloatArray:
    """The norm by the upper end of each score's interval: never below the norm itself, missing without an interval.

    Uncertainty only ever softens: a bootstrap's interval may lie below the plain score, which then counts.
    """
    if frontier is None or model.norm.source not in _FRONTIER_SOURCES:
        return np.full(rows.size, np.nan)
    rule = model.norm
    upper = np.minimum(frontier.upper[rows] / rule.tolerance.at(year), np.inf if rule.above_one else 1.0)
    share = rule.own_cost_share.at(year)
    lenient = share * data.cost[rows] + (1.0 - share) * in_accounts(data, rows, upper)
    return np.asarray(np.where(np.isnan(upper), np.nan, norm + np.maximum(lenient - raw, 0.0)))


def _weighted(model: Model, data: SchemeData) -> bool:
    """Whether the services can be added up: a model that ends with norms need not weigh them."""
    return model.meta.stage == "settlement" or all(
        service.weight is not None or service.weight_rule is not None for service in data.rule.service
    )


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
) -> tuple[FloatArray, FloatArray]:
    """The norm the model asks for, after tolerance, floor and own-cost share: before and after calibration."""
    rule = model.norm
    cost = data.cost[rows]
    kind = np.full(rows.size, "", dtype=object) if frontier is None else frontier.kind[rows]
    here = ~np.isin(kind, UNMEASURED)
    norm = np.full(rows.size, np.nan)
    if rule.source in _FRONTIER_SOURCES:
        norm[here] = norm_of_scores(model, data, rows[here], _scores(model, data, frontier, rule.source)[rows[here]])
        history = kind == "own-history"
        assert frontier is not None
        norm[history] = in_accounts(data, rows, frontier.efficiency[rows])[history]
    else:
        norm[here] = np.maximum(simple[rule.source], rule.floor.at(year) * cost)[here]
    norm[here] = norms.own_cost_mix(cost[here], norm[here], rule.own_cost_share.at(year))
    norm[kind == "average"] = cost[kind == "average"]
    if rule.calibrate == "none":
        return norm, norm
    total = share * rule.total.at(year) if rule.total is not None else float(cost[here].sum())
    key = model.norm_for(data.name).key
    return norm, _calibrated(model, data, rows, here, norm, total, key)


def norm_of_scores(model: Model, data: SchemeData, rows: IntArray, scores: FloatArray) -> FloatArray:
    """Return the norms that scores of rows of one year give, before any mix with own cost, array (rows,).

    The tolerance, the limit at one, the floors and stated adjustments of cost are those of the model.
    """
    rule, year = model.norm, int(data.year[rows[0]]) if len(rows) else 0
    if not len(rows):
        return np.zeros(0)
    counted = scores / rule.tolerance.at(year)
    if not rule.above_one:
        # A unit that the others alone are the yardstick for keeps its lead over them; nobody else goes above one.
        others = excludes_own(model, data.name, model.frontier_for(data.name))
        counted = np.minimum(counted, np.maximum(scores, 1.0) if others else 1.0)
    floor = max(model.frontier.floor.at(year), rule.floor.at(year))
    return in_accounts(data, rows, norms.frontier_norm(np.ones(counted.size), counted, floor=floor))


def _calibrated(
    model: Model, data: SchemeData, rows: Any, here: Any, norm: FloatArray, total: float, key: str
) -> FloatArray:
    """Norms of the units in the frontier, made to add to a total by the key; the others' stay."""
    options: dict[str, Any] = {}
    name = key
    if key not in CALIBRATION_WORDS:
        refuse_missing(model, data, "key", [key])
        name, options["column"] = "column", data.units.frame[key].to_numpy(dtype=np.float64)[rows][here]
    options["cost"], options["volume"] = data.cost[rows][here], data.weighted_volume[rows][here]
    try:
        made = norms.calibrate(norm[here], total, name, **options)  # type: ignore[arg-type]
    except DataError as error:
        raise ModelError(
            f"scheme {data.name!r}: {error} (the key is {key!r})", file=model.file, key="norm.key"
        ) from error
    found = norm.copy()
    found[here] = made.norm
    return found


def _scores(model: Model, data: SchemeData, frontier: SchemeFrontier | None, source: str) -> FloatArray:
    if frontier is not None and source == "frontier":
        return frontier.efficiency
    name = variant_of(model, source)
    if frontier is None or name is None:
        raise ModelError(
            f"scheme {data.name!r}: the norm comes from {source!r}, which the frontier does not estimate",
            file=model.file,
            key="norm.source",
        )
    return frontier.by_method[name]


def variant_of(model: Model, source: str) -> str | None:
    """Return the variant a source names: the first of its method, or the first of all for ``frontier``."""
    variants = model.frontier.variants
    return next((variant.id for variant in variants if source in ("frontier", variant.method)), None)


def benchmark_prices(
    model: Model,
    data: SchemeData,
    frontier: SchemeFrontier | None,
    norm: pd.DataFrame,
    share: Mapping[int, float],
) -> tuple[pd.DataFrame, list[Issue]]:
    """Benchmark prices of one scheme by source and year, and what to know about them.

    ``price`` keeps the level the source found. ``calibrated_price`` is rescaled by ``scale`` to the stated total.
    ``lower`` and ``upper`` are the ends of all prices that are as good, or of an estimate's interval, and ``chosen_by``
    is the rule that chose among them.
    """
    rule = model.benchmark
    empty = pd.DataFrame(columns=list(BENCHMARK_COLUMNS))
    if not data.services or not _weighted(model, data):
        return empty, []
    sources = [source for source in rule.sources if _has_prices(model, data, frontier, source)]
    issues = [_without_prices(data, source) for source in rule.sources if source not in sources]
    parts = []
    for year in decision_years(model, data):
        rows = np.flatnonzero(data.year == year)
        volumes = data.volumes[rows].sum(axis=0)
        cost = data.cost[rows]
        total = float(cost.sum())
        if rule.total == "norm":
            total = float(norm.loc[norm["year"] == year, "norm"].sum())
        elif rule.amount is not None:
            total = share[year] * rule.amount.at(year)
        for source in sources:
            raw, low, high, chosen_by = _raw_prices(model, data, frontier, source, year, rows)
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
                        "lower": low,
                        "upper": high,
                        "chosen_by": chosen_by,
                    }
                )
            )
    if not parts:
        return empty, issues
    frame = pd.concat(parts, ignore_index=True)
    return frame, [*issues, *_far_from_weights(data, frame)]


def benchmark_identities(frame: pd.DataFrame, parts: Sequence[SchemeData]) -> list[dict[str, Any]]:
    """Return, for every source and year, calibrated prices times volumes against the stated total, as rows of checks.

    Raises
    ------
    SettlementError
        When one is off by more than 1e-9 of the total.
    """
    rows = []
    by_name = {data.name: data for data in parts}
    for (scheme, source, year), part in frame.groupby(["scheme", "source", "year"], sort=False):
        data = by_name[str(scheme)]
        volumes = data.volumes[data.year == year].sum(axis=0)
        left, right = float(volumes @ part["calibrated_price"].to_numpy(dtype=np.float64)), float(part["total"].iloc[0])
        tolerance = 1e-9 * abs(right)
        if not abs(left - right) <= tolerance:
            raise SettlementError(f"benchmark prices of {source} times volume ({scheme} {year})", left - right)
        rows.append(
            {
                "check": f"benchmark prices of {source} times volume = stated total",
                "scheme": scheme,
                "year": year,
                "left": left,
                "right": right,
                "difference": stated_difference(left, right),
                "tolerance": tolerance,
            }
        )
    return rows


def _has_prices(model: Model, data: SchemeData, frontier: SchemeFrontier | None, source: str) -> bool:
    """Whether a source gives prices here; a source the model never estimates is an error of the model file."""
    if source not in _FRONTIER_SOURCES:
        return True
    method = variant_of(model, source)
    if frontier is None or method is None:
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
) -> tuple[FloatArray, FloatArray, FloatArray, str]:
    """Prices by service at the level the source found, the ends of their range, and the rule that chose them."""
    cost, volume, weights = data.cost[rows], data.weighted_volume[rows], data.weights[rows][0]
    if source in ("average", "best-practice"):
        whole = cost if source == "average" else _best_practice(model.norm, year, cost, volume)
        prices = norms.weight_prices(float(whole.sum() / volume.sum()), weights)
        return prices, prices, prices, "agreed-weights"
    method = variant_of(model, source)
    assert frontier is not None
    assert method is not None
    groups = frontier.outputs[method]
    volumes = group_volumes(data, groups)[rows]

    def by_service(marginal: FloatArray) -> FloatArray:
        # A unit without volume says nothing of a service, whatever its price would be there.
        by_group = norms.multiplier_prices(np.ones(len(rows)), np.where(volumes > 0.0, marginal, 0.0), volumes)
        found = np.zeros(len(data.services))
        for position, services in enumerate(groups.values()):
            for name in services:
                if name in data.services:
                    place = data.services.index(name)
                    found[place] = by_group[position] * (weights[place] if len(services) > 1 else 1.0)
        return found

    low, high = frontier.price_ends[method]
    marginal = frontier.group_prices[method].iloc[rows].to_numpy(dtype=np.float64)
    return by_service(marginal), by_service(low[rows]), by_service(high[rows]), frontier.chosen_by[method]


def requirements(model: Model, parts: Sequence[SchemeData], norm: pd.DataFrame, level: PriceLevel) -> pd.DataFrame:
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
        year = _base_year(model, data, years[0])
        base = norm[(norm["scheme"] == data.name) & (norm["year"] == year) & norm["norm"].notna()]
        asking = RequirementRule.of(model, data, base, level)
        frame = _requirement_frame(data.name, base, years, asking(_evidence(model, data, base)))
        frames.append(frame if asking.rests is None else frame.assign(rests=asking.rests.ravel()))
    _refuse_unknown_exemptions(model, parts)
    return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True, slots=True, eq=False)
class RequirementRule:
    """What a model asks of the units of one scheme on the accounts of one year, whatever their norms are.

    Attributes
    ----------
    cost : array (n,)
        NOK in the year of the accounts.
    general : tuple of float
        General requirement by year, what the frontier moves included.
    influenceable : array (n,), optional
    exempt : array (n,) of bool
    rests : array (n, years) of bool, optional
    """

    rule: Requirement
    cost: FloatArray
    general: tuple[float, ...]
    influenceable: FloatArray | None
    exempt: BoolArray
    rests: BoolArray | None

    @classmethod
    def of(cls, model: Model, data: SchemeData, base: pd.DataFrame, level: PriceLevel) -> RequirementRule:
        """Return the rule for units and cost of a table with the columns ``unit``, ``year`` and ``cost``."""
        rule = model.requirement
        assert rule is not None
        years, year = rule.year_list, int(base["year"].iloc[0]) if len(base) else 0
        names = [str(unit) for unit in base["unit"]]
        shift = _frontier_shift(model, data, level, year) if rule.frontier_shift == "malmquist" else 0.0
        exempt = [any(one.unit == unit and one.covers(years[0]) for one in rule.exemption) for unit in names]
        return cls(
            rule,
            base["cost"].to_numpy(dtype=np.float64),
            tuple(1.0 - (1.0 - rule.general.at(year)) * (1.0 - shift) for year in years),
            _influenceable(model, data, year, base),
            np.array(exempt, dtype=bool),
            resting(model, data, names, years),
        )

    def __call__(self, norm: FloatArray, keep: BoolArray | None = None) -> norms.RequirementPath:
        """Return the requirements on given norms, of all units or of those to be kept, arrays (n,) of bool and NOK."""
        rule, first = self.rule, self.rule.year_list[0]
        inside = np.ones(self.cost.size, dtype=bool) if keep is None else keep
        return norms.requirement_path(
            self.cost[inside],
            norm[inside],
            years=rule.years,
            general=self.general,
            path=rule.path,
            glide=None if rule.glide is None else rule.glide.at(first),
            individual_share=rule.individual_share.at(first),
            max_gap=1.0 - rule.floor.at(first),
            max_yearly=None if rule.corridor is None else rule.corridor.at(first),
            min_yearly=rule.least.at(first),
            influenceable=None if self.influenceable is None else self.influenceable[inside],
            exempt=self.exempt[inside],
            rests=None if self.rests is None else self.rests[inside],
        )


def _evidence(model: Model, data: SchemeData, base: pd.DataFrame) -> FloatArray:
    """The norm a requirement rests on: the plain one, or the lenient one where the score's interval counts."""
    rule = model.requirement
    assert rule is not None
    if rule.evidence == "plain":
        return base["norm"].to_numpy(dtype=np.float64)
    lenient = base["evidence_norm"].to_numpy(dtype=np.float64)
    if np.isnan(lenient).all():
        raise ModelError(
            f"scheme {data.name!r}: the requirement rests on an interval, and no score has one: state "
            "[frontier.inference] with periods that are not averaged, use method 'sfa', or evidence = 'plain'",
            file=model.file,
            key="requirement.evidence",
        )
    return np.where(np.isnan(lenient), base["norm"].to_numpy(dtype=np.float64), lenient)


def _influenceable(model: Model, data: SchemeData, year: int, base: pd.DataFrame) -> FloatArray | None:
    """Share of each unit's cost that the requirement bites on."""
    rule = model.requirement
    assert rule is not None
    if rule.cost is None:
        return None
    refuse_missing(model, data, "cost", [rule.cost])
    values = data.units.frame[rule.cost].to_numpy(dtype=np.float64)
    now = {data.unit[row]: values[row] for row in np.flatnonzero(data.year == year)}
    share = np.array([now[unit] for unit in base["unit"]]) / base["cost"].to_numpy(dtype=np.float64)
    if ((share < 0.0) | (share > 1.0 + 1e-9)).any():
        worst = base["unit"].iloc[int(np.argmax(np.abs(share - 0.5)))]
        raise DataError(
            [
                Issue(
                    "influenceable-cost",
                    "the influenceable cost is not between zero and the whole cost",
                    "correct the column requirement.cost names",
                    unit=str(worst),
                    column=rule.cost,
                    period=str(year),
                )
            ]
        )
    return np.asarray(np.minimum(share, 1.0))


def _frontier_shift(model: Model, data: SchemeData, level: PriceLevel, year: int) -> float:
    """What the frontier's cost falls by a year: the geometric mean of technical change up to the accounts' year."""
    from bench.envelopment import malmquist

    options = with_defaults(model, data.name)
    choice = choice_of(model, data.name, options, model.frontier.variants[0])
    known = np.flatnonzero(data.year <= year)
    if np.unique(data.year[known]).size < 2:
        return 0.0
    volumes = group_volumes(data, choice.outputs)[known]
    frame = pd.DataFrame({"unit": [data.unit[row] for row in known], "year": data.year[known]})
    factor = np.array([level(int(y), year) for y in data.year[known]])
    for column in choice.inputs:
        values = data.units.frame[column].to_numpy(dtype=np.float64)[known]
        frame[column] = values * factor if column in (model.data.cost, data.rule.cost, COMPARABLE) else values
    for position, name in enumerate(choice.outputs):
        frame[name] = volumes[:, position]
    table = Units.from_frame(frame, id="unit", period="year", inputs=list(choice.inputs), outputs=list(choice.outputs))
    change = malmquist(table, orientation="input").frame["technical_change"].dropna().to_numpy()
    return float(max(1.0 - 1.0 / np.exp(np.log(change).mean()), 0.0)) if change.size else 0.0


def _refuse_unknown_exemptions(model: Model, parts: Sequence[SchemeData]) -> None:
    """Refuse an exemption for a unit that has no row: written otherwise, it would be held to it in silence."""
    rule = model.requirement
    assert rule is not None
    known = [unit for data in parts for unit in dict.fromkeys(data.unit)]
    for position, exemption in enumerate(rule.exemption):
        if exemption.unit not in known:
            raise model.refuse(
                f"the exemption is for {exemption.unit!r}, which has no row in the table"
                f"{nearest(exemption.unit, known)}",
                ("requirement", "exemption", position, "unit"),
            )


def _base_year(model: Model, data: SchemeData, first: int) -> int:
    """Return the year of the newest accounts known when a requirement from a year on is decided."""
    if model.decision is not None:
        return decision_years(model, data)[-1]
    lag = max(data.rule.price.lag, 1)
    known = [year for year in decision_years(model, data) if year <= first - lag]
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
