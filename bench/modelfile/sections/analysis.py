"""Sections about the data and the analysis: meta, data, frontier, norm, benchmark, requirement, indexation."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.catalogue import METHODS
from bench.formulas import parse_formula
from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.methods.keys import Distribution, Form
from bench.modelfile.methods.named import Variant
from bench.modelfile.sections.chain import (
    COMBINING_FUNCTIONS,
    Bonus,
    Correction,
    DataRounding,
    Inference,
    OwnRows,
    Reference,
    Screen,
    UnitRule,
    checked_formula,
)
from bench.modelfile.values import Dated, plain
from bench.options import FrontierKind, FrontierPeriods, Orientation, Rts

Method = Literal["dea", "sfa", "stoned", "none"]
#: Words that combine scores; anything else is a formula of variants.
COMBINE = ("best", "mean", "max", "min")
NormSource = Literal["average", "best-practice", "frontier", "dea", "sfa", "stoned"]
Total = Literal["cost", "norm", "budget"]
Calibration = Literal["none", "cost", "budget"]
CALIBRATION_WORDS = ("norm", "cost", "volume", "equal")
PathKind = Literal["linear", "compound", "glide"]
Feeds = Literal["price", "unit-price", "block", "information"]


class Meta(Section):
    """Who and what the model is."""

    name: str = described("Short name", "Kortnavn", pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: Text = described("Title", "Tittel")
    description: Text | None = described("Description", "Beskrivelse", default=None)
    sources: Many[str] = described("Source documents", "Kildedokumenter", default=())
    dataset: str | None = described("Bundled data set", "Medfølgende datasett", default=None)
    data_of: str | None = described(
        "Model on whose data these rules are shown", "Modellen reglene vises på dataene til", default=None
    )
    data_case: str | None = described(
        "Case whose situation the model is shown on", "Eksempelet modellen vises på", default=None
    )
    note: Many[Text] = described("What the reader must know", "Det leseren må vite", default=())
    stage: Literal["norms", "settlement"] = described(
        "Where a run ends: with the norms, or with the settlement",
        "Hvor en kjøring ender: med normene, eller med oppgjøret",
        default="settlement",
    )
    first_year: int | None = described("First year with the system", "Første år med ordningen", default=None)
    last_year: int | None = described("Last year with accounts", "Siste år med regnskap", default=None)

    @model_validator(mode="after")
    def _in_order(self) -> Meta:
        if self.first_year is not None and self.last_year is not None and self.last_year < self.first_year:
            raise PydanticCustomError("years", "last_year lies before first_year")
        return self


class Tables(Section):
    """Further tables of the data set, by the name of their file."""

    budget: str | None = described("Budgeted volumes", "Budsjetterte volum", default=None)
    months: str | None = described("Decided volume by month", "Vedtatt volum per måned", default=None)
    index: str | None = described("Cost growth by year", "Kostnadsvekst per år", default=None)
    truth: str | None = described(
        "True efficiency of made-up units", "Sann effektivitet for oppdiktede enheter", default=None
    )


class Data(Section):
    """What to pass to :func:`bench.read_units`; the service columns come from the schemes."""

    id: str = described("Column that names the unit", "Kolonne som navngir enheten")
    period: str | None = described("Column with the year", "Kolonne med året", default=None)
    scheme: str | None = described("Column with the scheme", "Kolonne med ordningen", default=None)
    cost: str = described("Column with the cost, in NOK", "Kolonne med kostnaden, i kroner")
    inputs: Many[str] = described("Inputs of the frontier", "Innsatsfaktorer i fronten", default=())
    environment: Many[str] = described("Conditions outside the unit's control", "Rammevilkår", default=())
    extra: Many[str] = described("Other number columns", "Andre tallkolonner", default=())
    texts: Many[str] = described(
        "Columns with words that put units in groups", "Kolonner med ord som deler enhetene i grupper", default=()
    )
    accept: Many[str] = described(
        "Rules of reading that are recorded as warnings", "Leseregler som føres som varsler", default=()
    )
    year: int = described("Year of a table without a period", "År for en tabell uten periode", default=1, ge=1, le=9000)
    rows: Literal["by-scheme", "every-scheme"] = described(
        "Each row belongs to one scheme, or every row to all of them",
        "Hver rad hører til én ordning, eller alle rader til alle",
        default="by-scheme",
    )
    currency: str | None = described(
        "Currency of the file's amounts, when not NOK", "Valuta for filens beløp, når den ikke er NOK", default=None
    )
    empty: Literal["refuse", "zero"] = described("What an empty cell means", "Hva en tom celle betyr", default="refuse")
    optional: dict[str, float] = described(
        "Columns a table may lack, and the value they then have",
        "Kolonner en tabell kan mangle, og verdien de da har",
        default={},
    )
    tables: Tables = described("Further tables", "Flere tabeller", default=Tables())


class FrontierOptions(Section):
    """Options of the frontier, for all schemes or for one."""

    inputs: Many[str] | None = described("Inputs", "Innsatsfaktorer", default=None)
    outputs: dict[str, Many[str]] | None = described(
        "Outputs: name and the services it adds up by their weights",
        "Produkter: navn og tjenestene som summeres med vektene sine",
        default=None,
    )
    environment: Many[str] | None = described(
        "Conditions that shift the frontier (SFA, StoNED)",
        "Rammevilkår som flytter fronten (SFA, StoNED)",
        default=None,
    )
    rts: Rts | None = described("Returns to scale", "Skalautbytte", default=None)
    orientation: Orientation | None = described("Orientation", "Retning", default=None)
    periods: FrontierPeriods | None = described(
        "Years a frontier sees: all (pooled), the decision year (separate), all up to it (known), the last of them "
        "(window), or each unit's mean over them (average)",
        "Årene en front ser: alle (pooled), beslutningsåret (separate), alle til og med det (known), de siste av dem "
        "(window), eller hver enhets snitt over dem (average)",
        default=None,
    )
    window: int | None = described(
        "Years of the window or average, the decision year among them",
        "År i vinduet eller snittet, beslutningsåret medregnet",
        default=None,
        ge=1,
    )

    reference: Reference | None = described(
        "Which rows may be peers, where not all of those years",
        "Hvilke rader som kan være mønster, når ikke alle i årene",
        default=None,
    )
    own: OwnRows | None = described(
        "Whether a unit is part of its own reference; left out of it where the frontier feeds money and its reference "
        "years are not fixed",
        "Om en enhet er del av sin egen referanse; holdt utenfor der fronten gir penger og referanseårene ikke er låst",
        default=None,
    )
    # Beyond some level a lead is an error before it is a lead (Banker & Gifford 1988; Banker & Chang 2006, EJOR 175,
    # 1311-1320); that the level is 1.2 is assumed.
    own_limit: Dated = described(
        "Highest score of a unit that is left out of its own reference",
        "Høyeste tall for en enhet som er holdt utenfor sin egen referanse",
        default=plain(1.2),
        low=1.0,
    )
    least_ratio: float = described(
        "Units per input and output below which a frontier decides money only for a stated reason",
        "Enheter per innsats og produkt: under dette styrer fronten penger bare med oppgitt grunn",
        default=3.0,
        ge=1.0,
    )
    small_reason: str = described(
        "Why a frontier of few units decides money", "Hvorfor en front av få enheter styrer penger", default=""
    )
    rounding: DataRounding = described(
        "Rounding of the frontier's data, after averages", "Avrunding av frontens data, etter snitt", default="none"
    )
    unit_rule: Many[UnitRule] = described("Rules for some units", "Regler for noen enheter", default=())
    screen: Many[Screen] = described("Screens for outliers", "Siling av uteliggere", default=())
    inference: Inference | None = described("How sure the scores are", "Hvor sikre tallene er", default=None)
    correction: Correction | None = described(
        "Correction for conditions after the frontier", "Korreksjon for rammevilkår etter fronten", default=None
    )
    bonus: Bonus | None = described("Bonus for efficient units", "Bonus til effektive enheter", default=None)

    @model_validator(mode="after")
    def _windowed(self) -> FrontierOptions:
        fixed = self.reference is not None and bool(self.reference.years)
        needs = self.periods == "window" or (self.periods == "average" and not fixed)
        if needs and self.window is None:
            raise PydanticCustomError(
                "window",
                "periods = '{periods}' needs window: the number of years, the decision year among them",
                {"periods": str(self.periods)},
            )
        if fixed and self.periods not in (None, "average"):
            raise PydanticCustomError(
                "reference_years",
                "reference.years are the years a frontier sees: take periods = '{periods}' out, or state 'average' for "
                "each unit's mean over them",
                {"periods": str(self.periods)},
            )
        if fixed and self.window is not None:
            raise PydanticCustomError("window", "reference.years are the years of the mean: take window out")
        if self.window is not None and not needs:
            raise PydanticCustomError("window", "window belongs to periods = 'window' or 'average'")
        return self


class Frontier(FrontierOptions):
    """How efficiency is measured."""

    variant: Many[Variant] = described("Variants", "Varianter", default=())

    method: Many[Method] = described("Method, or several", "Metode, eller flere", default=("none",))
    combine: str = described(
        "How several methods or variants are combined: a word or a formula",
        "Hvordan flere metoder eller varianter kombineres: et ord eller en formel",
        default="best",
    )
    bgh: bool = described(
        "Whoever is best in one variant gets full score", "Den som er best i én variant får fullt", default=False
    )
    floor: Dated = described(
        "Lowest efficiency that counts", "Laveste effektivitet som regnes med", default=plain(0.0), low=0.0, high=1.0
    )
    kind: FrontierKind = described("Production or cost frontier", "Produksjons- eller kostnadsfront", default="cost")
    form: Form = described(
        "Functional form of a stochastic frontier", "Funksjonsform i stokastisk front", default="cobb-douglas"
    )
    distribution: Distribution = described(
        "Distribution of inefficiency", "Fordeling av ineffektivitet", default="half-normal"
    )
    super_efficiency: bool = described("Report super-efficiency", "Vis supereffektivitet", default=False)
    scale_efficiency: bool = described("Report scale efficiency", "Vis skalaeffektivitet", default=False)
    first_year: int | None = described(
        "First accounts that are measured; earlier ones are only measured against",
        "Første regnskap som måles; tidligere er bare med å måle mot",
        default=None,
    )
    by_scheme: dict[str, FrontierOptions] = described(
        "Other options in one scheme", "Andre valg i én ordning", default={}
    )

    @property
    def variants(self) -> tuple[Variant, ...]:
        """What is measured: the stated variants, or one per method, named by it."""
        if self.variant or "none" in self.method:
            return self.variant
        return tuple(Variant.model_construct(id=method, method=method) for method in self.method)

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods in use, without doubles."""
        return tuple(dict.fromkeys(variant.method for variant in self.variants))

    @model_validator(mode="before")
    @classmethod
    def _one_method(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("method"), str):
            return {**data, "method": [data["method"]]}
        return data

    @model_validator(mode="after")
    def _combined(self) -> Frontier:
        if self.variant and "method" in self.model_fields_set:
            raise PydanticCustomError("method", "[[frontier.variant]] names the methods: take frontier.method out")
        names = [variant.id for variant in self.variant] or list(self.method)
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise PydanticCustomError("variant_twice", "the variant {name} stands twice", {"name": twice})
        for variant in self.variant:
            if "rts" in METHODS[variant.method].needs and variant.rts is None and self.rts is None:
                raise PydanticCustomError(
                    "rts", "the variant {name} needs rts: it has no default, on purpose", {"name": variant.id}
                )
        if self.combine in COMBINE:
            return self
        checked_formula(self.combine, COMBINING_FUNCTIONS)
        used = parse_formula(self.combine, functions=COMBINING_FUNCTIONS).names
        for name in used:
            if name not in names:
                raise PydanticCustomError(
                    "variant_unknown",
                    "combine names {name}, which is no variant; there are {names}",
                    {"name": name, "names": ", ".join(names)},
                )
        alone = next((name for name in names if name not in used), None)
        if alone is not None:
            raise PydanticCustomError(
                "variant_unused", "the variant {name} is measured, and combine does not use it", {"name": alone}
            )
        return self

    @model_validator(mode="after")
    def _needs_rts(self) -> Frontier:
        if "none" in self.method and len(self.method) > 1:
            raise PydanticCustomError("method", "'none' stands alone")
        if {"dea", "stoned"} & set(self.method) and self.rts is None:
            raise PydanticCustomError("rts", "a frontier needs rts: it has no default, on purpose")
        return self


class NormOptions(Section):
    """What may differ between the schemes' norms."""

    key: str = described(
        "Key that shares the difference in calibration: norm, cost, volume, equal, or a column",
        "Nøkkel som fordeler avviket ved kalibrering: norm, cost, volume, equal, eller en kolonne",
        default="norm",
    )


class Norm(NormOptions):
    """The cost norm of a unit."""

    above_one: bool = described("Scores above 1 count", "Effektivitet over 1 regnes med", default=False)
    by_scheme: dict[str, NormOptions] = described("Other choices in one scheme", "Andre valg i én ordning", default={})
    source: NormSource = described("Where the norm comes from", "Hvor normen kommer fra", default="average")
    k: int | None = described(
        "Best practice: the k-th best unit", "Beste praksis: den k-te beste enheten", default=None, ge=1
    )
    quantile: Dated | None = described(
        "Best practice: quantile of unit cost",
        "Beste praksis: kvantil av enhetskostnad",
        default=None,
        low=0.0,
        high=1.0,
    )
    own_cost_share: Dated = described(
        "Share of own cost in the norm", "Andel egen kostnad i normen", default=plain(0.0), low=0.0, high=1.0
    )
    tolerance: Dated = described(
        "Comparison point: efficiency that counts as fully efficient",
        "Sammenligningspunkt: effektivitet som regnes som full",
        default=plain(1.0),
        low=0.0,
        high=1.0,
    )
    floor: Dated = described(
        "Lowest norm as a share of own cost",
        "Laveste norm som andel av egen kostnad",
        default=plain(0.0),
        low=0.0,
        high=1.0,
    )
    calibrate: Calibration = described(
        "What the norms are made to add up to", "Hva normene skal summere til", default="none"
    )
    total: Dated | None = described(
        "The budget the norms add up to, NOK", "Budsjettet normene summerer til, kr", default=None, low=0.0, high=1e15
    )

    @model_validator(mode="after")
    def _consistent(self) -> Norm:
        if self.source == "best-practice" and (self.k is None) == (self.quantile is None):
            raise PydanticCustomError("best_practice", "best practice needs either k or quantile")
        if self.calibrate == "budget" and self.total is None:
            raise PydanticCustomError("total", "calibration to a budget needs total")
        return self


class Benchmark(Section):
    """Benchmark prices per service and what they are rescaled to."""

    sources: Many[NormSource] = described("Sources side by side", "Kilder side om side", default=("average",))
    total: Total = described(
        "What prices times volumes add up to", "Hva pris ganger volum summerer til", default="cost"
    )
    amount: Dated | None = described("The budget, NOK", "Budsjettet, kr", default=None, low=0.0, high=1e15)

    @model_validator(mode="after")
    def _consistent(self) -> Benchmark:
        if self.total == "budget" and self.amount is None:
            raise PydanticCustomError("amount", "rescaling to a budget needs amount")
        return self


class Exemption(Section):
    """A unit the requirement leaves out, with dates and the reason."""

    unit: str = described("Unit", "Enhet")
    reason: str = described("Reason", "Begrunnelse", min_length=1)
    from_: date | None = described("From", "Fra", default=None, alias="from")
    to: date | None = described("To", "Til", default=None)

    def covers(self, year: int) -> bool:
        """Return whether the exemption holds on the first day of a year."""
        day = date(year, 1, 1)
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)


class Requirement(Section):
    """The efficiency requirement per unit and year."""

    feeds: Feeds = described(
        "What the scheme pays less through: the price for all, the unit's own price, the grant, or nothing (for "
        "information)",
        "Hva ordningen betaler mindre gjennom: prisen for alle, enhetens egen pris, rammen, eller ingenting (til "
        "orientering)",
        default="information",
    )
    first_year: int = described("First year of the requirement", "Første år med krav")
    years: int = described("Number of years", "Antall år", ge=1)
    path: PathKind = described(
        "Path: equal steps, equal rates, or a share of what remains",
        "Forløp: like trinn, like satser, eller en andel av det som gjenstår",
        default="linear",
    )
    glide: Dated | None = described(
        "Share of what remains that is taken each year",
        "Andel av det som gjenstår som tas hvert år",
        default=None,
        low=0.0,
        high=1.0,
    )
    evidence: Literal["plain", "interval"] = described(
        "Score the requirement rests on: the plain one, or the upper end of its interval where that is higher",
        "Tallet kravet hviler på: det enkle, eller øvre ende av intervallet der det er høyere",
        default="plain",
    )
    frontier_shift: Literal["none", "malmquist"] = described(
        "What the frontier itself moves a year, measured in the accounts and added to the general requirement",
        "Det fronten selv flytter seg i året, målt i regnskapene og lagt til det generelle kravet",
        default="none",
    )
    least: Dated = described(
        "Least requirement in one year", "Minste krav i ett år", default=plain(0.0), low=0.0, high=1.0
    )
    cost: str | None = described(
        "Column or figure with the influenceable cost the requirement bites on; the whole cost when left out",
        "Kolonne eller størrelse med den påvirkbare kostnaden kravet virker på; hele kostnaden når den ikke er oppgitt",
        default=None,
    )
    general: Dated = described(
        "General requirement per year", "Generelt krav per år", default=plain(0.0), low=0.0, high=1.0
    )
    individual_share: Dated = described(
        "Share of the potential to be realised",
        "Andel av potensialet som skal tas ut",
        default=plain(1.0),
        low=0.0,
        high=1.0,
    )
    corridor: Dated | None = described(
        "Largest requirement in one year", "Største krav i ett år", default=None, low=0.0, high=1.0
    )
    floor: Dated = described(
        "Lowest allowed cost as a share of base cost",
        "Laveste tillatte kostnad som andel av grunnlaget",
        default=plain(0.0),
        low=0.0,
        high=1.0,
    )
    exemption: Many[Exemption] = described("Exemptions", "Unntak", default=())

    @model_validator(mode="after")
    def _gliding(self) -> Requirement:
        if (self.glide is None) == (self.path == "glide"):
            raise PydanticCustomError("glide", "glide belongs to path = 'glide', and is needed there")
        return self

    @property
    def year_list(self) -> list[int]:
        """The years of the requirement."""
        return list(range(self.first_year, self.first_year + self.years))


class Indexation(Section):
    """Block IX: how amounts are moved from one year to the next."""

    source: Literal["values", "wage-price", "table"] = described(
        "Deflator: values, wages and prices weighted, or the table of the data set",
        "Deflator: verdier, vektet lønn og pris, eller datasettets tabell",
        default="values",
    )
    deflator: Dated | None = described(
        "Growth into the year, as decided", "Vekst inn i året, som vedtatt", default=None, low=-1.0, high=1.0
    )
    final: Dated | None = described(
        "Growth into the year, as it turned out", "Vekst inn i året, endelig", default=None, low=-1.0, high=1.0
    )
    correct: bool = described(
        "Put the final growth in the chain once known", "Rett til endelig vekst når den er kjent", default=False
    )
    wage: Dated | None = described("Wage growth", "Lønnsvekst", default=None, low=-1.0, high=1.0)
    price: Dated | None = described("Price growth", "Prisvekst", default=None, low=-1.0, high=1.0)
    wage_share: Dated | None = described("Share of wages", "Lønnsandel", default=None, low=0.0, high=1.0)

    @model_validator(mode="after")
    def _consistent(self) -> Indexation:
        if self.source == "wage-price" and None in (self.wage, self.price, self.wage_share):
            raise PydanticCustomError("wage_price", "source wage-price needs wage, price and wage_share")
        if self.correct and self.final is None and self.source != "table":
            raise PydanticCustomError("final", "correct needs final")
        return self
