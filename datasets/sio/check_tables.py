"""Checks the printed tables against each other and lists every difference.

The figures in `tabeller.csv` stand as they are printed. Sums, differences and percentages that the tables imply are
computed here from the printed figures; where the printed result differs, the difference goes to `avvik.csv` with the
most that rounding can explain. Run ``python check_tables.py [FOLDER]`` to write `avvik.csv` again.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent
ALL = "2016-2021"
YEARS = [str(year) for year in range(2016, 2022)]
MUNICIPALITIES = ["Lillesand", "Stjørdal", "Bjørnafjorden/Os", "Selbu", "Indre Østfold", "Hobøl"]
GRIDS = {"7-1": "Tilskudd", "7-3": "Uttrekk pluss fravær av refusjon", "7-4": "Ekstra overføringer"}
PARTS = ["Inntektspåslag", "Rundsumtilskudd", "Aktivitetstilskudd"]
HEADER = ["tabell", "kontroll", "enhet", "aar", "post", "trykt", "beregnet", "avrundingsgrense", "forklaring"]

#: What rounding cannot explain, in the words of a reader; nothing else may exceed its bound.
UNEXPLAINED = {
    ("4-2", "2016-2021"): "not rounding: the years add up to 205,7; the source does not say why",
    ("5-6", "2020-09"): "not rounding: the municipalities add up to 1489; one of the printed figures must be wrong",
}

Key = tuple[str, str, str, str]


class Check(NamedTuple):
    """One implied figure: what is printed, what follows from the others, and the most rounding can explain."""

    table: str
    rule: str
    unit: str
    year: str
    line: str
    printed: float
    computed: float
    bound: float


class Tables:
    """Printed figures by table, unit, year and line; percentages under the line with ``endring`` appended."""

    def __init__(self, file: Path = FOLDER / "tabeller.csv"):
        with file.open(encoding="utf-8", newline="") as text:
            self.rows = list(csv.DictReader(text, delimiter=";"))
        self.values: dict[Key, float] = {}
        for row in self.rows:
            if row["verdi"] not in ("-", "..") and row["maal"] != "vurdering":
                line = row["post"] + (" endring" if row["variabel"] == "endring" else "")
                line += " høyt" if row["variabel"].endswith("høyt") else ""
                key = (row["tabell"], row["enhet"], row["aar"], line)
                if key in self.values:
                    raise ValueError(f"two figures for {key}")
                self.values[key] = float(row["verdi"].replace(",", "."))

    def get(self, *key: str) -> float:
        """A printed figure; 0 where the cell is blank."""
        return self.values.get((key[0], key[1], key[2], key[3]), 0.0)

    def sums(self, table: str, rule: str, target: Key, parts: list[Key], step: float) -> Check:
        computed = sum(self.get(*part) for part in parts)
        terms = sum(part in self.values for part in parts)
        return Check(table, rule, target[1], target[2], target[3], self.get(*target), computed, (terms + 1) * step / 2)

    def change(self, table: str, unit: str, first: str, last: str, label: str, line: str, step: float = 1.0) -> Check:
        """Printed percentage change against the one between two printed figures."""
        a, b = self.get(table, unit, first, line), self.get(table, unit, last, line)
        low, high = (b - step / 2) / (a + step / 2), (b + step / 2) / (a - step / 2)
        computed = 100.0 * (b / a - 1.0)
        bound = 0.5 + max(100.0 * (high - 1.0) - computed, computed - 100.0 * (low - 1.0))
        printed = self.get(table, unit, label, f"{line} endring")
        return Check(table, "endring i prosent", unit, label, line, printed, float(round(computed)), bound + 0.5)


def grids(t: Tables) -> Iterator[Check]:
    """Tables 7-1, 7-3 and 7-4: sums over years and municipalities, and 7-4 = 7-1 - 7-3."""
    for table, line in GRIDS.items():
        for unit in [*MUNICIPALITIES, "SUM"]:
            years = [(table, unit, year, line) for year in YEARS]
            yield t.sums(table, "sum over år", (table, unit, ALL, line), years, 1.0)
        for year in [*YEARS, ALL]:
            units = [(table, unit, year, line) for unit in MUNICIPALITIES]
            yield t.sums(table, "sum over kommuner", (table, "SUM", year, line), units, 1.0)
    for unit in [*MUNICIPALITIES, "SUM"]:
        for year in [*YEARS, ALL]:
            a, b, c = (t.get(table, unit, year, line) for table, line in GRIDS.items())
            yield Check("7-4", "tabell 7-1 minus tabell 7-3", unit, year, GRIDS["7-4"], c, a - b, 1.5)


def grants(t: Tables) -> Iterator[Check]:
    """Table 7-2: sums over years and parts, and its totals against Table 7-1."""
    for unit in MUNICIPALITIES:
        for part in [*PARTS, "Samlet tilskudd"]:
            years = [("7-2", unit, year, part) for year in YEARS]
            yield t.sums("7-2", "sum over år", ("7-2", unit, ALL, part), years, 1.0)
        for year in [*YEARS, ALL]:
            parts = [("7-2", unit, year, part) for part in PARTS]
            yield t.sums("7-2", "sum av tilskuddene", ("7-2", unit, year, "Samlet tilskudd"), parts, 1.0)
            printed, other = t.get("7-2", unit, year, "Samlet tilskudd"), t.get("7-1", unit, year, "Tilskudd")
            yield Check("7-2", "lik tabell 7-1", unit, year, "Samlet tilskudd", printed, other, 0.0)


def reasons(t: Tables) -> Iterator[Check]:
    """Table 7-5: its parts, and their agreement with Tables 7-2, 7-4, 7-6 and 7-7."""
    names = ["Inntektspåslag", "Demografigevinst", "Ressurskrevende tjenester", "Økning i aktivitetsnivå"]
    last = "Lavere enhetskostnader enn satser i forsøk"
    parts = [("7-5", "SUM", ALL, line) for line in [*names, f"{last} høyt"]]
    yield t.sums("7-5", "sum, lavt aktivitetsnivå", ("7-5", "SUM", ALL, "Totalt"), parts, 1.0)
    parts = [("7-5", "SUM", ALL, line) for line in [*names[:3], f"{names[3]} høyt", last]]
    yield t.sums("7-5", "sum, høyt aktivitetsnivå", ("7-5", "SUM", ALL, "Totalt"), parts, 1.0)
    supplement = [("7-2", unit, ALL, "Inntektspåslag") for unit in MUNICIPALITIES]
    yield t.sums("7-5", "tabell 7-2", ("7-5", "SUM", ALL, "Inntektspåslag"), supplement, 1.0)
    for line, key in (
        ("Demografigevinst", ("7-6", "SUM", ALL, "Demografigevinst")),
        ("Ressurskrevende tjenester", ("7-7", "SUM", "2016-2020", "Gevinst, ressurskrevende tjenester")),
        ("Totalt", ("7-4", "SUM", ALL, "Ekstra overføringer")),
    ):
        yield Check("7-5", f"tabell {key[0]}", "SUM", ALL, line, t.get("7-5", "SUM", ALL, line), t.get(*key), 0.55)


def gains(t: Tables) -> Iterator[Check]:
    """Tables 7-6 and 7-7: sums over years and municipalities."""
    plan = (
        ("7-6", "Demografigevinst", ["Bjørnafjorden Os", "Bjørnafjorden Fusa"], YEARS, ALL),
        ("7-7", "Gevinst, ressurskrevende tjenester", ["Bjørnafjorden/Os"], YEARS[:-1], "2016-2020"),
    )
    for table, line, merged, years, total in plan:
        units = ["Lillesand", "Stjørdal", *merged, "Selbu", "Indre Østfold", "Hobøl"]
        for unit in [*units, "SUM"]:
            if (table, unit, total, line) in t.values:
                parts = [(table, unit, year, line) for year in years]
                yield t.sums(table, "sum over år", (table, unit, total, line), parts, 0.1)
        for year in [*years, total]:
            parts = [(table, unit, year, line) for unit in units]
            yield t.sums(table, "sum over kommuner", (table, "SUM", year, line), parts, 0.1)


def funds(t: Tables) -> Iterator[Check]:
    """Table 4-2: the years add up."""
    line = "Avsetning til fondet"
    parts = [("4-2", "Stjørdal", year, line) for year in YEARS]
    yield t.sums("4-2", "sum over år", ("4-2", "Stjørdal", ALL, "Samlet"), parts, 0.1)


def services(t: Tables) -> Iterator[Check]:
    """Table 5-1: groups, total and percentages; Tables 5-2 and 5-4: total and percentages."""
    unit = "Lillesand, Bjørnafjorden/Os og Stjørdal"
    lines = list(dict.fromkeys(row["post"] for row in t.rows if row["tabell"] == "5-1"))
    groups = {
        "Institusjon": lines[:3],
        "Helsetjenester, praktisk bistand": lines[3:7],
        "Andre tjenester": lines[7:11],
        "I alt": lines[:11],
    }
    for year in YEARS[1:]:
        for group, parts in groups.items():
            keys = [("5-1", unit, year, part) for part in parts]
            yield t.sums("5-1", "sum av tjenester", ("5-1", unit, year, group), keys, 1.0)
    for line in lines:
        yield t.change("5-1", unit, "2017", "2021", "2017-2021", line)
    for row in t.rows:
        if row["tabell"] in ("5-2", "5-4") and row["variabel"] == "endring":
            first, last = row["aar"].split("-")
            yield t.change(row["tabell"], row["enhet"], first, last, row["aar"], row["post"])
    for line in dict.fromkeys(row["post"] for row in t.rows if row["tabell"] == "5-2"):
        for quarter in ("2017K1", "2021K2"):
            keys = [("5-2", name, quarter, line) for name in MUNICIPALITIES[:3]]
            yield t.sums("5-2", "sum over kommuner", ("5-2", "Samlet", quarter, line), keys, 1.0)


def posts(t: Tables) -> Iterator[Check]:
    """Table 5-6: totals and percentages; Fusa joined in 2020 and is not in the total of 2019."""
    line = "Årsverk ekskl. tildeling"
    units = ["Bjørnafjorden", "Tidl. Os", "Stjørdal", "Lillesand", "Selbu"]
    for month in ["2016-01", *[f"{year}-09" for year in YEARS]]:
        keys = [("5-6", unit, month, line) for unit in units]
        yield t.sums("5-6", "sum over kommuner", ("5-6", "Totalt", month, line), keys, 1.0)
    label = "2016-01-2021-09"
    for unit in ["Stjørdal", "Lillesand", "Selbu", "Totalt"]:
        yield t.change("5-6", unit, "2016-01", "2021-09", label, line)
    start, end = t.get("5-6", "Tidl. Os", "2016-01", line), t.get("5-6", "Bjørnafjorden", "2021-09", line)
    fusa = t.get("5-6", "Tidl. Fusa", "2019-09", line)
    for unit, change in (("Bjørnafjorden", end / start), ("Tidl. Os", (end - fusa) / start)):
        printed = t.get("5-6", unit, label, f"{line} endring")
        yield Check("5-6", "endring i prosent", unit, label, line, printed, float(round(100 * (change - 1))), 1.0)


def day_costs(t: Tables) -> Iterator[Check]:
    """Table 7-10: averages and percentages."""
    line = "Bruttoutgifter per oppholdsdøgn"
    years = ["2015", *YEARS[:-1]]
    averages = {
        "Snitt Stjørdal, Bjørnafjorden, Lillesand": MUNICIPALITIES[:3],
        "Snitt alle forsøkskommuner": MUNICIPALITIES,
    }
    for name, units in averages.items():
        for year in years:
            found = [t.values[key] for unit in units if (key := ("7-10", unit, year, line)) in t.values]
            mean = float(round(sum(found) / len(found)))
            yield Check("7-10", "snitt av kommuner", name, year, line, t.get("7-10", name, year, line), mean, 1.0)
    for unit in ["Stjørdal", "Hobøl", "Lillesand", "Bjørnafjorden/Os", "Selbu", *averages, "Snitt landet"]:
        last = "2019" if unit == "Hobøl" else "2020"
        yield t.change("7-10", unit, "2015", last, "2015-2020", line)


CHECKS: tuple[Callable[[Tables], Iterator[Check]], ...] = (
    funds, services, posts, grids, grants, reasons, gains, day_costs
)  # fmt: skip


def run(tables: Tables) -> list[Check]:
    """Every check, also those that agree."""
    return [check for part in CHECKS for check in part(tables)]


def rows(checks: list[Check]) -> list[list[str]]:
    """The checks that differ, as lines of `avvik.csv`."""
    found = []
    for check in checks:
        if abs(check.printed - check.computed) < 1e-9:
            continue
        within = abs(check.printed - check.computed) <= check.bound + 1e-9
        reason = "rounding" if within else UNEXPLAINED[check.table, check.year]
        numbers = [f"{value:.10g}" for value in (check.printed, round(check.computed, 6), round(check.bound, 2))]
        line = [check.table, check.rule, check.unit, check.year, check.line]
        found.append([*line, *(number.replace(".", ",") for number in numbers), reason])
    return found


def main(folder: Path) -> None:
    """Write `avvik.csv` to a folder."""
    lines = [HEADER, *rows(run(Tables()))]
    (folder / "avvik.csv").write_bytes(("\n".join(";".join(line) for line in lines) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
