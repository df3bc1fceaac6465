"""`SimulationResult`: paths of every draw, and the frames with their bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bench.errors import OptionError, nearest
from bench.modelfile import Model, Scheme
from bench.results import Face, Result
from bench.stykkpris.simulation import behaviour as responses
from bench.stykkpris.simulation import outlook as worlds
from bench.stykkpris.simulation.behaviour import Behaviour
from bench.stykkpris.simulation.outlook import Outlook
from bench.stykkpris.simulation.setting import Setting
from bench.stykkpris.year.books import Books
from bench.stykkpris.year.yardstick import Measured
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from bench.stykkpris.simulation.gaming import Gaming
    from bench.stykkpris.simulation.incentives import IncentivePower
    from bench.stykkpris.simulation.stability import Stability


#: Quantiles of every band.
BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
_COLUMNS = ("mean", "p5", "p25", "p50", "p75", "p95")

#: What the row of a frontier that is measured again says: bokmål, English.
ESTIMATED = (
    "Fronten måles på nytt i regnskapet for hvert simulerte år; tallet er årene den ser",
    "The frontier is measured again in the accounts of every simulated year; the number is the years it sees",
)


@dataclass(frozen=True, slots=True, eq=False)
class SchemePaths:
    """One scheme's paths; read-only arrays, first axis draws, second years.

    Attributes
    ----------
    scheme : Scheme
    setting : Setting
    opening : Books
    units : tuple of str, length n
    present : bool array (n,)
    paths : mapping of str to array
        ``income, cost, opening, closing, settled, dispensation, quality, weighted, needed, served`` (D, T, n), the
        last two by cost weights; ``prices, need, decided, covered`` (D, T, K), covered being what of the need is met;
        ``receipts`` (D, T, R) by receipt; ``level, payer, pressure, others, other_level, copaid`` (D, T), ``others``
        being what others than the budget holder pay of the units' income, ``other_level`` what another level spends on
        need that is not met here, and ``copaid`` the budget holder's part of it.
    identity : float
        Largest relative deviation of any identity in any year and draw.
    power : array (n,) or None
        Incentive power used for the units' own initiative.
    """

    scheme: Scheme
    setting: Setting
    opening: Books
    units: tuple[str, ...]
    present: npt.NDArray[np.bool_]
    paths: Mapping[str, FloatArray]
    identity: float
    power: FloatArray | None = None

    def __getitem__(self, name: str) -> FloatArray:
        """Return a path by name."""
        return self.paths[name]

    def total(self, name: str) -> FloatArray:
        """Return the scheme's sum over units, array (D, T)."""
        return np.asarray(self.paths[name].sum(axis=-1))

    @property
    def result(self) -> FloatArray:
        """Income less cost, array (D, T, n)."""
        return np.asarray(self.paths["income"] - self.paths["cost"])


@dataclass(frozen=True, slots=True, eq=False)
class SimulationResult(Result):
    """A simulated system.

    Attributes
    ----------
    model : Model
    years : tuple of int
    base : int
        Last year of accounts.
    draws, seed : int
    behaviour : Behaviour
    outlook : Outlook
    schemes : tuple of SchemePaths
    whole : mapping of str to array (D, T)
        ``budget, expected, supplement`` of the purchaser over all schemes; ``cost_index`` since the base year.
    """

    model: Model
    years: tuple[int, ...]
    base: int
    draws: int
    seed: int
    behaviour: Behaviour
    outlook: Outlook
    schemes: tuple[SchemePaths, ...]
    whole: Mapping[str, FloatArray]
    synthetic: bool = False
    sources: Mapping[str, bytes] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    face: Face | None = field(default=None, repr=False)

    # -- totals over schemes --------------------------------------------------------------------------------

    def payer(self) -> FloatArray:
        """Return what the payer pays, array (D, T), NOK of the year."""
        return np.asarray(sum(scheme["payer"] for scheme in self.schemes))

    def net(self) -> FloatArray:
        """Return what the budget holder is left with, array (D, T), NOK.

        The units' income less what others pay, and its part of what another level spends on need that is not met.
        """
        others = sum(scheme["others"] + scheme["receipts"].sum(axis=-1) - scheme["copaid"] for scheme in self.schemes)
        return np.asarray(self.payer() - others)

    def other_level(self) -> FloatArray:
        """Return what another level spends on need that is not met here, array (D, T), NOK of the year."""
        return np.asarray(sum(scheme["other_level"] for scheme in self.schemes))

    def real(self, values: FloatArray) -> FloatArray:
        """Return amounts (D, T) at base-year prices."""
        return np.asarray(values / self.whole["cost_index"])

    def unit_cost(self, scheme: SchemePaths, of: str = "cost") -> FloatArray:
        """Return cost or income per volume, at base-year prices, base year = 1, array (D, T)."""
        volume, weights = scheme.total("weighted"), scheme.setting
        base = float((weights.need @ weights.weights).sum()) if volume.any() else 1.0
        per = scheme.total(of) / (volume if volume.any() else 1.0)
        return self.real(per) / (float(weights.data.cost[:, -1].sum()) / base)

    # -- what the rules say by themselves --------------------------------------------------------------------

    def incentives(self) -> list[IncentivePower]:
        """Return each scheme's incentive power, unit by unit."""
        from bench.stykkpris.simulation.incentives import incentive_power

        return [incentive_power(scheme.setting, scheme.opening) for scheme in self.schemes]

    def gaming(self) -> list[Gaming]:
        """Return what each unit gains by moving cost between years in its accounts."""
        from bench.stykkpris.simulation.gaming import shifting_gain

        return [shifting_gain(scheme.setting, scheme.opening) for scheme in self.schemes]

    def stability(self) -> list[Stability]:
        """Return each scheme's stability at the reserve spending of the simulation."""
        from bench.stykkpris.simulation.stability import stability

        spending = self.behaviour.reserve_spending
        return [stability(scheme.setting, scheme.opening, spending=spending) for scheme in self.schemes]

    # -- frames ----------------------------------------------------------------------------------------------

    def frame(self, name: str) -> pd.DataFrame:
        """Return one frame by name: ``prices, schemes, units, coverage, payer, receipts, assumptions, checks, gaming``.

        Raises
        ------
        OptionError
            When there is no such frame.
        """
        makers: dict[str, Any] = {
            "prices": self._prices,
            "schemes": self._schemes,
            "units": self._units,
            "coverage": self._coverage,
            "payer": self._payer,
            "receipts": self._receipts,
            "assumptions": self._assumptions,
            "checks": self._checks,
            "gaming": self._gaming,
        }
        if name not in makers:
            raise OptionError(f"no frame {name!r}; there are {', '.join(makers)}{nearest(name, makers)}")
        import pandas as pd

        columns, rows = makers[name]()
        return pd.DataFrame(rows, columns=columns)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every frame by name."""
        return {
            name: self.frame(name)
            for name in (
                "prices",
                "schemes",
                "units",
                "coverage",
                "payer",
                "receipts",
                "assumptions",
                "checks",
                "gaming",
            )
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the bands of every scheme's measures, one row per scheme, year and measure."""
        return self.frame("schemes")

    def _prices(self) -> tuple[list[str], list[list[Any]]]:
        rows = []
        for scheme in self.schemes:
            if scheme.scheme.price.source == "none":
                continue
            bands = band(scheme["prices"])
            for k, service in enumerate(scheme.scheme.service):
                for t, year in enumerate(self.years):
                    rows.append([scheme.scheme.id, service.id, year, *bands[:, t, k].tolist()])
        return ["scheme", "service", "year", *_COLUMNS], rows

    def _schemes(self) -> tuple[list[str], list[list[Any]]]:
        rows = []
        for scheme in self.schemes:
            cost, income = scheme.total("cost"), scheme.total("income")
            need, covered = (scheme[name] @ scheme.setting.weights for name in ("need", "covered"))
            measures = {
                "unit_cost_index": self.unit_cost(scheme),
                "unit_income_index": self.unit_cost(scheme, "income"),
                "income": income,
                "cost": cost,
                "result": income - cost,
                "payer": scheme["payer"],
                "reserves": scheme.total("closing"),
                "dispensation": scheme.total("dispensation"),
                "quality": (scheme["quality"] * scheme["cost"]).sum(axis=-1) / cost,
                "unmet_need": 1.0 - covered / need if need.all() and need.size else np.zeros_like(cost),
            }
            for name, values in measures.items():
                bands = band(values)
                rows += [[scheme.scheme.id, year, name, *bands[:, t].tolist()] for t, year in enumerate(self.years)]
        return ["scheme", "year", "measure", *_COLUMNS], rows

    def _units(self) -> tuple[list[str], list[list[Any]]]:
        rows = []
        for scheme in self.schemes:
            measures = {
                "margin": scheme.result / np.where(scheme["income"] != 0.0, scheme["income"], np.nan),
                "result": scheme.result,
                "reserves": scheme["closing"],
                "quality": scheme["quality"],
                "dispensation": scheme["dispensation"],
            }
            for name, values in measures.items():
                bands = band(values)
                rows += [
                    [scheme.scheme.id, unit, year, name, *bands[:, t, i].tolist()]
                    for i, unit in enumerate(scheme.units)
                    if scheme.present[i]
                    for t, year in enumerate(self.years)
                ]
        return ["scheme", "unit", "year", "measure", *_COLUMNS], rows

    def _coverage(self) -> tuple[list[str], list[list[Any]]]:
        """What of the need of each service is met, and how alike users of different units are treated."""
        rows = []
        for scheme in self.schemes:
            services = [service.id for service in scheme.scheme.service]
            need = scheme["need"]
            with np.errstate(divide="ignore", invalid="ignore"):
                met = np.where(need > 0.0, scheme["covered"] / need, np.nan)
            groups = {name: met[..., k] for k, name in enumerate(services)}
            named = [("coverage", name, values) for name, values in groups.items()]
            if services:
                named.append(("user_spread", "", user_spread(scheme)))
            for measure, name, values in named:
                bands = band(values)
                rows += [
                    [scheme.scheme.id, name, year, measure, *bands[:, t].tolist()] for t, year in enumerate(self.years)
                ]
        return ["scheme", "service", "year", "measure", *_COLUMNS], rows

    def _payer(self) -> tuple[list[str], list[list[Any]]]:
        measures = {"expenditure": self.payer(), "real_expenditure": self.real(self.payer())}
        if any(scheme[name].any() for scheme in self.schemes for name in ("others", "receipts", "copaid")):
            measures["net_expenditure"] = self.net()
        if self.behaviour.spillover:
            copaid = np.asarray(sum(scheme["copaid"] for scheme in self.schemes))
            measures |= {"other_level": self.other_level(), "copayment": copaid}
            measures["both_levels"] = self.net() + self.other_level() - copaid
        if self.whole["budget"].any():
            measures |= {"budget": self.whole["budget"], "expected": self.whole["expected"]}
            measures["supplement"] = self.whole["supplement"]
        rows = []
        for name, values in measures.items():
            bands = band(values)
            rows += [[year, name, *bands[:, t].tolist()] for t, year in enumerate(self.years)]
        return ["year", "measure", *_COLUMNS], rows

    def _receipts(self) -> tuple[list[str], list[list[Any]]]:
        rows = []
        for scheme in self.schemes:
            bands = band(scheme["receipts"])
            for r, receipt in enumerate(scheme.scheme.receipt):
                for t, year in enumerate(self.years):
                    key = [scheme.scheme.id, receipt.name.en, receipt.paid_by, year]
                    rows.append([*key, *bands[:, t, r].tolist()])
        return ["scheme", "receipt", "paid_by", "year", *_COLUMNS], rows

    def _assumptions(self) -> tuple[list[str], list[list[Any]]]:
        rows: list[list[Any]] = []
        for name, value in self.behaviour.active().items():
            nb, en = responses.DESCRIPTIONS[name]
            rows.append([f"behaviour.{name}", "", value, "assumed", nb, en])
        for name, (nb, en) in worlds.DESCRIPTIONS.items():
            stated = getattr(self.outlook, name)
            if name == "other_level_cost" and not self.behaviour.spillover:
                continue
            if stated is not None:
                if stated != 0.0 or name.endswith(("growth", "shock")):
                    rows.append([f"outlook.{name}", "", stated, "assumed", nb, en])
                continue
            if name == "cost_growth":
                continued = self.schemes[0].setting.growth.continued
                if continued:
                    value = self.schemes[0].setting.growth.decided[continued[0]]
                    rows.append([f"outlook.{name}", "", value, "assumed", nb, en])
                continue
            for scheme in self.schemes:
                rows.append([f"outlook.{name}", scheme.scheme.id, _typical(scheme, name), "measured", nb, en])
        for scheme in self.schemes:
            if isinstance(scheme.setting.yardstick, Measured):
                rows.append(
                    ["frontier", scheme.scheme.id, scheme.setting.yardstick.measure.years, "assumed", *ESTIMATED]
                )
        return ["key", "scheme", "value", "status", "nb", "en"], rows

    def _gaming(self) -> tuple[list[str], list[list[Any]]]:
        rows = [
            [found.scheme, unit, found.gain[i]]
            for found in self.gaming()
            for i, unit in enumerate(found.units)
            if found.present[i]
        ]
        return ["scheme", "unit", "gain_per_krone_shifted"], rows

    def _checks(self) -> tuple[list[str], list[list[Any]]]:
        from bench.stykkpris.simulation.year import RELATIVE

        rows = [["identities of every year and draw", s.scheme.id, s.identity, RELATIVE] for s in self.schemes]
        return ["check", "scheme", "largest_deviation", "tolerance"], rows

    # -- for people ------------------------------------------------------------------------------------------

    def summary(self, language: str = "en") -> str:
        """Return what the years bring, one line per scheme."""
        last = self.years[-1]
        bokmal = language == "nb"
        drawn = f"{self.draws} trekninger, startverdi" if bokmal else f"{self.draws} draws, seed"
        lines = [f"{self.model.title(language)}: {self.years[0]}–{last}, {drawn} {self.seed}"]
        for scheme in self.schemes:
            cost, income = self.unit_cost(scheme)[:, -1], self.unit_cost(scheme, "income")[:, -1]
            reserves = np.quantile(scheme.total("closing")[:, -1], (0.05, 0.5, 0.95)) / 1e6
            said = (
                f"  {scheme.scheme.id}: real unit cost {last} {100 * cost.mean():.1f}, income per volume "
                f"{100 * income.mean():.1f} (accounts of {self.base} = 100), reserves {reserves[1]:.1f} "
                f"({reserves[0]:.1f} to {reserves[2]:.1f}) million NOK"
            )
            if bokmal:
                numbers = (100 * cost.mean(), 100 * income.mean(), *reserves[[1, 0, 2]])
                unit, per, middle, low, high = (f"{number:.1f}".replace(".", ",") for number in numbers)
                said = (
                    f"  {scheme.scheme.label.get('nb')}: reell enhetskostnad {last} {unit}, inntekt per volum {per} "
                    f"(regnskapet {self.base} = 100), reserver {middle} ({low} til {high}) mill. kr"
                )
            lines.append(said)
        return "\n".join(lines)

    def __repr__(self) -> str:
        span = f"{self.years[0]}–{self.years[-1]}"
        return f"SimulationResult({self.model.name}: {span}, {self.draws} draws, seed {self.seed})"


def user_spread(scheme: SchemePaths) -> FloatArray:
    """Return how far users of different units are from being treated alike, array (D, T); not a number without need.

    What a user gets of the need is the share that is met times the unit's quality; its standard deviation over the
    units is weighted by need. Between 0 (all alike) and one half (half of the users get all, half nothing).
    """
    need = scheme["needed"]
    total = need.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        got = np.where(need > 0.0, scheme["served"] / need, 0.0) * scheme["quality"]
        weight = np.where(total > 0.0, need / total, np.nan)
    mean = (weight * got).sum(axis=-1, keepdims=True)
    return np.asarray(np.sqrt((weight * (got - mean) ** 2).sum(axis=-1)))


def band(values: FloatArray) -> FloatArray:
    """Return mean and quantiles over the draws that have a number, array (6, …)."""
    if len(values) == 1:
        return np.repeat(values, 1 + len(BANDS), axis=0)
    if np.isnan(values).any():
        import warnings

        with warnings.catch_warnings():  # a unit that is closed in every world has no numbers: it stays empty
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.concatenate([np.nanmean(values, axis=0)[None], np.nanquantile(values, BANDS, axis=0)])
    return np.concatenate([values.mean(axis=0)[None], np.quantile(values, BANDS, axis=0)])


def _typical(scheme: SchemePaths, name: str) -> float:
    """One number for a measured growth or noise: weighted by the services' cost."""
    moves, setting = scheme.setting.movement, scheme.setting
    if name == "cost_shock":
        return moves.cost
    values = {"demand_growth": moves.growth, "demand_shock": moves.demand, "common_shock": moves.common}[name]
    share = setting.need.sum(axis=0) * setting.weights
    return float(values @ share / share.sum()) if share.sum() > 0.0 else 0.0
