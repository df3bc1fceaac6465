"""A method of the library, asked by its word and keys: one way in for variants, analyses and commands.

What a key is called in a model file is what the function's argument is called. A few methods are asked in two steps (a
frontier first, what is read off it afterwards); those stand in a table of their own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench import envelopment, stochastic
from bench.catalogue import COLUMN_KEYS, METHODS, MethodSpec, links_of
from bench.errors import Issue, OptionError, nearest
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True)
class Request:
    """A method with everything it is asked with.

    Attributes
    ----------
    method : str
        Word of :data:`bench.catalogue.METHODS`.
    keys : Mapping of str to Any
        Its own keys, as stated.
    options : Mapping of str to Any
        ``rts``, ``kind``, ``form``, ``distribution``, ``environment``, ``orientation``, ``direction`` and ``periods``,
        where there is something to say; those the method does not take are passed over. Several periods are pooled
        unless ``periods`` is given.
    workers : int
    """

    method: str
    keys: Mapping[str, Any]
    options: Mapping[str, Any]
    workers: int = 1

    @property
    def spec(self) -> MethodSpec:
        """The method's entry."""
        return METHODS[self.method]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a method found.

    Attributes
    ----------
    found : object
        The library's own result.
    frame : DataFrame
        One row per unit (or test, group, step …), labels first.
    more : Mapping of str to DataFrame
        Coefficients and tests that go with it.
    warnings : tuple of Issue
    """

    found: Any
    frame: pd.DataFrame
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    warnings: tuple[Issue, ...] = ()


def further_columns(method: str, keys: Mapping[str, Any], taken: Collection[str]) -> dict[str, list[str]]:
    """Return the columns a method looks at beside inputs, outputs and conditions, by their role in the table.

    Parameters
    ----------
    method : str
    keys : mapping of str to Any
    taken : collection of str
        Columns that have a role already.
    """
    found: dict[str, list[str]] = {role: list(keys.get(role, ())) for role in ("input_prices", "output_prices")}
    taken = {*taken, *found["input_prices"], *found["output_prices"]}
    named: list[str] = []
    for key in (*COLUMN_KEYS, "group"):
        value = keys.get(key, ())
        if key not in ("bad", *found) and not isinstance(value, Mapping):
            named += [value] if isinstance(value, str) else list(value)
    for pair in keys.get("bounds", {}).values():
        named += pair
    named += [*links_of(keys.get("stages", {})), *keys.get("carry_overs", {})]
    named += keys.get("slack_limits", {}).values()
    return {**found, "extra": [column for column in dict.fromkeys(named) if column not in taken]}


def function_of(spec: MethodSpec) -> Callable[..., Any]:
    """Return the library's function behind a method."""
    made: Callable[..., Any] = getattr({"envelopment": envelopment, "stochastic": stochastic}[spec.room], spec.function)
    return made


def asked(request: Request, table: Units) -> Answer:
    """Ask a method about a table.

    Raises
    ------
    OptionError, DataError, SolverError, EstimationError
        Whatever the method refuses, in its own words.
    """
    ask: Callable[..., Any] = _IN_STEPS.get(request.method, _directly)
    found = ask(request, table)
    if isinstance(found, Answer):
        return found
    warnings = (*getattr(found, "issues", ()), *getattr(found, "warnings", ()))
    return Answer(found, result_frame(found), _beside(found), warnings)


def takes_reference(method: str) -> bool:
    """Tell whether a method can measure rows against a frontier of other rows."""
    return method not in _IN_STEPS and "reference" in inspect.signature(function_of(METHODS[method])).parameters


def shares(request: Request, table: Units, *, reference: Units | None = None) -> tuple[FloatArray, tuple[Issue, ...]]:
    """Return each row's share of cost by a method that gives one, array (n,), and what it warns of.

    ``reference`` are the rows the frontier is made of, where they are not the table's own
    (:func:`takes_reference` tells which methods can be asked so).
    """
    further = {} if reference is None else {"reference": reference}
    ask: Callable[..., Any] = _IN_STEPS.get(request.method, _directly)
    found = ask(request, table, **further)
    column = request.spec.score
    if request.keys.get("against") == "group":
        column = "group_efficiency"
    warnings = (*getattr(found, "issues", ()), *getattr(found, "warnings", ()))
    return _column(found, column, table), warnings


def _column(found: Any, column: str, table: Units) -> FloatArray:
    """A result's column by its name in the method table, in the table's row order."""
    if column == "corrected":
        return _in_order(found.corrected(), table)
    if column == "fitted":
        return _in_order(found.fitted, table) / table.X[:, 0]
    column = column.format(input=table.inputs[0])
    if column.startswith("target "):
        if len(table.inputs) != 1:
            raise OptionError("a target is a share of cost where cost is the only input: state inputs with one column")
        return _in_order(found.frame[column], table) / table.X[:, 0]
    if hasattr(found, "frame"):
        return _in_order(found.frame[column], table)
    frame = found.to_frame() if hasattr(found, "to_frame") else None
    if frame is not None and column in frame.columns:
        return _in_order(frame[column], table)
    return _in_order(found.efficiency, table)


def _in_order(values: Any, table: Units) -> FloatArray:
    """Values by label in the table's order; plain arrays are in it already."""
    if isinstance(values, pd.Series) and values.index.is_unique and set(values.index) == set(table.index):
        values = values.reindex(table.index)
    return np.asarray(values, dtype=np.float64)


# -- asking ----------------------------------------------------------------------------------------------------


def _directly(request: Request, table: Units, **further: Any) -> Any:
    """Call the method's function with the keys it takes."""
    function = function_of(request.spec)
    return function(table, **_arguments(request, table, inspect.signature(function).parameters), **further)


def _arguments(request: Request, table: Units, takes: Mapping[str, Any]) -> dict[str, Any]:
    options, keys = request.options, request.keys
    found: dict[str, Any] = {}
    for name in ("rts", "orientation", "direction", "kind", "form", "distribution"):
        if name in options and (name in takes or ("options" in takes and _of_frontier(name, request.spec))):
            found[name] = options[name]
    if "rts" in found and "rts" not in request.spec.keys:
        del found["rts"]
    if "environment" in request.spec.keys:
        name = "variables" if "variables" in takes else "environment"
        found[name] = list(options.get("environment", ()))
    if table.period is not None and "periods" in takes:
        found["periods"] = options.get("periods", "pooled")
    if "workers" in takes:
        found["workers"] = request.workers
    for name, value in keys.items():
        if name in _ARGUMENTS:
            found |= _ARGUMENTS[name](value, table)
        elif name in takes or "options" in takes:
            found[name] = list(value) if isinstance(value, tuple) else value
    return found


def _of_frontier(name: str, spec: MethodSpec) -> bool:
    """Whether further options of a stochastic method hold this one."""
    return name == "kind" or name in spec.keys


def _groups(value: Any, table: Units) -> dict[str, Any]:
    return {"group": group_labels(value, table)}


def group_labels(value: str | Mapping[str, Sequence[str]], table: Units) -> list[str]:
    """Return the group of each row: the word or number in a column, or the name under which its unit stands.

    Raises
    ------
    OptionError
        For a unit without a group, a unit in two, and a group of units that are not in the table.
    """
    if isinstance(value, str) and value in table.texts:
        return [str(word) for word in table.frame[value]]
    if isinstance(value, str):
        return [f"{number:g}" for number in table.values((value,))[:, 0]]
    where: dict[str, str] = {}
    for name, units in value.items():
        for unit in units:
            if unit in where:
                raise OptionError(f"group: unit {unit!r} stands in both {where[unit]!r} and {name!r}")
            where[unit] = name
    known = [str(unit) for unit in table.labels]
    gone = [unit for unit in where if unit not in set(known)]
    if gone:
        raise OptionError(f"group: no unit {gone[0]!r} in the table{nearest(gone[0], known)}")
    without = [unit for unit in known if unit not in where]
    if without:
        raise OptionError(f"group: unit {without[0]!r} is in no group; every unit needs one")
    return [where[unit] for unit in known]


def _bounds(value: Mapping[str, Sequence[str]], table: Units) -> dict[str, Any]:
    return {
        "bounds": {
            name: (table.values((low,))[:, 0], table.values((high,))[:, 0]) for name, (low, high) in value.items()
        }
    }


def _slack_limits(value: Mapping[str, str], table: Units) -> dict[str, Any]:
    return {"slack_limits": {name: table.values((column,))[:, 0] for name, column in value.items()}}


def _category(value: str, table: Units) -> dict[str, Any]:
    return {"category": table.values((value,))[:, 0].tolist()}


def _nothing(value: Any, table: Units) -> dict[str, Any]:
    return {}


#: Keys whose value is not the argument itself. Prices are a role of the table; ``bad`` is among its outputs by then.
_ARGUMENTS: Mapping[str, Callable[[Any, Units], dict[str, Any]]] = {
    "group": _groups,
    "bounds": _bounds,
    "slack_limits": _slack_limits,
    "category": _category,
    "scaling": lambda value, table: {"scaling": tuple(value)},
    "content": lambda value, table: {"content": dict(value)},
    "mergers": lambda value, table: {"mergers": {name: list(units) for name, units in value.items()}},
    "envelope": lambda value, table: {"method": value},
    "input_prices": _nothing,
    "output_prices": _nothing,
    "against": _nothing,
    "selected": _nothing,
}


# -- methods in steps ------------------------------------------------------------------------------------------


def _frontier(request: Request, table: Units, **further: Any) -> Any:
    """A stochastic frontier by the request's own options, from which a second step starts."""
    from bench.stochastic import sfa

    options = {name: request.options[name] for name in ("kind", "form", "distribution") if name in request.options}
    return sfa(table, environment=list(request.options.get("environment", ())), **{**options, **further})


def _metafrontier(request: Request, table: Units) -> Any:
    function = function_of(request.spec)
    options = _arguments(request, table, inspect.signature(function).parameters)
    return function(table, options.pop("group"), **options)


def _tfp(request: Request, table: Units) -> Any:
    from bench.stochastic import tfp_change

    return tfp_change(_frontier(request, table), technical=list(request.keys.get("technical", ())))


def _distributions(request: Request, table: Units) -> Any:
    from bench.stochastic import distribution_choice

    named = {name: request.keys[name] for name in ("distributions", "criterion") if name in request.keys}
    return distribution_choice(_frontier(request, table), **named)


def _resampled(request: Request, table: Units) -> Answer:
    from bench.stochastic import bootstrap

    fit = _frontier(request, table)
    keys = dict(request.keys)
    level = keys.pop("level", 0.95)
    found = bootstrap(fit.estimate, fit.design.X, **keys)
    low, high = found.interval(level)
    frame = pd.DataFrame({"efficiency": fit.efficiency, "lower": low, "upper": high}, index=table.index)
    errors = {"estimate": fit.estimate.params, "std_error": found.std_errors()}
    coefficients = pd.DataFrame(errors, index=pd.Index(fit.estimate.names, name="coefficient"))
    more = {"coefficients": coefficients.reset_index()}
    said = pd.DataFrame({"measure": ["wrong_skew"], "value": [found.wrong_skew]})
    return Answer(found, frame.reset_index(), {**more, "notes": said}, tuple(fit.warnings))


def _compared(request: Request, table: Units) -> Answer:
    from bench.stochastic import compare, likelihood_ratio_test

    forms = request.keys.get("forms", ("cobb-douglas", "translog"))
    distributions = request.keys.get("distributions", ("half-normal",))
    fits = {
        f"{form}, {distribution}": _frontier(request, table, form=form, distribution=distribution)
        for form in forms
        for distribution in distributions
    }
    found = compare(fits)
    frame = found.statistics().T.rename_axis("model").reset_index()
    tests = []
    warnings = tuple(issue for fit in fits.values() for issue in fit.warnings)
    if {"cobb-douglas", "translog"} <= set(forms):
        for name in distributions:
            test = likelihood_ratio_test(fits[f"cobb-douglas, {name}"], fits[f"translog, {name}"])
            tests.append(
                {"test": f"{test.name}: translog, {name}", "statistic": test.statistic, "p_value": test.p_value}
            )
            warnings += test.warnings
    return Answer(found, frame, {"tests": pd.DataFrame(tests)} if tests else {}, warnings)


def _selected(request: Request, table: Units) -> Any:
    from bench.stochastic import selected_sfa

    flags = table.values((request.keys["selected"],))[:, 0]
    wrong = [f"{value:g}" for value in flags if value not in (0.0, 1.0)]
    if wrong:
        raise OptionError(f"selected: the column {request.keys['selected']!r} holds 1 and 0, not {wrong[0]}")
    seen = np.flatnonzero(flags == 1.0)
    options = {name: request.options[name] for name in ("kind", "form") if name in request.options}
    environment = list(request.options.get("environment", ()))
    return selected_sfa(
        table.take(seen), table.frame, selection=list(request.keys["selection"]), environment=environment, **options
    )


def _program(request: Request, table: Units) -> Answer:
    """One unit's program with its solution: every coefficient of the rows, and the optimum that they give."""
    from bench.envelopment import unit_program
    from bench.lp.solvers.highs import solve

    side = request.options.get("orientation", "input")
    program = unit_program(table, request.keys["unit"], rts=request.options["rts"], orientation=side)
    found = solve(program)
    matrix = program.A.toarray() if hasattr(program.A, "toarray") else np.asarray(program.A)
    rows = pd.DataFrame(matrix, columns=list(program.column_names))
    rows.insert(0, "row", list(program.row_names))
    rows["low"], rows["high"] = program.row_lower, program.row_upper
    score = found.objective
    frame = pd.DataFrame(
        {
            "unit": [request.keys["unit"]],
            "objective": [score],
            "efficiency": [score if side == "input" else 1.0 / score],
        }
    )
    return Answer(found, frame, {"program": rows})


_IN_STEPS: Mapping[str, Callable[..., Any]] = {
    "stochastic-metafrontier": _metafrontier,
    "tfp-change": _tfp,
    "distribution-choice": _distributions,
    "sfa-bootstrap": _resampled,
    "sfa-compare": _compared,
    "selected-sfa": _selected,
    "audit-lp": _program,
}


# -- results as tables -----------------------------------------------------------------------------------------


def result_frame(found: Any) -> pd.DataFrame:
    """Return a result's rows with their labels as columns."""
    if isinstance(found, pd.DataFrame):
        frame = found
    elif hasattr(found, "frame"):
        frame = found.frame
    elif hasattr(found, "to_frame"):
        frame = found.to_frame()
    elif hasattr(found, "efficiency"):
        frame = pd.DataFrame({"efficiency": found.efficiency})
    elif is_dataclass(found):
        frame = pd.DataFrame(
            [{part.name: value for part in fields(found) if np.isscalar(value := getattr(found, part.name))}]
        )
    else:
        raise TypeError(f"no table can be made of {type(found).__name__}")
    return _labelled(frame)


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Index labels as columns, and column names as plain text."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    elif not isinstance(frame.index, pd.RangeIndex):
        frame = frame.rename_axis("name").reset_index()
    if frame.columns.nlevels > 1:
        frame.columns = pd.Index([" ".join(str(part) for part in column if part) for column in frame.columns])
    return frame.reset_index(drop=True)


#: Tests a result can be asked for.
_TESTS = ("test", "exogeneity_test", "selection_test", "inefficiency_test", "skewness_test")


def _beside(found: Any) -> dict[str, pd.DataFrame]:
    """Coefficients and tests of a fitted frontier."""
    more: dict[str, pd.DataFrame] = {}
    coefficients = getattr(found, "coefficients", None) or getattr(found, "params", None)
    if coefficients is not None:
        values = coefficients() if callable(coefficients) else coefficients
        if isinstance(values, pd.Series):
            values = values.to_frame("estimate")
        if isinstance(values, pd.DataFrame):
            more["coefficients"] = _labelled(values)
    rows = []
    for name in _TESTS:
        if callable(getattr(found, name, None)):
            test = getattr(found, name)()
            rows.append({"test": test.name, "statistic": test.statistic, "p_value": test.p_value})
    if rows:
        more["tests"] = pd.DataFrame(rows)
    return more
