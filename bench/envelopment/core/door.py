"""The door that every envelopment method enters by: units, reference set, periods, signs and workers.

A method says what it is called and what data it can take, and is asked the same questions as :func:`bench.dea`: is the
reference set of the same kind, which periods are compared with which, may data be negative. So the same mistake gets
the same answer everywhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.solution import Group
from bench.errors import DataError, Issue, OptionError
from bench.options import ORIENTATION_ALIASES, PERIODS, RTS, RTS_ALIASES, Periods, one_of
from bench.units import Units, roles_wanted

Signs = Literal["any", "inputs", "outputs", "all", "moving"]
P = ParamSpec("P")
R = TypeVar("R")

_REMEDY = "use the range directional model (bench.envelopment.range_directional)"


def door(
    what: str,
    *,
    signs: Signs = "all",
    panel: bool = False,
    rows: Sequence[str] = (),
    matrices: Sequence[str] = (),
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that asks a method's questions before it runs.

    Parameters
    ----------
    what : str
        The method in error texts: ``"the slacks-based measure"``.
    signs : {"any", "inputs", "outputs", "all", "moving"}
        Which data must not be negative; ``moving`` is the side named by ``orientation``, the other side gets notes.
    panel : bool
        The method compares periods itself; others are asked ``periods`` when there are several.
    rows, matrices : sequence of str
        Arguments with one entry, or one row of numbers, per row of the table: cut with it where periods are separate.

    Notes
    -----
    A method with ``periods`` in its signature is run once per period with ``periods="separate"``: each period's units
    against the reference set's rows of that period. Its ``values`` are then a mapping from period to the values.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        takes = inspect.signature(method).parameters

        @wraps(method)
        def entered(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = inspect.signature(method).bind(*args, **kwargs)
            units = bound.arguments["units"]
            reference = bound.arguments.get("reference")
            check_table(units, "units", what)
            check_reference(units, reference)
            bound.apply_defaults()
            refused = signs_of(_side(bound.arguments["orientation"])) if signs == "moving" else signs
            refuse_negative(units, reference, what, refused)
            check_workers(bound.arguments.get("workers", 1))
            if "rts" in bound.arguments:
                one_of(bound.arguments["rts"], RTS, "rts", RTS_ALIASES)
            if panel:
                return method(*args, **kwargs)
            choice = which_periods(units, reference, bound.arguments.get("periods"), can_choose="periods" in takes)
            if choice == "pooled":
                return _noted(method(*args, **kwargs), negative_notes(units, reference, refused))
            if "MethodResult" not in str(inspect.signature(method).return_annotation):
                raise OptionError(f"{what} gives one answer per period here: take each with units.for_period()")
            return _apart(method, dict(bound.arguments), rows, matrices)  # type: ignore[return-value]

        return entered

    return decorate


def _side(orientation: Any) -> str:
    return ORIENTATION_ALIASES.get(str(orientation).strip().lower(), str(orientation).strip().lower())


def _noted(result: R, notes: tuple[Issue, ...]) -> R:
    """Return a result with notes before its own issues."""
    return replace(result, issues=(*notes, *result.issues)) if notes and isinstance(result, MethodResult) else result


def _apart(
    method: Callable[..., Any], arguments: dict[str, Any], rows: Sequence[str], matrices: Sequence[str]
) -> MethodResult:
    """Run a method once per period and put the results together in the table's order."""
    units, reference = arguments["units"], arguments.get("reference")
    found: dict[Any, MethodResult] = {}
    order = []
    for group in period_groups(units, reference, "separate"):
        part = dict(arguments, units=units.take(group.rows), periods="pooled")
        if reference is not None:
            part["reference"] = reference.take(group.peers)
        for names, dimension in ((rows, 1), (matrices, 2)):
            part |= {name: _cut(arguments[name], group.rows, len(units), dimension) for name in names}
        found[part["units"].frame[units.period].iloc[0]] = method(**part)
        order.append(group.rows)
    return together(found, np.concatenate(order), units)


def _cut(value: Any, rows: npt.NDArray[np.int64], count: int, dimension: int) -> Any:
    """Return an argument's entries for some rows; what is not one entry per row is returned as it is."""
    if isinstance(value, Mapping):
        return {
            key: tuple(_cut(one, rows, count, dimension) for one in given)
            if isinstance(given, tuple)
            else _cut(given, rows, count, dimension)
            for key, given in value.items()
        }
    if value is None or isinstance(value, str) or np.ndim(value) != dimension or len(value) != count:
        return value
    return [value[row] for row in rows.tolist()] if isinstance(value, list | tuple) else np.asarray(value)[rows]


def together(found: Mapping[Any, MethodResult], order: npt.NDArray[np.int64], units: Units) -> MethodResult:
    """Return the results of several periods as one; rows stand in the order of the table where there is one per row."""
    import pandas as pd

    first = next(iter(found.values()))
    frame = pd.concat([part.frame for part in found.values()])
    if len(frame) == len(order) == len(units):
        frame = frame.iloc[np.argsort(order, kind="stable")]
    issues = tuple(
        replace(issue, period=issue.period or str(period)) for period, part in found.items() for issue in part.issues
    )
    values = {period: part.values for period, part in found.items()}
    return MethodResult(first.title, frame, values, first.measure, {**first.options, "periods": "separate"}, issues)


def check_table(table: Any, name: str, what: str) -> None:
    """Refuse what is no table of units, and an empty one.

    Raises
    ------
    OptionError, DataError
    """
    if not isinstance(table, Units):
        raise OptionError(roles_wanted(table, name))
    if not len(table):
        raise DataError(f"the table of {name} has no rows: there is nothing to compare ({what})")


def check_reference(units: Units, reference: Any) -> None:
    """Refuse a reference set with other inputs or outputs, or none at all.

    Raises
    ------
    OptionError
        Naming both lists of columns.
    """
    if reference is None:
        return
    check_table(reference, "reference", "the set to compare with")
    if (reference.inputs, reference.outputs) != (units.inputs, units.outputs):
        raise OptionError(
            f"the reference must have the units' inputs and outputs: {units.inputs} → {units.outputs}, "
            f"not {reference.inputs} → {reference.outputs}"
        )


def check_workers(workers: Any) -> None:
    """Refuse a number of workers that is none.

    Raises
    ------
    OptionError
    """
    if isinstance(workers, bool) or not isinstance(workers, int | np.integer) or (workers < 1 and workers != -1):
        raise OptionError(f"workers must be a whole number of at least 1, or -1 for all cores, not {workers!r}")


def refuse_negative(units: Units, reference: Units | None, what: str, signs: Signs = "all") -> None:
    """Refuse negative data where a method cannot take them.

    Raises
    ------
    DataError
        Naming every unit and column with a negative value.
    """
    if signs == "any":
        return
    issues = []
    for table in [units] if reference is None or reference is units else [units, reference]:
        columns = [*(table.inputs if signs != "outputs" else ()), *(table.outputs if signs != "inputs" else ())]
        values = table.values(columns)
        if values.min(initial=0.0) >= 0:
            continue
        names = table.names
        issues += [
            Issue(
                "negative-value",
                f"{what} takes no negative data here: a proportion of a negative number means nothing",
                f"correct the value, or {_REMEDY}",
                column=columns[column],
                unit=names[row],
                value=f"{values[row, column]:g}",
            )
            for row, column in np.argwhere(values < 0)
        ]
    if issues:
        raise DataError(issues)


def signs_of(orientation: str) -> Signs:
    """Return which data an oriented measure changes in proportion: those must not be negative."""
    sides: dict[str, Signs] = {"input": "inputs", "output": "outputs"}
    return sides.get(orientation, "all")


def negative_notes(units: Units, reference: Units | None, signs: Signs) -> tuple[Issue, ...]:
    """Return a note for every negative value on the side that is only compared."""
    columns = {"inputs": units.outputs, "outputs": units.inputs}.get(signs, ())
    tables = [units] if reference is None or reference is units else [units, reference]
    return tuple(
        Issue(
            "negative-value",
            "the value is negative: it is compared as it stands, because only the other side changes in proportion",
            "under constant returns its multiples are used too; see bench.envelopment.range_directional",
            severity="warning",
            column=columns[column],
            unit=table.names[row],
            value=f"{table.values(columns)[row, column]:g}",
        )
        for table in tables
        if columns
        for row, column in np.argwhere(table.values(columns) < 0)
    )


def which_periods(units: Units, reference: Units | None, periods: Any, *, can_choose: bool = True) -> Periods:
    """Return ``"pooled"`` or ``"separate"``: what is to be done with several periods.

    Raises
    ------
    OptionError
        When there are several and nothing is said.
    """
    base = units if reference is None else reference
    several = max(len(units.periods), len(base.periods)) > 1
    choice = None if periods is None else one_of(periods, PERIODS, "periods")
    if several and choice is None and reference is None:
        raise OptionError(
            f"the table has {len(units.periods)} periods; "
            + (
                "say periods='pooled' (one frontier over all unit-periods: a unit may be measured against other "
                "years) or periods='separate' (one frontier per period)"
                if can_choose
                else "take one of them with units.for_period()"
            )
        )
    return "separate" if choice == "separate" and several else "pooled"


def period_groups(units: Units, reference: Units | None, periods: Periods | None) -> list[Group]:
    """Return who is measured against whom, one group per frontier.

    Raises
    ------
    OptionError
        When there are several periods and ``periods`` does not say what to do, when a period has no reference, or
        when the reference has other inputs or outputs.
    """
    base = units if reference is None else reference
    check_reference(units, reference)
    if which_periods(units, reference, periods) == "pooled":
        return [_group(units, base, np.arange(len(units)), np.arange(len(base)))]
    mine = np.asarray(units.frame[units.period]) if units.period else np.zeros(len(units))
    theirs = np.asarray(base.frame[base.period]) if base.period else np.zeros(len(base))
    found = []
    for period in dict.fromkeys(mine.tolist()):
        peers = np.flatnonzero(theirs == period)
        if not len(peers):
            raise OptionError(f"the reference has no unit in period {period}; use periods='pooled'")
        found.append(_group(units, base, np.flatnonzero(mine == period), peers))
    return found


def _group(units: Units, base: Units, rows: npt.NDArray[Any], peers: npt.NDArray[Any]) -> Group:
    own = np.full(len(rows), -1, dtype=np.int64)
    if units is base and len(rows) == len(units):
        own = np.arange(len(rows), dtype=np.int64)
    elif units.index.nlevels == base.index.nlevels:
        own = np.asarray(base.index.take(peers).get_indexer(units.index.take(rows)), dtype=np.int64)
    return Group(rows.astype(np.int64), peers.astype(np.int64), own)
