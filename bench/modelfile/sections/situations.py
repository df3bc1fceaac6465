"""Sections beside the rules: rounding, the basis of choices, cases, and the values of other sources."""

from __future__ import annotations

from typing import Any, Literal

from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.values import Status

RoundingRule = Literal[
    "none", "ore-half-up", "ore-half-even", "ten-ore-half-up", "krone-half-up", "krone-half-even", "ten-kroner-half-up"
]


class Rounding(Section):
    """Named rounding rules; nothing is rounded without one."""

    price: RoundingRule = described("Prices", "Priser", default="none")
    amount: RoundingRule = described("Amounts in the settlement", "Beløp i oppgjøret", default="ore-half-up")
    reference: str = described("Where the rule stands", "Hvor regelen står", default="")


class Report(Section):
    """What the report folder holds back; nothing without a rule."""

    small_counts: int = described(
        "Volumes below this are withheld, and what they could be worked out from (0: nothing is)",
        "Volum under dette holdes tilbake, og det de kan regnes ut av (0: ingenting)",
        default=0,
        ge=0,
        le=1_000_000,
    )
    counts: Many[str] = described(
        "Columns that hold such counts (every service's volume when left out)",
        "Kolonner med slike antall (volumet av hver tjeneste når utelatt)",
        default=(),
    )


class Basis(Section):
    """Status and source of choices that are words, not numbers."""

    keys: Many[str] = described("Keys, dotted", "Nøkler, med punktum")
    status: Status = described("documented, assumed or scenario", "dokumentert, antatt eller scenario")
    source: str = described(
        "Where it stands, or why it is assumed", "Hvor det står, eller hvorfor det er antatt", min_length=1
    )


class Expect(Section):
    """One outcome of a case: a number in a frame of the result."""

    frame: str = described("Frame of the result", "Tabell i resultatet")
    column: str = described("Column", "Kolonne")
    where: dict[str, str | int] = described("Rows", "Rader", default={})
    aggregate: Literal["only", "sum", "mean", "min", "max"] = described(
        "How rows are combined", "Hvordan rader slås sammen", default="only"
    )
    value: float | None = described("Expected value", "Forventet verdi", default=None)
    at_least: float | None = described("At least", "Minst", default=None)
    at_most: float | None = described("At most", "Høyst", default=None)
    tolerance: float = described("Tolerance, absolute", "Toleranse, absolutt", default=0.0, ge=0.0)


class Case(Section):
    """A situation and its outcome: a test a domain expert can read."""

    name: str = described("Name", "Navn", min_length=1)
    title: Text = described("What happens", "Hva som skjer")
    source: str = described("Source", "Kilde", min_length=1)
    set: dict[str, Any] = described("Values other than the model's", "Andre verdier enn modellens", default={})
    data: dict[str, list[Any]] | None = described("The situation, by column", "Situasjonen, per kolonne", default=None)
    norm: Many[float] = described("Cost norm of every row, NOK", "Kostnadsnorm for hver rad, kr", default=())
    expect: Many[Expect] = described("Outcome", "Utfall")


class Alternative(Section):
    """Values other sources give, where sources disagree: kept side by side, and the user chooses."""

    name: str = described("Name", "Navn", pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: Text = described("What it says", "Hva den sier")
    set: dict[str, Any] = described("Values other than the model's", "Andre verdier enn modellens")
