"""Blocks SR and CR: settlement, dispensations and corrections."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.values import Dated, PaidBy, plain, sum_to_one


class Dispensation(Section):
    """A decided dispensation: who, when, how much and who pays."""

    unit: str = described("Unit", "Enhet")
    from_: date | None = described("From", "Fra", default=None, alias="from")
    to: date | None = described("To", "Til", default=None)
    share: Dated | None = described(
        "Share of the deficit waived", "Andel av underskuddet som ettergis", default=None, low=0.0, high=1.0
    )
    amount: Dated | None = described("Amount waived, NOK", "Beløp som ettergis, kr", default=None, low=-1e15, high=1e15)
    payer: str = described("Who pays", "Hvem som betaler")
    reason: str = described("Reason", "Begrunnelse", min_length=1)

    @model_validator(mode="after")
    def _one_size(self) -> Dispensation:
        if (self.share is None) == (self.amount is None):
            raise PydanticCustomError("dispensation", "a dispensation needs either share or amount")
        return self

    def covers(self, year: int) -> bool:
        """Return whether it holds on the first day of a year."""
        day = date(year, 1, 1)
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)


class DispensationRule(Section):
    """Units with very large deficits: what is waived and who pays."""

    threshold: Dated = described(
        "Deficit as a share of income", "Underskudd som andel av inntekten", low=0.0, high=1e15
    )
    measured_on: Literal["year", "balance"] = described(
        "Measured on the year's deficit or the balance", "Målt på årets underskudd eller saldo", default="year"
    )
    covers: Literal["excess", "all"] = described(
        "Waives what exceeds the threshold, or all",
        "Ettergir det som overstiger terskelen, eller alt",
        default="excess",
    )
    payer: str = described("Who pays", "Hvem som betaler")


class Party(Section):
    """One of those who share what a unit does not keep or carry."""

    name: str = described("Party", "Part", min_length=1)
    share: Dated = described("Share", "Andel", low=0.0, high=1.0)


class Settlement(Section):
    """Block SR: what a unit keeps and carries."""

    keep_surplus: Dated = described(
        "Share of a surplus the unit keeps", "Andel av overskudd enheten beholder", low=0.0, high=1.0
    )
    carry_deficit: Dated = described(
        "Share of a deficit the unit carries", "Andel av underskudd enheten bærer", low=0.0, high=1.0
    )
    cap: Dated | None = described(
        "Most kept or carried, as a share of income",
        "Mest som beholdes eller bæres, som andel av inntekten",
        default=None,
        low=0.0,
        high=1.0,
    )
    cap_surplus: Dated | None = described(
        "Most kept, as a share of income", "Mest som beholdes, som andel av inntekten", default=None, low=0.0, high=1.0
    )
    cap_deficit: Dated | None = described(
        "Most carried, as a share of income", "Mest som bæres, som andel av inntekten", default=None, low=0.0, high=1.0
    )
    cap_on: Literal["year", "balance"] = described(
        "Cap on the year or on the balance", "Tak på året eller på saldoen", default="year"
    )
    interest: Dated = described(
        "Interest on the opening balance", "Rente på inngående saldo", default=plain(0.0), low=-1.0, high=1.0
    )
    expiry: int | None = described(
        "Years after which a saved surplus lapses", "År før spart overskudd faller bort", default=None, ge=1
    )
    pooled: bool = described("One result for the whole scheme", "Felles resultat for ordningen", default=False)
    frequency: Literal["month", "third", "year"] = described(
        "How often the year's money is paid out", "Hvor ofte årets penger utbetales", default="year"
    )
    party: Many[Party] = described(
        "Who shares what the unit does not keep or carry",
        "Hvem som deler det enheten ikke beholder eller bærer",
        default=(),
    )
    dispensation_rule: DispensationRule | None = described(
        "Rule for very large deficits", "Regel for svært store underskudd", default=None
    )
    dispensation: Many[Dispensation] = described("Decided dispensations", "Vedtatte dispensasjoner", default=())

    @model_validator(mode="after")
    def _consistent(self) -> Settlement:
        if self.party:
            sum_to_one([party.share for party in self.party], "the parties' shares")
        if self.cap is not None and (self.cap_surplus is not None or self.cap_deficit is not None):
            raise PydanticCustomError("cap", "give cap, or cap_surplus and cap_deficit, not both")
        return self

    def caps(self) -> tuple[Dated | None, Dated | None]:
        """Return the caps on surplus and deficit."""
        return (self.cap_surplus or self.cap, self.cap_deficit or self.cap)


class Earmark(Section):
    """Money set aside for one purpose: ``min(amount, cap, spent)``, ``spent`` the unit's value in ``column``."""

    purpose: Text = described("Purpose", "Formål")
    cap: Dated | None = described(
        "Most a unit may use for it in a year, NOK",
        "Mest en enhet kan bruke på det i året, kr",
        default=None,
        low=0.0,
        high=1e15,
    )
    column: str | None = described(
        "Column with what was spent on it, NOK", "Kolonne med det som er brukt på det, kr", default=None
    )

    @model_validator(mode="after")
    def _bounded(self) -> Earmark:
        if self.cap is None and self.column is None:
            raise PydanticCustomError("earmark", "an earmark needs cap, column or both")
        return self


class Receipt(Section):
    """Money from others that goes to the budget holder, not to the unit: user payments, refunds, earmarked grants.

    ``min(rate · max(0, z − threshold·n), cap·n)`` with ``z`` the unit's value in ``column`` and ``n`` that in
    ``count_column`` or 1: a fee per visit, or a payment by income above a free amount and up to a ceiling per user.
    """

    name: Text = described("Name", "Navn")
    column: str = described("Column", "Kolonne", min_length=1)
    rate: Dated = described("Rate", "Sats", low=-1e12, high=1e12)
    paid_by: PaidBy = described("Who pays", "Hvem som betaler")
    count_column: str | None = described("Column with the number of users", "Kolonne med antall brukere", default=None)
    threshold: Dated = described(
        "Free amount per user, NOK", "Fribeløp per bruker, kr", default=plain(0.0), low=0.0, high=1e15
    )
    cap: Dated | None = described("Ceiling per user, NOK", "Tak per bruker, kr", default=None, low=0.0, high=1e15)
    follows: Literal["nothing", "volume", "prices", "both"] = described(
        "What the columns follow in simulated years: nothing, the unit's volume, cost growth, or both",
        "Hva kolonnene følger i simulerte år: ingenting, enhetens volum, kostnadsvekst eller begge",
        default="nothing",
    )
    earmark: Earmark | None = described("What it may be used for", "Hva den kan brukes til", default=None)


#: Keys each kind of correction needs.
CORRECTION_KEYS: dict[str, tuple[str, ...]] = {
    "small-unit-topup": ("column", "reference", "amount"),
    "rate": ("column", "rate"),
    "factor": ("column",),
    "zones": ("column", "zone"),
    "excess": ("column", "threshold", "rate"),
    "supplement": ("column", "rate"),
    "amount": ("amount",),
}


class Zone(Section):
    """A zone and its factor on income."""

    value: float = described("Value in the column", "Verdi i kolonnen")
    factor: Dated = described("Factor on activity income", "Faktor på aktivitetsinntekten", low=-1000.0, high=1000.0)


class Correction(Section):
    """Block CR: one correction of a unit's income.

    Kinds and formulas (``z`` the unit's value in ``column``, ``A`` its activity income):

    * ``small-unit-topup``: ``amount · max(0, 1 − z/reference)`` where ``z > 0``
    * ``rate``: ``rate · z`` (travel, quality ±, a withdrawn grant with a negative rate)
    * ``factor``: ``A · (z − 1)`` (case mix, local cost index)
    * ``zones``: ``A · (factor of the zone z − 1)`` (payroll-tax zones)
    * ``excess``: ``rate · max(0, z − threshold·count)``, ``count`` a column or 1 (resource-intensive users)
    * ``supplement``: ``reversal · min(rate · z, cap)`` (income supplement with cap)
    * ``amount``: ``amount`` to the units listed, or to all
    """

    name: Text = described("Name", "Navn")
    kind: Literal["small-unit-topup", "rate", "factor", "zones", "excess", "supplement", "amount"] = described(
        "Kind", "Type"
    )
    column: str | None = described("Column", "Kolonne", default=None)
    count_column: str | None = described("Column with the number of users", "Kolonne med antall brukere", default=None)
    reference: Dated | None = described("Reference size", "Referansestørrelse", default=None, low=0.0, high=1e15)
    amount: Dated | None = described("Amount, NOK", "Beløp, kr", default=None, low=-1e15, high=1e15)
    rate: Dated | None = described("Rate", "Sats", default=None, low=-1e12, high=1e12)
    threshold: Dated | None = described("Threshold, NOK", "Innslagspunkt, kr", default=None, low=0.0, high=1e15)
    cap: Dated | None = described("Cap, NOK", "Tak, kr", default=None, low=0.0, high=1e15)
    reversal: Dated = described(
        "Share still paid while it is phased out",
        "Andel som fortsatt gis under nedtrapping",
        default=plain(1.0),
        low=0.0,
        high=1.0,
    )
    zone: Many[Zone] = described("Zones", "Soner", default=())
    units: Many[str] = described("Units", "Enheter", default=())
    indexed_from: int | None = described(
        "Price year of the amount, moved by the index", "Prisår for beløpet, flyttet med indeksen", default=None
    )
    growth: Dated = described(
        "Yearly growth besides the index, from that year",
        "Årlig vekst utover indeksen, fra det året",
        default=plain(0.0),
        low=-1.0,
        high=1.0,
    )
    paid_by: PaidBy | None = described(
        "Who pays, where it is not the budget holder",
        "Hvem som betaler, når det ikke er budsjettholderen",
        default=None,
    )
    earmark: Earmark | None = described("What it may be used for", "Hva den kan brukes til", default=None)
    funded_by: Literal["payer", "scheme"] = described(
        "Paid by the payer, or out of the scheme by a lower price",
        "Betalt av bestiller, eller av ordningen ved lavere pris",
        default="payer",
    )

    @model_validator(mode="after")
    def _complete(self) -> Correction:
        missing = [key for key in CORRECTION_KEYS[self.kind] if not getattr(self, key)]
        if missing:
            raise PydanticCustomError(
                "incomplete",
                "a correction of kind {kind} needs {missing}",
                {"kind": self.kind, "missing": ", ".join(missing)},
            )
        if self.funded_by == "scheme" and self.kind in ("factor", "zones"):
            raise PydanticCustomError(
                "funding",
                "a correction of kind {kind} follows income, which follows the price: it cannot lower the price",
                {"kind": self.kind},
            )
        return self
