"""The printed tables: transcription against the source text, sums and identities, wide against tidy."""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from itertools import groupby
from pathlib import Path

import pandas as pd
import pytest

from bench import Units
from bench.resources import dataset

REPO = Path(__file__).resolve().parents[2]
SOURCES = Path(os.environ.get("BENCH_SOURCES", REPO.parent / "shared" / "sources"))
SIO, ECON = dataset("sio"), dataset("econ2006")
TEXT = {"sio": "002_4453633f7c0fd7b7.txt", "econ2006": "003_d89321ded97a3ce6.txt"}
SIO_TABLES = [
    "4-2",
    "5-1",
    "5-2",
    "5-3",
    "5-4",
    "5-5",
    "5-6",
    "6-1",
    "6-2",
    "7-1",
    "7-2",
    "7-3",
    "7-4",
    "7-5",
    "7-6",
    "7-7",
    "7-8",
    "7-9",
    "7-10",
    "7-11",
    "7-12",
    "8-1",
]


def rows(data, table="tabeller"):
    with data.path(table).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, delimiter=";"))


@pytest.fixture(scope="module")
def checks():
    spec = spec_from_file_location("sio_check_tables", SIO.folder / "check_tables.py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("data", [SIO, ECON], ids=lambda data: data.name)
def test_files_are_those_published(data):
    data.verify()
    assert not data.synthetic
    for name, table in data.tables.items():
        header = data.path(name).read_text(encoding="utf-8").splitlines()[0]
        assert header.split(";") == [column.name for column in table.columns]


def test_every_table_is_there():
    assert list(dict.fromkeys(row["tabell"] for row in rows(SIO))) == SIO_TABLES
    assert Counter(row["tabell"] for row in rows(ECON)) == {"1.1": 9, "4.1": 7 * 8, "4.2": 10 * 8}


def squeeze(text):
    """Figures only: digits, decimal commas, minus signs before a digit and question marks."""
    text = re.sub(r"(?<=\d,\d)3\)", "", text)  # the footnote mark glued to three figures of Table 4.1
    text = re.sub(r"(?<=\s)-\s+(?=\d)", "-", text)  # a minus sign set apart: "- 3 %"
    return "".join(re.findall(r"(?<![^\s])-?\d[\d,]*|\d[\d,]*|\?|(?<=\s)-(?=\s)", text))


@pytest.mark.parametrize(
    ("data", "table"),
    [*((SIO, table) for table in SIO_TABLES if table != "8-1"), (ECON, "1.1"), (ECON, "4.1"), (ECON, "4.2")],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_figures_stand_in_the_source_in_this_order(data, table):
    """The figures of each printed line follow one another in the source text, line after line."""
    file = SOURCES / TEXT[data.name]
    if not file.is_file():
        pytest.skip("no source text; set BENCH_SOURCES")
    text = file.read_text(encoding="utf-8")
    caption = re.search(rf"^\s*Tabell {re.escape(table)}(:| (?!viser|er |summerer|estimerer))", text, re.MULTILINE)
    text = squeeze(text[caption.end() : caption.end() + 6000])
    position = 0
    for _, line in groupby((row for row in rows(data) if row["tabell"] == table), key=lambda row: row["linje"]):
        printed = "".join("?" if row["verdi"] == ".." else row["verdi"] for row in line)
        found = text.find(printed, position)
        assert found >= 0, f"Table {table}: {printed} is not in the source after {text[position : position + 40]}"
        position = found + len(printed)


def opened(data):
    file = SOURCES / TEXT[data.name]
    if not file.is_file():
        pytest.skip("no source text; set BENCH_SOURCES")
    return re.sub(r"[\s-]+", "", file.read_text(encoding="utf-8"))


def test_the_judgements_of_table_8_1_stand_in_the_source_in_this_order():
    text = opened(SIO)
    position = text.index("Tabell81Vårvurdering")
    text = re.sub(r"55Forutsattdagtid.*?Finansieringsmodellforforsøket", "", text[position : position + 3000])
    position = 0
    for finding, line in groupby((row for row in rows(SIO) if row["tabell"] == "8-1"), key=lambda row: row["post"]):
        printed = re.sub(r"\s+", "", finding + "".join(row["verdi"] for row in line))
        position = text.index(printed, position) + len(printed)


def test_every_figure_of_the_descriptions_stands_in_its_passage():
    text = opened(ECON)
    found = rows(ECON, "kommuner")
    assert {row["kommune"] for row in found} == {
        "Kristiansand",
        "Asker",
        "Stavanger",
        "Moss",
        "Drammen",
        "Hamar",
        "Sørum",
    }
    for row in found:
        assert row["verdi"] in row["passasje"], row
        assert re.sub(r"[\s-]+", "", row["passasje"]) in text, row


def test_allotment_staff_add_up():
    """Table 6-1: the municipalities sum to the printed total in every month, and changes are differences."""
    table = pd.DataFrame(rows(SIO)).query("tabell == '6-1'").assign(
        verdi=lambda f: f["verdi"].str.replace(",", ".").astype(float)
    )  # fmt: skip
    staff = table[table["variabel"] == "årsverk"]
    sums = staff[staff["enhet"] != "A Totalt"].groupby("aar")["verdi"].sum()
    total = staff[staff["enhet"] == "A Totalt"].set_index("aar")["verdi"]
    assert (sums - total).abs().max() < 0.051


def test_checks_find_exactly_the_listed_differences(checks, tmp_path):
    checks.main(tmp_path)
    assert (tmp_path / "avvik.csv").read_bytes() == SIO.path("avvik").read_bytes()


def test_only_two_differences_are_not_rounding(checks):
    found = checks.run(checks.Tables())
    beyond = [check for check in found if abs(check.printed - check.computed) > check.bound + 1e-9]
    assert [(check.table, check.year, check.printed, check.computed) for check in beyond] == [
        ("4-2", "2016-2021", 205.2, pytest.approx(205.7)),
        ("5-6", "2020-09", 1432.0, 1489.0),
    ]
    assert len(found) > 300


def test_extra_transfers_are_grants_minus_withdrawal(checks):
    """Table 7-4 = 7-1 - 7-3: exact but for three cells, each one off by rounding; 2017: 1 156 - 980 = 176."""
    found = [check for check in checks.run(checks.Tables()) if check.rule == "tabell 7-1 minus tabell 7-3"]
    assert len(found) == 49
    off = {
        (check.unit, check.year): check.printed - check.computed for check in found if check.printed != check.computed
    }
    assert off == {("Lillesand", "2017"): -1.0, ("Stjørdal", "2020"): -1.0, ("Stjørdal", "2021"): 1.0}
    totals = {check.year: check.computed for check in found if check.unit == "SUM"}
    assert totals["2017"] == 1156 - 980 == 176
    assert totals["2021"] == 2588 - 2222 == 366
    assert totals["2016-2021"] == 8283 - 6984 == 1299
    assert sum(value for year, value in totals.items() if "-" not in year) == 1300


def test_residual_is_374(checks):
    """Table 7-5: 1 299 - 258 - 531 - 136 = 374, the upper figure of low unit cost."""
    t = checks.Tables()
    lines = ["Totalt", "Inntektspåslag", "Demografigevinst", "Ressurskrevende tjenester"]
    total, *parts = (t.get("7-5", "SUM", "2016-2021", line) for line in lines)
    assert total - sum(parts) == 374
    assert t.get("7-5", "SUM", "2016-2021", "Lavere enhetskostnader enn satser i forsøk høyt") == 374


def test_percentages_are_between_the_figures_they_belong_to(checks):
    for check in checks.run(checks.Tables()):
        if check.rule == "endring i prosent":
            assert abs(check.printed - check.computed) <= check.bound, check


#: Amounts of the wide table are in NOK, printed figures in millions.
MILLION = 1e6


def wide():
    return pd.read_csv(SIO.path(), sep=";", decimal=",", na_values=".")


def in_millions():
    table = wide()
    amounts = [column.name for column in SIO.tables["data"].columns if column.measure == "NOK"]
    table[amounts] /= MILLION
    return table


def test_wide_table_holds_the_printed_figures(checks):
    t, table = checks.Tables(), in_millions()
    for row in table.itertuples():
        key = (row.kommune, str(row.aar))
        parts = row.inntektspaaslag + row.rundsumtilskudd + row.aktivitetstilskudd
        assert row.avrunding == row.samlet_tilskudd - parts
        assert abs(row.avrunding) <= 1
        assert row.samlet_tilskudd == t.get("7-1", *key, "Tilskudd") == t.get("7-2", *key, "Samlet tilskudd")
        assert row.inntektspaaslag == t.get("7-2", *key, "Inntektspåslag")
        assert row.rundsumtilskudd == t.get("7-2", *key, "Rundsumtilskudd")
        assert row.aktivitetstilskudd == t.get("7-2", *key, "Aktivitetstilskudd")
        assert row.uttrekk_og_refusjon == t.get("7-3", *key, "Uttrekk pluss fravær av refusjon")
        assert row.ekstra_overforing == t.get("7-4", *key, "Ekstra overføringer")
        names = ["Bjørnafjorden Os", "Bjørnafjorden Fusa"] if key[0] == "Bjørnafjorden/Os" else [key[0]]
        gain = sum(t.get("7-6", name, key[1], "Demografigevinst") for name in names)
        assert row.demografigevinst == pytest.approx(gain)
    for column, source, line in (
        ("ressurskrevende_gevinst", "7-7", "Gevinst, ressurskrevende tjenester"),
        ("bruttoutgift_dogn", "7-10", "Bruttoutgifter per oppholdsdøgn"),
    ):
        for row in table.itertuples():
            key = (source, row.kommune, str(row.aar), line)
            value = getattr(row, column)
            assert (key not in t.values) if pd.isna(value) else value == t.values[key]


def test_wide_table_leaves_out_only_years_without_grants(checks):
    t, table = checks.Tables(), wide()
    there = {(row.kommune, str(row.aar)) for row in table.itertuples()}
    for unit in checks.MUNICIPALITIES:
        for year in checks.YEARS:
            assert ((unit, year) in there) == (t.get("7-1", unit, year, "Tilskudd") > 0)


def test_full_time_equivalents_are_those_of_september(checks):
    t, table = checks.Tables(), wide()
    for row in table.dropna(subset="aarsverk").itertuples():
        unit = "Tidl. Os" if row.kommune == "Bjørnafjorden/Os" and row.aar < 2020 else row.kommune.removesuffix("/Os")
        assert row.aarsverk == t.get("5-6", unit, f"{row.aar}-09", "Årsverk ekskl. tildeling")
    assert table["aarsverk"].notna().sum() == 3 * 6 + 2


def test_supplement_is_at_most_4_per_cent_and_the_cap_binds():
    """4 % of the withdrawal, of which Table 7-3 is an upper bound; Indre Østfold 2020: 28 against 0.04 x 983 = 39."""
    table = in_millions().set_index(["kommune", "aar"])
    full = table[table["uttrekk_og_refusjon"] > 0]
    assert (full["inntektspaaslag"] - 0.5 <= 0.04 * full["uttrekk_og_refusjon"] + 0.02).all()
    capped = table.loc[("Indre Østfold", 2020)]
    assert capped["inntektspaaslag"] == capped["samlet_tilskudd"] == 28
    assert 0.04 * table.loc[("Indre Østfold", 2021), "uttrekk_og_refusjon"] > 39
    assert capped["paaslagsgrunnlag"] == table.loc[("Indre Østfold", 2021), "uttrekk_og_refusjon"]
    # elsewhere the base is the printed supplement over 4 %: rounding of half a million moves it by 12.5
    others = full[full.index.get_level_values("kommune") != "Indre Østfold"]
    assert (others["paaslagsgrunnlag"] == others["inntektspaaslag"] / 0.04).all()
    assert (others["paaslagsgrunnlag"] <= others["uttrekk_og_refusjon"] + 12.5 + 0.5).all()


@pytest.mark.parametrize("data", [SIO], ids=lambda data: data.name)
def test_units_accept_the_wide_table(data):
    roles = {
        role: list(value) if isinstance(value, tuple) else value for role, value in data.tables["data"].roles.items()
    }
    units = Units.from_frame(wide(), **roles)
    assert len(units) == 26
    assert units.periods == list(range(2016, 2022))


def test_econ_wide_table_is_the_tidy_one():
    tidy = {(row["enhet"], row["variabel"]): row["verdi"] for row in rows(ECON)}
    table = rows(ECON, "data")
    assert [row["kommune"] for row in table] == [
        "Moss",
        "Asker",
        "Kristiansand",
        "Stavanger",
        "Sørum",
        "Hamar",
        "Drammen",
    ]
    for row in table:
        for column, value in row.items():
            if column not in ("kommune", "finansiering"):
                assert value == tidy[row["kommune"], column]


def test_econ_figures_fit_what_the_text_says():
    """003, ch. 4.2: lowest spending in Hamar; only Asker and Hamar never in deficit; Kristiansand 76,000 and 201."""
    table = pd.read_csv(ECON.path(), sep=";", decimal=",").set_index("kommune")
    assert table["netto_utgift_per_80_pluss"].idxmin() == "Hamar"
    results = table[[f"netto_driftsresultat_{year}" for year in (2002, 2003, 2004)]]
    assert set(results.index[(results > 0).all(axis=1)]) == {"Asker", "Hamar"}
    assert table.loc["Kristiansand", ["innbyggere", "netto_utgift_per_80_pluss"]].tolist() == [76, 201]
    assert set(table.index[table["finansiering"] == "abf"]) == {"Kristiansand", "Stavanger", "Asker", "Moss"}
