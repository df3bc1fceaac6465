"""One scheme's data as arrays: units × years × services, aligned by label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import DataError, Issue, ModelError
from bench.modelfile import Model, Scheme
from bench.stykkpris.rules.volume import COLUMN_BASES, paid_volume
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class SchemeData:
    """A scheme's accounts and volumes.

    Attributes
    ----------
    scheme : Scheme
    units : tuple of str, length n
    years : tuple of int, length T
        Rising.
    present : bool array (n, T)
        Whether the unit has accounts in the year; everything else is zero where it has not.
    cost : array (n, T)
    volume : array (n, T, K)
        Paid volume of each service.
    allocated : array (n, T, K)
        Decided volume.
    columns : mapping of arrays (n, T)
        The other columns the rules read.
    order : tuple of int, length n
        Positions of the units in the order of the table. Inside, units are sorted by name, so that no sum and no
        øre of a split depends on the order of the rows.
    """

    scheme: Scheme
    units: tuple[str, ...]
    years: tuple[int, ...]
    present: npt.NDArray[np.bool_]
    cost: FloatArray
    volume: FloatArray
    allocated: FloatArray
    columns: Mapping[str, FloatArray]
    order: tuple[int, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        """Services in the order of the model."""
        return tuple(service.id for service in self.scheme.service)

    def rows(self, year: int) -> list[int]:
        """Return the positions of the units with accounts in a year, in the order of the table."""
        present = self.present[:, self.at(year)]
        return [i for i in self.order or range(len(self.units)) if present[i]]

    def at(self, year: int) -> int:
        """Return the position of a year.

        Raises
        ------
        DataError
            When there are no accounts for it.
        """
        if year not in self.years:
            raise DataError(
                [
                    Issue(
                        "no-accounts",
                        f"scheme {self.scheme.id!r} has no accounts for {year}",
                        f"add the year, or start later; the years are {', '.join(map(str, self.years))}",
                        period=str(year),
                    )
                ]
            )
        return self.years.index(year)

    def column(self, name: str, year: int) -> FloatArray:
        """Return a column in a year, array (n,)."""
        return np.asarray(self.columns[name][:, self.at(year)])

    def in_year(self, year: int) -> dict[str, FloatArray]:
        """Return every other column in a year, arrays (n,)."""
        return {name: np.asarray(values[:, self.at(year)]) for name, values in self.columns.items()}


def scheme_data(model: Model, units: Units) -> list[SchemeData]:
    """Split a table into the model's schemes.

    Raises
    ------
    DataError
        When a column is missing, a unit belongs to no scheme, or a scheme has no units.
    """
    rows = rows_by_scheme(model, units)
    return [_arrays(model, scheme, units, units.frame[rows[scheme.id]]) for scheme in model.scheme]


def rows_by_scheme(model: Model, units: Units) -> dict[str, npt.NDArray[np.bool_]]:
    """Tell which rows of a table belong to each of the model's schemes.

    By the scheme column; without one, by the units each scheme lists, or all where there is one scheme.

    Returns
    -------
    dict of bool arrays (n,)
        In the order of the model.

    Raises
    ------
    DataError
        When the table has a scheme the model does not know, a unit belongs to no scheme, or a scheme has no units.
    """
    frame = units.frame
    if units.scheme is not None:
        labels = frame[units.scheme].astype(str)
    elif len(model.scheme) == 1:
        labels = pd.Series(model.scheme[0].id, index=frame.index)
    else:
        home = {unit: scheme.id for scheme in model.scheme for unit in scheme.units}
        labels = frame[units.id].map(home)
    issues = [
        Issue("no-scheme", "the unit belongs to no scheme of the model", "name it in scheme.units", unit=str(unit))
        for unit in dict.fromkeys(frame[units.id][labels.isna()])
    ]
    known = set(model.scheme_ids)
    issues += [
        Issue(
            "unknown-scheme",
            f"the model has no scheme {name!r}",
            f"schemes are: {', '.join(model.scheme_ids)}",
            column=units.scheme or "",
            value=name,
        )
        for name in dict.fromkeys(labels.dropna())
        if name not in known
    ]
    rows = {scheme.id: (labels == scheme.id).to_numpy() for scheme in model.scheme}
    issues += [
        Issue("empty-scheme", f"no unit belongs to the scheme {name!r}", "correct the scheme column or the model")
        for name, found in rows.items()
        if not found.any()
    ]
    if issues:
        raise DataError(issues)
    return rows


def _arrays(model: Model, scheme: Scheme, units: Units, part: pd.DataFrame) -> SchemeData:
    appeared = list(dict.fromkeys(part[units.id]))
    names = tuple(sorted(appeared))
    years = _years(model, units, part)
    grid = _Grid(model, units, part, names, years)
    services = scheme.service
    empty = np.zeros((len(names), len(years), 0))

    def stack(attribute: str) -> FloatArray | None:
        columns = [getattr(service, attribute) for service in services]
        if not columns:
            return empty
        if any(column is None for column in columns):
            return None
        return np.stack([grid.column(column) for column in columns], axis=2)

    allocated = stack("column")
    assert allocated is not None
    performed, planned = stack("performed"), stack("planned")
    volume = _paid(scheme, years, allocated, performed, planned, model)
    if (volume < 0).any():
        raise DataError(f"scheme {scheme.id!r} has negative volume")
    return SchemeData(
        scheme=scheme,
        units=names,
        years=years,
        present=grid.present,
        cost=grid.column(model.cost_column),
        volume=volume,
        allocated=allocated,
        columns={name: grid.column(name) for name in scheme.columns},
        order=tuple(names.index(name) for name in appeared),
    )


def _paid(
    scheme: Scheme,
    years: tuple[int, ...],
    allocated: FloatArray,
    performed: FloatArray | None,
    planned: FloatArray | None,
    model: Model,
) -> FloatArray:
    rule = scheme.volume
    key = f"scheme.{scheme.id}.volume"
    if rule.basis not in COLUMN_BASES and performed is None:
        raise ModelError(
            f"basis {rule.basis!r} needs 'performed' on every service", file=model.file, key=f"{key}.basis"
        )
    if rule.planned and planned is None:
        raise ModelError("a plan rule needs 'planned' on every service", file=model.file, key=key)
    paid = np.empty_like(allocated)
    for t, year in enumerate(years):
        paid[:, t] = paid_volume(
            allocated[:, t],
            None if performed is None else performed[:, t],
            planned[:, t] if rule.planned and planned is not None else None,
            basis=rule.basis,
            marginal_below=rule.marginal_below.at(year),
            marginal_above=rule.marginal_above.at(year),
            cap=None if rule.cap is None else rule.cap.at(year),
            floor=None if rule.floor is None else rule.floor.at(year),
        )
    return paid


def _years(model: Model, units: Units, part: pd.DataFrame) -> tuple[int, ...]:
    if units.period is None:
        return (model.data.year,)
    periods = sorted(set(part[units.period].tolist()))
    words = [period for period in periods if not isinstance(period, int)]
    if words:
        raise DataError(
            [
                Issue(
                    "period-not-a-year",
                    "the settlement needs years as whole numbers",
                    "give the year, such as 2024",
                    column=units.period,
                    value=str(words[0]),
                )
            ]
        )
    return tuple(periods)


class _Grid:
    """Places the rows of a scheme on units × years."""

    def __init__(self, model: Model, units: Units, part: pd.DataFrame, names: tuple[str, ...], years: tuple[int, ...]):
        self.model, self.part = model, part
        place = {name: i for i, name in enumerate(names)}
        self.row = np.array([place[name] for name in part[units.id]], dtype=np.intp)
        periods = [model.data.year] * len(part) if units.period is None else part[units.period].tolist()
        self.col = np.array([years.index(period) for period in periods], dtype=np.intp)
        self.shape = (len(names), len(years))
        self.present = np.zeros(self.shape, dtype=bool)
        self.present[self.row, self.col] = True

    def column(self, name: str) -> FloatArray:
        if name not in self.part.columns:
            known = ", ".join(map(str, self.part.columns))
            raise DataError(
                [Issue("missing-column", f"the model reads the column {name!r}", f"columns are: {known}", column=name)]
            )
        values = self.part[name].to_numpy(dtype=np.float64)
        if np.isnan(values).any():
            raise DataError(
                [
                    Issue(
                        "not-applicable",
                        "the model needs this value in the scheme",
                        "give the number, or leave the service out",
                        column=name,
                    )
                ]
            )
        made = np.zeros(self.shape)
        made[self.row, self.col] = values
        return made
