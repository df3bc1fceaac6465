"""Criteria for comparing financing systems: what the evaluation judges them by, as numbers from simulated accounts.

Each criterion has a formula, a direction and the chapter of econ2006 it comes from. There is no total
score: the criteria pull apart, and weighing them is the reader's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.errors import SettlementError
from bench.stykkpris.simulation import criterion_values as values
from bench.stykkpris.simulation.criterion_values import System
from bench.typing import FloatArray

INFINITE = float("inf")
Direction = Literal["lower", "higher", "zero", "none"]
Form = Literal["percent", "index", "number", "root", "answer"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion.

    Attributes
    ----------
    key, group : str
    direction : {"lower", "higher", "zero", "none"}
        Which way is better; none where it only tells who bears what.
    form : {"percent", "index", "number", "root", "answer"}
        How the number is written; an answer is yes (1) or no (0).
    chapter : str
        Chapter of the evaluation.
    span : pair of float
        Least and greatest value the formula can give; a number outside it is a fault of the engine.
    name, formula : pair of str
        In bokmål and English.
    compute : callable
        System → a number per draw, array (D,), or one number.
    source : str
        Where it comes from, where that is another document than the evaluation.
    """

    key: str
    group: str
    direction: Direction
    form: Form
    chapter: str
    span: tuple[float, float]
    name: tuple[str, str]
    formula: tuple[str, str]
    compute: Callable[[System], FloatArray | float]
    source: str = ""

    @property
    def cited(self) -> str:
        """Where it comes from."""
        return self.source or f"econ2006, ch. {self.chapter}"


GROUPS: Mapping[str, tuple[str, str]] = {
    "efficiency": ("Kostnadseffektivitet", "Cost efficiency"),
    "control": ("Utgiftskontroll", "Expenditure control"),
    "users": ("Brukerne", "Users"),
    "risk": ("Risiko", "Risk"),
    "quality": ("Press på kvaliteten", "Pressure on quality"),
    "stability": ("Stabilitet", "Stability"),
    "equity": ("Likhet mellom enheter", "Equity between units"),
    "administration": ("Behov for administrasjon", "Administrative need"),
}


#: Decimals of a criterion's number that are shown: what cannot be seen does not make a system better.
DECIMALS: Mapping[Form, int] = {"percent": 3, "index": 3, "number": 0, "root": 3, "answer": 0}


# Incentive power is below zero only where a limit that is a share of income (a cap, a very large deficit) binds and the
# saving lowers that income: −cap·δ^L·(share of volume) under an average price, so never below −1.
CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "real_unit_cost", "efficiency", "lower", "index", "3.1.2, 5.1.5", (0.0, INFINITE),
        ("Reell enhetskostnad siste år", "Real unit cost in the last year"),
        ("Kostnad per vektet volum i siste års simulering, i siste regnskapsårs priser, mot siste regnskapsår = 100",
         "Cost per weighted volume in the last simulated year, at prices of the accounts, accounts = 100"),
        values.real_unit_cost,
    ),
    Criterion(
        "incentive_power", "efficiency", "higher", "percent", "3.1.2", (-1.0, 1.0),
        ("Insentivstyrke", "Incentive power"),
        ("Andel av nåverdien av en egen varig innsparing som enheten beholder; snitt vektet med kostnad. Mellom 0 og "
         "100 % i alle medfølgende modeller; under 0 bare der et tak eller en dispensasjon er en andel av inntekten, "
         "og innsparingen senker den",
         "Share of the present value of its own lasting saving that a unit keeps; mean weighted by cost. Between 0 and "
         "100% in every bundled model; below 0 only where a cap or a dispensation is a share of income and the saving "
         "lowers that income"),
        values.power,
    ),
    Criterion(
        "real_expenditure", "control", "lower", "index", "3.1.4, 5.1.7", (0.0, INFINITE),
        ("Betalers reelle utgift", "The payer's real expenditure"),
        ("Snitt over årene av betalers utgift i siste regnskapsårs priser, mot kostnaden det året = 100",
         "Mean over the years of the payer's expenditure at prices of the accounts, against their cost = 100"),
        values.real_expenditure,
    ),
    Criterion(
        "surprise", "control", "lower", "percent", "3.1.4, 5.1.7", (0.0, INFINITE),
        ("Avvik fra ventet utgift", "Deviation from expected expenditure"),
        ("Snitt av |utgift / (fjorårets utgift · vedtatt kostnadsvekst · ventet behovsvekst) − 1|",
         "Mean of |expenditure / (last year's expenditure · decided cost growth · expected growth of need) − 1|"),
        values.surprise,
    ),
    Criterion(
        "unmet_need", "control", "lower", "percent", "5.1.6", (0.0, 1.0),
        ("Udekket behov", "Unmet need"),
        ("Snitt av andelen av behovet som ikke dekkes av vedtatt volum",
         "Mean share of need that decided volume does not meet"),
        values.unmet,
    ),
    Criterion(
        "orders_beyond", "control", "lower", "percent", "3.1.2, 4.7, 5.1.4", (0.0, 1.0),
        ("Bestillinger ut over kapasiteten", "Orders beyond capacity"),
        ("Snitt av andelen en bestiller uten penger vedtar og utførerne ikke gir; 0 der den som vedtar, har pengene",
         "Mean share that a purchaser without money has decided and providers do not give; 0 where who decides pays"),
        values.orders_beyond,
    ),
    Criterion(
        "other_level", "control", "lower", "percent", "2.4", (0.0, INFINITE),
        ("Kostnad som havner på et annet nivå", "Cost that falls on another level"),
        ("Det et annet nivå bruker på behov som ikke dekkes her, mot betalers utgift; punktum der intet flyttes",
         "What another level spends on need not met here, against the payer's expenditure; a dot where none moves"),
        values.other_level,
        "hod2021, p. 2: «Hvordan endringer i finansieringsordninger på et nivå kan påvirke etterspørsel og»",
    ),
    Criterion(
        "users_apart", "users", "lower", "percent", "5.1.6, 5.2.1", (0.0, 0.5),
        ("Ulik behandling av brukere", "Users treated apart"),
        ("Standardavvik mellom enheter for andelen av behovet som dekkes, ganger kvaliteten; vektet med behovet",
         "Standard deviation between units of the share of need that is met, times quality; weighted by need"),
        values.users_apart,
    ),
    Criterion(
        "least_covered", "users", "higher", "percent", "5.1.6", (0.0, 1.0),
        ("Dekning i tjenesten med minst dekning", "Coverage of the service that is covered least"),
        ("Andel av behovet som dekkes i den tjenesten der den er lavest, snitt over årene",
         "Share of need that is met in the service where it is lowest, mean of the years"),
        values.least_covered,
    ),
    Criterion(
        "choices", "users", "higher", "number", "2.4", (1.0, INFINITE),
        ("Enheter en bruker kan velge mellom", "Units a user can choose between"),
        ("Antallet like store enheter som svarer til fordelingen av volumet (1/Σ s²) der brukerne velger, ellers 1",
         "The number of equal units that the division of volume amounts to (1/Σ s²) where users choose, else 1"),
        values.choices,
    ),
    Criterion(
        "cost_risk", "risk", "none", "percent", "2.4", (0.0, 1.0),
        ("Kostnadsrisiko hos enhetene", "Cost risk with the units"),
        ("Andel av 1 % dyrere drift ved samme volum som enhetene bærer samme år; resten bærer betaler",
         "Share of one per cent dearer production borne by the units the same year; the payer bears the rest"),
        values.cost_risk,
    ),
    Criterion(
        "activity_risk", "risk", "none", "percent", "2.4", (-INFINITE, 1.0),
        ("Aktivitetsrisiko hos enhetene", "Activity risk with the units"),
        ("Andel av kostnaden ved 1 % mer volum som enhetene bærer samme år",
         "Share of the cost of one per cent more volume borne by the units the same year"),
        values.activity_risk,
    ),
    Criterion(
        "unit_risk", "risk", "lower", "percent", "2.4, 5.1.3", (0.0, INFINITE),
        ("Enhetenes risiko", "The units' risk"),
        ("Standardavvik over trekningene for det en enhet sitter igjen med, mot inntekten; snitt av enheter og år",
         "Standard deviation over the draws of what a unit is left with, against income; mean of units and years"),
        values.unit_risk,
    ),
    Criterion(
        "payer_risk", "risk", "lower", "percent", "2.4", (0.0, INFINITE),
        ("Betalers risiko", "The payer's risk"),
        ("Standardavvik over trekningene for betalers reelle utgift, mot snittet; snitt av år",
         "Standard deviation over the draws of the payer's real expenditure, against its mean; mean of years"),
        values.payer_risk,
    ),
    Criterion(
        "quality_lost", "quality", "lower", "percent", "3.1.2, 3.2.1, 5.2.1", (0.0, 1.0),
        ("Tapt kvalitet siste år", "Quality lost in the last year"),
        ("1 − kvalitet, vektet med kostnad", "1 − quality, weighted by cost"),
        values.quality_lost,
    ),
    Criterion(
        "pressure", "quality", "lower", "percent", "3.1.2, 3.2.1", (0.0, 1.0),
        ("Udekket kostnad som bæres", "Cost not covered that units carry"),
        ("Snitt av andelen av kostnaden som pris og ramme ikke dekker, ganger andelen av et underskudd som bæres",
         "Mean share of cost that price and grant do not cover, times the share of a deficit carried"),
        values.pressure,
    ),
    Criterion(
        "radius", "stability", "lower", "root", "4.3, 5.1.5", (0.0, INFINITE),
        ("Igjen av et sjokk etter ett år", "Left of a shock after a year"),
        ("Så mye av en forstyrrelse er igjen etter ett år, ved antatt fondsbruk; under 100 % dør den ut",
         "So much of a disturbance is left after a year, at the assumed reserve spending; below 100 % it dies out"),
        values.radius,
    ),
    Criterion(
        "safe_spending", "stability", "higher", "percent", "4.3", (0.0, 1.0),
        ("Andel enhetene trygt kan bruke", "Share units can safely spend"),
        ("Andel av oppgjort resultat som kan brukes før prisen svinger ut; 100 % der ingen andel gjør det",
         "Share of the settled result that can be spent before the price swings out; 100 % where no share does"),
        values.safe,
    ),
    Criterion(
        "price_change", "stability", "lower", "percent", "4.3, 5.1.3", (0.0, INFINITE),
        ("Årlig endring i inntekt per volum", "Yearly change of income per volume"),
        ("Snitt av reell endring, uten fortegn", "Mean of the real change, without sign"),
        values.price_change,
    ),
    Criterion(
        "margin_spread", "equity", "lower", "percent", "6.2", (0.0, INFINITE),
        ("Spredning i resultat", "Spread of results"),
        ("Standardavvik mellom enhetenes snittmargin, vektet med inntekt",
         "Standard deviation between the units' mean margins, weighted by income"),
        values.spread,
    ),
    Criterion(
        "small_units", "equity", "zero", "percent", "6.2", (-INFINITE, INFINITE),
        ("Små enheter mot store", "Small units against large"),
        ("Snittmargin i den minste halvdelen av enhetene minus den største halvdelen",
         "Mean margin of the smaller half of the units less that of the larger half"),
        values.small_units,
    ),
    Criterion(
        "waived", "equity", "lower", "percent", "4.3, 5.1.5", (0.0, INFINITE),
        ("Dispensasjoner", "Dispensations"),
        ("Ettergitt underskudd mot kostnad", "Deficits waived against cost"),
        values.waived,
    ),
    Criterion(
        "numbers", "administration", "lower", "number", "3.1.2, 5.1.2", (0.0, INFINITE),
        ("Tall som registreres per år", "Numbers recorded a year"),
        ("Enheter · tjenester · perioder der volum gir inntekt, pluss kostnad og kolonnene reglene leser",
         "Units · services · periods where volume gives income, plus cost and the columns the rules read"),
        values.numbers,
    ),
    Criterion(
        "prices", "administration", "lower", "number", "3.1.2, 5.1.2", (0.0, INFINITE),
        ("Priser som settes per år", "Prices set a year"),
        ("Tjenester · prisklasser", "Services · price classes"),
        values.prices,
    ),
    Criterion(
        "purchaser", "administration", "lower", "answer", "3.1.2, 5.1.2", (0.0, 1.0),
        ("Egen bestillerenhet", "Purchaser unit of its own"),
        ("Ja der en bestiller holder budsjettet", "Yes where a purchaser holds the budget"),
        values.purchaser,
    ),
    Criterion(
        "setup", "administration", "lower", "number", "4.5, 5.1.2, 6.1", (0.0, INFINITE),
        ("Engangskostnad i kildens kommune, kr", "Cost of setting up in the source's municipality, NOK"),
        ("Det kilden oppgir at innføringen kostet; ikke deres tall, punktum der den ikke sier noe",
         "What the source says the change cost; not your figure, a dot where it says nothing"),
        values.setup,
    ),
    Criterion(
        "staff", "administration", "lower", "number", "4.3, 5.1.2", (0.0, INFINITE),
        ("Ansatte i bestillerenheten i kildens kommune", "Staff of the purchaser unit in the source's municipality"),
        ("Det kilden oppgir; ikke deres tall, punktum der den ikke sier noe",
         "What the source says; not your figure, a dot where it says nothing"),
        values.staff,
    ),
    Criterion(
        "yearly", "administration", "lower", "number", "5.1.2", (0.0, INFINITE),
        ("Årlig kostnad ved å drive ordningen i kildens kommune, kr",
         "Yearly cost of running the system in the source's municipality, NOK"),
        ("Det kilden oppgir; ikke deres tall, punktum der den ikke sier noe",
         "What the source says; not your figure, a dot where it says nothing"),
        values.yearly,
    ),
    Criterion(
        "transition", "administration", "lower", "number", "5.1.1, 5.3", (0.0, INFINITE),
        ("År før overgangen var over i kildens kommune",
         "Years until the change was over in the source's municipality"),
        ("Det kilden oppgir; ikke deres tall, punktum der den ikke sier noe",
         "What the source says; not your figure, a dot where it says nothing"),
        values.transition,
    ),
    Criterion(
        "money_and_decision", "administration", "higher", "answer", "3.1.2, 4.7, 5.1.4", (0.0, 1.0),
        ("Den som vedtar, har pengene", "Who decides has the money"),
        ("Ja der den som vedtar hva den enkelte får, også holder budsjettet",
         "Yes where who decides what each user gets also holds the budget"),
        values.money_and_decision,
    ),
)  # fmt: skip

#: What rounding in long sums may put a share beyond its span.
SLACK = 1e-9


def measured(criterion: Criterion, system: System) -> FloatArray:
    """Return a criterion of a system; not a number where it does not apply.

    Raises
    ------
    SettlementError
        When the value lies outside the criterion's span: a fault of the engine, never a row of a table.
    """
    value = np.asarray(criterion.compute(system), dtype=np.float64)
    low, high = criterion.span
    known = value[np.isfinite(value)]
    beyond = max(float((low - known).max(initial=0.0)), float((known - high).max(initial=0.0)))
    if beyond > SLACK or np.isinf(value).any():
        raise SettlementError(f"{criterion.key} of {system.model.name} between {low:g} and {high:g}", beyond)
    return value
