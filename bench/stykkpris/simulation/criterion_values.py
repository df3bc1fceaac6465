"""What a simulated system amounts to: one function per criterion, a number per draw or one number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.modelfile import Model, Scheme
from bench.stykkpris.simulation.incentives import IncentivePower, RiskShares, incentive_power, risk_shares
from bench.stykkpris.simulation.result import SchemePaths, SimulationResult, user_spread
from bench.stykkpris.simulation.simulate import Prepared
from bench.stykkpris.simulation.stability import Stability, stability
from bench.typing import FloatArray


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


def real_unit_cost(system: System) -> FloatArray:
    """Cost per weighted volume in the last simulated year, at prices of the accounts, accounts = 100."""
    paths = [system.played.unit_cost(scheme)[:, -1] for scheme in system.played.schemes]
    return np.asarray(np.stack(paths, axis=-1) @ system.shares)


def power(system: System) -> float:
    """Share of the present value of its own lasting saving that a unit keeps; mean weighted by cost."""
    return float(np.array([power.mean for power in system.power]) @ system.shares)


# -- expenditure control -----------------------------------------------------------------------------------------


def real_expenditure(system: System) -> FloatArray:
    """Mean over the years of the payer's expenditure at prices of the accounts, against their cost = 100."""
    played = system.played
    base = sum(float(scheme.setting.data.cost[:, -1].sum()) for scheme in played.schemes)
    return np.asarray(played.real(played.payer()).mean(axis=1) / base)


def surprise(system: System) -> FloatArray | float:
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


def unmet(system: System) -> FloatArray:
    """Mean of the share of need that is not met; what is given beyond one user's need meets nobody else's."""
    parts = []
    for scheme in system.played.schemes:
        need, covered = (scheme[name] @ scheme.setting.weights for name in ("need", "covered"))
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append(np.where(need > 0.0, 1.0 - covered / need, 0.0).mean(axis=1))
    return np.asarray(np.stack(parts, axis=-1) @ system.shares)


# -- users -------------------------------------------------------------------------------------------------------


def users_apart(system: System) -> FloatArray | float:
    """Spread between units of what users get of their need; not a number where no volume is known."""
    counted = [scheme for scheme in system.played.schemes if scheme.scheme.service and scheme["needed"].any()]
    if not counted:
        return float("nan")
    cost = np.array([scheme.setting.data.cost[:, -1].sum() for scheme in counted])
    return np.asarray(np.stack([user_spread(one).mean(axis=1) for one in counted], axis=-1) @ (cost / cost.sum()))


def least_covered(system: System) -> FloatArray | float:
    """Share of need that is met in the service where it is least, mean of the years."""
    parts = []
    for scheme in system.played.schemes:
        here = scheme["need"].mean(axis=(0, 1)) > 0.0
        if here.any():
            parts.append((scheme["covered"][..., here] / scheme["need"][..., here]).mean(axis=1))
    return np.concatenate(parts, axis=-1).min(axis=-1) if parts else float("nan")


def choices(system: System) -> float:
    """Units of equal size that a user could choose between, ``1/Σ s²``; one where users do not choose."""
    parts = []
    for scheme in system.played.schemes:
        weighted = scheme.setting.need @ scheme.setting.weights
        total = float(weighted.sum())
        free = scheme.scheme.choice.on and total > 0.0
        parts.append(total**2 / float(weighted @ weighted) if free else 1.0)
    return float(np.array(parts) @ system.shares)


def other_level(system: System) -> FloatArray | float:
    """What another level spends on need that is not met here, against the payer's expenditure; mean of the years."""
    played = system.played
    if not played.behaviour.spillover:
        return float("nan")
    return np.asarray((played.other_level() / played.payer()).mean(axis=1))


def orders_beyond(system: System) -> FloatArray | float:
    """What a purchaser without money has ordered and the providers have not done: it orders the need, they ration."""
    rules = system.model.purchaser
    return unmet(system) if rules is not None and rules.orders_without_money else 0.0


# -- risk --------------------------------------------------------------------------------------------------------


def cost_risk(system: System) -> float:
    """Share of one per cent dearer production borne by the units the same year; the payer bears the rest."""
    return float(np.array([risk.cost for risk in system.risk]) @ system.shares)


def activity_risk(system: System) -> float:
    """Share of the cost of one per cent more volume borne by the units the same year."""
    return float(np.array([risk.activity for risk in system.risk]) @ system.shares)


def unit_risk(system: System) -> float:
    """Spread over the draws of what a unit is left with, against its income; mean of units and years."""
    return risk_of_units(system.played)


def risk_of_units(played: SimulationResult) -> float:
    """Return :func:`unit_risk` of a simulation; schemes weigh by the cost of their last accounts."""
    parts = []
    for scheme in played.schemes:
        left = scheme["settled"] + scheme["dispensation"]
        income = scheme["income"].mean(axis=0)
        spread = left.std(axis=0)
        parts.append(float(spread.sum() / income.sum()) if income.sum() > 0 else float("nan"))
    cost = np.array([scheme.setting.data.cost[:, -1].sum() for scheme in played.schemes])
    return float(np.array(parts) @ (cost / cost.sum()))


def payer_risk(system: System) -> float:
    """Standard deviation over the draws of the payer's real expenditure, against its mean; mean of years."""
    real = system.played.real(system.played.payer())
    return float((real.std(axis=0) / real.mean(axis=0)).mean())


# -- quality -----------------------------------------------------------------------------------------------------


def quality_lost(system: System) -> FloatArray:
    """1 − quality, weighted by cost."""
    parts = []
    for scheme in system.played.schemes:
        cost = scheme["cost"][:, -1]
        parts.append(((1.0 - scheme["quality"][:, -1]) * cost).sum(axis=-1) / cost.sum(axis=-1))
    return np.asarray(np.stack(parts, axis=-1) @ system.shares)


def pressure(system: System) -> FloatArray:
    """Mean share of cost that price and grant do not cover, times the share of a deficit carried."""
    return np.asarray(np.stack([s["pressure"].mean(axis=1) for s in system.played.schemes], axis=-1) @ system.shares)


# -- stability ---------------------------------------------------------------------------------------------------


def radius(system: System) -> float:
    """So much of a disturbance is left after a year, at the assumed reserve spending; below 1 it dies out."""
    return max(max(one.radius, one.scheme_radius) for one in system.stability)


def safe(system: System) -> float:
    """Share of the settled result that can be spent before the price swings out; 100 % where no share does."""
    found = [one.safe_spending for one in system.stability if one.safe_spending is not None]
    return min(found, default=1.0)


def price_change(system: System) -> FloatArray | float:
    """Mean of the real change, without sign."""
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


def spread(system: System) -> float:
    """Standard deviation between the units' mean margins, weighted by income."""
    parts = []
    for scheme in system.played.schemes:
        margin, income = unit_margins(scheme), scheme["income"].mean(axis=(0, 1))
        here = np.isfinite(margin)
        weight = income[here] / income[here].sum()
        mean = float(margin[here] @ weight)
        parts.append(float(np.sqrt(weight @ (margin[here] - mean) ** 2)))
    return float(np.array(parts) @ system.shares)


def small_units(system: System) -> float:
    """Mean margin of the smaller half of the units less that of the larger half; the middle one belongs to neither."""
    parts = []
    for scheme in system.played.schemes:
        margin, size = unit_margins(scheme), scheme.setting.data.cost[:, -1]
        order = [i for i in np.argsort(size, kind="stable").tolist() if np.isfinite(margin[i])]
        half = len(order) // 2
        parts.append(float(margin[order[:half]].mean() - margin[order[-half:]].mean()) if half else 0.0)
    return float(np.array(parts) @ system.shares)


def waived(system: System) -> FloatArray:
    """Deficits waived against cost."""
    given = np.stack([scheme.total("dispensation").sum(axis=1) for scheme in system.played.schemes]).sum(axis=0)
    cost = np.stack([scheme.total("cost").sum(axis=1) for scheme in system.played.schemes]).sum(axis=0)
    return np.asarray(given / cost)


# -- administration ----------------------------------------------------------------------------------------------

_PERIODS = {"month": 12, "third": 3, "year": 1}


def numbers(system: System) -> float:
    """Numbers recorded a year: volumes where they decide income, costs, and the columns the rules read."""
    total = 0
    for scheme in system.played.schemes:
        units = int(scheme.present.sum())
        volumes = len(scheme.scheme.service) if _follows_activity(scheme.scheme, system.played.years[0]) else 0
        bases = 2 if scheme.scheme.volume.basis == "min" else 1
        total += units * volumes * bases * _PERIODS[scheme.scheme.settlement.frequency]
        total += units * (1 + len(scheme.setting.columns))
    return float(total)


def prices(system: System) -> float:
    """Services · price classes."""
    total = 0
    for scheme in system.played.schemes:
        if scheme.scheme.price.source != "none" and _follows_activity(scheme.scheme, system.played.years[0]):
            own = scheme.scheme.price.own_excluded
            classes = int(scheme.present.sum()) if own else 1 + len(scheme.scheme.price.class_)
            total += classes * len(scheme.scheme.service)
    return float(total)


def _follows_activity(scheme: Scheme, year: int) -> bool:
    return scheme.price.source != "none" and scheme.mix.activity.at(year) > 0.0


def purchaser(system: System) -> float:
    """1 where a purchaser holds the budget, 0 elsewhere."""
    rules = system.model.purchaser
    return float(rules is not None and rules.holder == "purchaser")


def setup(system: System) -> float:
    """Cost of setting up that the model states; not a number where it states none."""
    return _stated(system, "setup")


def staff(system: System) -> float:
    """Staff of the purchaser unit that the model states."""
    return _stated(system, "staff")


def yearly(system: System) -> float:
    """Yearly cost of running the system that the model states."""
    return _stated(system, "yearly")


def transition(system: System) -> float:
    """Years the change takes, as the model states."""
    return _stated(system, "transition_years")


def _stated(system: System, name: str) -> float:
    rules = system.model.administration
    value = None if rules is None else getattr(rules, name)
    return float("nan") if value is None else float(value.at(system.played.years[0]))


def money_and_decision(system: System) -> float:
    """1 where who decides what each user gets also holds the budget."""
    rules = system.model.purchaser
    return 1.0 if rules is None else float(rules.decider == rules.holder)
