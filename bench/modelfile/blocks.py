"""The rule blocks of a scheme: price, volume, block grant, mix, settlement, corrections, transition, user choice."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.values import Dated, plain, sum_to_one

PriceSource = Literal[
    "average-cost",
    "best-practice",
    "frontier",
    "tender",
    "time-study",
    "negotiated",
    "national-rate",
    "previous",
    "none",
]
#: Sources whose prices stand in the file, one per service, and are moved by the index only.
FIXED_SOURCES: tuple[PriceSource, ...] = ("tender", "time-study", "negotiated", "national-rate")
VolumeBasis = Literal["allocated", "performed", "min", "level-count", "bed-days", "places", "list-size"]
WEIGHT_RULES = ("equal-cost-share",)


class Service(Section):
    """A service of a scheme; ``id`` is its column unless other columns are named."""

    id: str = described("Service", "Tjeneste", min_length=1)
    label: Text = described("Name", "Navn")
    measure: Text = described("Measure", "Måleenhet")
    group: str | None = described("Product group in the frontier", "Produktgruppe i fronten", default=None)
    weight: Dated | None = described("Cost weight", "Kostnadsvekt", default=None)
    weight_rule: Literal["equal-cost-share"] | None = described(
        "Rule that gives the weight", "Regel som gir vekten", default=None
    )
    policy_factor: Dated = described(
        "Deliberate deviation of the price from the cost weight",
        "Villet avvik mellom pris og kostnadsvekt",
        default=plain(1.0),
    )
    price: Dated | None = described(
        "Price, NOK, where prices are stated", "Pris, kr, der prisene er oppgitt", default=None
    )
    cost_key: Dated | None = described("Share of the scheme's cost", "Andel av ordningens kostnad", default=None)
    allocated: str | None = described("Column with allocated volume", "Kolonne med vedtatt volum", default=None)
    performed: str | None = described("Column with performed volume", "Kolonne med utført volum", default=None)
    planned: str | None = described("Column with planned volume", "Kolonne med planlagt volum", default=None)

    @model_validator(mode="before")
    @classmethod
    def _rule_as_weight(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("weight"), str):
            rest = {key: value for key, value in data.items() if key != "weight"}
            return {**rest, "weight_rule": data["weight"]}
        return data

    @property
    def column(self) -> str:
        """Column with the allocated volume: the service's own name unless another is given."""
        return self.allocated or self.id

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the service reads."""
        return tuple(dict.fromkeys(c for c in (self.column, self.performed, self.planned) if c))


class PriceClass(Section):
    """Units paid another price: ``factor`` times the price (private units, VAT, overhead, geography)."""

    name: str = described("Class", "Klasse", min_length=1)
    units: Many[str] = described("Units", "Enheter")
    factor: Dated = described("Factor on the price", "Faktor på prisen", default=plain(1.0))
    reason: Text | None = described("Reason", "Begrunnelse", default=None)


class Price(Section):
    """Block PR: where the price comes from and how it moves."""

    source: PriceSource = described("Source of the price", "Prisens kilde", default="average-cost")
    update: Literal["scalar", "cost-keys", "revenue-keys", "multipliers"] = described(
        "One level for all services, or a price per service by cost keys, revenue shares or multipliers",
        "Ett felles nivå, eller pris per tjeneste etter kostnadsnøkler, inntektsandeler eller multiplikatorer",
        default="scalar",
    )
    multiplier_source: str = described(
        "Benchmark prices used as multipliers", "Målestokkpriser brukt som multiplikatorer", default="dea"
    )
    lag: int = described("Years from the accounts to the price", "År fra regnskap til pris", default=1, ge=0)
    first_year: int | None = described("First year with the price", "Første år med prisen", default=None)
    start: Literal["previous-year", "contemporaneous", "stated"] = described(
        "First price: the year before, the same year, or stated",
        "Første pris: året før, samme år eller oppgitt",
        default="previous-year",
    )
    start_markup: Dated = described("First price above the rule's", "Første pris over regelens", default=plain(0.0))
    start_level: Dated | None = described(
        "First price level, NOK per weighted unit", "Første prisnivå, kr per vektet enhet", default=None
    )
    own_excluded: bool = described(
        "The unit's own cost left out of its price", "Enhetens egen kostnad holdt utenfor prisen", default=False
    )
    calibrate: bool = described(
        "Rescale such prices to the scheme's cost", "Juster slike priser til ordningens kostnad", default=False
    )
    gain: Dated = described(
        "Share of the gap closed each year", "Andel av avviket som lukkes hvert år", default=plain(1.0)
    )
    frontier_share: Dated = described(
        "Share of the frontier in the price", "Frontens andel i prisen", default=plain(0.0)
    )
    frontier_reference: Literal["best-practice", "norm"] = described(
        "Frontier: best practice in the scheme or the norms",
        "Front: beste praksis i ordningen eller normene",
        default="best-practice",
    )
    k: int | None = described(
        "Best practice: the k-th best unit", "Beste praksis: den k-te beste enheten", default=None, ge=1
    )
    quantile: Dated | None = described(
        "Best practice: quantile of unit cost", "Beste praksis: kvantil av enhetskostnad", default=None
    )
    requirement: Dated = described("Efficiency requirement per year", "Effektiviseringskrav per år", default=plain(0.0))
    corridor: Dated | None = described(
        "Largest real change of the price level", "Største reelle endring i prisnivået", default=None
    )
    floor: Dated | None = described("Lowest price level", "Laveste prisnivå", default=None)
    cap: Dated | None = described("Highest price level", "Høyeste prisnivå", default=None)
    index: bool = described("Stated prices follow the index", "Oppgitte priser følger indeksen", default=True)
    accounts: Literal["final", "estimate"] = described(
        "Accounts the price is built on", "Regnskapet prisen bygger på", default="final"
    )
    estimate_column: str | None = described(
        "Column with the estimated cost", "Kolonne med anslått kostnad", default=None
    )
    true_up: bool = described("Correct for the estimate's error later", "Rett for anslagets feil senere", default=False)
    true_up_interest: Dated = described("Interest on the true-up", "Rente på etteroppgjøret", default=plain(0.0))
    reserves: Literal["inside", "outside"] = described(
        "Spending of reserves inside or outside the cost base",
        "Bruk av fond i eller utenfor kostnadsgrunnlaget",
        default="inside",
    )
    reserve_column: str | None = described("Column with spending of reserves", "Kolonne med bruk av fond", default=None)
    class_: Many[PriceClass] = described("Price classes", "Prisklasser", default=(), alias="class")

    @model_validator(mode="after")
    def _consistent(self) -> Price:
        best = self.source == "best-practice" or (
            self.frontier_reference == "best-practice" and self.frontier_share.constant != 0.0
        )
        if best and (self.k is None) == (self.quantile is None):
            raise PydanticCustomError("best_practice", "best practice needs either k or quantile")
        if self.accounts == "estimate" and self.estimate_column is None:
            raise PydanticCustomError("estimate", "accounts = 'estimate' needs estimate_column")
        if self.reserves == "outside" and self.reserve_column is None:
            raise PydanticCustomError("reserves", "reserves = 'outside' needs reserve_column")
        if self.start == "stated" and self.start_level is None and self.source not in FIXED_SOURCES:
            raise PydanticCustomError("start", "start = 'stated' needs start_level")
        taken: dict[str, str] = {}
        for group in self.class_:
            for unit in group.units:
                if unit in taken:
                    raise PydanticCustomError(
                        "two_classes",
                        "unit {unit} is in the price classes {one} and {two}",
                        {"unit": unit, "one": taken[unit], "two": group.name},
                    )
                taken[unit] = group.name
        return self


class Volume(Section):
    """Block VR: which volume is paid."""

    basis: VolumeBasis = described("Volume that is paid", "Volumet det betales for", default="allocated")
    marginal_below: Dated = described(
        "Share of the price below the plan", "Andel av prisen under plan", default=plain(1.0)
    )
    marginal_above: Dated = described(
        "Share of the price above the plan", "Andel av prisen over plan", default=plain(1.0)
    )
    cap: Dated | None = described(
        "Most that is paid, as a share of the plan", "Mest som betales, som andel av plan", default=None
    )
    floor: Dated | None = described(
        "Least that is paid, as a share of the plan", "Minst som betales, som andel av plan", default=None
    )

    @property
    def planned(self) -> bool:
        """Whether the rule needs planned volumes."""
        rates = (self.marginal_below.constant, self.marginal_above.constant)
        return self.cap is not None or self.floor is not None or rates != (1.0, 1.0)


class Criterion(Section):
    """One column of a block grant's key."""

    column: str = described("Column", "Kolonne", min_length=1)
    weight: Dated = described("Weight", "Vekt")


class Block(Section):
    """Block BR: the grant that does not follow activity."""

    kind: Literal["none", "incremental", "criteria", "historic-share", "lump-sum"] = described(
        "Kind of block grant", "Type ramme", default="none"
    )
    total: Dated | None = described("Total, NOK", "Samlet ramme, kr", default=None)
    total_share: Dated | None = described(
        "Total as a share of the scheme's indexed cost of the year before",
        "Samlet ramme som andel av fjorårets indekserte kostnad",
        default=None,
    )
    base: Literal["accounts", "budget"] = described(
        "Incremental: on last accounts or last budget", "Inkrementell: fra regnskap eller budsjett", default="budget"
    )
    need: Dated = described("Growth for need", "Vekst for behov", default=plain(0.0))
    carry: Dated = described(
        "Share of last year's result carried in", "Andel av fjorårets resultat som tas med", default=plain(0.0)
    )
    criterion: Many[Criterion] = described("Criteria", "Kriterier", default=())
    share_year: int | None = described("Year of the historic shares", "År for historiske andeler", default=None)

    @model_validator(mode="after")
    def _consistent(self) -> Block:
        if self.kind == "criteria" and not self.criterion:
            raise PydanticCustomError("criteria", "a criteria grant needs at least one [[criterion]]")
        if self.kind in ("criteria", "historic-share", "lump-sum") and (self.total is None) == (
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
    share: Dated = described("Share refunded", "Andel som refunderes", default=plain(1.0))


class Mix(Section):
    """Block MX: how income is put together."""

    activity: Dated = described(
        "Share of the price paid per activity", "Andel av prisen som følger aktiviteten", default=plain(1.0)
    )
    block: Dated = described("Share paid as block grant", "Andel som gis som ramme", default=plain(0.0))
    refund: Dated = described("Share of own cost refunded", "Andel av egen kostnad som refunderes", default=plain(0.0))
    component: Many[Component] = described("Cost components", "Kostnadskomponenter", default=())

    @model_validator(mode="after")
    def _sums(self) -> Mix:
        sum_to_one([self.activity, self.block, self.refund], "activity, block and refund")
        return self


class Dispensation(Section):
    """A decided dispensation: who, when, how much and who pays."""

    unit: str = described("Unit", "Enhet")
    from_: date | None = described("From", "Fra", default=None, alias="from")
    to: date | None = described("To", "Til", default=None)
    share: Dated | None = described("Share of the deficit waived", "Andel av underskuddet som ettergis", default=None)
    amount: Dated | None = described("Amount waived, NOK", "Beløp som ettergis, kr", default=None)
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

    threshold: Dated = described("Deficit as a share of income", "Underskudd som andel av inntekten")
    measured_on: Literal["year", "balance"] = described(
        "Measured on the year's deficit or the balance", "Målt på årets underskudd eller saldo", default="year"
    )
    covers: Literal["excess", "all"] = described(
        "Waives what exceeds the threshold, or all",
        "Ettergir det som overstiger terskelen, eller alt",
        default="excess",
    )
    payer: str = described("Who pays", "Hvem som betaler")


class Settlement(Section):
    """Block SR: what a unit keeps and carries."""

    keep_surplus: Dated = described("Share of a surplus the unit keeps", "Andel av overskudd enheten beholder")
    carry_deficit: Dated = described("Share of a deficit the unit carries", "Andel av underskudd enheten bærer")
    cap: Dated | None = described(
        "Most kept or carried, as a share of income",
        "Mest som beholdes eller bæres, som andel av inntekten",
        default=None,
    )
    cap_surplus: Dated | None = described(
        "Most kept, as a share of income", "Mest som beholdes, som andel av inntekten", default=None
    )
    cap_deficit: Dated | None = described(
        "Most carried, as a share of income", "Mest som bæres, som andel av inntekten", default=None
    )
    cap_on: Literal["year", "balance"] = described(
        "Cap on the year or on the balance", "Tak på året eller på saldoen", default="year"
    )
    interest: Dated = described("Interest on the opening balance", "Rente på inngående saldo", default=plain(0.0))
    expiry: int | None = described(
        "Years after which a saved surplus lapses", "År før spart overskudd faller bort", default=None, ge=1
    )
    pooled: bool = described("One result for the whole scheme", "Felles resultat for ordningen", default=False)
    frequency: Literal["month", "third", "year"] = described(
        "How often money is paid out", "Hvor ofte det gjøres opp", default="year"
    )
    dispensation_rule: DispensationRule | None = described(
        "Rule for very large deficits", "Regel for svært store underskudd", default=None
    )
    dispensation: Many[Dispensation] = described("Decided dispensations", "Vedtatte dispensasjoner", default=())

    @model_validator(mode="after")
    def _consistent(self) -> Settlement:
        for name, value in (("keep_surplus", self.keep_surplus), ("carry_deficit", self.carry_deficit)):
            for entry in value.entries:
                if not 0.0 <= entry.value <= 1.0:
                    raise PydanticCustomError(
                        "share", "{name} is a share between 0 and 1, not {value}", {"name": name, "value": entry.value}
                    )
        if self.cap is not None and (self.cap_surplus is not None or self.cap_deficit is not None):
            raise PydanticCustomError("cap", "give cap, or cap_surplus and cap_deficit, not both")
        return self

    def caps(self) -> tuple[Dated | None, Dated | None]:
        """Return the caps on surplus and deficit."""
        return (self.cap_surplus or self.cap, self.cap_deficit or self.cap)


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
    factor: Dated = described("Factor on activity income", "Faktor på aktivitetsinntekten")


class Correction(Section):
    """Block CR: one correction of a unit's income.

    Kinds and formulas (``z`` the unit's value in ``column``, ``A`` its activity income):

    * ``small-unit-topup``: ``amount · max(0, 1 − z/reference)`` where ``z > 0``
    * ``rate``: ``rate · z`` (travel, quality ±, own number of anything)
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
    reference: Dated | None = described("Reference size", "Referansestørrelse", default=None)
    amount: Dated | None = described("Amount, NOK", "Beløp, kr", default=None)
    rate: Dated | None = described("Rate", "Sats", default=None)
    threshold: Dated | None = described("Threshold, NOK", "Innslagspunkt, kr", default=None)
    cap: Dated | None = described("Cap, NOK", "Tak, kr", default=None)
    reversal: Dated = described(
        "Share still paid while it is phased out", "Andel som fortsatt gis under nedtrapping", default=plain(1.0)
    )
    zone: Many[Zone] = described("Zones", "Soner", default=())
    units: Many[str] = described("Units", "Enheter", default=())
    indexed_from: int | None = described(
        "Price year of the amount, moved by the index", "Prisår for beløpet, flyttet med indeksen", default=None
    )
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
        return self


class Transition(Section):
    """Block TR: from the old system to the new."""

    phase_in: Dated = described("Weight of the new system", "Vekt på ny ordning", default=plain(1.0))
    reference: Literal["last-cost", "last-income"] = described(
        "The old system: last year's cost or income",
        "Gammel ordning: fjorårets kostnad eller inntekt",
        default="last-cost",
    )
    hold_harmless: Dated | None = described(
        "Least income as a share of last year's, indexed",
        "Minste inntekt som andel av fjorårets, indeksert",
        default=None,
    )
    cap: Dated | None = described(
        "Most income as a share of last year's, indexed",
        "Største inntekt som andel av fjorårets, indeksert",
        default=None,
    )


class Choice(Section):
    """Block UC: users choose their provider."""

    on: bool = described("User choice", "Brukervalg", default=False)
    response: Dated = described(
        "Response of the market share to quality", "Markedsandelens respons på kvalitet", default=plain(0.0)
    )
    selection: Dated = described("Selection of light users", "Seleksjon av lette brukere", default=plain(0.0))


class Scheme(Section):
    """A financing scheme: units that share one price."""

    id: str = described("Scheme", "Ordning", min_length=1)
    label: Text = described("Name", "Navn")
    units: Many[str] = described(
        "Units, when the data have no scheme column", "Enheter, når data ikke har ordningskolonne", default=()
    )
    service: Many[Service] = described("Services", "Tjenester", default=())
    price: Price = described("Price", "Pris", default=Price())
    volume: Volume = described("Volume", "Volum", default=Volume())
    block: Block = described("Block grant", "Ramme", default=Block())
    mix: Mix = described("Mix", "Blanding", default=Mix())
    settlement: Settlement = described("Settlement", "Oppgjør")
    correction: Many[Correction] = described("Corrections", "Korreksjoner", default=())
    transition: Transition = described("Transition", "Overgang", default=Transition())
    choice: Choice = described("User choice", "Brukervalg", default=Choice())

    @model_validator(mode="after")
    def _priced(self) -> Scheme:
        names = [service.id for service in self.service]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise PydanticCustomError("service_twice", "service {name} stands twice", {"name": twice})
        if not self.service and self.price.source != "none":
            raise PydanticCustomError("no_service", "a scheme with prices needs at least one [[scheme.service]]")
        keys = [s.cost_key for s in self.service]
        if self.price.update == "cost-keys":
            if None in keys:
                raise PydanticCustomError("cost_key", "update = 'cost-keys' needs cost_key on every service")
            sum_to_one([key for key in keys if key is not None], "cost keys")
        return self

    def find_service(self, name: str) -> Service:
        """Return a service by its id."""
        return next(service for service in self.service if service.id == name)

    def unpriced(self) -> list[int]:
        """Return positions of services that have no price under the scheme's rule."""
        fixed = self.price.source in FIXED_SOURCES
        if self.price.source == "none" or self.price.update in ("multipliers", "cost-keys"):
            return []
        return [
            position
            for position, service in enumerate(self.service)
            if (service.price is None if fixed else service.weight is None and service.weight_rule is None)
        ]


class Purchaser(Section):
    """Block BH: who holds the budget and what happens when it falls short."""

    holder: Literal["purchaser", "provider", "state"] = described(
        "Budget holder", "Budsjettholder", default="purchaser"
    )
    budget: Literal["table", "growth"] = described(
        "Volume budget from the table or by growth", "Volumbudsjett fra tabell eller ved vekst", default="growth"
    )
    demography: Dated = described("Growth by demography", "Vekst ved demografi", default=plain(0.0))
    need: Dated = described("Growth by need", "Vekst ved behov", default=plain(0.0))
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
    )
