"""`Behaviour`: how units, purchaser and users respond. Every switch is neutral at zero.

The responses are assumptions, not findings: each has one number, one formula and the place in the literature it comes
from, and every report lists the values used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from bench.errors import OptionError, nearest

#: Switch -> (bokmål, English): what it does and how.
DESCRIPTIONS: Mapping[str, tuple[str, str]] = {
    "effort": (
        "Effektivisering: andel av gapet mellom enhetskostnad og pris som lukkes på ett år, vektet med andelen av et "
        "underskudd enheten bærer",
        "Effort: share of the gap between unit cost and price closed in a year, times the share of a deficit carried",
    ),
    "initiative": (
        "Egne tiltak: årlig fall i enhetskostnad når enheten beholder hele gevinsten",
        "Initiative: yearly fall in unit cost when the unit keeps the whole gain",
    ),
    "ratchet": (
        "Mothakevirkning: hvor mye egne tiltak svekkes når enheten ikke beholder gevinsten, tiltak·(1 − r·(1 − P))",
        "Ratchet: how much initiative falls when the gain is not kept, initiative·(1 − r·(1 − P))",
    ),
    "reserve_spending": (
        "Fondsbruk: andel av fjorårets beholdte overskudd som brukes, og av båret underskudd som spares inn",
        "Reserve spending: share of last year's kept surplus spent, and of a carried deficit saved",
    ),
    "quality_cut": (
        "Kvalitetskutt: andel av gapet mellom enhetskostnad og pris som tas ut i kvalitet, ned til gulvet",
        "Quality cut: share of the gap between unit cost and price taken out of quality, down to the floor",
    ),
    "quality_floor": (
        "Kvalitetsgulv: laveste kvalitet som andel av utgangspunktet (virker bare sammen med kvalitetskutt)",
        "Quality floor: lowest quality as a share of the start (only together with the quality cut)",
    ),
    "staffing_lag": (
        "Treg bemanning: andel av bemanningen som ikke er tilpasset årets volum",
        "Staffing lag: share of the staff that has not followed this year's volume",
    ),
    "short_contract": (
        "Korte kontrakter: merkostnad for volum over bemanningen",
        "Short contracts: extra cost of volume above the staff",
    ),
    "under_recording": (
        "Manglende registrering: andel av utført volum som ikke registreres, der utført volum betales",
        "Missing records: share of performed volume not recorded, where performed volume is paid",
    ),
    "coding": (
        "Oppkoding: andel volum for mye, der enheten selv registrerer det som betales",
        "Upcoding: share of volume too much, where the unit records what is paid",
    ),
    "budget_hold": (
        "Bestillers svar: andel av en underdekning som tas inn igjen resten av året",
        "Purchaser's response: share of a shortfall taken back in the rest of the year",
    ),
    "grant": (
        "Tilleggsbevilgning: sannsynlighet for at politikerne bevilger i stedet",
        "Supplementary grant: probability that the politicians add money instead",
    ),
    "rationing": (
        "Rasjonering: andel av gapet tatt ut i færre tjenester, der inntekten ikke følger aktiviteten",
        "Rationing: share of the gap taken out of volume, where income does not follow activity",
    ),
    "new_groups": (
        "Nye brukergrupper: ekstra årlig vekst de tre første årene med egen bestiller",
        "New groups: extra yearly growth in the first three years with a purchaser unit",
    ),
    "user_choice": (
        "Brukervalg: markedsandelenes respons på endret kvalitet, i tillegg til modellens, der brukervalg er på",
        "User choice: response of market shares to a change of quality, on top of the model's, where users choose",
    ),
    "selection": (
        "Seleksjon: hvor mye lettere brukere en enhet skaffer seg når kostnaden ikke dekkes, ganger andelen som ikke "
        "dekkes, der brukervalg er på",
        "Selection: how much lighter users a unit attracts when its cost is not covered, times the share not covered, "
        "where users choose",
    ),
    "demand_elasticity": (
        "Priselastisitet: så mange prosent færre tjenester bestilles når realprisen er én prosent høyere enn i siste "
        "regnskapsår",
        "Elasticity of demand: per cent fewer services ordered where the real price is one per cent above that of the "
        "last accounts",
    ),
    "spillover": (
        "Annet nivå: andel av udekket behov som blir bruk av et annet nivå, som sykehusdøgn",
        "Other level: share of unmet need that turns into use of another level, such as hospital days",
    ),
    "comes_back": (
        "Tilbake: andel av det et annet nivå tok imot, som kommer tilbake som ekstra behov året etter",
        "Return: share of what another level took that comes back as extra need the year after",
    ),
    "discharge": (
        "Utskrivning: årlig vekst i behovet fordi et annet nivå skriver ut tidligere",
        "Discharge: yearly growth of need because another level discharges earlier",
    ),
    "exit": (
        "Nedleggelse: oppsamlet underskudd, som andel av inntekten, der en enhet legges ned og betaler dekker gjelden",
        "Exit: accumulated deficit, as a share of income, at which a unit closes and the payer covers its debt",
    ),
    "merger": (
        "Sammenslåing: den minste enheten slås sammen med den nest minste når volumet er under denne andelen av "
        "ordningens volum per enhet i siste regnskapsår",
        "Merger: the smallest unit joins the next smallest where its volume is below this share of the scheme's volume "
        "per unit of the last accounts",
    ),
}

#: Switches that are rates, not shares: they may exceed one.
RATES = ("user_choice", "demand_elasticity")

#: Years in which a new purchaser unit meets new groups.
NEW_GROUP_YEARS = 3


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Responses in a simulation.

    With ``g_i = 1 − income/cost`` the gap a unit expects (last year's unit cost against this year's price) and ``h``
    the share of a deficit it carries:

    * effort ``a``: unit cost × ``1 − a·h·max(g, 0)`` (the response to a requirement or a frontier price)
    * initiative ``η`` and ratchet ``r``: unit cost × ``1 − η·(1 − r·(1 − P_i))``, ``P_i`` the unit's incentive power
    * reserve spending ``s``: cost + ``s·(kept + carried)`` of last year
    * quality cut ``b``: quality moves by ``−b·h·g`` between the floor and 1, and cost with it
    * staffing lag ``ℓ``: staff ``= Q + ℓ·(staff before − Q)``; idle staff cost as staff, volume above it costs the
      premium of short contracts
    * under-recording, upcoding: factors on the volume paid, where the unit records it
    * budget hold ``v``, grant ``p``: with probability ``1 − p`` the share ``v`` of a shortfall is cut
    * rationing ``ρ``: decided volume × ``1 − ρ·h·max(g, 0)`` where income does not follow activity
    * new groups: extra growth of need while the purchaser unit is new
    * user choice, selection: market shares follow quality; units with a gap attract lighter users
    * elasticity ``ε``: volume ordered = need × ``(p/p₀)^−ε``, prices real, ``p₀`` that of the last accounts
    * spillover ``σ``, return ``ρ``, discharge: of need that is not met the share ``σ`` goes to another level, at the
      cost the outlook says; of that ``ρ`` comes back the year after; the other level's discharges let need grow
    * exit ``x``, merger ``m``: see :mod:`bench.stykkpris.simulation.structure`

    Examples
    --------
    >>> Behaviour().neutral
    True
    >>> Behaviour(effort=0.3).neutral
    False
    """

    effort: float = 0.0
    initiative: float = 0.0
    ratchet: float = 0.0
    reserve_spending: float = 0.0
    quality_cut: float = 0.0
    quality_floor: float = 0.9
    staffing_lag: float = 0.0
    short_contract: float = 0.0
    under_recording: float = 0.0
    coding: float = 0.0
    budget_hold: float = 0.0
    grant: float = 0.0
    rationing: float = 0.0
    new_groups: float = 0.0
    user_choice: float = 0.0
    selection: float = 0.0
    demand_elasticity: float = 0.0
    spillover: float = 0.0
    comes_back: float = 0.0
    discharge: float = 0.0
    exit: float = 0.0
    merger: float = 0.0

    def __post_init__(self) -> None:
        for name in RATES:
            if getattr(self, name) < 0.0:
                raise OptionError(f"behaviour {name} must not be negative")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in RATES and not 0.0 <= value <= 1.0:
                raise OptionError(f"behaviour {field.name} is a share between 0 and 1, not {value}")

    @property
    def neutral(self) -> bool:
        """Whether nobody responds to anything."""
        return all(value == 0.0 for name, value in asdict(self).items() if name != "quality_floor")

    def active(self) -> dict[str, float]:
        """Return the switches that are on; the floor only with the quality cut."""
        found = asdict(self)
        if self.quality_cut == 0.0:
            found.pop("quality_floor")
        return {name: value for name, value in found.items() if value != 0.0}


#: The responses of ``assumed``: the author's, small and of most kinds, none measured.
_ASSUMED = Behaviour(
    effort=0.3,
    initiative=0.005,
    ratchet=1.0,
    reserve_spending=0.3,
    quality_cut=0.2,
    staffing_lag=0.2,
    short_contract=0.1,
    under_recording=0.03,
    coding=0.01,
    budget_hold=0.5,
    grant=0.5,
    rationing=0.2,
    new_groups=0.005,
    user_choice=1.0,
    selection=0.02,
)

#: Named sets. Demand that answers prices is left out of all, because law decides the need, and so are exit and merger,
#: which somebody has to decide. What moves between levels is in ``levels`` alone: on it the sources ask (hod2021, p. 2)
#: and give no number, so those of ``levels`` are the author's too.
PRESETS: Mapping[str, Behaviour] = {
    "neutral": Behaviour(),
    "assumed": _ASSUMED,
    "levels": replace(_ASSUMED, spillover=0.2, comes_back=0.3, discharge=0.005),
}


def behaviour_of(value: Behaviour | str | Mapping[str, Any] | None) -> Behaviour:
    """Return behaviour from a preset's name, a mapping of switches, or itself; None is the preset ``assumed``.

    Raises
    ------
    OptionError
        When there is no such preset or switch; names the nearest.

    Examples
    --------
    >>> behaviour_of({"effort": 0.5}).active()
    {'effort': 0.5}
    """
    if isinstance(value, Behaviour):
        return value
    if value is None:
        return PRESETS["assumed"]
    if isinstance(value, str):
        if value not in PRESETS:
            raise OptionError(f"no behaviour {value!r}; there are {', '.join(PRESETS)}{nearest(value, PRESETS)}")
        return PRESETS[value]
    for name in value:
        if name not in DESCRIPTIONS:
            raise OptionError(f"no behaviour switch {name!r}{nearest(name, DESCRIPTIONS)}")
    return Behaviour(**{name: float(number) for name, number in value.items()})
