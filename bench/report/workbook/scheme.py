"""One scheme of the workbook: its rules, its data, and where the cells of its calculation are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.formulas import parse_formula
from bench.modelfile.sections.chain import NORM_FUNCTIONS, ROW_FUNCTIONS
from bench.report.facts import Row
from bench.report.workbook.expressions import Expr, Number, added, expr, maximum, minimum, rounded, when
from bench.report.workbook.inputs import Columns, IndexSheet, Parameters
from bench.report.workbook.sheet import Book, Cell
from bench.stykkpris.rules.corrections import ON_INCOME
from bench.stykkpris.rules.sources import AT_YARDSTICK

if TYPE_CHECKING:
    from bench.modelfile import Correction, Model, Scheme, Service
    from bench.modelfile.values import Dated


#: Amounts are exact to the øre.
ORE = 0.005


@dataclass(slots=True)
class SchemeBook:
    """What the calculation sheets share about one scheme.

    Attributes
    ----------
    book, parameters, index, columns
    model : Model
    settled : tuple of int
        Years with a settlement.
    prices : dict of year to rows
        Rows of the run's prices.
    first_year : int
        First year with a price or a settlement.
    scores : dict of (name, unit, year) to cell
        What the frontier found: ``efficiency`` and ``upper``, as inputs.
    found : dict of (name, unit, year) to cell
        What figures may ask of the norm stage: ``norm`` and ``score``, and beside each the ``unit`` it is of.
    required_years : set of int
        Years with a requirement.
    paid : dict of (unit, year, service) to cell or number
        Volume that is paid.
    cells : dict
        Cells of the calculation by what they are.
    """

    book: Book
    parameters: Parameters
    index: IndexSheet
    columns: Columns
    model: Model
    settled: tuple[int, ...]
    prices: dict[int, list[Row]]
    settlement: dict[tuple[str, int], Row]
    first_year: int
    norms: dict[tuple[str, int], Number] = field(default_factory=dict)
    scores: dict[tuple[str, str, int], Cell] = field(default_factory=dict)
    found: dict[tuple[str, str, int], Cell] = field(default_factory=dict)
    required_years: set[int] = field(default_factory=set)
    paid: dict[tuple[str, int, str], Number] = field(default_factory=dict)
    cells: dict[tuple[Any, ...], Cell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book.schemes[self.id] = self

    @property
    def scheme(self) -> Scheme:
        """The scheme's rules."""
        return self.columns.scheme

    @property
    def id(self) -> str:
        """The scheme's key."""
        return self.scheme.id

    @property
    def years(self) -> tuple[int, ...]:
        """Years with accounts."""
        return self.columns.years

    @property
    def label(self) -> str:
        """The scheme's name for readers."""
        return self.book.edition.labels.scheme(self.id)

    @property
    def cost_column(self) -> str:
        """Column with the cost the scheme's norms are of."""
        return self.scheme.cost or self.model.cost_column

    @property
    def weighted(self) -> bool:
        """Whether the services can be added up: a model that ends with norms need not weigh them."""
        return self.model.meta.stage == "settlement" or all(
            service.weight is not None or service.weight_rule is not None for service in self.scheme.service
        )

    @property
    def asks_scores(self) -> bool:
        """Whether a figure of the model looks at the combined scores."""
        texts = [figure.formula for figure in self.model.figure if figure.after_norms]
        texts += [side for identity in self.model.identity for side in (identity.left, identity.right)]
        return any("score" in parse_formula(text, functions=(*ROW_FUNCTIONS, *NORM_FUNCTIONS)).calls for text in texts)

    @property
    def evidence(self) -> bool:
        """Whether the requirement rests on the upper end of an interval."""
        return self.model.requirement is not None and self.model.requirement.evidence == "interval"

    @property
    def price_rule(self) -> str:
        """Rounding of prices."""
        return str(self.model.rounding.price)

    @property
    def amount_rule(self) -> str:
        """Rounding of amounts."""
        return str(self.model.rounding.amount)

    def round_price(self, made: Expr) -> Expr:
        """Return a price rounded by the model's rule."""
        return rounded(made, self.price_rule)

    def round_amount(self, made: Expr) -> Expr:
        """Return an amount rounded by the model's rule."""
        return rounded(made, self.amount_rule)

    def at(self, path: str, dated: Dated, year: int) -> Expr:
        """Return a parameter of the scheme by its path below the scheme."""
        return self.parameters.at(f"scheme.{self.id}.{path}", dated, year, self.id)

    def stated(self, path: str, dated: Dated | None, year: int, neutral: float) -> Number:
        """Return a parameter, or the plain number where the model file leaves it out: then it is a choice of rule."""
        if dated is None or not self.says(path):
            return neutral if dated is None else dated.at(year)
        return self.at(path, dated, year)

    def says(self, path: str) -> bool:
        """Tell whether the model file states a key of the scheme."""
        section: Any = self.scheme
        for part in path.split("."):
            if part not in getattr(section, "model_fields_set", ()):
                return False
            section = getattr(section, part)
        return True

    def rows(self, year: int) -> list[str]:
        """Return the units of a year's settlement: those with accounts, and those with a balance."""
        return [unit for unit in self.columns.names if (unit, year) in self.settlement]

    def last_row(self, unit: str, year: int) -> int | None:
        """Return the latest settled year of a unit before a year."""
        return max((y for y in self.settled if y < year and (unit, y) in self.settlement), default=None)

    def volume(self, unit: str, year: int, service: Service) -> Number:
        """Return the paid volume of a unit, year and service."""
        return self.paid.get((unit, year, service.id), 0.0)

    # -- requirements --------------------------------------------------------------------------------------

    def feeds(self, *places: str) -> bool:
        """Tell whether there is a requirement that is taken out at one of these places."""
        rule = self.model.requirement
        return rule is not None and rule.feeds in places and self.is_required()

    def is_required(self) -> bool:
        """Tell whether the scheme has a requirement by the year after its last accounts."""
        return bool(self.required_years) and self.years[-1] + 1 >= min(self.required_years)

    def frontier_share(self, year: int) -> Number:
        """Return the share of the gap that the price takes by looking at a frontier."""
        price = self.scheme.price
        if price.source in AT_YARDSTICK:
            return 1.0
        moves = price.source in ("average-cost", "previous") and price.update in ("scalar", "multipliers")
        if not moves or not any(entry.value for entry in price.frontier_share.entries):
            return 0.0
        return self.at("price.frontier_share", price.frontier_share, year)

    def required(self, name: str, unit: str, year: int) -> Expr:
        """Return a unit's individual or general requirement in a year.

        A unit without accounts in the base year has no individual part, and the common general one.
        """
        found = self.cells.get((name, unit, year))
        if found is not None:
            return found
        if name == "individual":
            return expr(0)
        return next(cell for key, cell in self.cells.items() if key[0] == "general" and key[2] == year)

    def price_class(self, unit: str) -> Any:
        """Return the price class of a unit, or None for the class of all."""
        return next((group for group in self.scheme.price.class_ if unit in group.units), None)

    @property
    def unit_named(self) -> bool:
        """Whether every unit has a price of its own: its cost is left out, or its own requirement taken out."""
        return self.scheme.price.own_excluded or self.feeds("unit-price")

    def class_of(self, unit: str) -> str:
        """Return the price class of a unit: its own name where its price is its own."""
        group = self.price_class(unit)
        return unit if self.unit_named else group.name if group is not None else "standard"

    # -- corrections ---------------------------------------------------------------------------------------

    def correction(self, rule: Correction, unit: str, year: int, activity: Number) -> Expr:
        """Return one correction of a unit's income in a year, unrounded."""
        if rule.units and unit not in rule.units:
            return expr(0)
        asked = max(year, self.first_year)
        name = f"correction.{_slug(rule)}"

        def at(key: str, dated: Dated) -> Expr:
            return self.at(f"{name}.{key}", dated, asked)

        moved: Number = 1.0
        if rule.indexed_from is not None:
            moved = self.index.chain(rule.indexed_from, year)
            for later in range(rule.indexed_from + 1, year + 1):
                if rule.growth.entries != type(rule).model_fields["growth"].default.entries:
                    moved = moved * (1 + self.at(f"{name}.growth", rule.growth, later))
        z = expr(self.columns.at(unit, year, rule.column)) if rule.column else expr(0)
        if rule.kind == "small-unit-topup":
            assert rule.reference is not None
            assert rule.amount is not None
            part = at("amount", rule.amount) * moved * maximum(0, 1 - z / at("reference", rule.reference))
            return when(z > 0, part, 0)
        if rule.kind == "rate":
            assert rule.rate is not None
            return at("rate", rule.rate) * moved * z
        if rule.kind == "factor":
            return expr(activity) * (z - 1)
        if rule.kind == "zones":
            factors = [
                when(z.equals(zone.value), self.at(f"{name}.zone.{k + 1}.factor", zone.factor, asked), 0)
                for k, zone in enumerate(rule.zone)
            ]
            return expr(activity) * (added(factors) - 1)
        if rule.kind == "excess":
            assert rule.rate is not None
            assert rule.threshold is not None
            count = self.columns.at(unit, year, rule.count_column) if rule.count_column else 1.0
            return at("rate", rule.rate) * maximum(0, z - at("threshold", rule.threshold) * moved * count)
        if rule.kind == "supplement":
            assert rule.rate is not None
            raw = at("rate", rule.rate) * z
            capped = raw if rule.cap is None else minimum(raw, at("cap", rule.cap) * moved)
            reversal = rule.reversal.constant
            return capped if reversal == 1.0 else at("reversal", rule.reversal) * capped
        assert rule.amount is not None
        return at("amount", rule.amount) * moved

    def funded(self) -> list[Correction]:
        """Return the corrections the scheme funds itself, which lower its cost base."""
        return [rule for rule in self.scheme.correction if rule.funded_by == "scheme" and rule.kind not in ON_INCOME]


def _slug(rule: Correction) -> str:
    from bench.modelfile.keys import label_of

    return label_of(rule, 0)
