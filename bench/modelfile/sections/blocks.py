"""A scheme: units that share one price, and the rule blocks that finance them."""

from __future__ import annotations

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.sections.grants import (
    Administration,
    Block,
    Choice,
    Component,
    Criterion,
    Mix,
    Purchaser,
    Transition,
)
from bench.modelfile.sections.pricing import FIXED_SOURCES, Price, PriceClass, Service, Volume
from bench.modelfile.sections.settling import (
    Correction,
    Dispensation,
    DispensationRule,
    Earmark,
    Party,
    Receipt,
    Settlement,
    Zone,
)
from bench.modelfile.values import sum_to_one

__all__ = [
    "FIXED_SOURCES",
    "Administration",
    "Block",
    "Choice",
    "Component",
    "Correction",
    "Criterion",
    "Dispensation",
    "DispensationRule",
    "Earmark",
    "Mix",
    "Party",
    "Price",
    "PriceClass",
    "Purchaser",
    "Receipt",
    "Scheme",
    "Service",
    "Settlement",
    "Transition",
    "Volume",
    "Zone",
]


class Scheme(Section):
    """A financing scheme: units that share one price."""

    id: str = described("Scheme", "Ordning", min_length=1)
    label: Text = described("Name", "Navn")
    units: Many[str] = described(
        "Units, when the data have no scheme column", "Enheter, når data ikke har ordningskolonne", default=()
    )
    cost: str | None = described(
        "The scheme's own column or figure with the cost, in place of data.cost",
        "Ordningens egen kolonne eller størrelse for kostnaden, i stedet for data.cost",
        default=None,
    )
    service: Many[Service] = described("Services", "Tjenester", default=())
    price: Price = described("Price", "Pris", default=Price())
    volume: Volume = described("Volume", "Volum", default=Volume())
    block: Block = described("Block grant", "Ramme", default=Block())
    mix: Mix = described("Mix", "Blanding", default=Mix())
    settlement: Settlement = described("Settlement", "Oppgjør")
    correction: Many[Correction] = described("Corrections", "Korreksjoner", default=())
    receipt: Many[Receipt] = described(
        "Money from others to the budget holder", "Penger fra andre til budsjettholderen", default=()
    )
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
        if self.block.kind == "none" and self.mix.block.constant != 0.0:
            raise PydanticCustomError("no_block", "the mix has a block share, but block.kind is 'none'")
        keys = [s.cost_key for s in self.service]
        if self.price.update == "cost-keys":
            if None in keys:
                raise PydanticCustomError("cost_key", "update = 'cost-keys' needs cost_key on every service")
            sum_to_one([key for key in keys if key is not None], "cost keys")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns the rules read besides cost and volumes."""
        names = [component.column for component in self.mix.component]
        names += [column for criterion in self.block.criterion for column in criterion.columns]
        items: tuple[Correction | Receipt, ...] = (*self.correction, *self.receipt)
        for item in items:
            names += [name for name in (item.column, item.count_column) if name]
            names += [item.earmark.column] if item.earmark is not None and item.earmark.column else []
        if self.price.accounts == "estimate" and self.price.estimate_column:
            names.append(self.price.estimate_column)
        if self.price.reserves == "outside" and self.price.reserve_column:
            names.append(self.price.reserve_column)
        return tuple(dict.fromkeys(names))

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
            if service.price is None and (fixed or (service.weight is None and service.weight_rule is None))
        ]
