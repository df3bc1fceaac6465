"""The cases of a model file: a situation, and the outcome the rules must give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.errors import BenchError, ModelError, nearest
from bench.modelfile import Case, Expect, Model
from bench.stykkpris.engine import settle
from bench.stykkpris.orders import orders
from bench.units import ACCEPTABLE_RULES, Units

#: Frames of a case's result by name.
Frames = dict[str, "pd.DataFrame"]

#: Runs a model on a case's data, and gives something with ``frames()``.
Runner = Callable[[Model, Units], Any]

COLUMNS = ("case", "frame", "column", "where", "value", "expected", "holds", "message", "source")


@dataclass(frozen=True, slots=True)
class CaseReport:
    """Outcome of every expectation of a model's cases.

    Attributes
    ----------
    frame : DataFrame
        One row per expectation: ``case, frame, column, where, value, expected, holds, message, source``.
    """

    frame: pd.DataFrame

    @property
    def ok(self) -> bool:
        """Whether every expectation holds."""
        return bool(self.frame["holds"].all())

    def failures(self) -> pd.DataFrame:
        """Return the expectations that do not hold."""
        return self.frame[~self.frame["holds"].astype(bool)]

    def __repr__(self) -> str:
        return f"CaseReport({int(self.frame['holds'].sum())} of {len(self.frame)} expectations hold)"


def run_cases(
    model: Model,
    units: Units | None = None,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    norms: pd.DataFrame | None = None,
    runner: Runner | None = None,
) -> CaseReport:
    """Run every case of a model.

    A case with its own ``data`` runs on them; the others run on ``units`` and are left out without it.

    Parameters
    ----------
    model : Model
    units : Units, optional
        The model's own data set.
    tables, norms : optional
        As for :func:`bench.stykkpris.settle`, for the cases on ``units``.
    runner : callable, optional
        ``runner(model, units)`` gives the result of a case whose outcome the chain decides: where the model ends with
        its norms, and where a frontier or a requirement feeds money and the case states no norm.
        :func:`bench.pipeline.run_cases` runs the chain there. Without it such cases are left out.

    Returns
    -------
    CaseReport
        A case whose rules raise an error fails with its message.

    Examples
    --------
    >>> from bench.modelfile import load_model
    >>> run_cases(load_model("kristiansand")).ok
    True
    """
    rows: list[dict[str, Any]] = []
    own: Frames | None = None
    for case in model.case:
        if case.data is None and units is None:
            continue
        try:
            changed = model.with_values(case.set) if case.set else model
            if _chain_decides(changed, case):
                if runner is None:
                    continue
                shaped = (changed, units) if case.data is None and units is not None else case_units(changed, case)
                result = runner(*shaped)
                frames = _frames(result, result.units) if model.meta.stage == "settlement" else result.frames()
            elif case.data is None and not case.set and units is not None:
                own = own or _frames(settle(model, units, tables=tables, norms=norms), units)
                frames = own
            else:
                frames = _situation(model, case, units, tables, norms)
        except BenchError as error:
            rows.append(_row(case, None, float("nan"), str(error)))
            continue
        rows += [_outcome(case, expect, frames, model) for expect in case.expect]
    return CaseReport(pd.DataFrame(rows, columns=list(COLUMNS)))


def _chain_decides(model: Model, case: Case) -> bool:
    """Tell whether the outcome of a case hangs on a norm or requirement that the case does not state."""
    if model.meta.stage == "norms":
        return True
    required = model.requirement is not None and model.requirement.feeds != "information"
    if required and case.norm:
        raise ModelError(
            "the case states norms, and the requirement that feeds money is worked out from norms the chain measures: "
            "take norm out, or set requirement.feeds = 'information'",
            file=model.file,
            key=f"case {case.name}",
        )
    return required or (not case.norm and any(model.feeds_money(scheme) for scheme in model.scheme_ids))


def _situation(
    model: Model,
    case: Case,
    units: Units | None,
    tables: Mapping[str, pd.DataFrame] | None,
    norms: pd.DataFrame | None,
) -> Frames:
    changed = model.with_values(case.set) if case.set else model
    if case.data is None:
        assert units is not None
        return _frames(settle(changed, units, tables=tables, norms=norms), units)
    changed, made = case_units(changed, case)
    return _frames(settle(changed, made, norms=_norms(changed, case, made)), made)


def _frames(result: Any, units: Units) -> Frames:
    """Every frame of a result, and the one that needs the table as well: orders beyond capacity."""
    frames: Frames = result.frames()
    return frames | {"orders": orders(result, units)}


def _norms(model: Model, case: Case, units: Units) -> pd.DataFrame | None:
    """The norms a case states, in the form the settlement takes."""
    if not case.norm:
        return None
    frame = units.frame
    if len(case.norm) != len(frame):
        raise ModelError("a case's norms need one value per row", file=model.file, key=f"case {case.name}")
    scheme = model.scheme[0].id if units.scheme is None else frame[units.scheme]
    year = model.data.year if units.period is None else frame[units.period]
    return pd.DataFrame({"scheme": scheme, "unit": frame[units.id], "year": year, "norm": list(case.norm)})


def case_units(model: Model, case: Case) -> tuple[Model, Units]:
    """Return the model as a case's data need it, and those data as units.

    Raises
    ------
    ModelError
        When the model has several schemes and the data do not say which.
    """
    changed = model
    frame = pd.DataFrame(case.data)
    columns = set(frame.columns)
    if model.data.scheme in columns:
        # A case shows the schemes it is about; the others have no units in it.
        changed = changed.only_schemes(set(frame[model.data.scheme]))
    elif len(changed.scheme) > 1 and model.data.rows == "by-scheme":
        raise ModelError("a case's data need the scheme column", file=model.file, key=f"case {case.name}")
    options = changed.read_options()
    roles: dict[str, Any] = {
        role: [column for column in options[role] if column in columns]
        for role in ("inputs", "outputs", "environment", "extra")
    }
    if model.cost_column in columns and model.cost_column not in (*roles["inputs"], *roles["extra"]):
        roles["extra"].append(model.cost_column)
    for role in ("period", "scheme"):
        roles[role] = options[role] if options[role] in columns else None
    roles["texts"] = [column for column in options["texts"] if column in columns]
    for column in frame.columns.difference([options["id"], roles["period"], roles["scheme"], *roles["texts"]]):
        frame[column] = frame[column].astype(float)
    made = Units.from_frame(frame, id=options["id"], accept=ACCEPTABLE_RULES, **roles)
    if changed.purchaser is not None and changed.purchaser.budget == "table":
        changed = changed.with_values({"purchaser.budget": "growth"})
    return changed, made


def _outcome(case: Case, expect: Expect, frames: Frames, model: Model) -> dict[str, Any]:
    if expect.frame not in frames:
        raise ModelError(
            f"no frame {expect.frame!r}{nearest(expect.frame, frames)}", file=model.file, key=f"case {case.name}"
        )
    frame = frames[expect.frame]
    for column in (expect.column, *expect.where):
        if column not in frame.columns:
            raise ModelError(
                f"no column {column!r}{nearest(column, map(str, frame.columns))}",
                file=model.file,
                key=f"case {case.name}",
            )
    rows = frame
    for column, wanted in expect.where.items():
        rows = rows[rows[column] == wanted]
    values = rows[expect.column].to_numpy(dtype=float)
    if len(values) == 0 or (expect.aggregate == "only" and len(values) != 1):
        return _row(case, expect, float("nan"), f"{len(values)} rows match")
    aggregates = {
        "only": values[0],
        "sum": values.sum(),
        "mean": values.mean(),
        "min": values.min(),
        "max": values.max(),
    }
    return _row(case, expect, float(aggregates[expect.aggregate]), "")


def _row(case: Case, expect: Expect | None, value: float, message: str) -> dict[str, Any]:
    bounds = []
    holds = expect is not None and not message
    if expect is not None:
        slack = expect.tolerance
        if expect.value is not None:
            bounds.append(f"= {expect.value:g}" + (f" ± {slack:g}" if slack else ""))
            holds = holds and abs(value - expect.value) <= slack
        if expect.at_least is not None:
            bounds.append(f"≥ {expect.at_least:g}")
            holds = holds and value >= expect.at_least - slack
        if expect.at_most is not None:
            bounds.append(f"≤ {expect.at_most:g}")
            holds = holds and value <= expect.at_most + slack
    where = ", ".join(f"{key} {word}" for key, word in expect.where.items()) if expect is not None else ""
    return {
        "case": case.name,
        "frame": expect.frame if expect is not None else "",
        "column": expect.column if expect is not None else "",
        "where": where,
        "value": value,
        "expected": " and ".join(bounds),
        "holds": holds,
        "message": message,
        "source": case.source,
    }
