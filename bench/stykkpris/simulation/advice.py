"""`Advice`: which financing systems fit a client's accounts, why, and what would change the answer.

Each criterion is measured, simulated or argued, with its source. There is no total score unless the reader weighs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bench.results import Face, Result
from bench.stykkpris.simulation.arguments import ARGUMENTS, Kind, Pair, kind_of
from bench.stykkpris.simulation.claims import claims
from bench.stykkpris.simulation.compare import Comparison
from bench.stykkpris.simulation.criteria import CRITERIA, Criterion
from bench.stykkpris.simulation.delivered import Delivered
from bench.stykkpris.simulation.drivers import Driver
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

Bearing = Literal["for", "against", "either", "unclear"]

#: What the evaluation says setting up a unit price cost in Stavanger, and the budget of the services it was for, NOK.
SETUP, SETUP_BUDGET = 10e6, 180e6
#: Where it says so.
SETUP_SOURCE = (
    "econ2006, ch. 4.5: «anslår vi på usikkert grunnlag en utgift på omtrent 10 millioner»; econ2006, ch. 4.5: «Samlet "
    "budsjett var i utgangspunktet på 180»"
)

#: Years within which setting a system up should have paid for itself, unless the caller says otherwise.
HORIZON = 5.0


@dataclass(frozen=True, slots=True)
class Reason:
    """How a driver bears on a kind of system.

    Attributes
    ----------
    driver, scheme : str
    kind : Kind
    bearing : {"for", "against", "either", "unclear"}
    text : pair of str
    turns : pair of str
        What would change it.
    source : str
    """

    driver: str
    scheme: str
    kind: Kind
    bearing: Bearing
    text: Pair
    turns: Pair
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class FlipMap:
    """Which system stands best over two drivers.

    Attributes
    ----------
    key, criterion : str
    rows, columns : tuple of (str, array)
        The two drivers and their values.
    systems : tuple of str
    values : array (R, C, S)
        The criterion of every system; lower is better.
    note : pair of str
        Whose figures it stands on, where they are not the reader's own.
    """

    key: str
    criterion: str
    rows: tuple[str, FloatArray]
    columns: tuple[str, FloatArray]
    systems: tuple[str, ...]
    values: FloatArray
    note: Pair = ("", "")

    @property
    def best(self) -> Any:
        """Position of the best system in every cell, array (R, C); −1 where two are the same to a thousandth."""
        order = np.sort(self.values, axis=-1)
        first = np.argmin(self.values, axis=-1)
        tie = order[..., 1] - order[..., 0] <= 1e-3 * np.maximum(np.abs(order[..., 1]), 1e-12)
        return np.where(tie, -1, first)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cell and system."""
        import pandas as pd

        rows = []
        for r, one in enumerate(self.rows[1].tolist()):
            for c, other in enumerate(self.columns[1].tolist()):
                for s, system in enumerate(self.systems):
                    best = bool(self.best[r, c] == s)
                    rows.append([self.key, self.criterion, one, other, system, float(self.values[r, c, s]), best])
        names = ["map", "criterion", self.rows[0], self.columns[0], "system", "value", "best"]
        return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True, slots=True, eq=False)
class Advice(Result):
    """What fits, why, and what would change it.

    Attributes
    ----------
    comparison : Comparison
        The systems the file can carry, with behaviour as assumed.
    still : Comparison
        The same without behaviour: what does not hang on assumptions.
    drivers : tuple of Driver
    reasons : tuple of Reason
    maps : tuple of FlipMap
    refused : mapping of system to (why, remedy)
        Systems the file cannot carry.
    unknown : tuple of pair of str
        What the data cannot tell.
    users : tuple of Delivered
        What was delivered of what was decided, by service.
    weights : mapping of criterion to float
        As the reader weighs; empty for no score.
    """

    comparison: Comparison
    still: Comparison
    drivers: tuple[Driver, ...]
    reasons: tuple[Reason, ...]
    maps: tuple[FlipMap, ...]
    refused: Mapping[str, tuple[str, str]]
    unknown: tuple[Pair, ...]
    users: tuple[Delivered, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    synthetic: bool = False
    sources: Mapping[str, bytes] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    face: Face | None = field(default=None, repr=False)

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kind of every system."""
        pairs = zip(self.comparison.names, self.comparison.systems, strict=True)
        return {name: kind_of(system.model) for name, system in pairs}

    def criteria(self) -> pd.DataFrame:
        """Return the table of criteria × systems with uncertainty, one row per criterion and system.

        Returns
        -------
        DataFrame
            ``criterion, how, system, value, p5, p95, rating, source``: simulated criteria have a value with a 90 %
            band over the worlds, measured ones a value, argued ones a rating.
        """
        import pandas as pd

        rows: list[list[Any]] = []
        for criterion in CRITERIA:
            for name, value in zip(self.comparison.names, self.comparison.values[criterion.key], strict=True):
                mean = float(np.mean(value))
                low, high = (mean, mean) if np.ndim(value) == 0 else np.quantile(value, (0.05, 0.95)).tolist()
                how = "measured" if np.ndim(value) == 0 else "simulated"
                rows.append([criterion.key, how, name, mean, low, high, "", criterion.cited])
        nothing = float("nan")
        for argument in ARGUMENTS:
            for name, kind in self.kinds.items():
                rating = argument.ratings[kind]
                rows.append([argument.key, "argued", name, nothing, nothing, nothing, rating, argument.source])
        columns = ["criterion", "how", "system", "value", "p5", "p95", "rating", "source"]
        return pd.DataFrame(rows, columns=columns)

    def fits(self) -> pd.DataFrame:
        """Return what the drivers say of every system: counts of reasons, never a score.

        Returns
        -------
        DataFrame
            ``system, kind, speaks_for, speaks_against, either, unclear``.
        """
        import pandas as pd

        rows = []
        for name, kind in self.kinds.items():
            own = [reason.bearing for reason in self.reasons if reason.kind == kind]
            rows.append([name, kind, *(own.count(word) for word in ("for", "against", "either", "unclear"))])
        return pd.DataFrame(rows, columns=["system", "kind", "speaks_for", "speaks_against", "either", "unclear"])

    def hangs_on_behaviour(self) -> list[str]:
        """Return the criteria whose best system is another without the assumed behaviour."""
        return [c.key for c in CRITERIA if self.comparison.best(c) != self.still.best(c)]

    def certain(self, criterion: Criterion) -> bool:
        """Return whether the best system beats the next in 95 % of the worlds; true where there is nothing random."""
        found = [np.asarray(value) for value in self.comparison.values[criterion.key]]
        best = self.comparison.best(criterion)
        if len(best) != 1:
            return False
        (first,) = best
        sign = {"lower": 1.0, "higher": -1.0}.get(criterion.direction)
        worth = [np.abs(value) if sign is None else sign * value for value in found]
        others = [value for at, value in enumerate(worth) if at != first]
        return all(float(np.mean(worth[first] < other)) >= 0.95 for other in others)

    def score(self) -> pd.DataFrame:
        """Return the reader's own weighing: weight times place between worst (0) and best (1), summed.

        Empty without weights. The places are of the means; where two are alike both get theirs.
        """
        import pandas as pd

        total = np.zeros(len(self.comparison.names))
        by_key = {criterion.key: criterion for criterion in CRITERIA}
        for key, weight in self.weights.items():
            means = np.array([float(np.mean(value)) for value in self.comparison.values[key]])
            worth = {"lower": -means, "zero": -np.abs(means)}.get(by_key[key].direction, means)
            span = worth.max() - worth.min()
            total += weight * ((worth - worth.min()) / span if span > 0.0 else np.ones_like(worth))
        frame = pd.DataFrame({"system": self.comparison.names, "score": total})
        return frame.sort_values("score", ascending=False, kind="stable") if self.weights else frame.iloc[:0]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every frame by name."""
        import pandas as pd

        drivers = pd.DataFrame([[d.scheme, d.key, d.value, d.low, d.high, d.how] for d in self.drivers])
        drivers.columns = pd.Index(["scheme", "driver", "value", "p5", "p95", "how"])
        reasons = pd.DataFrame(
            [[r.scheme, r.driver, r.kind, r.bearing, r.text[1], r.turns[1], r.source] for r in self.reasons],
            columns=["scheme", "driver", "kind", "bearing", "reason", "turns", "source"],
        )
        refused = pd.DataFrame(
            [[name, why, remedy] for name, (why, remedy) in self.refused.items()], columns=["system", "why", "remedy"]
        )
        made = {"criteria": self.criteria(), "fits": self.fits(), "drivers": drivers, "reasons": reasons}
        if self.users:
            made["users"] = pd.DataFrame([asdict(row) for row in self.users])
        made["claims"] = pd.DataFrame(
            [[c.id, c.driver, c.criterion, c.said[1], c.outcome[1], bool(c.shown), c.source] for c in claims()],
            columns=["claim", "driver", "criterion", "said", "outcome", "tried", "source"],
        )
        made |= {f"map_{one.key}": one.to_frame() for one in self.maps}
        return made | {"refused": refused, **({"score": self.score()} if self.weights else {})}

    def summary(self, language: str = "en") -> str:
        """Return the advice in one screen of text: what fits, why, what would change it."""
        return self._shown().summary(self, language)

    def to_frame(self) -> pd.DataFrame:
        """Return the table of criteria × systems."""
        return self.criteria()

    def __repr__(self) -> str:
        return f"Advice({', '.join(self.comparison.names)})"


def payback(setup: FloatArray | float, yearly_gain: FloatArray | float) -> FloatArray:
    """Return the years until a yearly gain has paid for setting up; infinite where there is no gain.

    Examples
    --------
    >>> payback(10e6, 2e6).tolist()
    5.0
    """
    gain = np.asarray(yearly_gain, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(np.where(gain > 0.0, setup / np.where(gain > 0.0, gain, 1.0), np.inf))


def reasons_of(
    drivers: Sequence[Driver], *, setup: float | None, cost: float, horizon: float = HORIZON
) -> list[Reason]:
    """Return how the drivers bear on unit prices and on grants, by the evaluation's chapter 6.

    Parameters
    ----------
    drivers : sequence of Driver
    setup : float or None
        NOK that setting up a unit price costs the reader; None for the evaluation's example, which is not the
        reader's own figure: both the same amount and the same share of cost are tried.
    cost : float
        Yearly cost of the schemes together, NOK.
    horizon : float
        Years within which the change should pay.

    Notes
    -----
    Where the evaluation gives no figure the municipalities it saw stand for one: those with unit prices had 28 to 114
    thousand inhabitants, the smallest with a grant 13 (Table 4.1).
    """
    made: list[Reason] = []
    for driver in drivers:
        made += _READERS[driver.key](driver) if driver.key in _READERS else []
    return [*made, _payback(setup, cost, horizon)]


def _payback(setup: float | None, cost: float, horizon: float) -> Reason:
    def saved(amount: float) -> float:
        return amount / max(cost * horizon, 1e-300)

    if setup is None:
        scaled = cost * SETUP / SETUP_BUDGET
        shares = (saved(SETUP), saved(scaled))
        amounts, budget = (_millions(SETUP), _millions(scaled)), _millions(SETUP_BUDGET)
        text = (
            f"Stavanger anslo om lag {amounts[0][0]} mill. kr for tjenester på {budget[0]} mill. kr; det er kildens "
            f"eksempel, ikke deres tall. Samme beløp er tjent inn på {horizon:g} år når {_percent(shares[0])[0]} % av "
            f"kostnaden spares hvert år, samme andel av kostnaden ({amounts[1][0]} mill. kr) når "
            f"{_percent(shares[1])[0]} %. Oppgi --setup for deres eget anslag",
            f"Stavanger's estimate was some NOK {amounts[0][1]} million for services of {budget[1]} million; it is the "
            f"source's example, not your figure. The same amount is paid back in {horizon:g} years where "
            f"{_percent(shares[0])[1]} % of the cost is saved every year, the same share of cost "
            f"({amounts[1][1]} million) where {_percent(shares[1])[1]} %. Give --setup for your own estimate",
        )
        source = SETUP_SOURCE
    else:
        shares = (saved(setup), saved(setup))
        text = (
            f"Innføringen koster {_millions(setup)[0]} mill. kr, som oppgitt; den er tjent inn på {horizon:g} år når "
            f"{_percent(shares[0])[0]} % av kostnaden spares hvert år",
            f"Setting up costs NOK {_millions(setup)[1]} million, as stated; it is paid back in {horizon:g} years "
            f"where {_percent(shares[0])[1]} % of the cost is saved every year",
        )
        source = "econ2006, ch. 6.1: «ABF-modeller gir trolig størst fordeler i store kommuner»"
    turns = ("en annen varig innsparing eller engangskostnad", "another lasting saving, or cost of setting up")
    bearing: Bearing = "for" if max(shares) < 0.005 else "against" if min(shares) > 0.02 else "unclear"
    return Reason("payback", "", "price", bearing, text, turns, source)


def _millions(amount: float) -> Pair:
    text = f"{amount / 1e6:.1f}".removesuffix(".0")
    return text.replace(".", ","), text


def _percent(share: float) -> Pair:
    text = f"{100.0 * share:.2f}"
    return text.replace(".", ","), text


def _side(driver: Driver, low: float, high: float) -> int:
    """Return −1 below ``low``, 1 above ``high`` for certain, 0 between or uncertain."""
    if driver.how == "unknown":
        return 0
    return -1 if driver.high < low else 1 if driver.low > high else 0


def _fixed(driver: Driver) -> list[Reason]:
    side = _side(driver, 0.5, 0.5)
    text = (
        "Med stykkpris sitter enheten igjen med den faste kostnaden når volumet faller, med ramme med den variable: "
        "under halvparten fast er stykkpris tryggest",
        "Under a price a unit is left with fixed cost when volume falls, under a grant with variable cost: below half "
        "fixed a price is safer",
    )
    turns = ("at halvparten av kostnaden er fast", "half of the cost being fixed")
    source = "econ2006, ch. 6.2: «ABF er best egnet for tjenester med lav andel faste kostnader»"
    bearing: Bearing = "for" if side < 0 else "against" if side > 0 else "unclear"
    other: Bearing = "against" if side < 0 else "for" if side > 0 else "unclear"
    return [
        Reason(driver.key, driver.scheme, "price", bearing, text, turns, source),
        Reason(driver.key, driver.scheme, "grant", other, text, turns, source),
    ]


def _volatility(driver: Driver) -> list[Reason]:
    side = _side(driver, 0.02, 0.05)
    text = (
        "Der kapasiteten alltid er full, er en pris i praksis en ramme; der volumet svinger, følger pengene det",
        "Where capacity is always full a price is a grant in practice; where volume moves, the money follows it",
    )
    turns = ("at volumet per enhet svinger mer eller mindre enn 2–5 % i året", "volume per unit moving by 2–5 % a year")
    source = "econ2006, ch. 6.2: «der kapasiteten nesten alltid er fullt utnyttet»"
    bearing: Bearing = "either" if side < 0 else "for" if side > 0 else "unclear"
    return [Reason(driver.key, driver.scheme, "price", bearing, text, turns, source)]


def _units(driver: Driver) -> list[Reason]:
    side = _side(driver, 2.0, 3.0)
    text = (
        "Penger kan flyttes mellom enheter bare der det er flere; med få store enheter er en pris som bygger på "
        "egen kostnad, et svakt insentiv",
        "Money can move between units only where there are several; with few large units a price built on own cost is "
        "a weak incentive",
    )
    turns = ("flere eller færre enheter i ordningen", "more or fewer units in the scheme")
    source = "econ2006, ch. 6.1: «I små kommuner er antall tjenesteproduserende enheter lite»"
    bearing: Bearing = "against" if side < 0 else "for" if side > 0 else "unclear"
    return [Reason(driver.key, driver.scheme, "price", bearing, text, turns, source)]


def _growth(driver: Driver) -> list[Reason]:
    fast = driver.low > 0.022 or driver.high < -0.022
    slow = driver.low > -0.007 and driver.high < 0.007
    text = (
        "Stykkpris flytter penger dit behovet går; veksten var 0,7 % i året nasjonalt og 2,2–3,7 % i raske kommuner",
        "A price moves money where need goes; national growth was 0.7 % a year, the fast municipalities had 2.2–3.7 %",
    )
    turns = ("raskere eller langsommere endring i behovet", "need that changes faster or slower")
    source = "sio2021, ch. 7.2.1: «Landet: 0,7 %»; econ2006: «kommuner hvor tjenestebehovene endrer seg raskt»"
    known = driver.how != "unknown"
    bearing: Bearing = "for" if known and fast else "against" if known and slow else "unclear"
    return [Reason(driver.key, driver.scheme, "price", bearing, text, turns, source)]


def _inhabitants(driver: Driver) -> list[Reason]:
    side = _side(driver, 13_000.0 + 1.0, 28_000.0 - 1.0)
    text = (
        "Stykkpris lønner seg først i større kommuner: de som hadde det i 2006, hadde 28 000–114 000 innbyggere, den "
        "minste med ramme 13 000",
        "A price pays in larger municipalities: those that had it in 2006 had 28,000–114,000 inhabitants, the smallest "
        "with a grant 13,000",
    )
    turns = ("en annen kommunestørrelse", "another size of the municipality")
    source = "econ2006, ch. 6.1: «ABF-modeller gir trolig størst fordeler i store kommuner»"
    bearing: Bearing = "against" if side < 0 else "for" if side > 0 else "unclear"
    other: Bearing = "for" if side < 0 else "unclear"
    return [
        Reason(driver.key, driver.scheme, "price", bearing, text, turns, source),
        Reason(driver.key, driver.scheme, "grant", other, text, turns, source),
    ]


_READERS = {
    "fixed_share": _fixed,
    "volatility": _volatility,
    "units": _units,
    "growth": _growth,
    "inhabitants": _inhabitants,
}
