"""Functional forms: from data in levels to regressors, and from coefficients to elasticities and marginal costs.

A form is linear in its coefficients: the frontier's value is x'β and its derivative with respect to variable i is G_i
β, where x and G_i depend on the data alone. Variables enter as logs in Cobb-Douglas and translog (the form takes
them, divided by the point of normalisation) and in levels in the quadratic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest
from bench.options import SFA_FORM_ALIASES, SFA_FORMS, SFA_KINDS, SFA_NORMALISE, one_of
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """One argument of the frontier.

    Attributes
    ----------
    name : str
        Column of the table.
    role : {"input", "output", "price"}
    level : array (n,)
        The column as it stands.
    value : array (n,)
        What enters the form: the (relative, normalised) log or the normalised level.
    point : float
        What the level (relative to the numeraire) was divided by.
    """

    name: str
    role: str
    level: FloatArray
    value: FloatArray
    point: float


@dataclass(frozen=True, slots=True, eq=False)
class FrontierDesign:
    """Regressors of a frontier with all that is needed to read its coefficients.

    Attributes
    ----------
    kind, form : str
    sign : float
        1 where inefficiency lowers the dependent variable, −1 where it raises it.
    y : array (n,)
        Dependent variable as it enters the model.
    dependent : str
        Its name.
    X : array (n, k)
    names : tuple of str
        One per regressor.
    variables : tuple of Variable
    terms : tuple of tuple of int
        Variables of each regressor: ``()`` is the intercept, ``(i,)`` linear, ``(i, j)`` a product (halved for i = j).
    numeraire : Variable or None
        The price, input or output that the others are divided by (homogeneity of degree one).
    shifters : tuple of str
        Columns of the environment, added as they are after the terms.
    """

    kind: str
    form: str
    sign: float
    y: FloatArray
    dependent: str
    X: FloatArray
    names: tuple[str, ...]
    variables: tuple[Variable, ...]
    terms: tuple[tuple[int, ...], ...]
    numeraire: Variable | None
    shifters: tuple[str, ...]

    @property
    def logs(self) -> bool:
        """Whether the dependent variable is a log."""
        return self.form != "quadratic"

    def gradient(self, i: int) -> FloatArray:
        """Return G_i (n, k): the derivative of every regressor with respect to the value of variable i."""
        g = np.zeros_like(self.X)
        for column, term in enumerate(self.terms):
            if term == (i,):
                g[:, column] = 1.0
            elif len(term) == 2 and i in term:
                other = term[0] if term[1] == i else term[1]
                # ½ z_i² gives z_i, z_i z_j gives z_j.
                g[:, column] = self.variables[other].value
        return g

    def regressors(self, table: pd.DataFrame, in_logs: bool = False) -> FloatArray:
        """Return the regressors of another table with these columns in levels, array (n, k).

        Raises
        ------
        DataError
            A column that is not there, an empty cell, or a value without a logarithm.
        """
        wanted = [*self.variables, *([] if self.numeraire is None else [self.numeraire])]
        levels = _levels(table, [v.name for v in wanted], self.shifters, self.logs and not in_logs)
        if in_logs:
            levels = {name: np.exp(values) for name, values in levels.items()}
        relative = {"cost": "price", "input-distance": "input", "output-distance": "output"}.get(self.kind, "")
        base = None if self.numeraire is None else levels[self.numeraire.name]
        moved = []
        for v in self.variables:
            own = levels[v.name] / base if base is not None and v.role == relative else levels[v.name]
            value = np.log(own / v.point) if self.logs else own / v.point
            moved.append(Variable(v.name, v.role, levels[v.name], value, v.point))
        columns = [_regressor(term, tuple(moved)) for term in self.terms]
        parts = [np.ones(len(table)) if values is None else values for values in columns]
        return np.column_stack([*parts, *(table[name].to_numpy(dtype=np.float64) for name in self.shifters)])

    def hessian_columns(self, i: int, j: int) -> FloatArray:
        """Return (k,): weights of the coefficients in the second derivative by variables i and j."""
        h = np.zeros(self.X.shape[1])
        for column, term in enumerate(self.terms):
            if len(term) == 2 and sorted(term) == sorted((i, j)):
                h[column] = 1.0
        return h


def frontier_design(
    units: Units,
    *,
    kind: str = "production",
    form: str = "translog",
    environment: Sequence[str] = (),
    normalise: str | Sequence[float] = "none",
    homogeneous: bool = True,
    in_logs: bool = False,
) -> FrontierDesign:
    """Lay out the regressors of a frontier.

    Parameters
    ----------
    units : Units
    kind : {"production", "cost", "output-distance", "input-distance"}
        Production: one output on the inputs. Cost: the only input is the cost, regressed on outputs and input
        prices. Distance functions: several outputs and inputs, with the first output or input on the left.
    form : {"cobb-douglas", "translog", "quadratic"}
    environment : sequence of str
        Columns that shift the frontier, added as they stand.
    normalise : {"none", "mean", "median"} or sequence of float
        Point each variable is divided by: geometric mean (arithmetic in the quadratic), median, or given values. At
        that point the first-order coefficients of a translog are elasticities.
    homogeneous : bool
        Impose homogeneity of degree one in input prices on a cost frontier, by dividing by the first price.
    in_logs : bool
        The table's columns are logs already, except those of the environment; not for the quadratic.

    Raises
    ------
    DataError
        Values that are not positive under a log, or roles that do not fit the kind; the remedy is stated.

    Examples
    --------
    >>> from bench.units import Units
    >>> units = Units.from_arrays([[1.0], [2.0], [4.0]], [[1.0], [2.0], [3.0]])
    >>> frontier_design(units, form="cobb-douglas").names
    ('const', 'ln x1')
    """
    kind = one_of(kind, SFA_KINDS, "kind")
    form = one_of(form, SFA_FORMS, "form", SFA_FORM_ALIASES)
    if in_logs and form == "quadratic":
        raise OptionError("form='quadratic' takes levels: use a form in logs, or leave in_logs out")
    roles, dependent, numeraire = _roles(units, kind, form, homogeneous)

    def column(name: str) -> FloatArray:
        return np.exp(_column(units, name)) if in_logs else _column(units, name)

    if not in_logs:
        _refuse_logs(units, [dependent, *(name for name, _ in roles), numeraire], form)
    base = None if numeraire is None else column(numeraire)
    relative = {"cost": "price", "input-distance": "input", "output-distance": "output"}.get(kind, "")
    variables = _variables(column, roles, base, form, normalise, relative)
    y = column(dependent)
    sign = 1.0 if kind in ("production", "output-distance") else -1.0
    if form != "quadratic":
        # A distance function has its numeraire on the left alone; a cost frontier divides cost by the price.
        y = np.log(y if base is None or numeraire == dependent else y / base)
    terms = _terms(len(variables), form)
    columns = [_regressor(term, variables) for term in terms]
    shifters = tuple(environment)
    matrix = np.column_stack([np.ones(len(y)) if column is None else column for column in columns])
    if shifters:
        matrix = np.hstack([matrix, units.values(shifters)])
    labels = [_label(term, variables, form) for term in terms] + list(shifters)
    holder = None
    if numeraire is not None and base is not None:
        holder = Variable(numeraire, relative, base, np.zeros(len(y)), 1.0)
    label = dependent if form == "quadratic" else f"ln {dependent}"
    if numeraire is not None and numeraire != dependent:
        label = f"ln ({dependent} / {numeraire})"
    return FrontierDesign(kind, form, sign, y, label, matrix, tuple(labels), variables, terms, holder, shifters)


def _levels(
    table: pd.DataFrame, names: Sequence[str], shifters: Sequence[str], positive: bool
) -> dict[str, FloatArray]:
    """Columns of a table by name, checked."""
    known = [str(name) for name in table.columns]
    issues = [
        Issue("missing-column", f"there is no column {name!r}{nearest(name, known)}", f"columns are {', '.join(known)}",
              column=name)
        for name in (*names, *shifters)
        if name not in known
    ]  # fmt: skip
    for name in (*names, *shifters):
        if name in known:
            values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
            wrong = ~np.isfinite(values) | ((values <= 0.0) & positive & (name in names))
            issues += [
                Issue("not-positive" if positive and name in names else "not-finite", "the frontier has no value here",
                      "correct the cell, or leave the row out", column=name, unit=str(table.index[int(row)]),
                      value=f"{values[row]:g}")
                for row in np.flatnonzero(wrong)
            ]  # fmt: skip
    if issues:
        raise DataError(issues)
    return {name: table[name].to_numpy(dtype=np.float64) for name in names}


def _column(units: Units, name: str) -> FloatArray:
    return np.array(units.values([name])[:, 0])


def _roles(units: Units, kind: str, form: str, homogeneous: bool) -> tuple[list[tuple[str, str]], str, str | None]:
    """Return the frontier's variables with their roles, the dependent column and the numeraire."""
    inputs, outputs, prices = list(units.inputs), list(units.outputs), list(units.input_prices)
    if kind == "production":
        if len(outputs) != 1:
            raise _role_error(
                f"a production frontier has one output, not {len(outputs)}",
                "use kind='output-distance' or 'input-distance', or choose one output with units.select()",
            )
        return [(name, "input") for name in inputs], outputs[0], None
    if kind == "cost":
        if len(inputs) != 1:
            raise _role_error(
                f"a cost frontier has one input, the cost, not {len(inputs)}",
                "add the costs up, choose one with units.select(), or use kind='input-distance'",
            )
        numeraire = prices[0] if prices and homogeneous and form != "quadratic" else None
        kept = [name for name in prices if name != numeraire]
        return [*((name, "output") for name in outputs), *((name, "price") for name in kept)], inputs[0], numeraire
    if form == "quadratic":
        raise OptionError("a distance function is homogeneous of degree one: use form='translog' or 'cobb-douglas'")
    if kind == "output-distance":
        left, rest = outputs[0], outputs[1:]
        return [*((name, "input") for name in inputs), *((name, "output") for name in rest)], left, left
    left, rest = inputs[0], inputs[1:]
    return [*((name, "input") for name in rest), *((name, "output") for name in outputs)], left, left


def _role_error(message: str, remedy: str) -> DataError:
    return DataError([Issue("roles", message, remedy)])


def _refuse_logs(units: Units, columns: Sequence[str | None], form: str) -> None:
    if form == "quadratic":
        return
    names = units.names
    issues = []
    for column in dict.fromkeys(column for column in columns if column is not None):
        values = _column(units, column)
        for row in np.flatnonzero(~(values > 0.0)):
            issues.append(
                Issue(
                    "not-positive",
                    "the value has no logarithm",
                    "use form='quadratic', merge the service with a larger one, or leave the unit out",
                    column=column,
                    unit=str(names[row]),
                    value=f"{values[row]:g}",
                )
            )
    if issues:
        raise DataError(issues)


def _variables(
    column: Callable[[str], FloatArray],
    roles: list[tuple[str, str]],
    base: FloatArray | None,
    form: str,
    normalise: str | Sequence[float],
    relative_role: str,
) -> tuple[Variable, ...]:
    given = None if isinstance(normalise, str) else np.asarray(normalise, dtype=np.float64)
    rule = one_of(normalise, SFA_NORMALISE, "normalise") if isinstance(normalise, str) else ""
    if given is not None and given.shape != (len(roles),):
        raise OptionError(f"normalise needs {len(roles)} values, one per variable; got {given.size}")
    if given is not None and not (given > 0).all():
        raise OptionError("normalise needs positive values")
    found = []
    for position, (name, role) in enumerate(roles):
        level = column(name)
        # Homogeneity divides prices by the numeraire price, inputs by the first input, outputs by the first output.
        relative = level / base if base is not None and role == relative_role else level
        point = _point(relative, rule, form) if given is None else float(given[position])
        value = relative / point if form == "quadratic" else np.log(relative / point)
        found.append(Variable(name, role, level, value, point))
    return tuple(found)


def _point(values: FloatArray, rule: str, form: str) -> float:
    if rule == "none":
        return 1.0
    if rule == "median":
        return float(np.median(values))
    return float(values.mean()) if form == "quadratic" else float(np.exp(np.log(values).mean()))


def _terms(count: int, form: str) -> tuple[tuple[int, ...], ...]:
    linear: list[tuple[int, ...]] = [(), *((i,) for i in range(count))]
    if form == "cobb-douglas":
        return tuple(linear)
    squares = [(i, i) for i in range(count)]
    products = [(i, j) for i in range(count) for j in range(i + 1, count)]
    return (*linear, *squares, *products)


def _regressor(term: tuple[int, ...], variables: tuple[Variable, ...]) -> FloatArray | None:
    if not term:
        return None
    if len(term) == 1:
        return variables[term[0]].value
    factor = 0.5 if term[0] == term[1] else 1.0
    product: FloatArray = factor * variables[term[0]].value * variables[term[1]].value
    return product


def _label(term: tuple[int, ...], variables: tuple[Variable, ...], form: str) -> str:
    names = [variables[i].name if form == "quadratic" else f"ln {variables[i].name}" for i in term]
    if not names:
        return "const"
    if len(names) == 1:
        return names[0]
    return f"½ {names[0]}²" if term[0] == term[1] else f"{names[0]} × {names[1]}"
