"""Figures: columns and numbers of the whole table that the model file works out by formulas.

A formula sees the rows of the table, the model's named numbers in the row's year, and other figures. ``x[cost_year]``
is the unit's value (or the named number) in that year; ``mean(x)`` is the unit's mean over the rows; ``total(x)`` adds
up the rows of the cost year; ``every`` and ``some`` say whether a condition holds in all or some of a unit's rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue, ModelError, SettlementError, nearest
from bench.formulas import parse_formula
from bench.modelfile import Dated, Model
from bench.modelfile.sections.chain import NORM_FUNCTIONS, ROW_FUNCTIONS, Figure
from bench.results import empty_frame
from bench.stykkpris.identities import stated_difference
from bench.typing import BoolArray, FloatArray, IndexArray
from bench.units import Units


@dataclass(slots=True)
class FigureTable:
    """A table in which formulas are worked out: what :class:`bench.formulas.Formula` calls a setting.

    Attributes
    ----------
    model : Model
    frame : DataFrame
        Rows of the table.
    unit : array (n,)
        Unit of each row, as a position.
    year : array (n,) of int
    cost_year, decision_year : int
    found : dict of str to DataFrame
        After the norms: by function (```norm``, ``score``) and scheme, the value of each unit.
    """

    model: Model
    frame: pd.DataFrame
    unit: IndexArray
    year: IndexArray
    cost_year: int
    decision_year: int
    found: Mapping[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, model: Model, units: Units) -> FigureTable:
        """Take the rows of a table with years."""
        assert units.period is not None
        year = units.frame[units.period].to_numpy(dtype=np.intp)
        names = units.frame[units.id].to_numpy(dtype=object)
        place, _ = pd.factorize(names)
        rule = model.decision
        cost_year = int(year.max()) if rule is None or rule.cost_year is None else rule.cost_year
        lag = 0 if rule is None else rule.lag
        return cls(model, units.frame, place.astype(np.intp), year, cost_year, cost_year + lag)

    def formula(self, text: str, *, key: str, after: bool = False) -> Any:
        """Return a formula's value: an array over the rows, or one number."""
        functions = (*ROW_FUNCTIONS, *(NORM_FUNCTIONS if after else ()))
        parsed = parse_formula(text, functions=functions)
        try:
            return parsed.work_out(self)
        except ModelError as error:
            if error.key:
                raise
            raise ModelError(error.args[0], file=self.model.file, key=key) from None

    # -- a setting -----------------------------------------------------------------------------------------

    def value(self, name: str) -> FloatArray | float:
        """Return a name's value: decision names, named numbers, figures, columns."""
        if name == "year":
            return self.year.astype(np.float64)
        if name in ("cost_year", "decision_year"):
            return float(getattr(self, name))
        if name in self._made:
            return self._made[name]  # type: ignore[no-any-return]
        if name in self.model.parameter:
            self._made[name] = self._by_row(self.model.parameter[name])
        elif name in self._figures():
            self._made[name] = self._work_out(self._figures()[name])
        elif name in self.frame.columns:
            self._made[name] = self.frame[name].to_numpy(dtype=np.float64)
        else:
            known = [*self.model.parameter, *self._figures(), *map(str, self.frame.columns)]
            raise ModelError(
                f"the formula reads {name!r}, which is no column, figure or named number{nearest(name, known)}"
            )
        return self._made[name]  # type: ignore[no-any-return]

    def value_in(self, name: str, year: int) -> FloatArray | float:
        """Return a named number in another year, or each unit's value in it: missing where it has no such row."""
        if name in self.model.parameter and name not in self._figures():
            return self.model.parameter[name].at(year)
        values = self.value(name)
        if np.ndim(values) == 0:
            return values
        rows = np.flatnonzero(self.year == year)
        found = np.full(int(self.unit.max()) + 1, np.nan)
        found[self.unit[rows]] = np.asarray(values, dtype=np.float64)[rows]
        return found[self.unit]

    def call(self, function: str, arguments: list[Any]) -> Any:
        """Return a function of rows, or what the norm stage found."""
        wanted = 1
        if len(arguments) != wanted:
            raise ModelError(f"{function}() takes one argument, not {len(arguments)}")
        value = arguments[0]
        if function in NORM_FUNCTIONS:
            return self._from_norms(function, value)
        rows = np.broadcast_to(np.asarray(value, dtype=np.float64), self.year.shape)
        if function == "total":
            now = rows[self.year == self.cost_year]
            return float(now.sum())
        count = np.bincount(self.unit)
        summed = np.bincount(self.unit, weights=rows)
        if function == "mean":
            return (summed / count)[self.unit]
        true = np.bincount(self.unit, weights=rows != 0.0)
        return (true == count)[self.unit] if function == "every" else (true > 0)[self.unit]

    # -- parts ---------------------------------------------------------------------------------------------

    def _figures(self) -> dict[str, Figure]:
        return {figure.id: figure for figure in self.model.figure}

    def _work_out(self, figure: Figure) -> Any:
        if figure.id in self._open:
            around = " → ".join([*self._open[self._open.index(figure.id) :], figure.id])
            raise ModelError(f"the figures go round in a circle: {around}", key=f"figure.{figure.id}.formula")
        self._open.append(figure.id)
        try:
            return self.formula(figure.formula, key=f"figure.{figure.id}.formula", after=figure.after_norms)
        finally:
            self._open.pop()

    def _by_row(self, number: Dated) -> FloatArray | float:
        """A named number in each row's year; one number where it is the same always."""
        if len(number.entries) == 1 and number.entries[0].from_ is None and number.entries[0].to is None:
            return number.entries[0].value
        by_year = {int(year): number.entry_at(int(year)) for year in np.unique(self.year)}
        return np.array([np.nan if (entry := by_year[int(y)]) is None else entry.value for y in self.year])

    def _from_norms(self, function: str, scheme: Any) -> FloatArray:
        if not isinstance(scheme, str) or scheme not in self.model.scheme_ids:
            raise ModelError(f"{function}() takes the id of a scheme in quotes: {', '.join(self.model.scheme_ids)}")
        values = self.found.get((function, scheme), {})
        names = self.frame[self.model.data.id].astype(str)
        return np.array([values.get(name, np.nan) for name in names])


def in_window(model: Model, units: Units) -> Units:
    """Return the rows a model's one decision may see: the years of its window.

    Raises
    ------
    DataError
        When the cost year is not in the table.
    """
    rule = model.decision
    if rule is None:
        return units
    assert units.period is not None
    year = units.frame[units.period].to_numpy(dtype=np.intp)
    cost_year = int(year.max()) if rule.cost_year is None else rule.cost_year
    if cost_year not in year:
        raise DataError(
            [
                Issue(
                    "no-accounts",
                    f"the table has no rows for the cost year {cost_year}",
                    "give the accounts, or state decision.cost_year",
                    period=str(cost_year),
                )
            ]
        )
    return units.take(np.flatnonzero((year <= cost_year) & (year > cost_year - rule.window)))


def with_figures(model: Model, units: Units) -> Units:
    """Return the table with the figures that need no norms as columns of their own."""
    first = [figure for figure in model.figure if not figure.after_norms]
    if not first:
        return units
    table = FigureTable.of(model, units)
    made = {figure.id: _column(table, figure) for figure in first}
    frame = pd.concat([units.frame, pd.DataFrame(made, index=units.frame.index)], axis=1)
    return replace(units, frame=frame, extra=(*units.extra, *made))


def _column(table: FigureTable, figure: Figure) -> FloatArray:
    value = table.value(figure.id)
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), table.year.shape))


def rule_rows(model: Model, units: Units, formulas: Sequence[str], key: str) -> list[BoolArray]:
    """Return for each formula which rows it holds for."""
    table = FigureTable.of(model, units)
    found = []
    for text in formulas:
        value = table.formula(text, key=key)
        found.append(np.broadcast_to(np.asarray(value, dtype=np.float64) > 0.0, table.year.shape).copy())
    return found


def shown_figures(model: Model, units: Units, found: Mapping[tuple[str, str], Mapping[str, float]]) -> pd.DataFrame:
    """Return the figures the model shows, one row per unit of the cost year.

    Parameters
    ----------
    model : Model
    units : Units
    found : mapping
        By (``norm`` or ``score``; scheme): the value of each unit.

    Raises
    ------
    DataError
        Where a shown figure has no value for a unit; a unit without a norm is told apart from one whose norm is zero.
    """
    shown = [figure for figure in model.figure if figure.show]
    if not shown:
        return empty_frame("figures")
    table = FigureTable.of(model, units)
    table.found = found
    now = np.flatnonzero(table.year == table.cost_year)
    frame = pd.DataFrame({"unit": units.frame[units.id].to_numpy(dtype=object)[now], "year": table.decision_year})
    issues = []
    for figure in shown:
        values = _column(table, figure)[now]
        frame[figure.id] = values
        issues += [
            Issue(
                "no-figure",
                f"the figure {figure.id!r} has no value: something it is worked out from is missing",
                "give the unit's numbers, or say with otherwise() what a missing one counts as",
                unit=str(frame["unit"].iloc[row]),
            )
            for row in np.flatnonzero(np.isnan(values))
        ]
    if issues:
        raise DataError(issues)
    return frame


def identity_rows(
    model: Model, units: Units, found: Mapping[tuple[str, str], Mapping[str, float]]
) -> list[dict[str, Any]]:
    """Return the model's identities as rows of ``checks``.

    Raises
    ------
    SettlementError
        When one fails.
    """
    table = FigureTable.of(model, units)
    table.found = found
    rows = []
    for identity in model.identity:
        sides = [
            table.formula(text, key=f"identity.{identity.name}", after=True) for text in (identity.left, identity.right)
        ]
        if any(np.ndim(side) for side in sides):
            raise ModelError(
                "an identity compares two numbers: add up rows with total()",
                file=model.file,
                key=f"identity.{identity.name}",
            )
        left, right = float(sides[0]), float(sides[1])
        tolerance = identity.tolerance * max(abs(left), abs(right))
        if not abs(left - right) <= tolerance:
            raise SettlementError(f"{identity.name} ({table.decision_year})", left - right)
        rows.append(
            {
                "check": identity.name,
                "scheme": "",
                "year": table.decision_year,
                "left": left,
                "right": right,
                "difference": stated_difference(left, right),
                "tolerance": tolerance,
            }
        )
    return rows
