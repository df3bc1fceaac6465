"""The analyses of a model: methods that describe, each a table of the run that no price or norm looks at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.catalogue import METHODS
from bench.errors import DataError, EstimationError, Issue, ModelError, OptionError
from bench.modelfile import Analysis, FrontierOptions, Model
from bench.pipeline.asking.library import Answer, Request, asked, further_columns
from bench.pipeline.frontier import group_volumes, with_defaults
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.sample import Columns, PriceLevel, refuse_missing, ruled_rows, samples, scheme_columns
from bench.results import COLUMNS
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """What the analyses of a model found.

    Attributes
    ----------
    frames : dict of str to DataFrame
        By name: the analysis' id, and ``id_coefficients``, ``id_tests`` and the like beside it.
    provenance : DataFrame
        One row per analysis, scheme and table it was made from.
    warnings : tuple of Issue
    """

    frames: dict[str, pd.DataFrame]
    provenance: pd.DataFrame
    warnings: tuple[Issue, ...]


def described(model: Model, parts: Sequence[SchemeData], level: PriceLevel, *, workers: int = 1) -> Described:
    """Make every analysis of a model in every scheme it is for.

    Parameters
    ----------
    model : Model
    parts : sequence of SchemeData
    level : callable
        ``level(year, decision_year)``: factor that takes money of one year to the prices of the other.
    workers : int

    Raises
    ------
    ModelError
        For a column the table lacks, or a key the method refuses.
    DataError, EstimationError, SolverError
        Whatever the method says of the data.
    """
    found: dict[str, list[pd.DataFrame]] = {}
    rows: list[dict[str, Any]] = []
    warnings: list[Issue] = []
    for analysis in model.analysis:
        for data in parts:
            if analysis.schemes and data.name not in analysis.schemes:
                continue
            for year, table, request in _tables(model, analysis, data, level, workers):
                answer = _asked(model, analysis, data, request, table)
                for name, frame in {"": answer.frame, **answer.more}.items():
                    key = analysis.id + (f"_{name}" if name else "")
                    found.setdefault(key, []).append(_labelled(frame, data.name, year))
                rows.append(_provenance(analysis, data, request, table, answer))
                warnings += [_told(issue, analysis, data, year) for issue in answer.warnings]
    frames = {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}
    return Described(frames, pd.DataFrame(rows, columns=list(COLUMNS["analyses"])), tuple(warnings))


def _tables(
    model: Model, analysis: Analysis, data: SchemeData, level: PriceLevel, workers: int
) -> Iterator[tuple[int | None, Units, Request]]:
    """Give every table an analysis is made from, with the year it is of; None where it holds several."""
    options = _options(model, analysis, data)
    request = _request(model, analysis, options, workers)
    rules = ruled_rows(model, data, options)
    columns = _columns(model, analysis, data, options, request)
    found = samples(model, data, options, columns, level, rules)
    if analysis.periods in (None, "last") and not METHODS[analysis.method].panel:
        found = found[-1:]
    for sample in found:
        table = sample.reference
        several = options.periods == "pooled" and len(table.periods) > 1
        yield (None if several else sample.year), table, request


def _options(model: Model, analysis: Analysis, data: SchemeData) -> FrontierOptions:
    """The frontier's options with the years the analysis looks at: a description may see all of them."""
    options = with_defaults(model, data.name)
    together = METHODS[analysis.method].panel or analysis.periods == "pooled"
    return options.model_copy(update={"periods": "pooled" if together else "separate", "window": None})


def _request(model: Model, analysis: Analysis, options: FrontierOptions, workers: int) -> Request:
    rule, spec = model.frontier, METHODS[analysis.method]
    said: dict[str, Any] = {
        "rts": analysis.rts or (options.rts if "rts" in spec.needs else None),
        "kind": analysis.kind or rule.kind,
        "form": analysis.form or rule.form,
        "distribution": analysis.distribution or rule.distribution,
        "environment": analysis.environment if analysis.environment is not None else options.environment or (),
        "orientation": analysis.orientation,
        "direction": analysis.direction,
    }
    return Request(
        analysis.method,
        analysis.stated_keys(),
        {name: value for name, value in said.items() if value is not None},
        workers,
    )


def _columns(model: Model, analysis: Analysis, data: SchemeData, options: FrontierOptions, request: Request) -> Columns:
    place = f"analysis.{analysis.id}"
    inputs = tuple(analysis.inputs or options.inputs or model.data.inputs or (data.rule.cost or model.data.cost,))
    groups = model.output_groups(data.name, analysis.outputs)
    environment = tuple(request.options["environment"]) if "environment" in request.spec.keys else ()
    volumes = group_volumes(data, groups)
    outputs = {name: volumes[:, position] for position, name in enumerate(groups)}
    outputs |= _undesirable(model, data, request, outputs, place)
    further = further_columns(analysis.method, request.keys, {*inputs, *environment, *outputs})
    return scheme_columns(model, data, inputs, environment, outputs, further, place)


def _undesirable(
    model: Model, data: SchemeData, request: Request, outputs: Collection[str], place: str
) -> dict[str, FloatArray]:
    """Undesirable outputs are columns of the table that no service counts."""
    bad = request.keys.get("bad", ())
    for name in bad:
        if name in outputs:
            raise ModelError(
                f"scheme {data.name!r}: bad names {name!r}, which is an output already; an output is good or bad: "
                "leave it out of outputs, or out of bad",
                file=model.file,
                key=f"{place}.bad",
            )
    refuse_missing(model, data, "bad", bad, place)
    return {name: data.units.frame[name].to_numpy(dtype=np.float64) for name in bad}


def _asked(model: Model, analysis: Analysis, data: SchemeData, request: Request, table: Units) -> Answer:
    """Ask the library; what it refuses names the analysis and its line."""
    where = f"analysis {analysis.id!r}, scheme {data.name!r}"
    try:
        return asked(request, table)
    except OptionError as error:
        position = [part.id for part in model.analysis].index(analysis.id)
        raise model.refuse(f"{where}: {error}", ("analysis", position)) from error
    except EstimationError as error:
        raise type(error)(f"{where}: {error}") from error
    except DataError as error:
        raise DataError([replace(issue, message=f"{where}: {issue.message}") for issue in error.issues]) from error


def _labelled(frame: pd.DataFrame, scheme: str, year: int | None) -> pd.DataFrame:
    """Give a result's frame its scheme and year as first columns."""
    frame = frame.rename(columns={"period": "year"})
    if "year" not in frame.columns and year is not None:
        place = 1 if "unit" in frame.columns[:1] else 0
        frame.insert(place, "year", year)
    frame.insert(0, "scheme", scheme)
    return frame


def _provenance(analysis: Analysis, data: SchemeData, request: Request, table: Units, answer: Answer) -> dict[str, Any]:
    years = table.periods
    spec = request.spec
    stated = {name: value for name, value in request.options.items() if name in spec.keys and value != ()}
    stated |= request.keys
    for name in ("orientation", "direction"):
        if name in request.options:
            stated[name] = request.options[name]
    return {
        "analysis": analysis.id,
        "scheme": data.name,
        "method": analysis.method,
        "function": spec.public,
        "guide": spec.topic,
        "first_year": years[0],
        "last_year": years[-1],
        "rows": len(table),
        "inputs": ", ".join(table.inputs),
        "outputs": ", ".join(table.outputs),
        "keys": "; ".join(f"{name} = {_shown(value)}" for name, value in stated.items()),
        "result_rows": len(answer.frame),
    }


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items())
    return ", ".join(str(part) for part in value) if isinstance(value, tuple | list) else str(value)


def _told(issue: Issue, analysis: Analysis, data: SchemeData, year: int | None) -> Issue:
    when = "" if year is None else f" {year}"
    message = f"analysis {analysis.id!r}, scheme {data.name!r}{when}: {issue.message}"
    return replace(issue, message=message, severity="warning")
