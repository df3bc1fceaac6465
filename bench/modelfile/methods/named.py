"""Where a method is named: a variant of the frontier, or an analysis beside it."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator
from pydantic_core import PydanticCustomError

from bench.catalogue import METHODS, VARIANT_METHODS
from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.methods.keys import MethodKeys
from bench.options import SfaKind


class Restriction(Section):
    """A limit on what one output is worth in another: ``low ≤ value of "of" / value of "per" ≤ high``."""

    of: str = described("Output whose value is bounded", "Produktet som får grense")
    per: str = described("Output it is measured in", "Produktet det måles i")
    low: float | None = described("Least", "Minst", default=None, ge=0.0)
    high: float | None = described("Most", "Mest", default=None, gt=0.0)
    reason: str = described("Reason", "Begrunnelse", default="")

    @model_validator(mode="after")
    def _consistent(self) -> Restriction:
        if self.low is None and self.high is None:
            raise PydanticCustomError("limit", "a restriction needs low, high or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise PydanticCustomError("limit", "low lies above high: no value satisfies both")
        return self


class Variant(MethodKeys):
    """One way of measuring: a method on its own cost definition, outputs and returns."""

    id: str = described("Variant", "Variant", pattern=r"^[a-z][a-z0-9_.]*$")
    kind: SfaKind = described("Cost frontier", "Kostnadsfront", default="cost")
    weight: float = described("Weight in a mean", "Vekt i et snitt", default=1.0, gt=0.0)
    restriction: Many[Restriction] = described("Limits on values", "Grenser for verdier", default=())

    @field_validator("kind")
    @classmethod
    def _of_cost(cls, kind: SfaKind) -> SfaKind:
        if kind != "cost":
            raise PydanticCustomError(
                "kind",
                "norms and prices need a frontier of cost, and a frontier of {kind} is no share of it: take the key "
                "out, or put the method in [[analysis]], which describes",
                {"kind": kind},
            )
        return kind

    @model_validator(mode="after")
    def _consistent(self) -> Variant:
        if self.method not in VARIANT_METHODS:
            raise PydanticCustomError(
                "method_describes",
                "method '{method}' gives no share of cost per unit, so no norm can rest on it: put it in [[analysis]], "
                "which describes",
                {"method": self.method},
            )
        if self.method != "dea" and self.restriction:
            raise PydanticCustomError("dea_only", "restrictions of values belong to method 'dea'")
        return self


class Analysis(MethodKeys):
    """A method that describes: its result is a table of the run, and no norm, price or requirement looks at it."""

    id: str = described("Analysis", "Analyse", pattern=r"^[a-z][a-z0-9_-]*$")
    title: Text | None = described("Title", "Tittel", default=None)
    schemes: Many[str] = described("Schemes; all when left out", "Ordninger; alle når de ikke er oppgitt", default=())
    periods: Literal["last", "separate", "pooled"] | None = described(
        "Years: the last with a decision alone, each by itself, or all together",
        "År: det siste med vedtak alene, hvert for seg, eller alle sammen",
        default=None,
    )
    orientation: Literal["input", "output"] | None = described("Orientation", "Retning", default=None)
    direction: Literal["own", "inputs", "outputs"] | None = described(
        "Direction of a distance", "Retning for en avstand", default=None
    )
    kind: SfaKind | None = described("What the frontier bounds", "Hva fronten avgrenser", default=None)

    @model_validator(mode="after")
    def _described(self) -> Analysis:
        if METHODS[self.method].panel and self.periods is not None:
            raise PydanticCustomError(
                "periods", "method '{method}' compares all years itself: take periods out", {"method": self.method}
            )
        return self
