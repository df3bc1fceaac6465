"""Sections of the chain from accounts to norms: formulas, unit rules, screens, inference, correction."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bench.errors import OptionError
from bench.formulas import parse_formula
from bench.modelfile.base import Many, Section, Text, described
from bench.modelfile.values import Dated, plain

#: Functions of rows a formula of the model file may call besides those of numbers.
ROW_FUNCTIONS = ("mean", "every", "some", "total")
#: Names a formula may use that are neither columns, figures nor parameters.
DECISION_NAMES = ("year", "cost_year", "decision_year")
#: Functions of the norm stage, for formulas worked out after it.
NORM_FUNCTIONS = ("norm", "score")
#: Screens by the influence of a row on a fitted line, and the methods they screen for.
INFLUENCE_TESTS, FITTED_METHODS = ("cook", "dfbetas"), ("sfa", "stoned", "cols", "mols")
#: How the scores of variants are put together in a formula.
COMBINING_FUNCTIONS = ("mean", "best", "kth", "quantile")

RuleKind = Literal["out", "never-peer", "own-peer-only", "average", "own-history"]
DataRounding = Literal["none", "whole-half-even", "whole-half-up"]
OwnRows = Literal["included", "excluded"]


def checked_formula(text: str, functions: tuple[str, ...]) -> str:
    """Return a formula's text, or refuse it with the reason."""
    try:
        parse_formula(text, functions=functions)
    except OptionError as error:
        raise PydanticCustomError("formula", "{said}", {"said": str(error)}) from None
    return text


class Figure(Section):
    """A named formula: a column worked out from others, or a number of the whole table."""

    id: str = described("Figure", "Størrelse", pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")
    formula: str = described("Formula", "Formel", min_length=1)
    label: Text | None = described("Name", "Navn", default=None)
    show: bool = described("Shown in the tables of the run", "Vises i kjøringens tabeller", default=False)
    after_norms: bool = described(
        "Worked out after the norms, which it may use", "Regnes ut etter normene, som den kan bruke", default=False
    )

    @model_validator(mode="after")
    def _readable(self) -> Figure:
        checked_formula(self.formula, (*ROW_FUNCTIONS, *(NORM_FUNCTIONS if self.after_norms else ())))
        return self


class Decision(Section):
    """The one decision a model makes: from the accounts of which year, and for which."""

    cost_year: int | None = described(
        "Year of the accounts; the last in the table when left out",
        "Regnskapsåret; det siste i tabellen når det ikke er oppgitt",
        default=None,
    )
    lag: int = described("Years from the accounts to the decision", "År fra regnskap til vedtak", default=2, ge=0)
    window: int = described(
        "Years of means, the cost year among them", "År i snitt, regnskapsåret medregnet", default=1, ge=1
    )


class Identity(Section):
    """An identity every run asserts: two formulas of the whole table that must agree."""

    name: str = described("Identity", "Identitet", min_length=1)
    left: str = described("Left side", "Venstre side")
    right: str = described("Right side", "Høyre side")
    tolerance: float = described("Relative tolerance", "Relativ toleranse", default=1e-9, gt=0.0)

    @model_validator(mode="after")
    def _readable(self) -> Identity:
        for side in (self.left, self.right):
            checked_formula(side, (*ROW_FUNCTIONS, *NORM_FUNCTIONS))
        return self


class UnitRule(Section):
    """What is special about some units in the frontier, dated, with its reason and source."""

    kind: RuleKind = described(
        "out of the sample, never a peer, a peer only for itself, norm at average efficiency, or its own history",
        "utenfor utvalget, aldri mønster, mønster bare for seg selv, norm etter snittet, eller egen historie",
    )
    units: Many[str] = described("Units", "Enheter", default=())
    where: str | None = described("Units for which a formula holds", "Enheter der en formel holder", default=None)
    reason: str = described("Reason", "Begrunnelse", min_length=1)
    source: str = described("Where the reason stands", "Hvor begrunnelsen står", default="")
    from_: date | None = described("From", "Fra", default=None, alias="from")
    to: date | None = described("To", "Til", default=None)
    weights: dict[str, Dated] = described(
        "Own history: weight of each output", "Egen historie: vekt for hvert produkt", default={}, low=0.0
    )

    @model_validator(mode="after")
    def _consistent(self) -> UnitRule:
        if not self.units and self.where is None:
            raise PydanticCustomError("no_units", "a unit rule needs units or where")
        if self.where is not None:
            checked_formula(self.where, ROW_FUNCTIONS)
        if (self.kind == "own-history") != bool(self.weights):
            raise PydanticCustomError("weights", "weights belong to kind = 'own-history', and are needed there")
        return self

    def covers(self, year: int) -> bool:
        """Return whether the rule holds on the first day of a year."""
        day = date(year, 1, 1)
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day <= self.to)


class Reference(Section):
    """The rows that may be peers: of fixed years, of named units, or those a formula holds for."""

    years: Many[int] = described(
        "Fixed years, the same for every decision from the last of them on",
        "Låste år, de samme for hver beslutning fra og med det siste",
        default=(),
    )
    units: Many[str] = described("Units; all when left out", "Enheter; alle når de ikke er oppgitt", default=())
    where: str | None = described("Rows for which a formula holds", "Rader der en formel holder", default=None)
    reason: str = described("Reason", "Begrunnelse", min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Reference:
        if not self.years and not self.units and self.where is None:
            raise PydanticCustomError("no_reference", "a reference needs years, units or where")
        if self.where is not None:
            checked_formula(self.where, ROW_FUNCTIONS)
        return self


class Quality(Section):
    """A gate of quality: below the floor nobody's peer, and a requirement rests while quality falls."""

    column: str = described("Column with the quality of a unit's year", "Kolonne med kvaliteten i enhetens år")
    better: Literal["higher", "lower"] = described(
        "Whether more of it is better", "Om mer av det er bedre", default="higher"
    )
    floor: Dated | None = described(
        "Worst quality a peer may have", "Dårligste kvalitet et mønster kan ha", default=None
    )
    rest: bool = described(
        "Whether a unit's requirement rests in a year decided on accounts whose quality fell",
        "Om enhetens krav hviler i et år vedtatt på regnskap der kvaliteten falt",
        default=False,
    )
    fall: Dated = described("Largest fall that is none", "Største fall som ikke regnes", default=plain(0.0), low=0.0)

    @model_validator(mode="after")
    def _consistent(self) -> Quality:
        if self.floor is None and not self.rest:
            raise PydanticCustomError("quality", "a gate of quality needs floor, rest = true, or both")
        return self


class Inference(Section):
    """How sure a DEA score is: bias correction and interval by resampling, or corrected scores that are given."""

    method: Literal["bootstrap", "subsampling", "heterogeneous"] = described("Method", "Metode", default="bootstrap")
    convention: str | None = described(
        "Rule of the bias correction", "Regel for skjevhetskorreksjonen", default=None, min_length=1
    )
    replicates: int = described("Replicates", "Gjentak", default=2000, ge=100)
    seed: int = described("Seed", "Frø", default=1, ge=0)
    level: float = described("Level of the interval", "Nivå for intervallet", default=0.95, gt=0.0, lt=1.0)
    column: str | None = described(
        "Column with corrected scores, used where the table has it",
        "Kolonne med korrigerte tall, brukt der tabellen har den",
        default=None,
    )
    use: Literal["plain", "corrected"] = described(
        "Score that goes on in the chain", "Tallet som går videre i kjeden", default="plain"
    )
    ranks: bool = described(
        "Ranks with intervals that hold for all units at once",
        "Rang med intervall som gjelder alle samtidig",
        default=False,
    )
    requirement: Dated = described(
        "Efficiency below which a unit is told how likely it is to be",
        "Effektivitet som det oppgis hvor sannsynlig det er å ligge under",
        default=plain(0.9),
        low=1e-9,
        high=1.0,
    )

    @model_validator(mode="after")
    def _drawn(self) -> Inference:
        if self.ranks and self.method == "subsampling":
            raise PydanticCustomError(
                "ranks", "ranks come from draws of all units together: method = 'bootstrap' or 'heterogeneous'"
            )
        return self


class Composite(Section):
    """Several conditions as one: their first principal component."""

    id: str = described("Composite", "Samlemål", min_length=1)
    columns: Many[str] = described("Conditions", "Rammevilkår")
    positive: str = described("Condition with a positive loading", "Rammevilkår med positiv ladning")

    @model_validator(mode="after")
    def _consistent(self) -> Composite:
        if len(self.columns) < 2:
            raise PydanticCustomError("columns", "a composite needs at least two conditions")
        if self.positive not in self.columns:
            raise PydanticCustomError("positive", "positive must be one of the composite's columns")
        return self


class Correction(Section):
    """Correction of scores for conditions, by regression on each unit's differences to its own peers."""

    conditions: Many[str] = described("Conditions and composites", "Rammevilkår og samlemål")
    composite: Many[Composite] = described("Composites", "Samlemål", default=())
    limit: Dated | None = described(
        "Largest correction, as a share", "Største korreksjon, som andel", default=None, low=0.0, high=1.0
    )
    dependent: Literal["plain", "corrected"] = described(
        "Scores the regression explains", "Tallene regresjonen forklarer", default="corrected"
    )
    screen: Literal["none", "bacon", "bacon-distance"] = described(
        "Rows left out of the regression", "Rader utenfor regresjonen", default="none"
    )
    screen_level: float = described("Level of the screen", "Nivå for silingen", default=0.15, gt=0.0, lt=1.0)

    @model_validator(mode="after")
    def _consistent(self) -> Correction:
        if not self.conditions:
            raise PydanticCustomError("conditions", "a correction needs at least one condition")
        return self


class Screen(Section):
    """A screen for outliers, and what is done with those it finds."""

    test: Literal["dominance", "iqr", "wilson", "order-m", "cook", "dfbetas"] = described("Test", "Test")
    level: float = described("Significance level of the test", "Signifikansnivå", default=0.05, gt=0.0, lt=1.0)
    factor: float = described(
        "Interquartile ranges beyond the quartile", "Kvartilbredder utover kvartilen", default=1.5, gt=0.0
    )
    threshold: float = described(
        "Order-m: how far beyond the others", "Orden m: hvor langt foran de andre", default=0.2, gt=0.0
    )
    deletions: int = described(
        "Wilson: most units taken away together", "Wilson: flest enheter tatt bort sammen", default=1, ge=1
    )
    limit: float | None = described(
        "Cook and DFBETAS: influence beyond which a row is found; 4/(n − k) and 2/√n when left out",
        "Cook og DFBETAS: innflytelse som gir funn; 4/(n − k) og 2/√n når den ikke er oppgitt",
        default=None,
        gt=0.0,
    )
    action: Literal["report", "not-a-peer", "remove"] = described(
        "Report, keep from being a peer, or take out", "Meld, hold utenfor mønstre, eller ta ut", default="report"
    )
    repeat: bool = described("Repeat until nobody is found", "Gjenta til ingen blir funnet", default=False)
    efficient_score: float = described(
        "Score of those taken out that were efficient", "Tallet til dem som ble tatt ut og var effektive", default=1.0
    )
    inefficient: Literal["floor", "own"] = described(
        "Score of the others taken out: the floor, or their own against those left",
        "Tallet til de andre som ble tatt ut: gulvet, eller deres eget mot dem som er igjen",
        default="own",
    )

    @property
    def fitted(self) -> bool:
        """Whether the test judges rows by what they do to a fitted line, and not by a frontier of single rows."""
        return self.test in INFLUENCE_TESTS

    @model_validator(mode="after")
    def _asked(self) -> Screen:
        if self.test == "wilson" and self.action != "report":
            raise PydanticCustomError(
                "action", "Wilson's statistic ranks subsets and rejects none: action = 'report' is what it can do"
            )
        if self.fitted and self.action == "not-a-peer":
            raise PydanticCustomError(
                "action", "a fitted frontier has no peers: action = 'remove' takes the row out of the fit"
            )
        if self.limit is not None and not self.fitted:
            raise PydanticCustomError("limit", "limit belongs to test = 'cook' or 'dfbetas'")
        return self


class Bonus(Section):
    """A bonus for efficient units: how far they lie ahead of the others, up to a limit."""

    limit: Dated = described("Largest bonus, as a share", "Største bonus, som andel", low=0.0, high=1.0)
    variants: Many[str] = described("Variants whose mean it is", "Variantene den er snittet av", default=())
