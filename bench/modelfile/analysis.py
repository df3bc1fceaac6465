"""Sections about the data and the analysis: meta, data, frontier, norm, benchmark, requirement, indexation."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.values import Dated, plain
from bench.options import FrontierKind, FrontierPeriods, Orientation, Rts

Method = Literal["dea", "sfa", "stoned", "none"]
Combine = Literal["best", "mean", "max", "min"]
NormSource = Literal["average", "best-practice", "frontier", "dea", "sfa", "stoned"]
Total = Literal["cost", "norm", "budget"]
Calibration = Literal["none", "cost", "budget"]
PathKind = Literal["linear", "compound"]


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


class Data(Section):
    """What to pass to :func:`bench.read_units`; the service columns come from the schemes."""

    id: str = described("Column that names the unit", "Kolonne som navngir enheten")
    period: str | None = described("Column with the year", "Kolonne med året", default=None)
    scheme: str | None = described("Column with the scheme", "Kolonne med ordningen", default=None)
    cost: str = described("Column with the cost, in NOK", "Kolonne med kostnaden, i kroner")
    inputs: Many[str] = described("Inputs of the frontier", "Innsatsfaktorer i fronten", default=())
    environment: Many[str] = described("Conditions outside the unit's control", "Rammevilkår", default=())
    extra: Many[str] = described("Other number columns", "Andre tallkolonner", default=())
    accept: Many[str] = described(
        "Rules of reading that are recorded as warnings", "Leseregler som føres som varsler", default=()
    )
    year: int = described("Year of a table without a period", "År for en tabell uten periode", default=1, ge=1, le=9000)
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

    @model_validator(mode="after")
    def _windowed(self) -> FrontierOptions:
        needs = self.periods in ("window", "average")
        if needs and self.window is None:
            raise PydanticCustomError(
                "window",
                "periods = '{periods}' needs window: the number of years, the decision year among them",
                {"periods": str(self.periods)},
            )
        if self.window is not None and not needs:
            raise PydanticCustomError("window", "window belongs to periods = 'window' or 'average'")
        return self


class Frontier(FrontierOptions):
    """How efficiency is measured."""

    method: Many[Method] = described("Method, or several", "Metode, eller flere", default=("none",))
    combine: Combine = described("How several methods are combined", "Hvordan flere metoder kombineres", default="best")
    floor: Dated = described("Lowest efficiency that counts", "Laveste effektivitet som regnes med", default=plain(0.0))
    kind: FrontierKind = described("Production or cost frontier", "Produksjons- eller kostnadsfront", default="cost")
    form: Literal["cobb-douglas", "translog"] = described(
        "Functional form of a stochastic frontier", "Funksjonsform i stokastisk front", default="cobb-douglas"
    )
    distribution: Literal["half-normal", "exponential", "truncated-normal", "gamma"] = described(
        "Distribution of inefficiency", "Fordeling av ineffektivitet", default="half-normal"
    )
    super_efficiency: bool = described("Report super-efficiency", "Vis supereffektivitet", default=False)
    scale_efficiency: bool = described("Report scale efficiency", "Vis skalaeffektivitet", default=False)
    by_scheme: dict[str, FrontierOptions] = described(
        "Other options in one scheme", "Andre valg i én ordning", default={}
    )

    @model_validator(mode="before")
    @classmethod
    def _one_method(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("method"), str):
            return {**data, "method": [data["method"]]}
        return data

    @model_validator(mode="after")
    def _needs_rts(self) -> Frontier:
        if "none" in self.method and len(self.method) > 1:
            raise PydanticCustomError("method", "'none' stands alone")
        if {"dea", "stoned"} & set(self.method) and self.rts is None:
            raise PydanticCustomError("rts", "a frontier needs rts: it has no default, on purpose")
        return self


class Norm(Section):
    """The cost norm of a unit."""

    source: NormSource = described("Where the norm comes from", "Hvor normen kommer fra", default="average")
    k: int | None = described(
        "Best practice: the k-th best unit", "Beste praksis: den k-te beste enheten", default=None, ge=1
    )
    quantile: Dated | None = described(
        "Best practice: quantile of unit cost", "Beste praksis: kvantil av enhetskostnad", default=None
    )
    own_cost_share: Dated = described(
        "Share of own cost in the norm", "Andel egen kostnad i normen", default=plain(0.0)
    )
    tolerance: Dated = described(
        "Comparison point: efficiency that counts as fully efficient",
        "Sammenligningspunkt: effektivitet som regnes som full",
        default=plain(1.0),
    )
    floor: Dated = described(
        "Lowest norm as a share of own cost", "Laveste norm som andel av egen kostnad", default=plain(0.0)
    )
    calibrate: Calibration = described(
        "What the norms are made to add up to", "Hva normene skal summere til", default="none"
    )
    total: Dated | None = described(
        "The budget the norms add up to, NOK", "Budsjettet normene summerer til, kr", default=None
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
    amount: Dated | None = described("The budget, NOK", "Budsjettet, kr", default=None)

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

    first_year: int = described("First year of the requirement", "Første år med krav")
    years: int = described("Number of years", "Antall år", ge=1)
    path: PathKind = described(
        "Path: equal steps or equal rates", "Forløp: like trinn eller like satser", default="linear"
    )
    general: Dated = described("General requirement per year", "Generelt krav per år", default=plain(0.0))
    individual_share: Dated = described(
        "Share of the potential to be realised", "Andel av potensialet som skal tas ut", default=plain(1.0)
    )
    corridor: Dated | None = described("Largest requirement in one year", "Største krav i ett år", default=None)
    floor: Dated = described(
        "Lowest allowed cost as a share of base cost",
        "Laveste tillatte kostnad som andel av grunnlaget",
        default=plain(0.0),
    )
    exemption: Many[Exemption] = described("Exemptions", "Unntak", default=())

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
        "Growth into the year, as decided", "Vekst inn i året, som vedtatt", default=None
    )
    final: Dated | None = described("Growth into the year, as it turned out", "Vekst inn i året, endelig", default=None)
    correct: bool = described(
        "Put the final growth in the chain once known", "Rett til endelig vekst når den er kjent", default=False
    )
    wage: Dated | None = described("Wage growth", "Lønnsvekst", default=None)
    price: Dated | None = described("Price growth", "Prisvekst", default=None)
    wage_share: Dated | None = described("Share of wages", "Lønnsandel", default=None)

    @model_validator(mode="after")
    def _consistent(self) -> Indexation:
        if self.source == "wage-price" and None in (self.wage, self.price, self.wage_share):
            raise PydanticCustomError("wage_price", "source wage-price needs wage, price and wage_share")
        if self.correct and self.final is None and self.source != "table":
            raise PydanticCustomError("final", "correct needs final")
        return self
