"""Makes the small worlds the ideal types of financing are shown on, each with its truth beside it.

Run ``python make_ideal_types.py`` here: every folder below gets `data.csv` (what a payer would know), `fasit.csv` (the
parts each cost is made of) and `dataset.toml`, the same bytes every time. Nothing is drawn: every year holds one event,
in one unit, and everything else stands still, so that what a rule pays for the event can be worked out by hand.

    cost = price level · (fixed + rent + hourly cost · performed hours) − saving
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Growth of prices into every year: the models' own assumption.
GROWTH = Decimal("0.03")

#: A row by column.
Row = dict[str, str]
#: Column -> measure, bokmål, English.
Columns = Mapping[str, tuple[str, str, str]]

YEAR = ("label", "År", "Year")
LEVEL = ("faktor", "Prisnivå, første år = 1", "Price level, first year = 1")
SAVING = ("NOK", "Innsparing i årets kroner", "Saving in the year's prices")


def level(year: int, first: int) -> Decimal:
    """Return the price level of a year."""
    return (1 + GROWTH) ** (year - first)


def kroner(amount: Decimal) -> str:
    """Return an amount in whole kroner."""
    return str(amount.quantize(Decimal(1), ROUND_HALF_UP))


# -- care in a municipality ---------------------------------------------------------------------------------------

#: District -> rent, hours, inhabitants, share aged 80 and over. Rents sum to 3 million, hours to 120,000.
DISTRICTS = {
    "Nord": (200_000, 24_000, 8_000, "0.05"),
    "Øst": (300_000, 18_000, 6_000, "0.05"),
    "Sør": (400_000, 20_000, 6_000, "0.05"),
    "Vest": (500_000, 22_000, 8_000, "0.045"),
    "Sentrum": (600_000, 30_000, 10_000, "0.04"),
    "Fjell": (1_000_000, 6_000, 2_000, "0.12"),
}
FIXED, HOURLY = 1_500_000, 400
SAVED = 1_000_000


def care() -> Iterator[tuple[Row, Row]]:
    """Yield districts and years: Nord saves from 2022, Sør gets more from 2023, users leave Vest for Øst in 2024."""
    first = 2020
    for unit, (rent, hours, people, old) in DISTRICTS.items():
        for year in range(first, 2025):
            allocated = hours + (2_000 if unit == "Sør" and year >= 2023 else 0)
            moved = {"Vest": -1_000, "Øst": 1_000}.get(unit, 0) if year == 2024 else 0
            performed = allocated + moved
            saving = SAVED * level(year, 2022) if unit == "Nord" and year >= 2022 else Decimal(0)
            prices = level(year, first)
            cost = prices * (FIXED + rent + HOURLY * performed) - saving
            yield (
                {
                    "enhet": unit, "aar": str(year), "ordning": "omsorg", "kostnad": kroner(cost),
                    "husleie": kroner(prices * rent), "timer": str(allocated), "utforte_timer": str(performed),
                    "innbyggere": str(people), "andel_80_pluss": old,
                },
                {
                    "enhet": unit, "aar": str(year), "prisnivaa": f"{prices:.8f}", "fast": str(FIXED),
                    "husleie_2020": str(rent), "per_time": str(HOURLY), "innsparing": kroner(saving),
                },
            )  # fmt: skip


# -- hospitals ----------------------------------------------------------------------------------------------------

#: Trust -> planned DRG points, share of the planned cost that is fixed.
TRUSTS = {"Nord": (1_000, "0.5"), "Vest": (2_400, "0.5"), "Øst": (1_500, "0.8"), "Sør": (500, "0.8")}
UNIT_COST = 45_808


def hospitals() -> Iterator[tuple[Row, Row]]:
    """Yield trusts and years: in 2021 Nord and Øst treat ten per cent more than planned, in 2022 ten per cent less."""
    first = 2020
    for unit, (planned, fixed) in TRUSTS.items():
        for year in range(first, 2024):
            change = {2021: "1.1", 2022: "0.9"}.get(year, "1") if unit in ("Nord", "Øst") else "1"
            points = planned * Decimal(change)
            prices = level(year, first)
            cost = prices * UNIT_COST * (planned * Decimal(fixed) + (1 - Decimal(fixed)) * points)
            yield (
                {
                    "sykehus": unit, "aar": str(year), "driftskostnad": kroner(cost),
                    "planlagte_drg_poeng": str(planned), "drg_poeng": kroner(points),
                },
                {
                    "sykehus": unit, "aar": str(year), "prisnivaa": f"{prices:.8f}", "fast_andel": fixed,
                    "kostnad_per_poeng": str(UNIT_COST),
                },
            )  # fmt: skip


# -- water --------------------------------------------------------------------------------------------------------


def water() -> Iterator[tuple[Row, Row]]:
    """Yield years of one waterworks: from 2021 it saves 1.5 million, in 2023 a broken main costs 2 million once."""
    first = 2019
    for year in range(first, 2025):
        prices = level(year, first)
        saving = 1_500_000 * level(year, 2021) if year >= 2021 else Decimal(0)
        broken = Decimal(2_000_000 if year == 2023 else 0)
        yield (
            {
                "enhet": "Vannverket", "aar": str(year), "kostnad": kroner(prices * 30_000_000 - saving + broken),
                "abonnement": "10000",
            },
            {
                "enhet": "Vannverket", "aar": str(year), "prisnivaa": f"{prices:.8f}", "grunnkostnad": "30000000",
                "innsparing": kroner(saving), "hendelse": kroner(broken),
            },
        )  # fmt: skip


# -- agencies -----------------------------------------------------------------------------------------------------

#: Agency -> budget before the reform, what it saves a year from 2016.
AGENCIES = {
    "Arkivet": (20_000_000, "0"),
    "Registeret": (50_000_000, "0.005"),
    "Tilsynet": (80_000_000, "0.01"),
    "Direktoratet": (200_000_000, "0"),
}


def agencies() -> Iterator[tuple[Row, Row]]:
    """Yield agencies and years: one saves what the reform asks, one twice that, two nothing."""
    first = 2015
    for unit, (budget, gain) in AGENCIES.items():
        for year in range(first, 2020):
            prices = level(year, first)
            cost = prices * budget * (1 - Decimal(gain)) ** (year - first)
            yield (
                {"enhet": unit, "aar": str(year), "kostnad": kroner(cost)},
                {"enhet": unit, "aar": str(year), "prisnivaa": f"{prices:.8f}", "sparer": gain},
            )


# -- files --------------------------------------------------------------------------------------------------------

WORLDS: dict[str, tuple[Callable[[], Iterator[tuple[Row, Row]]], Columns, Columns]] = {
    "idealtyper": (
        care,
        {
            "enhet": ("label", "Distrikt (oppdiktet)", "District (made up)"),
            "aar": YEAR,
            "ordning": ("label", "Ordning", "Scheme"),
            "kostnad": ("NOK", "Driftskostnad i årets kroner, med husleie", "Operating cost with rent, year's prices"),
            "husleie": ("NOK", "Husleie i årets kroner", "Rent in the year's prices"),
            "timer": ("timer", "Vedtatte timer", "Decided hours"),
            "utforte_timer": ("timer", "Utførte timer", "Performed hours"),
            "innbyggere": ("personer", "Innbyggere", "Inhabitants"),
            "andel_80_pluss": ("andel", "Andel 80 år og over", "Share aged 80 and over"),
        },
        {
            "enhet": ("label", "Distrikt (oppdiktet)", "District (made up)"),
            "aar": YEAR,
            "prisnivaa": LEVEL,
            "fast": ("NOK", "Fast kostnad uten husleie, i 2020-kroner", "Fixed cost without rent, 2020 prices"),
            "husleie_2020": ("NOK", "Husleie i 2020-kroner", "Rent, 2020 prices"),
            "per_time": ("NOK", "Kostnad per utført time, i 2020-kroner", "Cost per performed hour, 2020 prices"),
            "innsparing": SAVING,
        },
    ),
    "sykehus": (
        hospitals,
        {
            "sykehus": ("label", "Foretak (oppdiktet)", "Trust (made up)"),
            "aar": YEAR,
            "driftskostnad": ("NOK", "Driftskostnad i årets kroner", "Operating cost in the year's prices"),
            "planlagte_drg_poeng": ("DRG-poeng", "Planlagte DRG-poeng", "Planned DRG points"),
            "drg_poeng": ("DRG-poeng", "Utførte DRG-poeng", "Performed DRG points"),
        },
        {
            "sykehus": ("label", "Foretak (oppdiktet)", "Trust (made up)"),
            "aar": YEAR,
            "prisnivaa": LEVEL,
            "fast_andel": ("andel", "Fast andel av kostnaden ved plan", "Share of the cost as planned that is fixed"),
            "kostnad_per_poeng": ("NOK", "Kostnad per poeng ved plan, 2020", "Cost per point as planned, 2020"),
        },
    ),
    "selvkost": (
        water,
        {
            "enhet": ("label", "Vannverk (oppdiktet)", "Waterworks (made up)"),
            "aar": YEAR,
            "kostnad": ("NOK", "Kostnad i årets kroner", "Cost in the year's prices"),
            "abonnement": ("abonnement", "Abonnementer", "Subscriptions"),
        },
        {
            "enhet": ("label", "Vannverk (oppdiktet)", "Waterworks (made up)"),
            "aar": YEAR,
            "prisnivaa": LEVEL,
            "grunnkostnad": ("NOK", "Kostnad i 2019-kroner før innsparing", "Cost in 2019 prices before the saving"),
            "innsparing": SAVING,
            "hendelse": ("NOK", "Brudd på hovedledningen", "A broken main"),
        },
    ),
    "virksomheter": (
        agencies,
        {
            "enhet": ("label", "Statlig virksomhet (oppdiktet)", "State agency (made up)"),
            "aar": YEAR,
            "kostnad": ("NOK", "Driftskostnad i årets kroner", "Operating cost in the year's prices"),
        },
        {
            "enhet": ("label", "Statlig virksomhet (oppdiktet)", "State agency (made up)"),
            "aar": YEAR,
            "prisnivaa": LEVEL,
            "sparer": ("andel", "Det virksomheten sparer i året fra 2016", "What the agency saves a year from 2016"),
        },
    ),
}

#: Folder -> title and description, in bokmål and English.
TEXTS = {
    "idealtyper": (
        "Seks distrikter 2020–2024 (syntetiske data)",
        "Six districts, 2020–2024 (synthetic data)",
        "Oppdiktede tall: Nord sparer 1 mill. kr fra 2022, Sør får ti prosent flere timer fra 2023, og i 2024 flytter "
        "1 000 timer fra Vest til Øst. Ellers står alt stille, så det en ordning betaler for hendelsen, kan regnes ut "
        "for hånd.",
        "Made-up figures: Nord saves NOK 1 million from 2022, Sør gets ten per cent more hours from 2023, and in 2024 "
        "1,000 hours move from Vest to Øst. All else stands still, so what a system pays for the event can be worked "
        "out by hand.",
    ),
    "sykehus": (
        "Fire helseforetak 2020–2023 (syntetiske data)",
        "Four hospital trusts, 2020–2023 (synthetic data)",
        "Oppdiktede tall: i Nord og Vest er halve kostnaden fast, i Øst og Sør 80 prosent. Nord og Øst behandler ti "
        "prosent mer enn planlagt i 2021 og ti prosent mindre i 2022.",
        "Made-up figures: in Nord and Vest half of the cost is fixed, in Øst and Sør 80 per cent. Nord and Øst treat "
        "ten per cent more than planned in 2021 and ten per cent less in 2022.",
    ),
    "selvkost": (
        "Et vannverk 2019–2024 (syntetiske data)",
        "A waterworks, 2019–2024 (synthetic data)",
        "Oppdiktede tall: vannverket sparer 1,5 mill. kr i året fra 2021, og et brudd på hovedledningen koster 2 mill. "
        "kr i 2023.",
        "Made-up figures: the waterworks saves NOK 1.5 million a year from 2021, and a broken main costs 2 million in "
        "2023.",
    ),
    "virksomheter": (
        "Fire statlige virksomheter 2015–2019 (syntetiske data)",
        "Four state agencies, 2015–2019 (synthetic data)",
        "Oppdiktede tall: én virksomhet sparer 0,5 prosent i året fra 2016, én sparer 1 prosent, to sparer ingenting.",
        "Made-up figures: one agency saves 0.5 per cent a year from 2016, one saves 1 per cent, two save nothing.",
    ),
}


def table(rows: list[Row]) -> bytes:
    """Return a table with semicolons and decimal commas."""
    lines = [";".join(rows[0]), *(";".join(cell.replace(".", ",") for cell in row.values()) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def described(name: str, content: bytes, columns: Columns, title: tuple[str, str]) -> str:
    """Return a table's part of ``dataset.toml``."""
    text = f'\n[table.{name}]\nfile = "{name}.csv"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'
    text += f'title.nb = "{title[0]}"\ntitle.en = "{title[1]}"\ncolumn = [\n'
    for column, (measure, said, told) in columns.items():
        text += f'  {{ name = "{column}", measure = "{measure}", description = {{ nb = "{said}", en = "{told}" }} }},\n'
    return text + "]\n"


def main(folder: Path = HERE) -> None:
    """Write the files of every world under a folder."""
    for name, (world, columns, truth) in WORLDS.items():
        here = folder / name
        here.mkdir(exist_ok=True)
        rows = list(world())
        nb, en, told_nb, told_en = TEXTS[name]
        text = 'licence = "MIT, as the project"\nsource = "Made by datasets/make_ideal_types.py from a known truth"\n'
        text += f'synthetic = true\n\n[title]\nnb = "{nb}"\nen = "{en}"\n\n'
        text += f'[description]\nnb = "{told_nb}"\nen = "{told_en}"\n'
        for part, body, said, title in (
            ("data", [data for data, _ in rows], columns, ("Det betaleren vet", "What the payer knows")),
            ("fasit", [fact for _, fact in rows], truth, ("Det kostnaden er satt sammen av", "What cost is made of")),
        ):
            content = table(body)
            (here / f"{part}.csv").write_bytes(content)
            text += described(part, content, said, title)
        (here / "dataset.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
