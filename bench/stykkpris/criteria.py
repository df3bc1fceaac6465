"""Criteria for comparing financing systems: what the evaluation judges them by, as numbers from simulated accounts.

Each criterion has a formula, a direction and the chapter of 003_d89321ded97a3ce6.txt it comes from. There is no total
score: the criteria pull apart, and weighing them is the reader's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.modelfile import Model, Scheme
from bench.stykkpris.incentives import IncentivePower, RiskShares, incentive_power, risk_shares
from bench.stykkpris.simulation.result import SchemePaths, SimulationResult
from bench.stykkpris.simulation.simulate import Prepared
from bench.stykkpris.stability import Stability, stability

FloatArray = npt.NDArray[np.float64]
Direction = Literal["lower", "higher", "zero", "none"]
Form = Literal["percent", "index", "number", "root"]


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """One system on the common data: its simulation and what the rules say by themselves."""

    model: Model
    played: SimulationResult
    power: tuple[IncentivePower, ...]
    risk: tuple[RiskShares, ...]
    stability: tuple[Stability, ...]

    @property
    def shares(self) -> FloatArray:
        """Each scheme's share of the cost of the base year."""
        cost = np.array([scheme.setting.data.cost[:, -1].sum() for scheme in self.played.schemes])
        return np.asarray(cost / cost.sum())


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion.

    Attributes
    ----------
    key, group : str
    direction : {"lower", "higher", "zero", "none"}
        Which way is better; none where it only tells who bears what.
    form : {"percent", "index", "number", "root"}
        How the number is written.
    chapter : str
        Chapter of the evaluation.
    name, formula : pair of str
        In bokmål and English.
    compute : callable
        System → a number per draw, array (D,), or one number.
    """

    key: str
    group: str
    direction: Direction
    form: Form
    chapter: str
    name: tuple[str, str]
    formula: tuple[str, str]
    compute: Callable[[System], FloatArray | float]


GROUPS: Mapping[str, tuple[str, str]] = {
    "efficiency": ("Kostnadseffektivitet", "Cost efficiency"),
    "control": ("Utgiftskontroll", "Expenditure control"),
    "risk": ("Risiko", "Risk"),
    "quality": ("Press på kvaliteten", "Pressure on quality"),
    "stability": ("Stabilitet", "Stability"),
    "equity": ("Likhet mellom enheter", "Equity between units"),
    "administration": ("Behov for administrasjon", "Administrative need"),
}


#: Decimals of a criterion's number that are shown: what cannot be seen does not make a system better.
DECIMALS: Mapping[Form, int] = {"percent": 3, "index": 3, "number": 0, "root": 3}


def system_of(prepared: Prepared, played: SimulationResult) -> System:
    """Return a system with its incentives, risk shares and stability."""
    pairs = list(zip(prepared.settings, prepared.openings, strict=True))
    spending = played.behaviour.reserve_spending
    return System(
        model=played.model,
        played=played,
        power=tuple(incentive_power(s, o) for s, o in pairs),
        risk=tuple(risk_shares(s, o) for s, o in pairs),
        stability=tuple(stability(s, o, spending=spending) for s, o in pairs),
    )


# -- cost efficiency ---------------------------------------------------------------------------------------------


def _real_unit_cost(system: System) -> FloatArray:
    paths = [system.played.unit_cost(scheme)[:, -1] for scheme in system.played.schemes]
    return np.asarray(np.stack(paths, axis=-1) @ system.shares)


def _power(system: System) -> float:
    return float(np.array([power.mean for power in system.power]) @ system.shares)


# -- expenditure control -----------------------------------------------------------------------------------------


def _real_expenditure(system: System) -> FloatArray:
    played = system.played
    base = sum(float(scheme.setting.data.cost[:, -1].sum()) for scheme in played.schemes)
    return np.asarray(played.real(played.payer()).mean(axis=1) / base)


def _surprise(system: System) -> FloatArray | float:
    """Yearly deviation from last year's expenditure, moved by decided growth and by expected growth of need."""
    played = system.played
    if len(played.years) < 2:
        return float("nan")
    growth = played.schemes[0].setting.growth.decided
    decided = np.array([1.0 + growth[year] for year in played.years[1:]])
    need = float(np.array([_need_growth(scheme) for scheme in played.schemes]) @ system.shares)
    paid = played.payer()
    return np.asarray(np.abs(paid[:, 1:] / (paid[:, :-1] * decided * (1.0 + need)) - 1.0).mean(axis=1))


def _need_growth(scheme: SchemePaths) -> float:
    share = scheme.setting.need.sum(axis=0) * scheme.setting.weights
    return float(scheme.setting.movement.growth @ share / share.sum()) if share.sum() > 0.0 else 0.0


def _unmet(system: System) -> FloatArray:
    parts = []
    for scheme in system.played.schemes:
        need, decided = (scheme[name] @ scheme.setting.weights for name in ("need", "decided"))
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append(np.where(need > 0.0, 1.0 - decided / need, 0.0).mean(axis=1))
    return np.asarray(np.stack(parts, axis=-1) @ system.shares)


# -- risk --------------------------------------------------------------------------------------------------------


def _cost_risk(system: System) -> float:
    return float(np.array([risk.cost for risk in system.risk]) @ system.shares)


def _activity_risk(system: System) -> float:
    return float(np.array([risk.activity for risk in system.risk]) @ system.shares)


def _unit_risk(system: System) -> float:
    """Spread over the draws of what a unit is left with, against its income; mean of units and years."""
    parts = []
    for scheme in system.played.schemes:
        left = scheme["settled"] + scheme["dispensation"]
        income = scheme["income"].mean(axis=0)
        spread = left.std(axis=0)
        parts.append(float(spread.sum() / income.sum()) if income.sum() > 0 else float("nan"))
    return float(np.array(parts) @ system.shares)


def _payer_risk(system: System) -> float:
    real = system.played.real(system.played.payer())
    return float((real.std(axis=0) / real.mean(axis=0)).mean())


# -- quality -----------------------------------------------------------------------------------------------------


def _quality_lost(system: System) -> FloatArray:
    parts = []
    for scheme in system.played.schemes:
        cost = scheme["cost"][:, -1]
        parts.append(((1.0 - scheme["quality"][:, -1]) * cost).sum(axis=-1) / cost.sum(axis=-1))
    return np.asarray(np.stack(parts, axis=-1) @ system.shares)


def _pressure(system: System) -> FloatArray:
    return np.asarray(np.stack([s["pressure"].mean(axis=1) for s in system.played.schemes], axis=-1) @ system.shares)


# -- stability ---------------------------------------------------------------------------------------------------


def _radius(system: System) -> float:
    return max(max(one.radius, one.scheme_radius) for one in system.stability)


def _safe(system: System) -> float:
    found = [one.safe_spending for one in system.stability if one.safe_spending is not None]
    return min(found, default=1.0)


def _price_change(system: System) -> FloatArray | float:
    if len(system.played.years) < 2:
        return float("nan")
    parts = []
    for scheme in system.played.schemes:
        paid = system.played.unit_cost(scheme, "income")
        with np.errstate(divide="ignore", invalid="ignore"):  # a system that pays nothing has no rate of change
            parts.append(np.abs(paid[:, 1:] / paid[:, :-1] - 1.0).mean(axis=1))
    return np.asarray(np.stack(parts, axis=-1) @ system.shares)


# -- equity ------------------------------------------------------------------------------------------------------


def unit_margins(scheme: SchemePaths) -> FloatArray:
    """Return each unit's mean result over mean income, array (n,); NaN for a unit without income."""
    income = scheme["income"].mean(axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(income > 0.0, scheme.result.mean(axis=(0, 1)) / income, np.nan))


def _spread(system: System) -> float:
    parts = []
    for scheme in system.played.schemes:
        margin, income = unit_margins(scheme), scheme["income"].mean(axis=(0, 1))
        here = np.isfinite(margin)
        weight = income[here] / income[here].sum()
        mean = float(margin[here] @ weight)
        parts.append(float(np.sqrt(weight @ (margin[here] - mean) ** 2)))
    return float(np.array(parts) @ system.shares)


def _small_units(system: System) -> float:
    """Mean margin of the smaller half of the units less that of the larger half; the middle one belongs to neither."""
    parts = []
    for scheme in system.played.schemes:
        margin, size = unit_margins(scheme), scheme.setting.data.cost[:, -1]
        order = [i for i in np.argsort(size, kind="stable").tolist() if np.isfinite(margin[i])]
        half = len(order) // 2
        parts.append(float(margin[order[:half]].mean() - margin[order[-half:]].mean()) if half else 0.0)
    return float(np.array(parts) @ system.shares)


def _waived(system: System) -> FloatArray:
    given = np.stack([scheme.total("dispensation").sum(axis=1) for scheme in system.played.schemes]).sum(axis=0)
    cost = np.stack([scheme.total("cost").sum(axis=1) for scheme in system.played.schemes]).sum(axis=0)
    return np.asarray(given / cost)


# -- administration ----------------------------------------------------------------------------------------------

_PERIODS = {"month": 12, "third": 3, "year": 1}


def _numbers(system: System) -> float:
    """Numbers recorded a year: volumes where they decide income, costs, and the columns the rules read."""
    total = 0
    for scheme in system.played.schemes:
        units = int(scheme.present.sum())
        volumes = len(scheme.scheme.service) if _follows_activity(scheme.scheme, system.played.years[0]) else 0
        bases = 2 if scheme.scheme.volume.basis == "min" else 1
        total += units * volumes * bases * _PERIODS[scheme.scheme.settlement.frequency]
        total += units * (1 + len(scheme.setting.columns))
    return float(total)


def _prices(system: System) -> float:
    total = 0
    for scheme in system.played.schemes:
        if scheme.scheme.price.source != "none" and _follows_activity(scheme.scheme, system.played.years[0]):
            own = scheme.scheme.price.own_excluded
            classes = int(scheme.present.sum()) if own else 1 + len(scheme.scheme.price.class_)
            total += classes * len(scheme.scheme.service)
    return float(total)


def _follows_activity(scheme: Scheme, year: int) -> bool:
    return scheme.price.source != "none" and scheme.mix.activity.at(year) > 0.0


def _purchaser(system: System) -> float:
    rules = system.model.purchaser
    return float(rules is not None and rules.holder == "purchaser")


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "real_unit_cost", "efficiency", "lower", "index", "3.1.2, 5.1.5",
        ("Reell enhetskostnad siste år", "Real unit cost in the last year"),
        ("Kostnad per vektet volum i siste års simulering, i siste regnskapsårs priser, mot siste regnskapsår = 100",
         "Cost per weighted volume in the last simulated year, at prices of the accounts, accounts = 100"),
        _real_unit_cost,
    ),
    Criterion(
        "incentive_power", "efficiency", "higher", "percent", "3.1.2",
        ("Insentivstyrke", "Incentive power"),
        ("Andel av nåverdien av en egen varig innsparing som enheten beholder; snitt vektet med kostnad",
         "Share of the present value of its own lasting saving that a unit keeps; mean weighted by cost"),
        _power,
    ),
    Criterion(
        "real_expenditure", "control", "lower", "index", "3.1.4, 5.1.7",
        ("Betalers reelle utgift", "The payer's real expenditure"),
        ("Snitt over årene av betalers utgift i siste regnskapsårs priser, mot kostnaden det året = 100",
         "Mean over the years of the payer's expenditure at prices of the accounts, against their cost = 100"),
        _real_expenditure,
    ),
    Criterion(
        "surprise", "control", "lower", "percent", "3.1.4, 5.1.7",
        ("Avvik fra ventet utgift", "Deviation from expected expenditure"),
        ("Snitt av |utgift / (fjorårets utgift · vedtatt kostnadsvekst · ventet behovsvekst) − 1|",
         "Mean of |expenditure / (last year's expenditure · decided cost growth · expected growth of need) − 1|"),
        _surprise,
    ),
    Criterion(
        "unmet_need", "control", "lower", "percent", "5.1.6",
        ("Udekket behov", "Unmet need"),
        ("Snitt av 1 − vedtatt volum / behov", "Mean of 1 − decided volume / need"),
        _unmet,
    ),
    Criterion(
        "cost_risk", "risk", "none", "percent", "2.4",
        ("Kostnadsrisiko hos enhetene", "Cost risk with the units"),
        ("Andel av 1 % dyrere drift ved samme volum som enhetene bærer samme år; resten bærer betaler",
         "Share of one per cent dearer production borne by the units the same year; the payer bears the rest"),
        _cost_risk,
    ),
    Criterion(
        "activity_risk", "risk", "none", "percent", "2.4",
        ("Aktivitetsrisiko hos enhetene", "Activity risk with the units"),
        ("Andel av kostnaden ved 1 % mer volum som enhetene bærer samme år",
         "Share of the cost of one per cent more volume borne by the units the same year"),
        _activity_risk,
    ),
    Criterion(
        "unit_risk", "risk", "lower", "percent", "2.4, 5.1.3",
        ("Enhetenes risiko", "The units' risk"),
        ("Standardavvik over trekningene for det en enhet sitter igjen med, mot inntekten; snitt av enheter og år",
         "Standard deviation over the draws of what a unit is left with, against income; mean of units and years"),
        _unit_risk,
    ),
    Criterion(
        "payer_risk", "risk", "lower", "percent", "2.4",
        ("Betalers risiko", "The payer's risk"),
        ("Standardavvik over trekningene for betalers reelle utgift, mot snittet; snitt av år",
         "Standard deviation over the draws of the payer's real expenditure, against its mean; mean of years"),
        _payer_risk,
    ),
    Criterion(
        "quality_lost", "quality", "lower", "percent", "3.1.2, 3.2.1, 5.2.1",
        ("Tapt kvalitet siste år", "Quality lost in the last year"),
        ("1 − kvalitet, vektet med kostnad", "1 − quality, weighted by cost"),
        _quality_lost,
    ),
    Criterion(
        "pressure", "quality", "lower", "percent", "3.1.2, 3.2.1",
        ("Udekket kostnad som bæres", "Cost not covered that units carry"),
        ("Snitt av andelen av kostnaden som pris og ramme ikke dekker, ganger andelen av et underskudd som bæres",
         "Mean share of cost that price and grant do not cover, times the share of a deficit carried"),
        _pressure,
    ),
    Criterion(
        "radius", "stability", "lower", "root", "4.3, 5.1.5",
        ("Største rot", "Largest root"),
        ("Så mye av en forstyrrelse er igjen etter ett år, ved antatt fondsbruk; under 1 dør den ut",
         "So much of a disturbance is left after a year, at the assumed reserve spending; below 1 it dies out"),
        _radius,
    ),
    Criterion(
        "safe_spending", "stability", "higher", "percent", "4.3",
        ("Største trygge fondsbruk", "Largest safe reserve spending"),
        ("Andel av oppgjort resultat som kan brukes før prisen svinger ut; 100 % der ingen andel gjør det",
         "Share of the settled result that can be spent before the price swings out; 100 % where no share does"),
        _safe,
    ),
    Criterion(
        "price_change", "stability", "lower", "percent", "4.3, 5.1.3",
        ("Årlig endring i inntekt per volum", "Yearly change of income per volume"),
        ("Snitt av reell endring, uten fortegn", "Mean of the real change, without sign"),
        _price_change,
    ),
    Criterion(
        "margin_spread", "equity", "lower", "percent", "6.2",
        ("Spredning i resultat", "Spread of results"),
        ("Standardavvik mellom enhetenes snittmargin, vektet med inntekt",
         "Standard deviation between the units' mean margins, weighted by income"),
        _spread,
    ),
    Criterion(
        "small_units", "equity", "zero", "percent", "6.2",
        ("Små enheter mot store", "Small units against large"),
        ("Snittmargin i den minste halvdelen av enhetene minus den største halvdelen",
         "Mean margin of the smaller half of the units less that of the larger half"),
        _small_units,
    ),
    Criterion(
        "waived", "equity", "lower", "percent", "4.3, 5.1.5",
        ("Dispensasjoner", "Dispensations"),
        ("Ettergitt underskudd mot kostnad", "Deficits waived against cost"),
        _waived,
    ),
    Criterion(
        "numbers", "administration", "lower", "number", "3.1.2, 5.1.2",
        ("Tall som registreres per år", "Numbers recorded a year"),
        ("Enheter · tjenester · perioder der volum gir inntekt, pluss kostnad og kolonnene reglene leser",
         "Units · services · periods where volume gives income, plus cost and the columns the rules read"),
        _numbers,
    ),
    Criterion(
        "prices", "administration", "lower", "number", "3.1.2, 5.1.2",
        ("Priser som settes per år", "Prices set a year"),
        ("Tjenester · prisklasser", "Services · price classes"),
        _prices,
    ),
    Criterion(
        "purchaser", "administration", "lower", "number", "3.1.2, 5.1.2",
        ("Egen bestillerenhet", "Purchaser unit of its own"),
        ("1 der en bestiller holder budsjettet, 0 ellers", "1 where a purchaser holds the budget, 0 elsewhere"),
        _purchaser,
    ),
)  # fmt: skip
