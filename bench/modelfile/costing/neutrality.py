"""Sections that keep a comparison fair: costs on one footing, recorded volume, and what may be published."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.modelfile.base import Many, Section, described
from bench.modelfile.sections.chain import ROW_FUNCTIONS, checked_formula
from bench.modelfile.values import Dated


class Adjustment(Section):
    """A cost that some units do not carry in their accounts and others do: it is added before they are compared."""

    line: Literal["vat", "pension", "overhead", "premises", "other"] = described("Line", "Linje")
    units: Many[str] = described("Units it is added to", "Enheter den legges til", default=())
    where: str | None = described("Rows for which a formula holds", "Rader der en formel holder", default=None)
    rate: Dated | None = described(
        "Share of the unit's cost", "Andel av enhetens kostnad", default=None, low=-0.5, high=2.0
    )
    amount: Dated | None = described(
        "NOK a unit and year", "Kroner per enhet og år", default=None, low=-1e12, high=1e12
    )
    reason: str = described("Reason", "Begrunnelse", min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Adjustment:
        if (self.rate is None) == (self.amount is None):
            raise PydanticCustomError("adjustment", "an adjustment needs either rate or amount")
        if not self.units and self.where is None:
            raise PydanticCustomError("no_units", "an adjustment needs units or where")
        if self.where is not None:
            checked_formula(self.where, ROW_FUNCTIONS)
        stated = self.rate if self.rate is not None else self.amount
        assert stated is not None
        if any(not entry.source for entry in stated.entries):
            raise PydanticCustomError(
                "adjustment_source",
                'an adjustment needs a source: { value = 0.025, source = "…" }, dated by from and to',
            )
        return self


class OverRecording(Section):
    """What each unit would gain by recording more volume than it made: it is paid twice, in price and in score."""

    share: float = described(
        "Volume recorded beyond what was made, as a share",
        "Volum ført utover det som er utført, som andel",
        default=0.01,
        gt=0.0,
        le=0.5,
    )


class Publication(Section):
    """Peers' shares as they may be published: no other unit's cost can be worked out from them."""

    step: float = described("Shares are rounded to multiples of", "Andeler rundes til", default=0.05, gt=0.0, le=0.5)
    protection: float = described(
        "How far from a cost the best guess must be able to lie, as a share",
        "Hvor langt fra en kostnad beste gjetning må kunne ligge, som andel",
        default=0.1,
        gt=0.0,
        lt=1.0,
    )
