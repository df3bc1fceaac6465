"""Blocks BR, MX, TR, UC and BH: grants, the mix of income, transition, user choice, the purchaser."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.values import Dated, plain, sum_to_one


class Criterion(Section):
    """One column of a block grant's key."""

    column: str = described("Column", "Kolonne", min_length=1)
    times: str | None = described(
        "Column it is multiplied by: a share times inhabitants gives persons",
        "Kolonnen den ganges med: en andel ganger innbyggere gir personer",
        default=None,
    )
    weight: Dated = described("Weight", "Vekt", low=0.0)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns the criterion reads; its value is their product."""
        return (self.column,) if self.times is None else (self.column, self.times)


class Block(Section):
    """Block BR: the grant that does not follow activity."""

    kind: Literal["none", "incremental", "criteria", "historic-share", "norm-share", "lump-sum"] = described(
        "Kind of block grant", "Type ramme", default="none"
    )
    total: Dated | None = described("Total, NOK", "Samlet ramme, kr", default=None, low=0.0, high=1e15)
    total_share: Dated | None = described(
        "Total as a share of the scheme's indexed cost: of the year before the system where the base is the budget, of "
        "last year where it is the accounts",
        "Samlet ramme som andel av ordningens indekserte kostnad: i året før systemet når grunnlaget er budsjettet, i "
        "fjor når det er regnskapet",
        default=None,
        low=0.0,
        high=100.0,
    )
    indexed_from: int | None = described(
        "Price year of the total in NOK, moved by the index",
        "Prisår for den samlede rammen i kroner, flyttet med indeksen",
        default=None,
    )
    base: Literal["accounts", "budget"] = described(
        "The grant goes on from last budget, or follows last year's accounts",
        "Rammen føres videre fra budsjettet, eller følger fjorårets regnskap",
        default="budget",
    )
    start: Literal["previous-year", "contemporaneous"] = described(
        "First year: built on the year before, or on the same year where there is none",
        "Første år: bygger på året før, eller på samme år når det ikke finnes",
        default="previous-year",
    )
    need: Dated = described("Yearly growth for need", "Årlig vekst for behov", default=plain(0.0), low=-1.0, high=1.0)
    carry: Dated = described(
        "Share of last year's result carried in",
        "Andel av fjorårets resultat som tas med",
        default=plain(0.0),
        low=-1.0,
        high=1.0,
    )
    criterion: Many[Criterion] = described("Criteria", "Kriterier", default=())
    share_year: int | None = described("Year of the historic shares", "År for historiske andeler", default=None)

    @model_validator(mode="after")
    def _consistent(self) -> Block:
        if self.kind == "criteria" and not self.criterion:
            raise PydanticCustomError("criteria", "a criteria grant needs at least one [[criterion]]")
        if self.kind in ("criteria", "historic-share", "norm-share", "lump-sum") and (self.total is None) == (
            self.total_share is None
        ):
            raise PydanticCustomError("total", "this grant needs either total or total_share")
        if self.criterion:
            sum_to_one([c.weight for c in self.criterion], "criteria weights")
        return self


class Component(Section):
    """A cost component with its own treatment, such as rent."""

    name: Text = described("Name", "Navn")
    column: str = described("Column, NOK", "Kolonne, kr", min_length=1)
    treatment: Literal["refund", "block", "price"] = described("Treatment", "Behandling")
    share: Dated = described("Share refunded", "Andel som refunderes", default=plain(1.0), low=0.0, high=1.0)


class Mix(Section):
    """Block MX: how income is put together."""

    activity: Dated = described(
        "Share of the price paid per activity",
        "Andel av prisen som følger aktiviteten",
        default=plain(1.0),
        low=0.0,
        high=1.0,
    )
    block: Dated = described(
        "Share paid as block grant", "Andel som gis som ramme", default=plain(0.0), low=0.0, high=1.0
    )
    refund: Dated = described(
        "Share of own cost refunded", "Andel av egen kostnad som refunderes", default=plain(0.0), low=0.0, high=1.0
    )
    component: Many[Component] = described("Cost components", "Kostnadskomponenter", default=())

    @model_validator(mode="after")
    def _sums(self) -> Mix:
        sum_to_one([self.activity, self.block, self.refund], "activity, block and refund")
        return self


class Transition(Section):
    """Block TR: from the old system to the new."""

    phase_in: Dated = described("Weight of the new system", "Vekt på ny ordning", default=plain(1.0), low=0.0, high=1.0)
    reference: Literal["last-cost", "last-income"] = described(
        "The old system: last year's cost or income",
        "Gammel ordning: fjorårets kostnad eller inntekt",
        default="last-cost",
    )
    hold_harmless: Dated | None = described(
        "Least income as a share of last year's, indexed",
        "Minste inntekt som andel av fjorårets, indeksert",
        default=None,
        low=0.0,
        high=100.0,
    )
    cap: Dated | None = described(
        "Most income as a share of last year's, indexed",
        "Største inntekt som andel av fjorårets, indeksert",
        default=None,
        low=0.0,
        high=100.0,
    )


class Choice(Section):
    """Block UC: users choose their provider."""

    on: bool = described("User choice", "Brukervalg", default=False)
    response: Dated = described(
        "Response of the market share to quality",
        "Markedsandelens respons på kvalitet",
        default=plain(0.0),
        low=-1000.0,
        high=1000.0,
    )
    selection: Dated = described(
        "Selection of light users", "Seleksjon av lette brukere", default=plain(0.0), low=0.0, high=1.0
    )


class Purchaser(Section):
    """Block BH: who holds the budget and what happens when it falls short."""

    holder: Literal["purchaser", "provider", "state"] = described(
        "Budget holder", "Budsjettholder", default="purchaser"
    )
    decides: Literal["purchaser", "provider", "state"] | None = described(
        "Who decides what each user gets, where that is not the budget holder",
        "Hvem som vedtar hva den enkelte får, når det ikke er budsjettholderen",
        default=None,
    )
    budget: Literal["table", "growth"] = described(
        "Volume budget from the table or by growth", "Volumbudsjett fra tabell eller ved vekst", default="growth"
    )
    demography: Dated = described("Growth by demography", "Vekst ved demografi", default=plain(0.0), low=-1.0, high=1.0)
    need: Dated = described("Growth by need", "Vekst ved behov", default=plain(0.0), low=-1.0, high=1.0)
    budget_price: Literal["valid", "previous-indexed"] = described(
        "Price in the budget: the year's, or last year's indexed",
        "Pris i budsjettet: årets, eller fjorårets indeksert",
        default="valid",
    )
    response: Literal["supplementary-grant", "volume-cut", "quality-cut"] = described(
        "Response to a shortfall", "Svar på underdekning", default="supplementary-grant"
    )
    detection: Literal["month", "third"] = described(
        "How often the budget is followed up", "Hvor ofte budsjettet følges opp", default="third"
    )
    threshold: Dated = described(
        "Shortfall that is reported, as a share of the budget",
        "Underdekning som meldes, som andel av budsjettet",
        default=plain(0.0),
        low=0.0,
        high=1e15,
    )
    copayment: Dated = described(
        "Share of another level's cost of need that is not met here that the budget holder pays; used in simulation",
        "Andel av et annet nivås kostnad ved udekket behov her, som budsjettholderen betaler; brukes i simulering",
        default=plain(0.0),
        low=0.0,
        high=1.0,
    )
    supplement: Dated | None = described(
        "Supplementary grant decided, NOK a year", "Vedtatt tilleggsbevilgning, kr per år", default=None, low=0.0
    )

    @property
    def decider(self) -> str:
        """Who decides: the budget holder unless the file says otherwise."""
        return self.decides or self.holder

    @property
    def orders_without_money(self) -> bool:
        """Whether a purchaser orders what somebody else has to pay."""
        return self.decider == "purchaser" and self.holder == "provider"

    @model_validator(mode="after")
    def _who_grants(self) -> Purchaser:
        if self.supplement is not None and self.holder == "provider":
            raise PydanticCustomError("supplement", "a supplementary grant needs a purchaser who holds the budget")
        return self


class Administration(Section):
    """What a system costs to set up and to run, and how long the change takes."""

    setup: Dated | None = described(
        "Cost of setting up, NOK", "Engangskostnad ved innføring, kr", default=None, low=0.0, high=1e15
    )
    staff: Dated | None = described(
        "Staff of the purchaser unit", "Ansatte i bestillerenheten", default=None, low=0.0, high=1e15
    )
    yearly: Dated | None = described(
        "Cost of running the system, NOK a year",
        "Kostnad ved å drive ordningen, kr per år",
        default=None,
        low=0.0,
        high=1e15,
    )
    transition_years: Dated | None = described(
        "Years until the problems of the change are over",
        "År før overgangsproblemene er tilbakelagt",
        default=None,
        low=0.0,
        high=100.0,
    )
