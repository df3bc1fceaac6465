"""`run`: every stage in order on data that are already read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from bench.errors import Issue
from bench.modelfile import Model, load_model
from bench.pipeline.frontier import SchemeFrontier, scheme_frontier
from bench.pipeline.jobs import Job, file_job, memory_job
from bench.pipeline.norming import benchmark_prices, requirements, scheme_norms
from bench.pipeline.sample import PriceLevel
from bench.pipeline.schemes import SchemeData, refuse_amounts, scheme_data, with_year
from bench.results import COLUMNS, RunResult
from bench.typing import Progress
from bench.units import Units


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
    from bench.stykkpris import settle

    report = progress or _silent
    tables = job.tables
    model = job.model.expanded(job.units)
    units, issues = with_year(job.units, model.data.year)
    refuse_amounts(units, model.data.cost)
    parts = scheme_data(model, units)
    report("frontier", 0, len(parts))
    level = _price_level(model, tables)
    frontiers: list[SchemeFrontier | None] = []
    for position, data in enumerate(parts):
        frontiers.append(scheme_frontier(model, data, level, workers=workers))
        report("frontier", position + 1, len(parts))
    norm, benchmark, noted = _norms(model, parts, frontiers) if _has_norms(model) else _no_norms()
    report("settlement", 0, 1)
    stykkpris = settle(model, units, norms=norm, benchmark_prices=_first_year(benchmark), tables=dict(tables))
    report("settlement", 1, 1)
    issues = [*issues, *_unused_conditions(model)]
    warnings = [*units.warnings, *issues, *(w for f in frontiers if f is not None for w in f.warnings), *noted]
    warnings += [Issue("model-note", note.en, severity="warning", file=model.file) for note in model.meta.note]
    if job.synthetic:
        warnings.insert(0, _synthetic())
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
        efficiency=_stack(frontiers, "efficiency"),
        peers=_stack(frontiers, "peers"),
        multipliers=_stack(frontiers, "multipliers"),
        norms=norm,
        benchmark_prices=benchmark,
        requirements=requirements(model, parts, norm),
        assumptions=stykkpris.assumptions,
        checks=stykkpris.checks,
        warnings=tuple(warnings),
        manifest=job.record.manifest(),
        synthetic=job.synthetic,
        sources=job.record.files,
    )


def _unused_conditions(model: Model) -> list[Issue]:
    """Warn of conditions outside the units' control that are read, and that the frontier takes no account of."""
    rule = model.frontier
    if rule.method == ("none",):
        return []
    used = {column for part in (rule, *rule.by_scheme.values()) for column in part.environment or ()}
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


def _price_level(model: Model, tables: Mapping[str, pd.DataFrame]) -> PriceLevel:
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
    return model.frontier.method != ("none",) or bool(model.model_fields_set & {"norm", "benchmark", "requirement"})


def _no_norms() -> tuple[pd.DataFrame, pd.DataFrame, list[Issue]]:
    return (
        pd.DataFrame(columns=list(COLUMNS["norms"])),
        pd.DataFrame(columns=[*COLUMNS["benchmark_prices"], "year"]),
        [],
    )


def _norms(
    model: Model, parts: Sequence[SchemeData], frontiers: Sequence[SchemeFrontier | None]
) -> tuple[pd.DataFrame, pd.DataFrame, list[Issue]]:
    years = sorted({year for data in parts for year in data.years})
    whole = {year: sum(float(data.cost[data.year == year].sum()) for data in parts) for year in years}
    norm_frames, price_frames = [], []
    issues: list[Issue] = []
    for data, frontier in zip(parts, frontiers, strict=True):
        share = {year: float(data.cost[data.year == year].sum()) / whole[year] for year in data.years}
        norm = scheme_norms(model, data, frontier, share)
        norm_frames.append(norm)
        prices, noted = benchmark_prices(model, data, frontier, norm, share)
        price_frames.append(prices)
        issues += noted
    return pd.concat(norm_frames, ignore_index=True), pd.concat(price_frames, ignore_index=True), issues


def _stack(frontiers: Sequence[SchemeFrontier | None], name: str) -> pd.DataFrame:
    frames = [frontier.frames[name] for frontier in frontiers if frontier is not None]
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS[name]))
