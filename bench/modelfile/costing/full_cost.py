"""What an hour with a user costs in full, and from it a visit or a bed-day: wages, leave, and all that stands around.

The form is that of the workbooks by which KS, NHO and Virke let a municipality compare its own unit cost with a
private provider's price: a full-time post's cost over the hours of it that reach a user. In a model file every part is
dated and sourced, and the price they make is the service's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.errors import OptionError
from bench.modelfile.base import Section, described
from bench.modelfile.values import Dated, Entry, Status, plain


@dataclass(frozen=True, slots=True)
class FullCost:
    """A post's cost in NOK a year, its hours, and what a service costs; every line is worked out from those before it.

    Attributes
    ----------
    wages, holiday_pay, pension, employer_tax, transport, equipment, premises, direct, overhead, cost : float
        NOK a year: pension is of wages, employer's tax of wages, holiday pay and pension, overhead of all before it.
    hours, user_hours : float
        Hours a year at work after leave, and of these with users.
    hour : float
        NOK per hour with a user.
    price : float
        NOK per unit of the service: its hours, what else one unit takes, less what the user pays.
    """

    wages: float
    holiday_pay: float
    pension: float
    employer_tax: float
    transport: float
    equipment: float
    premises: float
    direct: float
    overhead: float
    cost: float
    hours: float
    user_hours: float
    hour: float
    price: float

    def lines(self) -> Iterator[tuple[str, float]]:
        """Yield every line by its name, in the order they are worked out."""
        for part in fields(self):
            yield part.name, getattr(self, part.name)


def full_cost(
    *,
    wages: float,
    hours: float,
    user_time: float,
    holiday_pay: float = 0.0,
    pension: float = 0.0,
    employer_tax: float = 0.0,
    leave: float = 0.0,
    transport: float = 0.0,
    equipment: float = 0.0,
    premises: float = 0.0,
    overhead: float = 0.0,
    hours_per_unit: float = 1.0,
    per_unit: float = 0.0,
    user_payment: float = 0.0,
) -> FullCost:
    """Return what a service costs in full.

    Parameters
    ----------
    wages : float
        Of a full-time post a year, supplements included, NOK.
    hours : float
        A full-time post's hours a year before leave.
    user_time : float
        Share of the hours at work that is spent with users.
    holiday_pay, pension, employer_tax : float
        Shares: of wages; of wages; of wages, holiday pay and pension.
    leave : float
        Share of the hours lost to holidays, sickness and training.
    transport, equipment, premises : float
        NOK a year per post.
    overhead : float
        Management, administration and support as a share of everything above.
    hours_per_unit : float
        Hours with a user in one unit of the service.
    per_unit, user_payment : float
        What one unit takes beside time, and what its user pays, NOK.

    Raises
    ------
    OptionError
        For hours or shares that leave no time with users, and a payment above the cost.

    Examples
    --------
    A post of NOK 500,000 with 12 % pension and 14.1 % tax costs 638,960. Of 1,900 hours 20 % are leave, and of the rest
    60 % are with users: 912.

    >>> found = full_cost(wages=500_000, hours=1900, user_time=0.6, pension=0.12, employer_tax=0.141, leave=0.2)
    >>> round(found.cost), found.user_hours, round(found.hour, 2)
    (638960, 912.0, 700.61)
    """
    if not (hours > 0.0 and 0.0 < user_time <= 1.0 and 0.0 <= leave < 1.0):
        raise OptionError(
            f"hours {hours:g}, leave {leave:g} and user_time {user_time:g} leave no hours with users: hours must be "
            "above 0, leave from 0 to below 1, user_time above 0 and at most 1"
        )
    holidays, pensions = holiday_pay * wages, pension * wages
    tax = employer_tax * (wages + holidays + pensions)
    direct = wages + holidays + pensions + tax + transport + equipment + premises
    shared = overhead * direct
    cost = direct + shared
    worked = hours * (1.0 - leave)
    with_users = worked * user_time
    hour = cost / with_users
    price = hour * hours_per_unit + per_unit - user_payment
    if price <= 0.0:
        raise OptionError(f"the user pays {user_payment:g}, more than the {price + user_payment:g} a unit costs")
    return FullCost(
        wages=wages,
        holiday_pay=holidays,
        pension=pensions,
        employer_tax=tax,
        transport=transport,
        equipment=equipment,
        premises=premises,
        direct=direct,
        overhead=shared,
        cost=cost,
        hours=worked,
        user_hours=with_users,
        hour=hour,
        price=price,
    )


class FullCostRule(Section):
    """Parts of a full-cost price; see :func:`full_cost`."""

    wages: Dated = described("Wages of a full-time post a year, NOK", "Lønn for et årsverk, kr", low=0.0)
    holiday_pay: Dated = described(
        "Holiday pay, share of wages", "Feriepenger, andel av lønn", default=plain(0.0), low=0.0, high=1.0
    )
    pension: Dated = described(
        "Pension, share of wages", "Pensjon, andel av lønn", default=plain(0.0), low=0.0, high=1.0
    )
    employer_tax: Dated = described(
        "Employer's tax, share of wages, holiday pay and pension",
        "Arbeidsgiveravgift, andel av lønn, feriepenger og pensjon",
        default=plain(0.0),
        low=0.0,
        high=1.0,
    )
    hours: Dated = described(
        "Hours a year of a full-time post, before leave", "Årstimer for et årsverk, før fravær", low=0.0
    )
    leave: Dated = described(
        "Leave: share of the hours lost to holidays, sickness and training",
        "Fravær: andel av timene som går til ferie, sykdom og opplæring",
        default=plain(0.0),
        low=0.0,
        high=1.0,
    )
    user_time: Dated = described(
        "Share of the hours at work spent with users", "Andel av arbeidstiden som er hos bruker", low=0.0, high=1.0
    )
    transport: Dated = described(
        "Transport, NOK a year per post", "Transport, kr per årsverk", default=plain(0.0), low=0.0
    )
    equipment: Dated = described(
        "Equipment, NOK a year per post", "Utstyr, kr per årsverk", default=plain(0.0), low=0.0
    )
    premises: Dated = described("Premises, NOK a year per post", "Lokaler, kr per årsverk", default=plain(0.0), low=0.0)
    overhead: Dated = described(
        "Management and support, share of direct cost",
        "Ledelse og støtte, andel av direkte kostnad",
        default=plain(0.0),
        low=0.0,
    )
    hours_per_unit: Dated = described(
        "Hours with a user in one unit of the service",
        "Timer hos bruker i én enhet av tjenesten",
        default=plain(1.0),
        low=0.0,
    )
    per_unit: Dated = described(
        "What one unit takes beside time, NOK", "Det én enhet krever utenom tid, kr", default=plain(0.0), low=0.0
    )
    user_payment: Dated = described(
        "What the user pays per unit, NOK", "Brukerbetaling per enhet, kr", default=plain(0.0), low=0.0
    )

    @model_validator(mode="after")
    def _calculable(self) -> FullCostRule:
        for start, _ in self._spans():
            try:
                self._on(start or date.min)
            except OptionError as error:
                raise PydanticCustomError("full_cost", "{said}", {"said": str(error)}) from None
        return self

    def at(self, year: int) -> FullCost:
        """Return every line of the calculation as in force on 1 January of a year.

        Raises
        ------
        ModelError
            When a part has no value then.
        """
        return full_cost(**{name: part.at(year) for name, part in self.parts().items()})

    def price(self) -> dict[str, Any]:
        """Return the price over time, as a dated number of the file: a new entry wherever a part changes."""
        entries = []
        for start, end in self._spans():
            found = self._on(start or date.min)
            if found is None:
                continue
            made, status = found
            entries.append(
                {
                    "from": start,
                    "to": end,
                    "value": made.price,
                    "status": status,
                    "source": f"full cost: {made.hour:.2f} an hour with a user, {made.user_hours:.1f} hours a post; "
                    "its parts stand in full_cost",
                }
            )
        if not entries:
            raise PydanticCustomError("full_cost", "no date has a value for every part of full_cost")
        return {"entries": entries}

    def parts(self) -> dict[str, Dated]:
        """Return every part by its name."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def _spans(self) -> list[tuple[date | None, date | None]]:
        """Return the spans between the dates on which a part changes, open at both ends."""
        entries = [entry for part in self.parts().values() for entry in part.entries]
        days = {entry.from_ for entry in entries if entry.from_} | {
            entry.to + timedelta(days=1) for entry in entries if entry.to
        }
        starts: list[date | None] = [None, *sorted(days)]
        ends = [None if day is None else day - timedelta(days=1) for day in [*starts[1:], None]]
        return list(zip(starts, ends, strict=True))

    def _on(self, day: date) -> tuple[FullCost, Status] | None:
        """Return the calculation on a day and its weakest status; None where a part has no value."""
        found: dict[str, Entry] = {}
        for name, part in self.parts().items():
            entry = next((one for one in reversed(part.entries) if one.covers(day)), None)
            if entry is None:
                return None
            found[name] = entry
        stated = {found[name].status for name in self.model_fields_set if name in found}
        order: tuple[Status, ...] = ("assumed", "scenario", "documented")
        status: Status = next((one for one in order if one in stated), "assumed")
        return full_cost(**{name: entry.value for name, entry in found.items()}), status
