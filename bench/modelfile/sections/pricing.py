"""Blocks PR and VR of a scheme: its services, their price, and the volume that is paid."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.costing.full_cost import FullCostRule
from bench.modelfile.values import Dated, PaidBy, plain

PriceSource = Literal[
    "average-cost",
    "best-practice",
    "frontier",
    "tender",
    "time-study",
    "negotiated",
    "national-rate",
    "full-cost",
    "previous",
    "none",
]
#: Sources whose prices stand in the file, one per service, and are moved by the index only.
FIXED_SOURCES: tuple[PriceSource, ...] = ("tender", "time-study", "negotiated", "national-rate", "full-cost")
VolumeBasis = Literal["allocated", "performed", "min", "level-count", "bed-days", "places", "list-size"]
WEIGHT_RULES = ("equal-cost-share",)


class Service(Section):
    """A service of a scheme; ``id`` is its column unless other columns are named."""

    id: str = described("Service", "Tjeneste", min_length=1)
    label: Text = described("Name", "Navn")
    measure: Text = described("Measure", "Måleenhet")
    group: str | None = described("Product group in the frontier", "Produktgruppe i fronten", default=None)
    weight: Dated | None = described("Cost weight", "Kostnadsvekt", default=None, low=0.0, high=1e12)
    weight_rule: Literal["equal-cost-share"] | None = described(
        "Rule that gives the weight", "Regel som gir vekten", default=None
    )
    policy_factor: Dated = described(
        "Deliberate deviation of the price from the cost weight",
        "Villet avvik mellom pris og kostnadsvekt",
        default=plain(1.0),
        low=0.0,
        high=1000.0,
    )
    price: Dated | None = described(
        "Price, NOK, where prices are stated", "Pris, kr, der prisene er oppgitt", default=None, low=0.0, high=1e12
    )
    full_cost: FullCostRule | None = described(
        "Price by full-cost calculation", "Pris etter fullkostkalkyle", default=None
    )
    paid_by: PaidBy | None = described(
        "Who pays, where it is not the budget holder",
        "Hvem som betaler, når det ikke er budsjettholderen",
        default=None,
    )
    cost_key: Dated | None = described(
        "Share of the scheme's cost", "Andel av ordningens kostnad", default=None, low=0.0, high=1.0
    )
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

    @model_validator(mode="before")
    @classmethod
    def _calculated(cls, data: Any) -> Any:
        """A full-cost calculation is the service's price."""
        if not isinstance(data, dict) or not isinstance(data.get("full_cost"), dict):
            return data
        if "price" in data:
            raise PydanticCustomError("two_prices", "full_cost works the price out: take price out, or the calculation")
        return {**data, "price": FullCostRule.model_validate(data["full_cost"]).price()}

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
    factor: Dated = described("Factor on the price", "Faktor på prisen", default=plain(1.0), low=0.0, high=1000.0)
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
    start_markup: Dated = described(
        "First price above the rule's", "Første pris over regelens", default=plain(0.0), low=-1.0, high=10.0
    )
    start_level: Dated | None = described(
        "First price level, NOK per weighted unit",
        "Første prisnivå, kr per vektet enhet",
        default=None,
        low=0.0,
        high=1e12,
    )
    own_excluded: bool = described(
        "The unit's own cost left out of its price", "Enhetens egen kostnad holdt utenfor prisen", default=False
    )
    calibrate: bool = described(
        "Rescale such prices to the scheme's cost", "Juster slike priser til ordningens kostnad", default=False
    )
    gain: Dated = described(
        "Share of the gap closed each year",
        "Andel av avviket som lukkes hvert år",
        default=plain(1.0),
        low=0.0,
        high=2.0,
    )
    frontier_share: Dated = described(
        "Share of the frontier in the price", "Frontens andel i prisen", default=plain(0.0), low=0.0, high=1.0
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
        "Best practice: quantile of unit cost",
        "Beste praksis: kvantil av enhetskostnad",
        default=None,
        low=0.0,
        high=1.0,
    )
    requirement: Dated = described(
        "Efficiency requirement per year", "Effektiviseringskrav per år", default=plain(0.0), low=0.0, high=1.0
    )
    corridor: Dated | None = described(
        "Largest real change of the price level", "Største reelle endring i prisnivået", default=None, low=0.0, high=1.0
    )
    floor: Dated | None = described("Lowest price level", "Laveste prisnivå", default=None, low=0.0, high=1e12)
    cap: Dated | None = described("Highest price level", "Høyeste prisnivå", default=None, low=0.0, high=1e12)
    index: bool = described("Stated prices follow the index", "Oppgitte priser følger indeksen", default=True)
    accounts: Literal["final", "estimate"] = described(
        "Accounts the price is built on", "Regnskapet prisen bygger på", default="final"
    )
    estimate_column: str | None = described(
        "Column with the estimated cost", "Kolonne med anslått kostnad", default=None
    )
    true_up: bool = described("Correct for the estimate's error later", "Rett for anslagets feil senere", default=False)
    true_up_interest: Dated = described(
        "Interest on the true-up", "Rente på etteroppgjøret", default=plain(0.0), low=-1.0, high=1.0
    )
    reserves: Literal["inside", "outside"] = described(
        "Spending of reserves inside or outside the cost base",
        "Bruk av fond i eller utenfor kostnadsgrunnlaget",
        default="inside",
    )
    reserve_column: str | None = described("Column with spending of reserves", "Kolonne med bruk av fond", default=None)
    fund_years: Dated | None = described(
        "Years over which the fee fund returns to zero", "År over som fondet skal gå i null", default=None, low=1.0
    )
    fund_interest: Dated = described(
        "Interest on the fee fund", "Rente på fondet", default=plain(0.0), low=-1.0, high=1.0
    )
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
        self._refuse_idle_update()
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

    def _refuse_idle_update(self) -> None:
        """Refuse a way of moving prices that the source leaves nothing to do."""
        if self.update != "scalar" and self.source in (*FIXED_SOURCES, "none"):
            raise PydanticCustomError(
                "idle_update",
                "update = '{update}' needs accounts, and source = '{source}' looks at none: take update out",
                {"update": self.update, "source": self.source},
            )
        if self.update in ("cost-keys", "revenue-keys") and self.source == "previous":
            raise PydanticCustomError(
                "idle_update",
                "update = '{update}' needs the accounts of a cost year, and source = 'previous' looks at none: take "
                "update out",
                {"update": self.update},
            )


class Volume(Section):
    """Block VR: which volume is paid."""

    basis: VolumeBasis = described("Volume that is paid", "Volumet det betales for", default="allocated")
    marginal_below: Dated = described(
        "Share of the price below the plan", "Andel av prisen under plan", default=plain(1.0), low=0.0
    )
    marginal_above: Dated = described(
        "Share of the price above the plan", "Andel av prisen over plan", default=plain(1.0), low=0.0
    )
    cap: Dated | None = described(
        "Most that is paid, as a share of the plan",
        "Mest som betales, som andel av plan",
        default=None,
        low=0.0,
        high=1e12,
    )
    floor: Dated | None = described(
        "Least that is paid, as a share of the plan",
        "Minst som betales, som andel av plan",
        default=None,
        low=0.0,
        high=1e12,
    )

    @property
    def planned(self) -> bool:
        """Whether the rule needs planned volumes."""
        rates = (self.marginal_below.constant, self.marginal_above.constant)
        return self.cap is not None or self.floor is not None or rates != (1.0, 1.0)
