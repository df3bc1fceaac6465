"""`run`: every stage in order on data that are already read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue
from bench.mapping.fitting import other_schemes
from bench.modelfile import Model, load_model
from bench.pipeline.asking.analyses import described
from bench.pipeline.figures import identity_rows, in_window, shown_figures, with_figures
from bench.pipeline.frontier import FRAMES, SchemeFrontier, scheme_frontier
from bench.pipeline.further import unused
from bench.pipeline.jobs import Job, file_job, memory_job
from bench.pipeline.neutral.comparable_cost import comparable_checks, with_comparable
from bench.pipeline.neutral.known_truth import decision_tradeoff, requirement_error
from bench.pipeline.neutral.over_recording import over_recording
from bench.pipeline.neutral.published_peers import published_peers
from bench.pipeline.norming import BENCHMARK_COLUMNS, benchmark_identities, benchmark_prices, requirements, scheme_norms
from bench.pipeline.planned import odd_plans
from bench.pipeline.schemes import SchemeData, at_cells, refuse_amounts, scheme_data, with_year
from bench.pipeline.scores.own_reference import excludes_own
from bench.pipeline.scores.sample import PriceLevel, decision_years
from bench.pipeline.shaping import with_optional
from bench.report.faces import RunFace
from bench.report.small_counts import finding, withheld
from bench.results import COLUMNS, RunResult, empty_frame
from bench.stykkpris.plausible import implausible_prices
from bench.typing import Progress
from bench.units import Units

if TYPE_CHECKING:
    from bench.stykkpris.result import StykkprisResult

#: Source of a number in force that the model does not state.
UNSTATED = "default of the program, not in the model file"


def run(
    model: Model | str,
    units: Units | None = None,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> RunResult:
    """Run every stage of a model on a table.

    Parameters
    ----------
    model : Model or str
        From :func:`bench.load_model`; a text is loaded as a bundled name or a path.
    units : Units, optional
        The data; the model's own bundled data set when omitted.
    tables : mapping of str to DataFrame, optional
        Further tables by the names in the model's ``[data.tables]``: ``budget``, ``months``, ``index``.
    workers : int
        Threads for the frontier; the numbers do not depend on it.
    progress : callable, optional
        Called with ``(stage, done, total)``.

    Returns
    -------
    RunResult

    Raises
    ------
    DataError, ModelError, SolverError, EstimationError, SettlementError
        See :mod:`bench.errors`.

    Examples
    --------
    >>> import bench
    >>> result = bench.run(bench.load_model("kristiansand"))
    >>> sorted(result.prices["scheme"].unique().tolist())
    ['helse', 'omsorg', 'utviklingshemmede']
    """
    model = model if isinstance(model, Model) else load_model(model)
    if units is None:
        return ran(file_job("run", [model], None), workers=workers, progress=progress)
    return ran(memory_job("run", [model], units, tables or {}), workers=workers, progress=progress)


def ran(job: Job, *, workers: int = 1, progress: Progress | None = None) -> RunResult:
    """Run the stages of a job and put the result together, with the manifest of what it was made from."""
    model = job.model.expanded(job.units)
    with job.model.placing():
        return _ran(job, model, workers=workers, report=progress or _silent)


def _ran(job: Job, model: Model, *, workers: int, report: Progress) -> RunResult:
    tables = job.tables
    units, issues = with_year(job.units, model.data.year)
    refuse_amounts(units, model.data.cost)
    units, assumed = with_optional(model, units)
    issues = [*issues, *assumed]
    compared = with_comparable(model, with_figures(model, in_window(model, units)))
    units = compared.units
    try:
        parts = scheme_data(model, units)
    except DataError as error:
        raise DataError(other_schemes(error.issues, model)) from error
    issues += odd_plans(job.planned, model, parts, job.accepted)
    if any(issue.severity == "error" for issue in issues):
        raise DataError([*issues, *units.warnings])
    report("frontier", 0, len(parts))
    level = price_level(model, tables)
    frontiers: list[SchemeFrontier | None] = []
    for position, data in enumerate(parts):
        try:
            frontiers.append(scheme_frontier(model, data, level, workers=workers))
        except DataError as error:
            raise DataError(at_cells(error.issues, job.units)) from error
        report("frontier", position + 1, len(parts))
    norm, benchmark, noted = _norms(model, parts, frontiers) if _has_norms(model) else _no_norms()
    report("settlement", 0, 1)
    required = requirements(model, parts, norm, level)
    peers = _stack(frontiers, "peers")
    stykkpris = _settled(model, units, norm, benchmark, required, peers, tables)
    report("settlement", 1, 1)
    beside = described(model, parts, level, workers=workers)
    found = _found_norms(model, parts, frontiers, norm)
    figures = shown_figures(model, units, found)
    checked = [*benchmark_identities(benchmark, parts), *identity_rows(model, units, found)]
    checked += comparable_checks(model, units, compared.lines)
    issues = [*issues, *_unused_conditions(model), *job.found, *unused(model, tables, stykkpris)]
    currency = units.source.dialect.get("currency", "NOK") if units.source is not None else "NOK"
    issues += implausible_prices(model, stykkpris.prices, currency)
    issues += _not_benchmarked(stykkpris.kept_savings)
    warnings = [*units.warnings, *issues, *(w for f in frontiers if f is not None for w in f.warnings), *noted]
    warnings += beside.warnings
    warnings += [Issue("model-note", note.en, severity="warning", file=model.file) for note in model.meta.note]
    if job.synthetic:
        warnings.insert(0, _synthetic())
    held = withheld(model, units, stykkpris.settlement_lines)
    warnings += [finding(held)] if held is not None else []
    return RunResult(
        model=model,
        units=units,
        prices=stykkpris.prices,
        schemes=stykkpris.schemes,
        settlement=stykkpris.settlement,
        settlement_lines=stykkpris.settlement_lines,
        purchaser=stykkpris.purchaser,
        corrections=stykkpris.corrections,
        sharing=stykkpris.sharing,
        payments=stykkpris.payments,
        follow_up=stykkpris.follow_up,
        receipts=stykkpris.receipts,
        payers=stykkpris.payers,
        bill=stykkpris.bill,
        **{name: _stack(frontiers, name) for name in FRAMES},
        figures=figures,
        norms=norm,
        cost_adjustments=compared.lines,
        over_recording=over_recording(model, parts, level, norm, stykkpris.settlement_lines, workers=workers),
        published_peers=published_peers(model, peers),
        decision_error=requirement_error(required, tables.get("truth")),
        decision_tradeoff=decision_tradeoff(
            model, parts, frontiers, _shares(parts), level, tables.get("truth") if len(required) else None
        ),
        full_cost=_full_cost(model, stykkpris.prices),
        benchmark_prices=benchmark,
        requirements=required,
        requirement_effect=stykkpris.requirement_effect,
        kept_savings=stykkpris.kept_savings,
        analyses=beside.provenance,
        described=beside.frames,
        assumptions=_with_limits(model, stykkpris.assumptions),
        checks=_with_rows(stykkpris.checks, checked),
        warnings=tuple(warnings),
        manifest=job.record.manifest(),
        synthetic=job.synthetic,
        sources=job.record.files,
        tables=dict(tables),
        face=RunFace(_tracing(job)),
        withheld=held,
    )


def _tracing(job: Job) -> Callable[[RunResult, Any], list[Any]]:
    """Return what gives the trees of the result's numbers."""
    from bench.trace.shown import Tracing

    return Tracing(job)


def _settled(
    model: Model,
    units: Units,
    norm: pd.DataFrame,
    benchmark: pd.DataFrame,
    required: pd.DataFrame,
    peers: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
) -> StykkprisResult:
    """Prices and settlement; nothing of either where the model ends with its norms."""
    from bench.stykkpris import settle
    from bench.stykkpris.result import StykkprisResult

    if model.meta.stage == "settlement":
        return settle(
            model,
            units,
            norms=norm,
            benchmark_prices=_first_year(benchmark),
            requirements=required,
            peers=peers,
            tables=dict(tables),
        )
    years = sorted({int(year) for year in norm["year"]})
    names = [part.name for part in fields(StykkprisResult) if part.name in COLUMNS and part.name != "assumptions"]
    return StykkprisResult(
        model=model, assumptions=model.assumptions(years), **{name: empty_frame(name) for name in names}
    )


def _with_limits(model: Model, stated: pd.DataFrame) -> pd.DataFrame:
    """Return the assumptions with the limit to a lead that counts, where it is in force and the model states none."""
    rows = []
    for scheme in model.scheme_ids:
        options = model.frontier_for(scheme)
        if model.frontier.variants and excludes_own(model, scheme, options) and not _states(model, scheme):
            value = options.own_limit.entries[0].value
            rows.append(("frontier.own_limit", "", "", value, "assumed", UNSTATED))
    if not rows:
        return stated
    more = pd.DataFrame(rows[:1], columns=list(stated.columns))
    return pd.concat([stated, more], ignore_index=True) if len(stated) else more


def _states(model: Model, scheme: str) -> bool:
    own = model.frontier.by_scheme.get(scheme)
    return "own_limit" in model.frontier.model_fields_set or (own is not None and "own_limit" in own.model_fields_set)


def _with_rows(checks: pd.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the checks of the settlement with those of the chain before it."""
    if not rows:
        return checks
    made = pd.DataFrame(list(rows), columns=list(COLUMNS["checks"]))
    return pd.concat([checks, made], ignore_index=True) if len(checks) else made


def _found_norms(
    model: Model, parts: Sequence[SchemeData], frontiers: Sequence[SchemeFrontier | None], norm: pd.DataFrame
) -> dict[tuple[str, str], dict[str, float]]:
    """Return the norms and scores of the last decision by scheme and unit, for the formulas that look at them."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for data, frontier in zip(parts, frontiers, strict=True):
        year = decision_years(model, data)[-1]
        here = norm[(norm["scheme"] == data.name) & (norm["year"] == year)] if len(norm) else norm
        found["norm", data.name] = dict(zip(here["unit"].astype(str), here["norm"], strict=True))
        if frontier is not None:
            rows = np.flatnonzero(data.year == year)
            names = [str(data.unit[row]) for row in rows]
            found["score", data.name] = dict(zip(names, frontier.efficiency[rows].tolist(), strict=True))
    return found


def _full_cost(model: Model, prices: pd.DataFrame) -> pd.DataFrame:
    """Every line of the full-cost calculations in force in the years that are priced."""
    rows = [
        {"scheme": scheme.id, "service": service.id, "year": year, "line": line, "amount": amount}
        for scheme in model.scheme
        for service in scheme.service
        if service.full_cost is not None
        for year in sorted({int(y) for y in prices.loc[prices["scheme"] == scheme.id, "year"]})
        for line, amount in service.full_cost.at(year).lines()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS["full_cost"]))


def _not_benchmarked(kept: pd.DataFrame) -> list[Issue]:
    """Name the units whose price or norm is their own cost: no yardstick but themselves."""
    alone = kept[~kept["benchmarked"].astype(bool)] if len(kept) else kept
    return [
        Issue(
            "not-benchmarked",
            f"scheme {scheme!r}: the price or norm of {', '.join(part['unit'].astype(str))} is their own cost, so they "
            "are not benchmarked",
            "state frontier.own = 'excluded', a reference of fixed years, or fewer services per frontier",
            severity="warning",
        )
        for scheme, part in alone.groupby("scheme", sort=False)
    ]


def _unused_conditions(model: Model) -> list[Issue]:
    """Warn of conditions outside the units' control that are read, and that the frontier takes no account of."""
    rule = model.frontier
    if not rule.variants:
        return []
    parts = (rule, *rule.by_scheme.values())
    used = {column for part in parts for column in part.environment or ()}
    used |= {column for named in model.named_methods() for column in named.environment or ()}
    used |= {c for part in parts if part.correction is not None for c in part.correction.conditions}
    used |= {c for part in parts if part.correction is not None for m in part.correction.composite for c in m.columns}
    return [
        Issue(
            "condition-not-used",
            "the column is read as a condition outside the units' control, but efficiency is measured without it",
            "name it in [frontier] environment with method sfa or stoned, or look for its effect on the scores: bench "
            "explain determinants",
            severity="warning",
            column=column,
        )
        for column in model.data.environment
        if column not in used
    ]


def _silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


def _synthetic() -> Issue:
    return Issue(
        "synthetic-data",
        "the numbers are made up to show the method; they are no municipality's accounts",
        "run the model on a file of your own",
        severity="warning",
    )


def price_level(model: Model, tables: Mapping[str, pd.DataFrame]) -> PriceLevel:
    """Return the factor between two years' prices by the model's own index."""
    from bench.stykkpris.rules.indexation import Index
    from bench.stykkpris.tables import extra_tables

    index = Index(model.indexation, extra_tables(tables).index)
    return index.chain


def _first_year(benchmark: pd.DataFrame) -> pd.DataFrame:
    """Benchmark prices of each scheme's first year: weights must not look ahead of the accounts they price."""
    return benchmark[benchmark["year"] == benchmark.groupby("scheme")["year"].transform("min")]


def _has_norms(model: Model) -> bool:
    """Whether the model asks for norms: a financing system alone needs none."""
    return bool(model.frontier.variants) or bool(model.model_fields_set & {"norm", "benchmark", "requirement"})


def _no_norms() -> tuple[pd.DataFrame, pd.DataFrame, list[Issue]]:
    return (
        pd.DataFrame(columns=list(COLUMNS["norms"])),
        pd.DataFrame(columns=list(BENCHMARK_COLUMNS)),
        [],
    )


def _norms(
    model: Model, parts: Sequence[SchemeData], frontiers: Sequence[SchemeFrontier | None]
) -> tuple[pd.DataFrame, pd.DataFrame, list[Issue]]:
    shares = _shares(parts)
    norm_frames, price_frames = [], []
    issues: list[Issue] = []
    for data, frontier in zip(parts, frontiers, strict=True):
        share = shares[data.name]
        norm = scheme_norms(model, data, frontier, share)
        norm_frames.append(norm)
        prices, noted = benchmark_prices(model, data, frontier, norm, share)
        price_frames.append(prices)
        issues += noted
    return pd.concat(norm_frames, ignore_index=True), pd.concat(price_frames, ignore_index=True), issues


def _shares(parts: Sequence[SchemeData]) -> dict[str, dict[int, float]]:
    """Each scheme's share of all schemes' cost by year: its part of a budget stated for the whole."""
    years = sorted({year for data in parts for year in data.years})
    whole = {year: sum(float(data.cost[data.year == year].sum()) for data in parts) for year in years}
    return {
        data.name: {year: float(data.cost[data.year == year].sum()) / whole[year] for year in data.years}
        for data in parts
    }


def _stack(frontiers: Sequence[SchemeFrontier | None], name: str) -> pd.DataFrame:
    frames = [frontier.frames[name] for frontier in frontiers if frontier is not None]
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS[name]))
