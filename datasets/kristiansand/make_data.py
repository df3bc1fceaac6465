"""Makes the synthetic Kristiansand data: three unit-price schemes, 2002-2006.

No unit-level accounts of the real schemes are published. The numbers here are made up from a cost function and a seed,
and calibrated to what the evaluation `003_d89321ded97a3ce6.txt` says about the municipality; `dataset.toml` lists each
fact. Run ``python make_data.py [FOLDER]`` to write the files again: the same bytes come out every time.

The cost of unit i in year t is

    cost = frontier cost * year factor * noise / efficiency
    frontier cost = level * general cost index * (fixed cost + sum of service volume * marginal cost)

where a visit costs the travel of its district, and the year factor of a scheme is set so that its cost per weighted
volume follows `UNIT_COST`. That path is what the mechanism gives when units spend 30 per cent of the result they carry
over (90 per cent of a surplus, all of a deficit): the start price is too high, next year's price falls sharply, units
with reserves spend, a deficit follows and the price rises again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SEED = 20030101
YEARS = (2002, 2003, 2004, 2005, 2006)
DAYS = {2002: 365, 2003: 365, 2004: 366, 2005: 365, 2006: 365}

#: Growth of general cost from the year before; assumed.
COST_GROWTH = {2003: 0.040, 2004: 0.035, 2005: 0.030, 2006: 0.035, 2007: 0.040}

#: Scheme -> service -> cost weight, NOK per piece at 2002 prices. A visit includes 7.4 minutes of travel.
WEIGHTS: dict[str, dict[str, float]] = {
    "omsorg": {
        "hjemmehjelp_timer": 190.0,
        "hjemmehjelp_besok": 45.0,
        "hjemmehjelp_brukere": 250.0,
        "hjemmesykepleie_timer": 270.0,
        "hjemmesykepleie_besok": 45.0,
        "hjemmesykepleie_brukere": 400.0,
        "langtidsdogn": 1050.0,
        "korttidsdogn": 1250.0,
        "sterkdogn": 1750.0,
        "dagavdeling_dager": 420.0,
    },
    "utviklingshemmede": {"uh_timer": 300.0, "uh_brukere": 3500.0},
    "helse": {"psykiatri_timer": 330.0, "psykiatri_besok": 60.0, "psykiatri_brukere": 700.0},
}

#: What the price of the first year is above the cost of that year; assumed.
START_GAP = {"omsorg": 0.08, "utviklingshemmede": 0.05, "helse": 0.04}

#: Real cost per weighted volume, 2002 = 1: the mechanism's path from START_GAP with 30 % of the carried result spent.
REAL_2003 = 0.99
SPENT, KEPT_SURPLUS, CARRIED_DEFICIT = 0.30, 0.90, 1.00

#: Fixed cost of a unit, NOK at 2002 prices, and cost of one minute of travel.
FIXED_COST = {"omsorg": 350_000.0, "utviklingshemmede": 400_000.0, "helse": 200_000.0}
TRAVEL_MINUTE = 4.0
MEAN_TRAVEL = 7.4

#: Yearly growth of decided volume, 2003-2006, and spread of a unit's own yearly shock.
GROWTH = {
    "hjemmehjelp": (0.005, 0.012, 0.000, 0.005),
    "hjemmesykepleie": (0.015, 0.045, 0.010, 0.015),
    "dagavdeling": (0.005, 0.015, 0.005, 0.005),
    "uh": (0.010, 0.018, 0.010, 0.010),
    "psykiatri": (0.040, 0.060, 0.050, 0.040),
}
SHOCK = {"hjemmehjelp": 0.020, "hjemmesykepleie": 0.055, "dagavdeling": 0.010, "uh": 0.012, "psykiatri": 0.030}
MONTH_SHOCK = {"hjemmehjelp": 0.012, "hjemmesykepleie": 0.035, "dagavdeling": 0.010, "uh": 0.008, "psykiatri": 0.020}

#: How far the 2004 budget was below what was decided, relative to each other; scaled to SHORTFALL_2004 in NOK.
MISSED_2004 = {"hjemmehjelp": 0.4, "hjemmesykepleie": 1.0, "dagavdeling": 0.3, "uh": 0.2, "psykiatri": 0.8}
SHORTFALL_2004 = 6_000_000.0

#: Care units: name, full-time equivalents, nursing-home places, travel minutes per visit, share aged 80+, efficiency.
CARE = (
    ("Askelunden", 25.0, 15, 9.8, 0.0356, 1.00),
    ("Bjørkelia", 41.0, 22, 11.6, 0.0375, 0.97),
    ("Elvebakken", 55.0, 38, 5.2, 0.0504, 1.00),
    ("Fjordgløtt", 62.0, 36, 8.9, 0.0411, 0.96),
    ("Furumoen", 70.0, 40, 7.1, 0.0428, 0.98),
    ("Heiatun", 76.0, 43, 12.4, 0.0362, 0.99),
    ("Kløverenga", 82.0, 56, 4.8, 0.0538, 0.96),
    ("Lyngåsen", 88.0, 50, 8.0, 0.0416, 1.00),
    ("Nordsiden", 93.0, 62, 6.1, 0.0452, 0.97),
    ("Rognehaven", 98.0, 53, 7.6, 0.0434, 0.98),
    ("Solhaug", 103.0, 66, 6.4, 0.0473, 0.91),
    ("Strandveien", 108.0, 70, 4.6, 0.0527, 0.90),
    ("Vestlia", 115.0, 69, 7.9, 0.0407, 0.89),
)
DISABILITY = (
    ("Boliger nord", 84.0, 0.97),
    ("Boliger sør", 96.0, 1.00),
    ("Boliger vest", 101.0, 0.94),
    ("Boliger øst", 112.0, 0.92),
)
HEALTH = (("Helse sentrum", 33.0, 5.1, 1.00), ("Helse vest", 24.0, 9.2, 0.94), ("Helse øst", 21.0, 8.4, 0.97))

INHABITANTS_2004 = 76_000
SMALLEST, LARGEST = 25.0, 115.0

VOLUMES = [service for services in WEIGHTS.values() for service in services]
HEADER = [
    *("enhet", "aar", "ordning", "driftskostnad", "aarsverk"),
    *WEIGHTS["omsorg"],
    "sykehjemsplasser",
    *WEIGHTS["utviklingshemmede"],
    *WEIGHTS["helse"],
    *("reisetid", "andel_80_pluss", "innbyggere"),
]


class Draws:
    """Normal draws whose stream never changes: sums of twelve uniforms from the raw bits of PCG64."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def normal(self, *shape: int) -> Array:
        raw = np.asarray(self._bits.random_raw(12 * int(np.prod(shape))), dtype=np.uint64)
        uniform = (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return uniform.reshape(*shape, 12).sum(axis=-1) - 6.0


def index(year: int) -> float:
    """General cost index, 2002 = 1."""
    return float(np.prod([1.0 + growth for t, growth in COST_GROWTH.items() if t <= year]))


def unit_cost(scheme: str) -> dict[int, float]:
    """Real cost per weighted volume of a scheme by year, 2002 = 1."""
    path, price, cost = {2002: 1.0}, 1.0 + START_GAP[scheme], 1.0
    for year in YEARS[1:]:
        path[year] = REAL_2003 * cost
        result = price - cost
        price, cost = cost, 1.0 + SPENT * (KEPT_SURPLUS if result > 0 else CARRIED_DEFICIT) * result
    return path


def group(service: str) -> str:
    """The service a volume belongs to: ``hjemmehjelp_timer`` is of ``hjemmehjelp``."""
    return service.split("_")[0]


def at_home(service: str) -> bool:
    """Whether the volume swings with decisions; bed-days follow the capacity instead."""
    return group(service) in SHOCK


def paths(draws: Draws, scheme: str, units: int) -> dict[str, Array]:
    """Level of each service (unit, year) relative to its start, common growth times the unit's own shocks."""
    levels = {}
    for name in sorted({group(service) for service in WEIGHTS[scheme] if at_home(service)}):
        growth = np.cumprod(1.0 + np.array((0.0, *GROWTH[name])))
        shock = SHOCK[name] * draws.normal(units, len(YEARS))
        levels[name] = growth * (1.0 + shock - shock.mean(axis=0))
    return levels


def care_volumes(draws: Draws) -> dict[str, Array]:
    """Decided volumes of the care units, each (13, 5); homes are always full."""
    size = np.array([row[1] for row in CARE])
    places = np.array([row[2] for row in CARE], dtype=np.float64)
    level = paths(draws, "omsorg", len(CARE))
    home = size - 0.92 * places  # full-time equivalents left for work in people's homes
    split = 1.0 + 0.10 * draws.normal(len(CARE))
    nursing_hours = 680.0 * home * split
    help_hours = 262.0 * home * (2.0 - split)
    shape = 1.0 + 0.06 * draws.normal(4, len(CARE))
    per_unit = {
        "hjemmehjelp_timer": help_hours,
        "hjemmehjelp_besok": help_hours * 0.68 * shape[0],
        "hjemmehjelp_brukere": help_hours / 86.0 * 12.0 * shape[1],
        "hjemmesykepleie_timer": nursing_hours,
        "hjemmesykepleie_besok": nursing_hours * 2.42 * shape[2],
        "hjemmesykepleie_brukere": nursing_hours / 254.0 * 12.0 * shape[3],
        "dagavdeling_dager": 28.0 * places * (1.0 + 0.10 * draws.normal(len(CARE))),
    }
    volumes = {service: value[:, None] * level[group(service)] for service, value in per_unit.items()}
    wobble = 1.0 + 0.004 * draws.normal(3, len(CARE), len(YEARS))
    for service in ("timer", "besok", "brukere"):
        for name, k in (("hjemmehjelp", 0), ("hjemmesykepleie", 1)):
            volumes[f"{name}_{service}"] *= wobble[k] if service != "timer" else 1.0
    return {**volumes, **bed_days(draws, places)}


def bed_days(draws: Draws, places: Array) -> dict[str, Array]:
    """Long-stay, short-stay and extra-care days that together fill the homes."""
    days = np.array([DAYS[year] for year in YEARS], dtype=np.float64)
    occupancy = 0.993 + 0.0015 * draws.normal(len(places), len(YEARS)).clip(-3.0, 3.0)
    total = np.round(places[:, None] * days * occupancy)
    short = np.round(total * (0.110 + 0.0015 * draws.normal(len(places), len(YEARS))))
    extra = np.round(np.maximum(1.0, np.round(0.05 * places))[:, None] * days * occupancy)
    return {"langtidsdogn": total - short - extra, "korttidsdogn": short, "sterkdogn": extra}


def disability_volumes(draws: Draws) -> dict[str, Array]:
    size = np.array([row[1] for row in DISABILITY])
    level = paths(draws, "utviklingshemmede", len(DISABILITY))["uh"]
    hours = size * 1290.0
    users = size * 0.775 * 12.0 * (1.0 + 0.06 * draws.normal(len(DISABILITY)))
    return {"uh_timer": hours[:, None] * level, "uh_brukere": users[:, None] * level}


def health_volumes(draws: Draws) -> dict[str, Array]:
    size = np.array([row[1] for row in HEALTH])
    level = paths(draws, "helse", len(HEALTH))["psykiatri"]
    hours = size * 870.0
    shape = 1.0 + 0.05 * draws.normal(2, len(HEALTH))
    return {
        "psykiatri_timer": hours[:, None] * level,
        "psykiatri_besok": (hours * 1.07 * shape[0])[:, None] * level,
        "psykiatri_brukere": (hours / 145.0 * 12.0 * shape[1])[:, None] * level,
    }


class Scheme:
    """One scheme's units, decided volumes and cost.

    Attributes
    ----------
    names : list of str, length n
    volumes : dict of arrays (n, 5), whole numbers
    cost : array (n, 5)
        Nominal NOK, whole.
    efficiency, noise, frontier : arrays (n,), (n, 5), (n, 5)
    factor : array (5,)
    """

    def __init__(self, name: str, units: tuple[tuple[object, ...], ...], volumes: dict[str, Array], draws: Draws):
        self.name = name
        self.names = [str(row[0]) for row in units]
        self.size = np.array([row[1] for row in units], dtype=np.float64)
        self.efficiency = np.array([row[-1] for row in units], dtype=np.float64)
        self.volumes = {service: np.round(volumes[service]) for service in WEIGHTS[name]}
        self.travel: Array | None = None
        if name != "utviklingshemmede":
            self.travel = self._travel(np.array([row[3] if name == "omsorg" else row[2] for row in units], dtype=float))
        self._costs(draws)
        self.posts = self._posts(draws)

    def weighted(self) -> Array:
        """Weighted volume (unit, year), NOK at 2002 prices."""
        weights = WEIGHTS[self.name]
        return np.asarray(sum(weights[service] * volume for service, volume in self.volumes.items()))

    def _travel(self, minutes: Array) -> Array:
        visits = sum(volume[:, YEARS.index(2004)] for service, volume in self.volumes.items() if "besok" in service)
        return np.round(minutes * MEAN_TRAVEL / np.average(minutes, weights=np.asarray(visits)), 1)

    def _frontier(self) -> Array:
        """Cost of each unit's volumes without inefficiency (unit, year), at 2002 prices and before the level."""
        cost = np.full_like(self.weighted(), FIXED_COST[self.name])
        for service, volume in self.volumes.items():
            price = np.full(len(self.names), WEIGHTS[self.name][service])
            if self.travel is not None and "besok" in service:
                price = price + TRAVEL_MINUTE * (self.travel - MEAN_TRAVEL)
            cost = cost + price[:, None] * volume
        return cost

    def _costs(self, draws: Draws) -> None:
        indices = np.array([index(year) for year in YEARS])
        path = unit_cost(self.name)
        target = np.array([path[year] for year in YEARS]) * indices * self.weighted().sum(axis=0)
        self.noise = np.round(np.exp(0.010 * draws.normal(*self.weighted().shape)), 6)
        raw = self._frontier() * indices
        factor = target / (raw * self.noise / self.efficiency[:, None]).sum(axis=0)
        self.level = float(factor[0])
        self.frontier = raw * self.level
        self.factor = factor / self.level
        self.cost = np.round(self.frontier * self.factor * self.noise / self.efficiency[:, None])

    def _posts(self, draws: Draws) -> Array:
        """Full-time equivalents (unit, year), following the unit's volume; the extremes are exactly 25 and 115."""
        volume = self.weighted()
        posts = self.size[:, None] * volume / volume.mean(axis=1, keepdims=True)
        posts = posts * (1.0 + 0.006 * draws.normal(*posts.shape))
        if self.name == "omsorg":
            posts[0] *= SMALLEST / posts[0].min()
            posts[-1] *= LARGEST / posts[-1].max()
        return np.round(posts, 1)


def schemes() -> list[Scheme]:
    """The three schemes, made from the seed."""
    draws = Draws(SEED)
    care, disability, health = care_volumes(draws), disability_volumes(draws), health_volumes(draws)
    return [
        Scheme("omsorg", CARE, care, draws),
        Scheme("utviklingshemmede", DISABILITY, disability, draws),
        Scheme("helse", HEALTH, health, draws),
    ]


def inhabitants() -> Array:
    """Inhabitants of the care districts (13, 5); together 76,000 in 2004."""
    people_80 = np.array([row[1] for row in CARE])
    share = people_80 / np.array([row[4] for row in CARE])
    share = share / share.sum()
    table = np.stack([np.round(share * INHABITANTS_2004 * 1.008 ** (year - 2004)) for year in YEARS], axis=1)
    table[-1, YEARS.index(2004)] += INHABITANTS_2004 - table[:, YEARS.index(2004)].sum()
    return table


def price_level(scheme: Scheme, year: int) -> float:
    """Price per weighted volume from 2004 on: last year's average cost times general cost growth."""
    last = YEARS.index(year) - 1
    return float(scheme.cost[:, last].sum() / scheme.weighted()[:, last].sum() * (1.0 + COST_GROWTH[year]))


def budgets(made: list[Scheme], draws: Draws) -> dict[tuple[int, str, str], int]:
    """The purchaser's budgeted volume by year, scheme and service, 2003-2006.

    Homes are budgeted at last year's days for the length of the year. The rest is missed by a little, except in 2004:
    there the misses add up to SHORTFALL_2004 at that year's prices.
    """
    decided = {(s.name, service): volume.sum(axis=0) for s in made for service, volume in s.volumes.items()}
    price = {
        (s.name, service): price_level(s, 2004) * weight for s in made for service, weight in WEIGHTS[s.name].items()
    }
    budget = {}
    for year in YEARS[1:]:
        t = YEARS.index(year)
        for key, volume in decided.items():
            if not at_home(key[1]):
                budget[year, *key] = round(volume[t - 1] * DAYS[year] / DAYS[year - 1])
    homes = sum(price[key] * (decided[key][2] - budget[2004, *key]) for key in decided if not at_home(key[1]))
    missed = {key: MISSED_2004[group(key[1])] for key in decided if at_home(key[1])}
    scale = (SHORTFALL_2004 - homes) / sum(missed[key] * price[key] * decided[key][2] for key in missed)
    for year in YEARS[1:]:
        for key, weight in missed.items():
            share = scale * weight if year == 2004 else 0.004 * float(draws.normal(1)[0])
            budget[year, *key] = round(decided[key][YEARS.index(year)] * (1.0 - share))
    return {(year, *key): budget[year, *key] for year in YEARS[1:] for key in decided}


def month_days(year: int) -> Array:
    february = 29 if DAYS[year] == 366 else 28
    return np.array([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.float64)


def spread(total: int, shares: Array) -> list[int]:
    """Split a whole number by shares into whole numbers that add up to it (largest remainder)."""
    exact = total * shares / shares.sum()
    parts = np.floor(exact)
    order = np.argsort(-(exact - parts), kind="stable")
    parts[order[: round(total - parts.sum())]] += 1
    return [int(part) for part in parts]


def months(service: str, year: int, draws: Draws) -> tuple[Array, Array]:
    """Shares of the months in the decided and in the budgeted volume; shocks cancel within each third of the year."""
    plan = np.ones(12) if service.endswith("_brukere") else month_days(year)
    if not at_home(service):
        return plan, plan
    shock = MONTH_SHOCK[group(service)] * draws.normal(3, 4)
    shock -= (shock * plan.reshape(3, 4)).sum(axis=1, keepdims=True) / plan.reshape(3, 4).sum(axis=1, keepdims=True)
    return plan * (1.0 + shock.reshape(12)), plan


def number(value: float | str, decimals: int = 0) -> str:
    """A number with decimal comma; text as it is."""
    return value if isinstance(value, str) else f"{value:.{decimals}f}".replace(".", ",")


def data_rows(made: list[Scheme]) -> list[list[str]]:
    people = inhabitants()
    rows = []
    for scheme in made:
        for i, name in enumerate(scheme.names):
            for t, year in enumerate(YEARS):
                row = {service: number(volume[i, t]) for service, volume in scheme.volumes.items()}
                row |= {"enhet": name, "aar": str(year), "ordning": scheme.name}
                row |= {"driftskostnad": number(scheme.cost[i, t]), "aarsverk": number(scheme.posts[i, t], 1)}
                if scheme.travel is not None:
                    row["reisetid"] = number(scheme.travel[i], 1)
                if scheme.name == "omsorg":
                    row["sykehjemsplasser"] = str(CARE[i][2])
                    row["andel_80_pluss"] = number(CARE[i][4], 4)
                    row["innbyggere"] = number(people[i, t])
                rows.append([row.get(column, ".") for column in HEADER])
    return rows


def truth_rows(made: list[Scheme]) -> list[list[str]]:
    return [
        [
            name,
            str(year),
            scheme.name,
            number(scheme.efficiency[i], 4),
            number(scheme.frontier[i, t], 2),
            number(scheme.factor[t], 8),
            number(scheme.noise[i, t], 6),
        ]
        for scheme in made
        for i, name in enumerate(scheme.names)
        for t, year in enumerate(YEARS)
    ]


def month_rows(made: list[Scheme], budget: dict[tuple[int, str, str], int], draws: Draws) -> list[list[str]]:
    rows = []
    for year in YEARS[1:]:
        for scheme in made:
            for service, volume in scheme.volumes.items():
                decided, plan = months(service, year, draws)
                total = round(float(volume[:, YEARS.index(year)].sum()))
                pair = zip(spread(total, decided), spread(budget[year, scheme.name, service], plan), strict=True)
                for month, (done, planned) in enumerate(pair, start=1):
                    rows.append([str(year), str(month), scheme.name, service, str(done), str(planned)])
    return rows


def write(folder: Path, file: str, header: list[str], rows: list[list[str]]) -> None:
    text = "\n".join(";".join(row) for row in [header, *rows]) + "\n"
    (folder / file).write_bytes(text.encode("utf-8"))


def main(folder: Path) -> None:
    """Write every file of the data set to a folder."""
    made = schemes()
    draws = Draws(SEED + 1)
    budget = budgets(made, draws)
    write(folder, "data.csv", HEADER, data_rows(made))
    write(
        folder,
        "budsjett.csv",
        ["aar", "ordning", "tjeneste", "budsjettert_volum"],
        [[str(year), scheme, service, str(volume)] for (year, scheme, service), volume in budget.items()],
    )
    write(
        folder,
        "maaned.csv",
        ["aar", "maaned", "ordning", "tjeneste", "vedtatt_volum", "budsjettert_volum"],
        month_rows(made, budget, draws),
    )
    write(
        folder,
        "indeks.csv",
        ["aar", "kostnadsvekst", "status", "kilde"],
        [[str(t), number(growth, 3), "assumed", "not stated in the source"] for t, growth in COST_GROWTH.items()],
    )
    write(
        folder,
        "fasit.csv",
        ["enhet", "aar", "ordning", "effektivitet", "frontkostnad", "aarsfaktor", "stoy"],
        truth_rows(made),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
