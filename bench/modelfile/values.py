"""`Dated`: a number that is plain, or dated and sourced.

```toml
gain = 1.0                                                        # plain: no source, so it counts as assumed
gain = { value = 1.0, status = "documented", source = "…" }       # sourced, always in force

[[scheme.settlement.keep_surplus]]                                # dated and sourced
from = 2003-01-01
value = 0.90
status = "documented"
source = "econ2006, ch. 4.3"
```

A year takes the value that is in force on its first day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from pydantic import GetJsonSchemaHandler, PrivateAttr, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from bench.errors import ModelError
from bench.modelfile.base import Many, Section, described

Status = Literal["documented", "assumed", "scenario"]

#: Who pays for something, where it is not the budget holder.
PaidBy = Literal["users", "state", "municipality", "hospital", "insurer"]

#: Source shown for a number that stands alone in the file.
PLAIN = "plain value in the model file"


class Entry(Section):
    """One value with its dates, status and source."""

    from_: date | None = described("In force from", "Gjelder fra", default=None, alias="from")
    to: date | None = described("In force up to and including", "Gjelder til og med", default=None)
    value: float = described("Value", "Verdi", allow_inf_nan=False)
    status: Status = described(
        "documented, assumed or scenario", "dokumentert, antatt eller scenario", default="assumed"
    )
    source: str = described("Where the value stands", "Hvor verdien står", default="")

    @model_validator(mode="after")
    def _complete(self) -> Entry:
        if self.status == "documented" and not self.source:
            raise PydanticCustomError("no_source", "a documented value needs a source")
        if self.from_ and self.to and self.to < self.from_:
            raise PydanticCustomError(
                "dates", "'to' {to} lies before 'from' {start}", {"to": str(self.to), "start": str(self.from_)}
            )
        return self

    def covers(self, day: date) -> bool:
        """Return whether the value is in force on a day."""
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)


class Dated(Section):
    """A number over time.

    Attributes
    ----------
    entries : tuple of Entry
        In the order of their dates; an entry without ``to`` ends where the next begins.

    Examples
    --------
    >>> first = {"from": date(2003, 1, 1), "value": 0.9}
    >>> keep = Dated.model_validate([first, {"from": date(2006, 1, 1), "value": 0.5}])
    >>> keep.at(2004), keep.at(2007)
    (0.9, 0.5)
    """

    entries: Many[Entry]
    _key: str = PrivateAttr(default="")
    _file: str = PrivateAttr(default="")
    _line: int | None = PrivateAttr(default=None)

    @classmethod
    def known_keys(cls) -> list[str]:
        """Return the keys of one entry: those are what stands in the file."""
        return ["entries", *Entry.known_keys()]

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, data: Any) -> Any:
        if isinstance(data, bool | str):
            raise PydanticCustomError(
                "number", "a number is expected, plain or dated and sourced; got {got}", {"got": repr(data)}
            )
        if isinstance(data, int | float):
            return {"entries": [{"value": float(data), "source": PLAIN}]}
        if isinstance(data, dict) and "entries" not in data:
            return {"entries": [data]}
        if isinstance(data, list | tuple):
            if not data:
                raise PydanticCustomError("empty", "the list of values is empty")
            return {"entries": list(data)}
        return data

    @model_validator(mode="after")
    def _in_order(self) -> Dated:
        if len(self.entries) == 1:
            return self
        first = date.min
        ordered = sorted(self.entries, key=lambda entry: entry.from_ or first)
        for before, after in pairwise(ordered):
            start = after.from_ or first
            if (before.from_ or first) == start or (before.to is not None and before.to >= start):
                raise PydanticCustomError(
                    "overlap",
                    "two values are in force on {day}: {one} and {two}",
                    {
                        "day": str(start if start > first else before.from_ or "every date"),
                        "one": before.value,
                        "two": after.value,
                    },
                )
        object.__setattr__(self, "entries", tuple(ordered))
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe what may stand in the file: a number, one entry or a list of entries."""
        entry = Entry.model_json_schema(by_alias=True)
        return {"anyOf": [{"type": "number"}, entry, {"type": "array", "items": entry, "minItems": 1}]}

    def entry_at(self, year: int) -> Entry | None:
        """Return the entry in force on 1 January of a year, or None."""
        day = date(year, 1, 1)
        found = None
        for entry in self.entries:
            if entry.covers(day):
                found = entry
        return found

    def at(self, year: int) -> float:
        """Return the value in force in a year.

        Raises
        ------
        ModelError
            When none is; names file, key and line.
        """
        entry = self.entry_at(year)
        if entry is None:
            raise ModelError(f"no value is in force on {year}-01-01", file=self._file, key=self._key, line=self._line)
        return entry.value

    def uncovered(self, years: Iterable[int]) -> list[int]:
        """Return the years in which no value is in force."""
        return [year for year in years if self.entry_at(year) is None]

    def since(self, year: int) -> int:
        """Return the year from which the value of ``year`` has been in force (``year`` itself when undated)."""
        entry = self.entry_at(year)
        if entry is None:
            self.at(year)
            raise AssertionError
        return entry.from_.year if entry.from_ else year

    def located(self, file: str, key: str, line: int | None) -> None:
        """Remember where the value stands, for messages."""
        self._file, self._key, self._line = file, key, line

    @property
    def constant(self) -> float | None:
        """The value when it is the same in every entry, else None."""
        values = {entry.value for entry in self.entries}
        return values.pop() if len(values) == 1 else None

    def __str__(self) -> str:
        return "; ".join(
            f"{entry.value:g}"
            + (f" from {entry.from_}" if entry.from_ else "")
            + (f" to {entry.to}" if entry.to else "")
            for entry in self.entries
        )


def plain(value: float) -> Dated:
    """Return an always valid, neutral value: the default of a parameter the file does not mention."""
    return Dated.model_validate(value)


def sum_to_one(values: list[Dated], what: str) -> None:
    """Refuse shares that do not sum to one on some date."""
    starts = {entry.from_ or date.min for value in values for entry in value.entries}
    for start in sorted(starts):
        parts = [next((e.value for e in reversed(value.entries) if e.covers(start)), None) for value in values]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts) and abs(sum(known) - 1.0) > 1e-9:
            raise PydanticCustomError(
                "shares", "{what} must sum to 1, not {total}", {"what": what, "total": f"{sum(known):g}"}
            )
