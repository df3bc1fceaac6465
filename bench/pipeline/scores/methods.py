"""What a variant of the frontier measures in one sample: efficiency, peers, multipliers and prices, by its method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.catalogue import CONDITION_METHODS, SCORE_METHODS
from bench.errors import Issue, ModelError, SolverError
from bench.modelfile import FrontierOptions, Model
from bench.modelfile.methods.named import Restriction, Variant
from bench.pipeline.asking.library import Request, shares, takes_reference
from bench.pipeline.neutral.comparable_cost import compared_inputs
from bench.pipeline.scores.sample import Sample
from bench.typing import BoolArray, FloatArray, Progress
from bench.units import Units


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant with everything it inherits filled in.

    Attributes
    ----------
    id, method : str
    inputs : tuple of str
    outputs : Mapping of str to tuple of str
        Outputs of the frontier and the services each adds up.
    environment : tuple of str
    rts : str or None
    orientation, kind, form, distribution : str
    keys : Mapping of str to Any
        The method's own keys.
    restriction : tuple of Restriction
    weight : float
    """

    id: str
    method: str
    inputs: tuple[str, ...]
    outputs: Mapping[str, tuple[str, ...]]
    environment: tuple[str, ...]
    rts: str | None
    orientation: str
    kind: str
    form: str
    distribution: str
    keys: Mapping[str, Any]
    restriction: tuple[Restriction, ...]
    weight: float


def choice_of(model: Model, scheme: str, options: FrontierOptions, variant: Variant) -> Choice:
    """Fill in what a variant inherits from the scheme's frontier."""
    rule = model.frontier
    cost = model.find_scheme(scheme).cost or model.data.cost
    common = (options.environment or ()) if variant.method in CONDITION_METHODS else ()
    return Choice(
        id=variant.id,
        method=variant.method,
        inputs=compared_inputs(model, variant.inputs or options.inputs or model.data.inputs or (cost,)),
        outputs=model.output_groups(scheme, variant.outputs),
        environment=tuple(common if variant.environment is None else variant.environment),
        rts=variant.rts or options.rts,
        orientation=options.orientation or "input",
        kind=variant.kind,
        form=variant.form or rule.form,
        distribution=variant.distribution or rule.distribution,
        keys=variant.stated_keys(),
        restriction=variant.restriction,
        weight=variant.weight,
    )


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
    price_low, price_high : array (e, s) or None
        Least and largest of them over all optimal multipliers, or the ends of their 95 per cent interval.
    chosen_by : str
        Rule that chose among them: ``face-centre``, ``vertex`` or ``fitted``.
    lower, upper : array (e,) or None
        Interval of the method's own, where it has one.
    warnings : tuple of Issue
    """

    efficiency: FloatArray
    score: FloatArray | None = None
    super_efficiency: FloatArray | None = None
    scale_efficiency: FloatArray | None = None
    peers: pd.DataFrame | None = None
    multipliers: pd.DataFrame | None = None
    prices: FloatArray | None = None
    price_low: FloatArray | None = None
    price_high: FloatArray | None = None
    chosen_by: str = ""
    lower: FloatArray | None = None
    upper: FloatArray | None = None
    warnings: tuple[Issue, ...] = ()


#: Standard errors to each end of a 95 per cent interval.
_TWO_SIDED = 1.959963984540054
#: Arrays with one row per evaluated row.
ROWWISE = (
    "efficiency",
    "score",
    "super_efficiency",
    "scale_efficiency",
    "prices",
    "price_low",
    "price_high",
    "lower",
    "upper",
)


def joined(found: Sequence[Sample], parts: Sequence[Measured], size: int) -> Measured:
    """Put the decision years together in the order of the scheme's rows; rows that were not measured are missing."""
    values: dict[str, Any] = {}
    for name in ROWWISE:
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
    values["chosen_by"] = next((part.chosen_by for part in parts if part.chosen_by), "")
    several = len(found) > 1
    values["warnings"] = tuple(
        replace(issue, message=f"{sample.year}: {issue.message}") if several else issue
        for sample, part in zip(found, parts, strict=True)
        for issue in part.warnings
    )
    return Measured(**values)


def filled(found: Measured, other: Measured, rows: BoolArray) -> Measured:
    """Put another result's rows in place of some."""
    values: dict[str, Any] = {}
    for name in ROWWISE:
        array, one = getattr(found, name), getattr(other, name)
        if array is not None and one is not None:
            values[name] = array.copy()
            values[name][rows] = one[rows]
    return replace(found, **values)


def measured(
    model: Model, choice: Choice, sample: Sample, *, workers: int = 1, progress: Progress | None = None
) -> Measured:
    """Measure the rows of a sample by a variant's method."""
    return _METHODS[choice.method](model, choice, sample, workers, progress)


# -- data envelopment analysis ---------------------------------------------------------------------------------


def _dea(model: Model, choice: Choice, sample: Sample, workers: int, progress: Progress | None) -> Measured:
    def against(some: Sample) -> Measured:
        if choice.restriction:
            return _restricted(choice, some, workers)
        return _radial(model, choice, some, workers, progress if some is sample else None)

    whole = against(sample)
    alone = np.flatnonzero(sample.own >= 0)
    if not alone.size:
        return whole
    # A unit that may be its own peer and nobody else's has a reference of its own: all common peers and itself.
    parts = [whole]
    for row in alone:
        with_itself = sample.common.copy()
        with_itself[sample.own[row]] = True
        single = replace(
            sample,
            rows=sample.rows[[row]],
            evaluated=sample.evaluated.take(np.array([row])),
            common=with_itself,
            own=np.array([-1], dtype=np.intp),
            factor=sample.factor[[row]],
        )
        parts.append(against(single))
    return _over(whole, parts[1:], alone, sample)


def _over(whole: Measured, parts: Sequence[Measured], rows: Any, sample: Sample) -> Measured:
    """Put single units' own results in place of those of the common run."""
    values: dict[str, Any] = {"warnings": whole.warnings, "chosen_by": whole.chosen_by}
    for name in ROWWISE:
        array = getattr(whole, name)
        if array is None:
            continue
        array = array.copy()
        for row, part in zip(rows, parts, strict=True):
            array[row] = getattr(part, name)[0]
        values[name] = array
    units = [sample.evaluated.frame[sample.evaluated.id].iloc[int(row)] for row in rows]
    for name in ("peers", "multipliers"):
        frame = getattr(whole, name)
        if frame is not None:
            kept = frame[~frame["unit"].isin(units)]
            values[name] = pd.concat([kept, *(getattr(part, name) for part in parts)], ignore_index=True)
    return Measured(**values)


def _radial(model: Model, choice: Choice, sample: Sample, workers: int, progress: Progress | None) -> Measured:
    from bench.envelopment import dea

    table, reference = sample.evaluated, sample.reference
    common: dict[str, Any] = {"orientation": choice.orientation, "periods": "pooled", "workers": workers}
    if reference is not table:
        common["reference"] = reference
    if sample.others_only:
        common["super_efficiency"] = True
    rts = _stated_rts(choice)
    result = dea(table, rts=rts, progress=progress, **common)
    efficiency = result.efficiency.to_numpy(dtype=np.float64)
    found: dict[str, Any] = {
        "efficiency": efficiency,
        "score": result.score.to_numpy(dtype=np.float64),
        "peers": with_norm_shares(result.peers(), sample),
    }
    if rts in ("crs", "vrs", "drs", "irs"):
        multipliers, told = _with_ranges(result)
        found |= {"multipliers": multipliers, "warnings": told}
        if model.frontier.scale_efficiency:
            crs = result if rts == "crs" else dea(table, rts="crs", **common)
            found["scale_efficiency"] = crs.efficiency.to_numpy(dtype=np.float64) / efficiency
        if len(table.inputs) == 1:
            found |= _dea_prices(multipliers, table, sample.factor)
    if model.frontier.super_efficiency:
        ahead = dea(table, rts=rts, **{**common, "super_efficiency": True})
        found["super_efficiency"] = ahead.efficiency.to_numpy(dtype=np.float64)
    return Measured(**found)


def base_shares(choice: Choice, sample: Sample, workers: int) -> tuple[FloatArray, FloatArray]:
    """Measure the rows of ``base`` against themselves.

    Returns
    -------
    efficiency : array (b,)
    shares : array (b, b)
        Shares of each row's norm that come from each row.
    """
    from bench.envelopment import dea

    reference = sample.reference
    options: dict[str, Any] = {"orientation": choice.orientation, "periods": "pooled", "workers": workers}
    if reference is not sample.base:
        options["reference"] = reference
    result = dea(sample.base, rts=_stated_rts(choice), **options)
    return np.asarray(result.efficiency, dtype=np.float64), share_matrix(result.peers(), sample.base, sample)


def share_matrix(peers: pd.DataFrame, units: Units, sample: Sample) -> FloatArray:
    """Return the shares of each unit's norm in NOK that come from each row of ``base``, array (n, b)."""
    if "norm_share" not in peers.columns:
        peers = with_norm_shares(peers, sample)
    keys = ["unit", "period"] if units.period is not None else ["unit"]
    labels = pd.MultiIndex.from_frame(peers[keys]) if len(keys) == 2 else pd.Index(peers["unit"])
    shares = np.zeros((len(units), len(sample.base)))
    np.add.at(shares, (units.index.get_indexer(labels), _place(peers, sample)), peers["norm_share"].to_numpy())
    return shares


def _place(peers: pd.DataFrame, sample: Sample) -> Any:
    base = sample.base
    if base.period is None:
        return base.index.get_indexer(pd.Index(peers["peer"]))
    return base.index.get_indexer(pd.MultiIndex.from_frame(peers[["peer", "peer_period"]]))


def with_norm_shares(peers: pd.DataFrame, sample: Sample) -> pd.DataFrame:
    """Add each peer's share of the unit's norm in NOK, ``λ_j·c_j / Σ λ_k·c_k``.

    A small peer with a large intensity is a small part of the money: shares of λ say nothing about the norm. ``c`` is
    the frontier's own cost where that is its only input, and the accounts' cost otherwise.
    """
    base = sample.base
    place = _place(peers, sample)
    if base.period is None:
        peers = peers.assign(peer_period=sample.year)
    cost = base.X[:, 0] if len(base.inputs) == 1 else sample.cost
    part = peers["intensity"].to_numpy(dtype=np.float64) * cost[place]
    keys = [peers["unit"].to_numpy()] + ([peers["period"].to_numpy()] if "period" in peers.columns else [])
    whole = pd.Series(part).groupby(keys).transform("sum").to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        return peers.assign(norm_share=part / whole)


def _stated_rts(choice: Choice) -> Any:
    """The returns to scale; the model file has refused a frontier without."""
    assert choice.rts is not None
    return choice.rts


def _with_ranges(result: Any) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """The canonical multipliers with their ranges; without them, and said so, where they cannot be proven."""
    try:
        return result.multipliers(ranges=True), ()
    except SolverError as error:
        told = Issue("no-price-range", str(error), "look for units with nearly the same numbers", severity="warning")
        return result.multipliers().assign(lower=np.nan, upper=np.nan), (told,)


def _dea_prices(multipliers: pd.DataFrame, table: Units, factor: FloatArray) -> dict[str, Any]:
    """Marginal cost ``u/v`` of each output at each row with its range, in the table's row order, arrays (e, s).

    The range is that of ``u`` where ``v`` is the same on the whole face, as it is whenever inputs are what is scaled.
    """
    values = {}
    for name in ("multiplier", "lower", "upper"):
        wide = multipliers.pivot(index=["unit", "period"], columns="column", values=name).reindex(table.index)
        values[name] = wide[[*table.inputs, *table.outputs]].to_numpy(dtype=np.float64)
    cost = values["multiplier"][:, :1]
    with np.errstate(invalid="ignore"):
        fixed = np.isclose(values["lower"][:, :1], values["upper"][:, :1], rtol=1e-9, atol=0.0)
        low, high = (np.where(fixed, values[name][:, 1:] / cost, np.nan) for name in ("lower", "upper"))
    middle = values["multiplier"][:, 1:] / cost
    # Where the centre lies a rounding outside its own range, it is an end of it.
    return {
        "prices": middle / factor[:, None],
        "price_low": np.minimum(low, middle) / factor[:, None],
        "price_high": np.maximum(high, middle) / factor[:, None],
        "chosen_by": "face-centre",
    }


def _restricted(choice: Choice, sample: Sample, workers: int) -> Measured:
    """Weights within limits; limits on one output's value in another leave prices that the client can defend."""
    from bench.envelopment import Ratio, weight_restricted
    from bench.envelopment.core.technology import Technology
    from bench.envelopment.multipliers.price_ranges import price_ranges
    from bench.envelopment.multipliers.weight_restrictions import limit_rows

    limits = [Ratio(part.of, part.per, part.low, part.high) for part in choice.restriction]
    options: dict[str, Any] = {"periods": "pooled", "workers": workers}
    if sample.reference is not sample.evaluated:
        options["reference"] = sample.reference
    result = weight_restricted(
        sample.evaluated, restrictions=limits, rts=_stated_rts(choice), orientation=choice.orientation, **options
    )
    frame = result.frame
    weights = {column: frame[f"weight {column}"].to_numpy(dtype=np.float64) for column in choice.outputs}
    efficiency = frame["efficiency"].to_numpy(dtype=np.float64)
    found: dict[str, Any] = {}
    if len(choice.inputs) == 1:
        factor = sample.factor[:, None]
        cost = frame[f"weight {choice.inputs[0]}"].to_numpy(dtype=np.float64)
        found["prices"] = np.column_stack(list(weights.values())) / cost[:, None] / factor
        found["chosen_by"] = "vertex"
        if choice.orientation == "input":
            table, trades = sample.evaluated, limit_rows(sample.evaluated, limits)
            technology = Technology.of(table.X, table.Y, _stated_rts(choice), trades=trades)
            ends = price_ranges(technology, table.X, table.Y, efficiency, labels=table.names)
            found |= {"price_low": ends.lower / factor, "price_high": ends.upper / factor}
    return Measured(
        efficiency=efficiency,
        score=frame["score"].to_numpy(dtype=np.float64),
        warnings=_binding(choice, weights),
        **found,
    )


def _binding(choice: Choice, weights: Mapping[str, FloatArray]) -> tuple[Issue, ...]:
    """Say at how many units each limit decides the value."""
    issues = []
    for part in choice.restriction:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = weights[part.of] / weights[part.per]
        for name, limit in (("low", part.low), ("high", part.high)):
            count = 0 if limit is None else int(np.isclose(ratio, limit, rtol=1e-6).sum())
            if count:
                issues.append(
                    Issue(
                        "binding-limit",
                        f"the value of {part.of} lies at {name} = {limit:g} of {part.per} at {count} units"
                        + (f" ({part.reason})" if part.reason else ""),
                        "see whether the limit, rather than the accounts, decides the price",
                        severity="warning",
                    )
                )
    return tuple(issues)


# -- stochastic frontiers --------------------------------------------------------------------------------------


def _sfa(model: Model, choice: Choice, sample: Sample, workers: int, progress: Progress | None) -> Measured:
    """Stochastic frontier; conditions shift the frontier, so that no unit's efficiency is lowered by them."""
    from bench.stochastic import sfa

    table = sample.reference
    options: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in choice.keys.items()
    }
    result = sfa(
        table,
        kind=choice.kind,
        form=choice.form,
        distribution=choice.distribution,
        environment=table.environment,
        **options,
    )
    rows = sample.evaluated.index
    costs = result.marginal_costs()
    price, error = (
        costs.pivot(index=["unit", "period"], columns="output", values=name)
        .reindex(rows)[list(table.outputs)]
        .to_numpy(dtype=np.float64)
        / sample.factor[:, None]
        for name in ("marginal_cost", "std_error")
    )
    interval = result.efficiency_interval(0.95).reindex(rows)
    return Measured(
        efficiency=np.asarray(result.efficiency.reindex(rows), dtype=np.float64),
        warnings=tuple(result.warnings),
        prices=price,
        price_low=price - _TWO_SIDED * error,
        price_high=price + _TWO_SIDED * error,
        chosen_by="fitted",
        lower=np.asarray(interval["lower"], dtype=np.float64),
        upper=np.asarray(interval["upper"], dtype=np.float64),
    )


def _stoned(model: Model, choice: Choice, sample: Sample, workers: int, progress: Progress | None) -> Measured:
    """StoNED; conditions are fitted jointly with the frontier, so that no unit's efficiency is lowered by them."""
    from bench.stochastic import stoned

    table = sample.reference
    result = stoned(
        table, kind=choice.kind, rts=_stated_rts(choice), environment=table.environment, **dict(choice.keys)
    )
    return Measured(
        efficiency=np.asarray(result.efficiency.reindex(sample.evaluated.index), dtype=np.float64),
        warnings=tuple(result.warnings),
    )


# -- methods whose score alone goes on -----------------------------------------------------------------------------


def _library(model: Model, choice: Choice, sample: Sample, workers: int, progress: Progress | None) -> Measured:
    """A method of the library that gives a score and no prices.

    A method that takes a reference measures our rows against it; the others measure the rows that make their frontier,
    and ours are kept.
    """
    if sample.averaged:
        raise ModelError(
            f"the variant {choice.id!r} measures rows against rows: periods = 'average' is for method 'dea'",
            file=model.file,
            key="frontier.periods",
        )
    table = sample.reference
    place = table.index.get_indexer(sample.evaluated.index)
    if (place < 0).any() and takes_reference(choice.method):
        scores, warnings = shares(request_of(choice, workers), sample.evaluated, reference=table)
        return Measured(efficiency=scores, warnings=warnings)
    if (place < 0).any():
        raise ModelError(
            f"the variant {choice.id!r} measures the rows that make its frontier: a unit that is kept from being a "
            "peer has no score by it",
            file=model.file,
            key="frontier.unit_rule",
        )
    scores, warnings = shares(request_of(choice, workers), table)
    return Measured(efficiency=scores[place], warnings=warnings)


def request_of(choice: Choice, workers: int) -> Request:
    """Return what the library is asked for by a variant: its input side, since the norm is a share of cost."""
    options = {
        "rts": choice.rts,
        "orientation": "input",
        "direction": "inputs",
        "kind": choice.kind,
        "form": choice.form,
        "distribution": choice.distribution,
        "environment": choice.environment,
    }
    return Request(choice.method, choice.keys, options, workers)


_METHODS: Mapping[str, Callable[[Model, Choice, Sample, int, Progress | None], Measured]] = {
    "dea": _dea,
    "sfa": _sfa,
    "stoned": _stoned,
    **dict.fromkeys(SCORE_METHODS, _library),
}
