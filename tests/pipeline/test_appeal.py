"""An appeal is the run on a file in which that one cell was right from the start."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.cli import main
from bench.errors import OptionError
from bench.manifest import read_manifest
from bench.pipeline import run_file
from bench.pipeline.appeal import appeal, cell_change, still
from bench.pipeline.jobs import job_of
from bench.trace.column_change import column_change
from bench.verification import saved_record

ROLES = {"id": "enhet", "period": "aar", "cost": "kostnad", "outputs": ["dogn", "besok"]}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    unit, year = np.repeat([f"Enhet {k}" for k in range(8)], 2), np.tile([2023, 2024], 8)
    days, visits = rng.integers(900, 2000, 16), rng.integers(3000, 9000, 16)
    cost = (1900 * days + 140 * visits) * rng.uniform(1.0, 1.3, 16)
    return pd.DataFrame({"enhet": unit, "aar": year, "kostnad": cost.round(1), "dogn": days, "besok": visits})


def saved(table, path, suffix):
    file = path / f"klient{suffix}"
    if suffix == ".csv":
        table.to_csv(file, index=False, sep=";", decimal=",", encoding="cp1252")
    else:
        table.to_excel(file, index=False, sheet_name="Regnskap")
    model = bench.load_model("average-cost").with_values({"frontier.method": "dea", "norm.source": "dea"})
    run_file(model, file, roles=ROLES).save(path / "ut")
    return path / "ut"


@pytest.mark.parametrize(
    ("suffix", "cell", "value"),
    [(".csv", "klient.csv!C5={}", "2100000,5"), (".xlsx", "klient.xlsx!Regnskap!C5={}", "2 100 000,5")],
)
def test_it_is_the_run_on_the_corrected_file(table, tmp_path, suffix, cell, value):
    folder = saved(table, tmp_path, suffix)
    manifest = read_manifest(folder)
    found = appeal(saved_record(folder, manifest), "Enhet 1", cell_change(cell.format(value)))
    right = table.copy()
    right.loc[3, "kostnad"] = 2100000.5  # line 5 of the file
    (tmp_path / "rett").mkdir()
    other = saved(right, tmp_path / "rett", suffix)
    expected = appeal_free(other)
    for name in ("norms", "prices", "settlement"):
        pd.testing.assert_frame_equal(found.after.frames()[name], expected.frames()[name])
    own = found.moves.query("frame == 'norms' and unit == 'Enhet 1' and year == 2024")
    assert own["after"].iloc[0] == pytest.approx(
        expected.norms.query("unit == 'Enhet 1' and year == 2024")["norm"].iloc[0]
    )
    assert set(found.others) <= set(table["enhet"])
    assert "Enhet 1" not in found.others
    prices = found.moves.query("frame == 'prices'")
    assert set(prices["year"]) == {2025}  # the price of a year is built on the accounts before it


def appeal_free(folder):
    from bench.pipeline import remake

    return remake(saved_record(folder, read_manifest(folder)), synthetic=False)


@pytest.mark.parametrize(
    ("cell", "unit", "words"),
    [
        ("klient.csv!C5=2100000", "Enhet 2", "is a number of Enhet 1"),
        ("klient.csv!C5=2100000", "Enhet 9", "no unit 'Enhet 9'"),
        ("klient.csv!Z5=1", "Enhet 1", "no cell Z5"),
        ("klient.csv!C99=1", "Enhet 1", "no cell C99"),
        ("annen.csv!C5=1", "Enhet 1", "not made from 'annen.csv'"),
        ("klient.csv!Ark1!C5=1", "Enhet 1", "has no sheets"),
    ],
)
def test_a_cell_that_is_not_the_units_own_is_refused(table, tmp_path, cell, unit, words):
    folder = saved(table, tmp_path, ".csv")
    record = saved_record(folder, read_manifest(folder))
    with pytest.raises(OptionError, match=words):
        appeal(record, unit, cell_change(cell))


def test_the_same_value_is_no_appeal(table, tmp_path):
    folder = saved(table, tmp_path, ".csv")
    record = saved_record(folder, read_manifest(folder))
    value = str(table.loc[3, "kostnad"]).replace(".", ",")
    with pytest.raises(OptionError, match="already"):
        appeal(record, "Enhet 1", cell_change(f"klient.csv!C5={value}"))
    with pytest.raises(OptionError, match=r"write FILE!Sheet!D6=1234"):
        cell_change("klient.csv C5 1")


def test_the_command_says_who_moves(table, tmp_path, capsys):
    folder = saved(table, tmp_path, ".csv")
    cell, out, proof = "klient.csv!C5=2100000", str(tmp_path / "a.csv"), str(tmp_path / "b.csv")
    with pytest.raises(SystemExit) as ended:
        main(["appeal", str(folder), "--unit", "Enhet 1", "--cell", cell, "--out", out, "--proof", proof])
    assert not ended.value.code
    told = capsys.readouterr().out
    assert "other units move" in told
    written = pd.read_csv(proof, sep=";", decimal=",")
    assert f"{int(written['cannot_move'].sum())} of {len(written)} scores of others cannot move: proven" in told
    assert len(pd.read_csv(tmp_path / "a.csv", sep=";", decimal=",")) > 5


def test_rows_are_counted_from_one():
    """Row 0 is no row; it would be the last one by Python's counting."""
    with pytest.raises(OptionError):
        cell_change("a.csv!B0=9000000")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_column_and_a_value_are_its_cell(table, tmp_path, suffix):
    """The same as naming the cell: row 5 of the file is unit 1 in 2024, and its latest year."""
    folder = saved(table, tmp_path, suffix)
    record = saved_record(folder, read_manifest(folder))
    job = job_of(record)
    found = column_change(job, "Enhet 1", "kostnad=2100000,5")
    sheet = "Regnskap!" if suffix == ".xlsx" else ""
    assert found == cell_change(f"klient{suffix}!{sheet}C5=2100000,5")
    assert column_change(job, "Enhet 1", "kostnad = 5", year=2023).cell == "C4"
    one = appeal(record, "Enhet 1", found, job=job)
    two = appeal(record, "Enhet 1", found)
    pd.testing.assert_frame_equal(one.moves, two.moves)


@pytest.mark.parametrize(
    ("text", "unit", "year", "words"),
    [
        ("kostnad=5", "Enhet 9", None, "no unit 'Enhet 9'"),
        ("kostnd=5", "Enhet 1", None, "reads no column 'kostnd'.*did you mean 'kostnad'"),
        ("kostnad=5", "Enhet 1", 2020, "no accounts of 2020; there are 2023, 2024"),
        ("kostnad", "Enhet 1", None, "write COLUMN=VALUE"),
        ("=5", "Enhet 1", None, "write COLUMN=VALUE"),
        ("kostnad=", "Enhet 1", None, "write COLUMN=VALUE"),
    ],
)
def test_a_column_that_is_not_there_is_refused(table, tmp_path, text, unit, year, words):
    folder = saved(table, tmp_path, ".csv")
    with pytest.raises(OptionError, match=words):
        column_change(job_of(saved_record(folder, read_manifest(folder))), unit, text, year=year)


def test_the_command_takes_a_cell_or_a_column(table, tmp_path, capsys):
    folder = saved(table, tmp_path, ".csv")
    by_column, by_cell = (
        _said(capsys, ["appeal", str(folder), "--unit", "Enhet 1", *how])
        for how in (["--column", "kostnad=2100000", "--year", "2024"], ["--cell", "klient.csv!C5=2100000"])
    )
    assert by_column == by_cell
    for wrong in (
        [],
        ["--column", "kostnad=1", "--cell", "klient.csv!C5=1"],
        ["--cell", "klient.csv!C5=1", "--year", "2"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(["appeal", str(folder), "--unit", "Enhet 1", *wrong])
        assert ended.value.code


def _said(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert not ended.value.code
    return capsys.readouterr().out


# -- who cannot move, and why ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rts", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("periods", ["pooled", "separate", "known"])
def test_who_is_proven_to_stay_stays_whatever_the_number_is(rts, periods):
    """Every score of the proof is held against a run with the other number; some are proven, and some do move."""
    rng = np.random.default_rng(11)
    unit, year = np.repeat([f"U{k:02d}" for k in range(30)], 2), np.tile([2023, 2024], 30)
    days, visits = rng.uniform(90, 900, 60).round(), rng.uniform(300, 3000, 60).round()
    cost = ((1900 * days + 140 * visits) * rng.uniform(1.0, 1.6, 60)).round()
    frame = pd.DataFrame({"enhet": unit, "aar": year, "kostnad": cost, "dogn": days, "besok": visits})
    values = {"frontier.method": "dea", "frontier.rts": rts, "frontier.periods": periods, "norm.source": "dea"}
    model = bench.load_model("average-cost").with_values(values).with_roles(**ROLES | {"period": "aar"})

    def run(table):
        return bench.run(model, bench.Units.from_frame(table, **model.read_options()))

    before, proven, moved = run(frame), 0, 0
    for row, factor in ((4, 1.3), (17, 0.9), (30, 0.75), (59, 0.6)):
        other = frame.copy()
        other.loc[row, "kostnad"] = round(other.loc[row, "kostnad"] * factor)
        after = run(other)
        name = unit[row]
        found = still(before, after, name).set_index(["unit", "year"])
        assert len(found) == 58
        assert name not in found.index.get_level_values("unit")
        one, two = (r.efficiency.set_index(["unit", "year"])["efficiency"] for r in (before, after))
        change = (two - one).abs().reindex(found.index)
        assert change[found["cannot_move"]].max() < 1e-9
        assert (found["why"] == "not-a-peer-and-no-cheaper").equals(found["cannot_move"])
        if factor > 1.0:  # a dearer row beats nobody's prices: only its own peers' clients may move
            assert set(found["why"]) <= {"not-a-peer-and-no-cheaper", "is-a-peer"}
        proven, moved = proven + int(found["cannot_move"].sum()), moved + int((change > 1e-9).sum())
    assert proven > 60
    assert moved > 0


def test_prices_by_hand():
    """Days cost A 10 and B 20 per day; C makes 5 visits for 100 and nobody else makes any.

    B's prices are those of A: a day is worth 10. At A's corrected cost of 11 a day B may move, for A is its peer. C's
    prices are 20 a visit and nothing for a day: A at any cost is worth nothing there, so C cannot move.
    """
    rows = {"enhet": ["A", "B", "C"], "aar": [2024] * 3, "kostnad": [100.0, 200.0, 100.0], "dogn": [10.0, 10.0, 0.0]}
    frame = pd.DataFrame(rows | {"besok": [0.0, 0.0, 5.0]})
    values = {"frontier.method": "dea", "frontier.rts": "crs", "frontier.periods": "separate", "norm.source": "dea"}
    model = bench.load_model("average-cost").with_values(values).with_roles(**ROLES | {"period": "aar"})
    one, two = (
        bench.run(model, bench.Units.from_frame(f, **model.read_options()))
        for f in (frame, frame.assign(kostnad=[110.0, 200.0, 100.0]))
    )
    found = still(one, two, "A").set_index("unit")
    assert found["why"].to_dict() == {"B": "is-a-peer", "C": "not-a-peer-and-no-cheaper"}
    assert found["norm_share"].to_dict() == {"B": 1.0, "C": 0.0}
    assert 0.0 < found.loc["C", "margin"] <= 1.0  # what a day is worth to C may be anything up to A's old cost


def test_a_frontier_estimated_from_all_rows_proves_nothing():
    rng = np.random.default_rng(5)
    days = rng.uniform(90, 900, 40).round()
    frame = pd.DataFrame({"enhet": [f"U{k:02d}" for k in range(40)], "aar": 2024, "dogn": days})
    frame["besok"] = rng.uniform(300, 3000, 40).round()
    waste = np.abs(rng.normal(0, 0.3, 40)) + rng.normal(0, 0.1, 40)
    frame["kostnad"] = (900 * days**0.6 * frame["besok"] ** 0.3 * np.exp(waste)).round()
    values = {"frontier.method": ["dea", "sfa"], "frontier.form": "cobb-douglas", "frontier.periods": "pooled"}
    model = bench.load_model("average-cost").with_values(values | {"norm.source": "frontier"})
    model = model.with_roles(**ROLES | {"period": "aar"})
    run = bench.run(model, bench.Units.from_frame(frame, **model.read_options()))
    found = still(run, run, "U03")
    assert len(found) == 39
    assert set(found["why"]) == {"estimated-together"}
    assert not found["cannot_move"].any()


def test_files_that_share_a_name_are_told_apart_by_their_folders_alone(table, tmp_path):
    """Accounts and budget are both called data.csv: nothing of where they lay is kept, and an appeal says which."""
    home = tmp_path / "home" / "kari"
    for name in ("accounts", "budget"):
        (home / name).mkdir(parents=True)
    table.to_csv(home / "accounts" / "data.csv", index=False)
    budget = pd.DataFrame({"year": [2023, 2024], "service": "dogn", "budget_volume": [12000, 12500]})
    budget.to_csv(home / "budget" / "data.csv", index=False)
    model = bench.load_model("average-cost")
    tables = {"budget": home / "budget" / "data.csv"}
    run_file(model, home / "accounts" / "data.csv", roles=ROLES, tables=tables).save(tmp_path / "ut")
    manifest = (tmp_path / "ut" / "manifest.json").read_text(encoding="utf-8")
    assert "kari" not in manifest
    titles = {source.title.replace("\\\\", "/") for source in read_manifest(tmp_path / "ut").sources.values()}
    assert {"accounts/data.csv", "budget/data.csv"} <= titles
    record = saved_record(tmp_path / "ut", read_manifest(tmp_path / "ut"))
    with pytest.raises(OptionError, match=r"several files called 'data\.csv': say which of"):
        appeal(record, "Enhet 0", cell_change("data.csv!C2=1000"))
    assert appeal(record, "Enhet 0", cell_change("accounts/data.csv!C2=2000000")).change.cell == "C2"
