"""Reasons: how what is measured in the accounts bears on a kind of system, by the evaluation's chapter 6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bench.stykkpris.simulation.advising.arguments import Kind, Pair
from bench.stykkpris.simulation.advising.drivers import Driver
from bench.typing import FloatArray

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
    made.append(_payback(setup, cost, horizon))
    priced = [reason for reason in made if reason.kind == "price"]
    blended = [replace(reason, kind="blend") for reason in priced if reason.driver != "fixed_share"]
    return [*made, *(_chosen(reason) for reason in priced if reason.driver != "units"), *blended]


def _chosen(reason: Reason) -> Reason:
    """Return what a reason about a unit price says of user choice, which is a unit price with something more."""
    text = (
        "Brukervalg krever at pengene følger brukeren, altså en stykkpris: det som gjelder stykkpris, gjelder også her",
        "User choice needs money that follows the user, which is a unit price: what holds of a price holds here too",
    )
    source = "econ2006, ch. 2.4: «Brukervalg krever at ”pengene følger brukeren”»"
    return replace(reason, kind="choice", text=text, source=source)


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
    turns = ("deres egen engangskostnad og varige innsparing", "your own cost of setting up and lasting saving")
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


def _turning(side: int, low: Pair, high: Pair, between: Pair) -> Pair:
    """Return what would turn a reason: one for a driver on the low side, on the high side, and between or unknown."""
    return low if side < 0 else high if side > 0 else between


def _fixed(driver: Driver) -> list[Reason]:
    side = _side(driver, 0.5, 0.5)
    text = (
        "Med stykkpris sitter enheten igjen med den faste kostnaden når volumet faller, med ramme med den variable: "
        "under halvparten fast er stykkpris tryggest",
        "Under a price a unit is left with fixed cost when volume falls, under a grant with variable cost: below half "
        "fixed a price is safer",
    )
    source = "econ2006, ch. 6.2: «ABF er best egnet for tjenester med lav andel faste kostnader»"
    bearing: Bearing = "for" if side < 0 else "against" if side > 0 else "unclear"
    other: Bearing = "against" if side < 0 else "for" if side > 0 else "unclear"
    turns = _turning(
        side,
        ("at over halvparten av kostnaden er fast", "more than half of the cost being fixed"),
        ("at under halvparten av kostnaden er fast", "less than half of the cost being fixed"),
        ("et sikrere anslag på andelen fast kostnad", "a surer estimate of the share of fixed cost"),
    )
    return [
        Reason(driver.key, driver.scheme, "price", bearing, text, turns, source),
        Reason(driver.key, driver.scheme, "grant", other, text, turns, source),
        _blend(driver),
    ]


def _blend(driver: Driver) -> Reason:
    """Return what the share of fixed cost says of a price for one part and a grant for the other: it needs both."""
    both = driver.how != "unknown" and driver.low > 0.0 and driver.high < 1.0
    text = (
        "Har tjenesten både fast og variabel kostnad, kan en pris dekke den variable og en ramme den faste",
        "Where a service has both fixed and variable cost, a price can cover the variable and a grant the fixed",
    )
    turns = (
        ("at all kostnad er fast, eller ingenting av den", "all of the cost being fixed, or none of it")
        if both
        else ("et sikrere anslag på andelen fast kostnad", "a surer estimate of the share of fixed cost")
    )
    source = "econ2006, ch. 6.2: «kombinerte modeller, der faste kostnader finansieres i form av rammer»"
    return Reason(driver.key, driver.scheme, "blend", "for" if both else "unclear", text, turns, source)


def _volatility(driver: Driver) -> list[Reason]:
    side = _side(driver, 0.02, 0.05)
    text = (
        "Der kapasiteten alltid er full, er en pris i praksis en ramme; der volumet svinger, følger pengene det",
        "Where capacity is always full a price is a grant in practice; where volume moves, the money follows it",
    )
    turns = _turning(
        side,
        ("et volum per enhet som svinger mer enn 2 % i året", "volume per unit that moves by more than 2 % a year"),
        ("et volum per enhet som svinger mindre enn 5 % i året", "volume per unit that moves by less than 5 % a year"),
        (
            "et volum per enhet som sikkert svinger mindre enn 2 % i året, eller mer enn 5 %",
            "volume per unit that surely moves by less than 2 % a year, or by more than 5 %",
        ),
    )
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
    turns = _turning(
        side,
        ("flere enheter i ordningen", "more units in the scheme"),
        ("tre enheter eller færre i ordningen", "three units or fewer in the scheme"),
        ("flere enn tre enheter i ordningen", "more than three units in the scheme"),
    )
    source = "econ2006, ch. 6.1: «I små kommuner er antall tjenesteproduserende enheter lite»"
    bearing: Bearing = "against" if side < 0 else "for" if side > 0 else "unclear"
    chosen = (
        "Brukerne kan bare velge der det er flere enheter å velge mellom",
        "Users can choose only where there are several units to choose between",
    )
    among = "econ2006, ch. 2.4: «gi brukerne mulighet til å velge tilbyder»"
    return [
        Reason(driver.key, driver.scheme, "price", bearing, text, turns, source),
        Reason(driver.key, driver.scheme, "choice", bearing, chosen, turns, among),
    ]


def _users(driver: Driver) -> list[Reason]:
    text = (
        "Der tunge og lette brukere har samme pris og brukerne velger, kan en enhet tjene på å tiltrekke seg de lette; "
        "uten brukervalg er det lite aktuelt. I Asker benyttet få seg av valget",
        "Where heavy and light users have the same price and users choose, a unit may gain by attracting the light; "
        "without choice that hardly arises. In Asker few made use of the choice",
    )
    turns = ("tall for hvor tunge brukerne er i hver enhet", "figures for how heavy the users of each unit are")
    source = (
        "econ2006, ch. 3.2.1: «fremst aktuelt i aktivitetsbaserte modeller med brukervalg»; econ2006, ch. 4.4: «få har "
        "benyttet seg av valgmulighetene»"
    )
    return [Reason(driver.key, driver.scheme, "choice", "unclear", text, turns, source)]


def _growth(driver: Driver) -> list[Reason]:
    fast = driver.low > 0.022 or driver.high < -0.022
    slow = driver.low > -0.007 and driver.high < 0.007
    text = (
        "Stykkpris flytter penger dit behovet går; veksten var 0,7 % i året nasjonalt og 2,2–3,7 % i raske kommuner",
        "A price moves money where need goes; national growth was 0.7 % a year, the fast municipalities had 2.2–3.7 %",
    )
    source = "sio2021, ch. 7.2.1: «Landet: 0,7 %»; econ2006: «kommuner hvor tjenestebehovene endrer seg raskt»"
    known = driver.how != "unknown"
    bearing: Bearing = "for" if known and fast else "against" if known and slow else "unclear"
    turns = _turning(
        0 if bearing == "unclear" else 1 if fast else -1,
        ("et behov som endrer seg mer enn 0,7 % i året", "need that changes by more than 0.7 % a year"),
        ("et behov som endrer seg mindre enn 2,2 % i året", "need that changes by less than 2.2 % a year"),
        (
            "et behov som sikkert endrer seg mindre enn 0,7 % i året, eller mer enn 2,2 %",
            "need that surely changes by less than 0.7 % a year, or by more than 2.2 %",
        ),
    )
    return [Reason(driver.key, driver.scheme, "price", bearing, text, turns, source)]


def _inhabitants(driver: Driver) -> list[Reason]:
    side = _side(driver, 13_000.0 + 1.0, 28_000.0 - 1.0)
    text = (
        "Stykkpris lønner seg først i større kommuner: de som hadde det i 2006, hadde 28 000–114 000 innbyggere, den "
        "minste med ramme 13 000",
        "A price pays in larger municipalities: those that had it in 2006 had 28,000–114,000 inhabitants, the smallest "
        "with a grant 13,000",
    )
    turns = _turning(
        side,
        ("flere enn 13 000 innbyggere", "more than 13,000 inhabitants"),
        ("færre enn 28 000 innbyggere", "fewer than 28,000 inhabitants"),
        ("at det er høyst 13 000 innbyggere, eller minst 28 000", "at most 13,000 inhabitants, or at least 28,000"),
    )
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
    "user_weight": _users,
}
