"""Makes the synthetic scheme the benchmark chain is shown on: sixty units over six years with a known truth.

Run ``python make_data.py`` in the folder: `data.csv` (what a municipality would know), `fasit.csv` (what nobody knows:
efficient cost, efficiency, noise and the effect of conditions) and `dataset.toml` come out, the same bytes every time.

    cost = frontier cost · effect of travel · noise / efficiency
    frontier cost = price level · (hours · 520 + visits · 145 + bed-days · 2150)

Efficiency is half-normal, the same for a unit in all years but for a small yearly drift; nine units are fully
efficient. Noise is log-normal. Travel time makes home services dearer by a known rate, and no unit can choose it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

SEED = 31
UNITS = 60
YEARS = (2019, 2020, 2021, 2022, 2023, 2024)
#: Growth of prices into each year after the first.
GROWTH = {2020: 0.019, 2021: 0.027, 2022: 0.043, 2023: 0.051, 2024: 0.046}
#: Frontier cost per hour, visit and bed-day in prices of the first year: constant returns, known to nobody else.
WEIGHTS = {"timer": 520.0, "besok": 145.0, "dogn": 2150.0}
#: Effect on cost of one more minute of travel per visit, and the spread of noise and of inefficiency.
TRAVEL, NOISE, WASTE = 0.012, 0.025, 0.16
EFFICIENT = 9
HERE = Path(__file__).resolve().parent


def rows(rng: np.random.Generator) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rows of both tables."""
    size = np.exp(rng.uniform(np.log(6_000), np.log(42_000), UNITS))
    homes = rng.uniform(0.25, 1.4, UNITS)
    travel = rng.gamma(4.0, 2.2, UNITS)
    waste = np.abs(rng.normal(0.0, WASTE, UNITS))
    waste[rng.choice(UNITS, EFFICIENT, replace=False)] = 0.0
    data, truth = [], []
    level = 1.0
    price = {}
    for year in YEARS:
        level *= 1.0 + GROWTH.get(year, 0.0)
        price[year] = level
    for k in range(UNITS):
        name = f"Enhet {k + 1:02d}"
        for year in YEARS:
            drift = 1.015 ** (year - YEARS[0]) * rng.uniform(0.97, 1.03)
            volume = {
                "timer": round(size[k] * drift),
                "besok": round(size[k] * drift * rng.uniform(2.2, 2.9)),
                "dogn": round(size[k] * homes[k] * drift * 0.45),
            }
            frontier = price[year] * sum(WEIGHTS[name_] * amount for name_, amount in volume.items())
            condition = np.exp(TRAVEL * travel[k])
            noise = np.exp(NOISE * rng.normal())
            efficiency = np.exp(-waste[k] * (1.0 + 0.05 * rng.normal()))
            cost = frontier * condition * noise / efficiency
            performed = round(volume["timer"] * rng.uniform(0.95, 1.0))
            data.append(
                [name, str(year), f"{cost:.0f}", *(str(volume[c]) for c in WEIGHTS), str(performed), f"{travel[k]:.2f}"]
            )
            truth.append(
                [
                    name,
                    str(year),
                    f"{frontier * condition:.0f}",
                    f"{efficiency:.6f}",
                    f"{noise:.6f}",
                    f"{condition:.6f}",
                ]
            )
    return data, truth


def table(header: list[str], body: list[list[str]]) -> bytes:
    """Return a table with semicolons and decimal commas."""
    lines = [";".join(header), *(";".join(cell.replace(".", ",") for cell in row) for row in body)]
    return ("\n".join(lines) + "\n").encode()


COLUMNS = {
    "data": {
        "enhet": ("label", "Enhet (oppdiktet)", "Unit (made up)"),
        "aar": ("label", "År", "Year"),
        "kostnad": ("NOK", "Driftskostnad i årets kroner", "Operating cost in the year's prices"),
        "timer": ("timer", "Vedtatte timer i hjemmet", "Decided hours at home"),
        "besok": ("besøk", "Vedtatte besøk", "Decided visits"),
        "dogn": ("døgn", "Vedtatte døgn", "Decided bed-days"),
        "utforte_timer": ("timer", "Utførte timer i hjemmet", "Performed hours at home"),
        "reisetid": ("minutter", "Reisetid per besøk", "Travel per visit"),
    },
    "fasit": {
        "enhet": ("label", "Enhet (oppdiktet)", "Unit (made up)"),
        "aar": ("label", "År", "Year"),
        "front": ("NOK", "Det tjenestene koster uten sløsing", "What the services cost without waste"),
        "effektivitet": ("share", "Sann effektivitet", "True efficiency"),
        "stoy": ("share", "Tilfeldig avvik i kostnaden", "Chance in the cost"),
        "reise": ("share", "Virkning av reisetiden", "Effect of travel"),
    },
}

TITLES = {
    "data": ("Kostnad, vedtatt volum og reisetid", "Cost, decided volume and travel"),
    "fasit": ("Sannheten tallene er laget av", "The truth the figures are made of"),
}


def main() -> None:
    """Write the three files."""
    data, truth = rows(np.random.default_rng(SEED))
    text = (HERE / "about.toml").read_text(encoding="utf-8")
    for name, body in (("data", data), ("fasit", truth)):
        content = table(list(COLUMNS[name]), body)
        (HERE / f"{name}.csv").write_bytes(content)
        nb, en = TITLES[name]
        text += f'\n[table.{name}]\nfile = "{name}.csv"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'
        text += f'title.nb = "{nb}"\ntitle.en = "{en}"\ncolumn = [\n'
        for column, (measure, said, told) in COLUMNS[name].items():
            text += (
                f'  {{ name = "{column}", measure = "{measure}", description = {{ nb = "{said}", en = "{told}" }} }},\n'
            )
        text += "]\n"
    (HERE / "dataset.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
