"""Formulas: a frontier and its covariates written as ``"log(y) ~ log(k) + log(l) + I(t**2)"`` over a table.

The terms are evaluated by formulaic (MIT licence), so whatever it knows works: products, polynomials, ``C(region)``,
``I(…)``. Derivatives by a variable are central differences of the evaluated terms, which is exact for terms that are
linear or quadratic in the variable or its log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest
from bench.options import one_of
from bench.stochastic.forms import FrontierDesign, Variable
from bench.typing import FloatArray
from bench.units import Units

KINDS = ("production", "cost")

#: Step of the central differences, in logs or in shares of the variable's size.
_STEP = 1e-3

_LOG = re.compile(r"\b(?:np\.)?log\(\s*`?([^`()+*/-]+?)`?\s*\)")


@dataclass(frozen=True, slots=True, eq=False)
class FormulaDesign(FrontierDesign):
    """Regressors of a formula.

    Attributes
    ----------
    text : str
        The formula.
    log_dependent : bool
        Whether the dependent variable is a log.
    gradients : tuple of array (n, k)
        Derivative of every regressor by each variable's value.
    evaluate : callable
        Table to regressors (n, k).
    """

    text: str
    log_dependent: bool
    gradients: tuple[FloatArray, ...]
    evaluate: Callable[[pd.DataFrame], FloatArray]

    @property
    def logs(self) -> bool:
        """Whether the dependent variable is a log."""
        return self.log_dependent

    def gradient(self, i: int) -> FloatArray:
        """Return (n, k): the derivative of every regressor by the value of variable i."""
        return self.gradients[i]

    def regressors(self, table: pd.DataFrame, in_logs: bool = False) -> FloatArray:
        """Return the regressors of another table, array (n, k); the formula says what is a log."""
        return self.evaluate(table)


@dataclass(frozen=True, slots=True)
class _Terms:
    """The right side of a formula, to be evaluated over any table."""

    spec: Any
    used: frozenset[str]
    text: str

    def __call__(self, table: pd.DataFrame) -> FloatArray:
        _refuse_columns(table, set(self.used), self.text)
        return np.asarray(self.spec.get_model_matrix(table, context={}, na_action="raise"), dtype=np.float64)


def formula_design(
    text: str,
    table: pd.DataFrame,
    *,
    kind: str = "production",
    environment: Sequence[str] = (),
    in_logs: bool = False,
) -> FormulaDesign:
    """Lay out the regressors of a formula.

    Parameters
    ----------
    text : str
        ``"dependent ~ terms"``. The intercept is there unless it is taken out, which a frontier does not allow.
    table : DataFrame
    kind : {"production", "cost"}
        Whether inefficiency lowers or raises the dependent variable.
    environment : sequence of str
        Columns that shift the frontier without being its arguments: they do not count in returns to scale.
    in_logs : bool
        The columns are logs already.

    Returns
    -------
    FormulaDesign
        Its variables are the frontier's arguments: columns under ``log(…)`` where the dependent variable is a log, and
        otherwise all numeric columns that are not in ``environment``.

    Raises
    ------
    DataError
        A formula that cannot be read, a column that is not there, values that are missing or have no logarithm.

    Examples
    --------
    >>> table = pd.DataFrame({"y": [1.0, 2.0, 4.0], "k": [1.0, 2.0, 3.0], "year": [0, 1, 2]})
    >>> design = formula_design("log(y) ~ log(k) + I(year**2)", table)
    >>> design.names
    ('const', 'log(k)', 'I(year ** 2)')
    """
    kind = one_of(kind, KINDS, "kind with a formula")
    if isinstance(environment, str):
        raise OptionError(f"environment must be a list of columns, not the text {environment!r}")
    parsed = _parsed(text)
    if not hasattr(parsed, "lhs"):
        raise OptionError(f"the formula {text!r} has no dependent variable: write 'log(y) ~ log(x)'")
    used = _used(parsed.lhs) | _used(parsed.rhs)
    _refuse_columns(table, used | set(environment), text)
    left, right = _matrix(parsed.lhs, table, text), _matrix(parsed.rhs, table, text)
    if left.shape[1] != 1:
        raise OptionError(f"the formula {text!r} needs one dependent variable, not {left.shape[1]}")
    if "Intercept" not in right.columns:
        raise OptionError(f"the formula {text!r} takes the intercept out, and a frontier needs one")
    dependent = str(left.columns[0])
    logs = in_logs or _LOG.fullmatch(dependent) is not None
    _refuse_values({dependent: left.iloc[:, 0], **{str(name): right[name] for name in right.columns}}, text)
    evaluate = _Terms(right.model_spec, frozenset(_used(parsed.rhs)), text)
    arguments = _arguments(parsed, table, set(environment), logs and not in_logs)
    variables = tuple(_variable(name, table, kind, logs, in_logs) for name in arguments)
    return FormulaDesign(
        kind=kind,
        form="formula",
        sign=1.0 if kind == "production" else -1.0,
        y=np.asarray(left.iloc[:, 0], dtype=np.float64),
        dependent=dependent,
        X=np.asarray(right, dtype=np.float64),
        names=tuple("const" if name == "Intercept" else str(name) for name in right.columns),
        variables=variables,
        terms=(),
        numeraire=None,
        shifters=(),
        text=text,
        log_dependent=logs,
        gradients=tuple(_slope(evaluate, table, v.name, logs and not in_logs) for v in variables),
        evaluate=evaluate,
    )


def formula_columns(text: str, covariates: Sequence[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns a formula reads: those of its dependent variable, and the others.

    Parameters
    ----------
    text : str
    covariates : sequence of str
        Formulas without a left side, such as ``"~ size"``, whose columns are among the others.

    Raises
    ------
    OptionError
        For a formula that cannot be read or has no dependent variable.

    Examples
    --------
    >>> formula_columns("log(cost) ~ log(days)", ["~ size"])
    (('cost',), ('days', 'size'))
    """
    parsed = _parsed(text)
    if not hasattr(parsed, "lhs"):
        raise OptionError(f"the formula {text!r} has no dependent variable: write 'log(y) ~ log(x)'")
    left = _used(parsed.lhs)
    others = _used(parsed.rhs).union(*(_used(_parsed(part)) for part in covariates)) - left
    return tuple(sorted(left)), tuple(sorted(others))


def covariates(text: str, table: pd.DataFrame, role: str) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the columns of a formula such as ``"~ size + C(region)"`` without its intercept, and their names.

    Raises
    ------
    OptionError
        For a formula with a left side or without any term.

    Examples
    --------
    >>> covariates("~ z", pd.DataFrame({"z": [1.0, 2.0]}), "u")[1]
    ('z',)
    """
    parsed = _parsed(text)
    if hasattr(parsed, "lhs"):
        raise OptionError(f"{role}={text!r} has a left side: write only the covariates, such as '~ size'")
    _refuse_columns(table, _used(parsed), text)
    matrix = _matrix(parsed, table, text)
    kept = [name for name in matrix.columns if name != "Intercept"]
    if not kept:
        raise OptionError(f"{role}={text!r} names no covariate")
    _refuse_values({str(name): matrix[name] for name in kept}, text)
    return np.asarray(matrix[kept], dtype=np.float64), tuple(str(name) for name in kept)


def formula_units(
    text: str, table: pd.DataFrame, kind: str, design: FormulaDesign, id: str | None, period: str | None
) -> Units:
    """Give the table of a formula its labels and roles."""
    frame = table.copy()
    if id is None:
        labelled = not isinstance(table.index, pd.RangeIndex) and table.index.is_unique and period is None
        names = [str(label) for label in table.index] if labelled else [str(k + 1) for k in range(len(table))]
        id = "unit"
        while id in frame.columns:
            id += "_"
        frame.insert(0, id, names)
    arguments = [variable.name for variable in design.variables]
    dependent = [name for name in table.columns if name in _used(_parsed(text).lhs)][:1]
    taken = {id, period, *arguments, *dependent}
    others = [
        name
        for name in frame.columns
        if name not in taken and pd.api.types.is_numeric_dtype(frame[name]) and frame[name].notna().all()
    ]
    roles = (dependent, arguments) if kind == "cost" else (arguments, dependent)
    return Units.from_frame(
        frame.astype(dict.fromkeys((*arguments, *dependent, *others), float)),
        id=id, period=period, inputs=roles[0], outputs=roles[1], extra=others,
        accept=("negative-value", "no-input", "no-output"),
    )  # fmt: skip


def _parsed(text: str) -> Any:
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        return Formula(text)
    except FormulaicError as error:
        raise OptionError(f"the formula {text!r} cannot be read: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")


def _used(part: Any) -> set[str]:
    return {str(name) for name in part.required_variables}


def _matrix(part: Any, table: pd.DataFrame, text: str) -> Any:
    from formulaic.errors import FormulaicError

    try:
        with np.errstate(all="ignore"):
            return part.get_model_matrix(table, context={}, na_action="ignore")
    except (FormulaicError, ValueError, TypeError) as error:
        raise OptionError(f"the formula {text!r} cannot be evaluated: {_first_line(error)}") from error


def _refuse_columns(table: pd.DataFrame, used: set[str], text: str) -> None:
    known = [str(name) for name in table.columns]
    issues = [
        Issue(
            "missing-column",
            f"there is no column {name!r}{nearest(name, known)}, which the formula {text!r} uses",
            f"columns are {', '.join(known)}",
            column=name,
        )
        for name in sorted(used)
        if name not in known
    ]
    for name in sorted(used & set(known)):
        for row in np.flatnonzero(table[name].isna().to_numpy()):
            issues.append(
                Issue("missing-value", "the cell is empty", "give a value, or leave the row out", column=name,
                      unit=str(table.index[int(row)]))
            )  # fmt: skip
    if issues:
        raise DataError(issues)


def _refuse_values(columns: Mapping[str, Any], text: str) -> None:
    issues = [
        Issue(
            "not-finite",
            f"the term has no value in row {row + 1}: a logarithm or a quotient of what is not positive",
            f"correct the cell, leave the row out, or write another term in {text!r}",
            column=name,
        )
        for name, values in columns.items()
        for row in np.flatnonzero(~np.isfinite(np.asarray(values, dtype=np.float64)))
    ]
    if issues:
        raise DataError(issues)


def _arguments(parsed: Any, table: pd.DataFrame, environment: set[str], logs: bool) -> list[str]:
    right = _used(parsed.rhs)
    numeric = [str(n) for n in table.columns if n in right and pd.api.types.is_numeric_dtype(table[n])]
    if logs:
        logged = set(_LOG.findall(str(parsed.rhs)))
        return [name for name in numeric if name in logged and name not in environment]
    return [name for name in numeric if name not in environment]


def _variable(name: str, table: pd.DataFrame, kind: str, logs: bool, in_logs: bool) -> Variable:
    column = np.asarray(table[name], dtype=np.float64)
    level = np.exp(column) if in_logs else column
    value = column if in_logs or not logs else np.log(column)
    return Variable(name, "input" if kind == "production" else "output", level, value, 1.0)


def _slope(
    evaluate: Callable[[pd.DataFrame], FloatArray], table: pd.DataFrame, name: str, relative: bool
) -> FloatArray:
    """Derivative of every regressor by the log of a column (``relative``) or by the column, array (n, k)."""
    column = np.asarray(table[name], dtype=np.float64)
    size = _STEP if relative else _STEP * max(float(np.abs(column).max()), 1e-300)
    up, down = (column * np.exp(s * size) if relative else column + s * size for s in (1.0, -1.0))
    ends = [evaluate(table.assign(**{name: moved})) for moved in (up, down)]
    result: FloatArray = (ends[0] - ends[1]) / (2.0 * size)
    return result
