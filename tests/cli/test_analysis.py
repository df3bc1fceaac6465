"""``bench dea`` and ``bench sfa``: one file in, a page, a workbook and tables out; the library's own numbers."""

from __future__ import annotations

import math
import random

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

import bench
from bench.cli import main

ROLES = ["--id", "home", "--cost", "cost", "--outputs", "days,visits"]


@pytest.fixture
def homes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = random.Random(1)
    rows = []
    for k in range(60):
        days, visits = math.exp(rng.gauss(5, 0.5)), math.exp(rng.gauss(4, 0.5))
        cost = 30 * days**0.6 * visits**0.3 * math.exp(abs(rng.gauss(0, 0.3)) + rng.gauss(0, 0.1))
        rows.append({"home": "=1+1" if k == 0 else f"h{k}", "cost": round(cost, 2), "days": days, "visits": visits})
    frame = pd.DataFrame(rows)
    frame.to_csv("homes.csv", index=False)
    return bench.Units.from_frame(frame, id="home", inputs=["cost"], outputs=["days", "visits"])


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_sfa_writes_the_librarys_numbers(homes, tmp_path):
    done = run("sfa", "homes.csv", *ROLES, "--form", "cobb-douglas", "--out", "found")
    assert done.exit_code == 0, done.output
    fit = bench.sfa(homes, kind="cost", form="cobb-douglas", normalise="mean")
    table = pd.read_csv(tmp_path / "found/tables/coefficients.csv").set_index("coefficient")
    assert table["estimate"].to_numpy() == pytest.approx(fit.params.to_numpy(), rel=1e-9)
    costs = pd.read_csv(tmp_path / "found/tables/marginal_costs.csv")
    assert costs["marginal_cost"].to_numpy() == pytest.approx(
        fit.marginal_costs()["marginal_cost"].to_numpy(), rel=1e-9
    )
    page = (tmp_path / "found/sfa.html").read_text(encoding="utf-8")
    assert "Marginalkostnader" in page
    assert f"{fit.loglik:.6f}" in page
    assert f"{fit.loglik:.6f}" in done.output


def test_dea_writes_the_librarys_numbers(homes, tmp_path):
    done = run("dea", "homes.csv", "--rts", "vrs", *ROLES, "--out", "found", "--language", "en")
    assert done.exit_code == 0, done.output
    result = bench.dea(homes, rts="vrs", orientation="input")
    table = pd.read_csv(tmp_path / "found/tables/efficiency.csv")
    assert table["efficiency"].to_numpy() == pytest.approx(result.efficiency.to_numpy(), abs=1e-9)
    for name in ("peers", "targets", "slacks", "multipliers"):
        assert len(pd.read_csv(tmp_path / f"found/tables/{name}.csv"))
    assert "<h2>Targets</h2>" in (tmp_path / "found/dea.html").read_text(encoding="utf-8")


def test_a_unit_called_a_formula_is_text(homes, tmp_path):
    assert run("sfa", "homes.csv", *ROLES, "--form", "cobb-douglas", "--out", "found").exit_code == 0
    sheet = openpyxl.load_workbook(tmp_path / "found/sfa.xlsx")["efficiency"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)


def test_the_same_file_gives_the_same_bytes(homes, tmp_path):
    for name in ("one", "two"):
        assert run("dea", "homes.csv", "--rts", "crs", *ROLES, "--out", name).exit_code == 0
    for path in (tmp_path / "one").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes(), path.name


def test_a_taken_folder_is_refused_and_an_earlier_analysis_replaced(homes, tmp_path):
    words = ("sfa", "homes.csv", *ROLES, "--form", "cobb-douglas", "--out", "found")
    assert run(*words).exit_code == 0
    again = run(*words)
    assert again.exit_code == 2
    assert "exists" in again.output
    assert run(*words, "--overwrite").exit_code == 0
    (tmp_path / "found" / "mine.txt").write_text("mine")
    assert run(*words, "--overwrite").exit_code == 2
    assert (tmp_path / "found" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sfa", "homes.csv", "--out", "x"], "--id, --cost (or --inputs), --outputs"),
        (["dea", "homes.csv", "--rts", "vrs", *ROLES[:-1], "days,visit", "--out", "x"], "visit"),
        (["dea", "homes.csv", *ROLES, "--out", "x"], "--rts"),
        (["sfa", "nowhere.csv", *ROLES, "--out", "x"], "nowhere.csv"),
        (["sfa", "homes.csv", *ROLES, "--panel", "pitt-lee", "--out", "x"], "period"),
        (["sfa", "homes.csv", *ROLES, "--distribution", "normal", "--out", "x"], "half-normal"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_and_nothing_is_written(homes, tmp_path, words, said):
    done = run(*words)
    assert done.exit_code != 0
    assert said in done.output
    assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit)
    assert not (tmp_path / "x").exists()
