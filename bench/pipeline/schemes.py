"""One scheme as arrays: what the frontier, the norms and the requirements all start from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue, ModelError
from bench.modelfile import Model, Scheme, cost_weights
from bench.stykkpris.scheme_data import rows_by_scheme
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class SchemeData:
    """A scheme's rows of the table.

    Attributes
    ----------
    name : str
    rule : Scheme
        The scheme's section of the model file.
    units : Units
        Rows of this scheme, all years.
    year : array (n,) of int
    cost : array (n,)
        NOK, nominal.
    volumes : array (n, k)
        Decided volume of each service.
    weights : array (n, k)
        Cost weights in force in the row's year, without policy factors: those enter price and income only.
    """

    name: str
    rule: Scheme
    units: Units
    year: npt.NDArray[np.int64]
    cost: FloatArray
    volumes: FloatArray
    weights: FloatArray

    @property
    def services(self) -> list[str]:
        """Names of the services, in the order of ``volumes``."""
        return [service.id for service in self.rule.service]

    @property
    def unit(self) -> npt.NDArray[np.object_]:
        """Unit of each row, array (n,)."""
        return self.units.labels

    @property
    def weighted_volume(self) -> FloatArray:
        """Weighted volume ``Q = Σ w·V`` of each row, array (n,)."""
        return np.asarray((self.weights * self.volumes).sum(axis=1))

    @property
    def years(self) -> list[int]:
        """The scheme's years, sorted."""
        return sorted({int(year) for year in self.year})

    def rows(self) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
        """Give each year with the positions of its rows."""
        for year in self.years:
            yield year, np.flatnonzero(self.year == year)


#: Years a model can date its rules by, with room for the years that follow from the last accounts.
FIRST_YEAR, LAST_YEAR = 1, 9000

#: NOK that a 64-bit number still holds to the øre, also when some hundred of them are added.
LARGEST_AMOUNT = 1e12


def refuse_outside(units: Units) -> None:
    """Refuse years that no rule can be dated by.

    Raises
    ------
    DataError
        With every such row's unit and year.
    """
    frame, period = units.frame, str(units.period)
    message = f"a year must lie between {FIRST_YEAR} and {LAST_YEAR}"
    wrong = [
        Issue("year-out-of-range", message, "write the year, such as 2025", column=period, unit=unit, value=str(year))
        for unit, year in zip(frame[units.id], frame[period], strict=True)
        if not FIRST_YEAR <= year <= LAST_YEAR
    ]
    if wrong:
        raise DataError([*wrong, *units.warnings])


def refuse_amounts(units: Units, column: str) -> None:
    """Refuse costs that cannot be settled to the øre.

    Raises
    ------
    DataError
        With every such cell's unit and year.
    """
    frame = units.frame
    if column not in frame.columns:
        return
    message = f"a cost above {LARGEST_AMOUNT:g} NOK cannot be settled to the øre"
    wrong = [
        Issue(
            "amount-too-large",
            message,
            "correct the amount, or give costs in thousands as another measure",
            column=column,
            unit=str(frame[units.id].iloc[row]),
            period=str(frame[units.period].iloc[row]) if units.period is not None else "",
            value=f"{frame[column].iloc[row]:g}",
        )
        for row in np.flatnonzero((frame[column].abs() > LARGEST_AMOUNT).to_numpy())
    ]
    if wrong:
        raise DataError([*wrong, *units.warnings])


def at_cells(issues: Sequence[Issue], units: Units) -> list[Issue]:
    """Bring a refusal of a unit that cannot be scored to the cell where reading saw it, accepted as a warning then."""
    seen = {(known.rule, known.unit, known.period): known for known in units.warnings}
    made = []
    for issue in issues:
        known = seen.get((issue.rule, issue.unit, issue.period)) or seen.get((issue.rule, issue.unit, ""))
        if issue.rule in ("no-input", "no-output") and known is not None:
            remedy = f"leave it out with leave_out={issue.unit!r}; a run scores every unit, so accepting is not enough"
            issue = replace(known, severity="error", period=issue.period, remedy=remedy)
        made.append(issue)
    return made


def with_year(units: Units, year: int) -> tuple[Units, list[Issue]]:
    """Give a table without a period the year the model states, and say so."""
    if units.period is not None:
        if all(isinstance(period, int) for period in units.periods):
            refuse_outside(units)
            return units, []
        odd = [str(period) for period in units.periods if not str(period).isdigit()] or [str(units.periods[0])]
        raise DataError(
            [
                Issue(
                    "period-not-a-year",
                    "a financing model needs years as whole numbers",
                    "write the year, such as 2025",
                    column=units.period,
                    value=odd[0],
                ),
                *units.warnings,
            ]
        )
    name = "period" if "period" not in units.frame.columns else "period_of_the_table"
    table = units.frame.assign(**{name: year})
    dated = Units.from_frame(
        table,
        id=units.id,
        period=name,
        scheme=units.scheme,
        inputs=units.inputs,
        outputs=units.outputs,
        environment=units.environment,
        input_prices=units.input_prices,
        output_prices=units.output_prices,
        extra=units.extra,
        texts=units.texts,
        accept=("negative-value", "no-input", "no-output"),
        source=units.source,
        warnings=units.warnings,
    )
    issue = Issue(
        "no-period",
        f"the table has no year, so it is taken as one year, called {year}",
        "name the column with the year, or state data.year in the model file",
        severity="warning",
    )
    return dated, [issue]


def scheme_data(model: Model, units: Units) -> list[SchemeData]:
    """Split a table by scheme and look up volumes and weights.

    Raises
    ------
    DataError
        When table and model do not have the same schemes.
    ModelError
        When the model needs a column the table does not have.
    """
    parts = []
    together = model.data.rows == "every-scheme"
    rows = {} if together else rows_by_scheme(model, units)
    for rule in model.scheme:
        if together:
            part = units
        else:
            part = units.for_scheme(rule.id) if units.scheme is not None else units.take(rows[rule.id])
        columns = [service.column for service in rule.service]
        paid = rule.cost or model.data.cost
        missing = [c for c in (paid, *columns) if c not in part.frame.columns]
        if missing:
            raise ModelError(
                f"scheme {rule.id!r} needs the columns {', '.join(missing)}, which the table does not have",
                file=model.file,
                key="scheme.service",
            )
        year = part.frame[part.period].to_numpy(dtype=np.int64)
        volumes = part.values(columns) if columns else np.zeros((len(part), 0))
        cost = part.values([paid])[:, 0] if not together else part.frame[paid].to_numpy(dtype=np.float64)
        parts.append(SchemeData(rule.id, rule, part, year, cost, volumes, _weights(rule, year, cost, volumes)))
    return parts


def _weights(rule: Scheme, year: npt.NDArray[np.int64], cost: FloatArray, volumes: FloatArray) -> FloatArray:
    """Weights in force in each row's year; a rule that needs a cost base takes the scheme's first year."""
    first = year == year.min()
    names = [service.id for service in rule.service]
    base = dict(zip(names, volumes[first].sum(axis=0).tolist(), strict=True))
    table = {int(y): cost_weights(rule, int(y), base, float(cost[first].sum())) for y in np.unique(year)}
    return np.array([[table[int(y)][name] for name in names] for y in year]).reshape(year.size, len(names))
