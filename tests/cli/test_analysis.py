"""``bench dea`` and ``bench sfa``: one file in, a page, a workbook and tables out; the library's own numbers."""

from __future__ import annotations

import json
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


def test_any_method_of_the_library_by_its_word(homes, tmp_path):
    done = run("dea", "homes.csv", *ROLES, "--method", "fdh-plus", "--key", "scaling=[0.7, 1.4]", "--out", "found")
    assert done.exit_code == 0, done.output
    own = bench.envelopment.fdh_plus(homes, scaling=(0.7, 1.4))
    table = pd.read_csv(tmp_path / "found/tables/result.csv")
    assert table["efficiency"].to_numpy() == pytest.approx(own.efficiency.to_numpy(), abs=1e-12)
    options = json.loads((tmp_path / "found/manifest.json").read_text(encoding="utf-8"))["options"]["asked"]
    assert (options["method"], options["keys"]) == ("fdh-plus", ["scaling=[0.7, 1.4]"])


def test_a_stochastic_method_by_its_word_has_its_coefficients_beside_it(homes, tmp_path):
    done = run("sfa", "homes.csv", *ROLES, "--method", "panel-frontier", "--out", "none")
    assert done.exit_code == 2
    assert "needs effects" in done.output
    done = run(
        "sfa", "homes.csv", *ROLES, "--method", "cols", "--form", "cobb-douglas", "--kind", "cost", "--out", "found"
    )
    assert done.exit_code == 0, done.output
    own = bench.stochastic.cols(homes, kind="cost", form="cobb-douglas")
    table = pd.read_csv(tmp_path / "found/tables/result.csv")
    assert table["efficiency"].to_numpy() == pytest.approx(own.efficiency.to_numpy(), rel=1e-9)
    assert len(pd.read_csv(tmp_path / "found/tables/coefficients.csv")) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dea", "--method", "fhd-plus"], "did you mean 'fdh-plus'"),
        (["dea", "--method", "latent-class"], "it belongs to bench sfa"),
        (["dea", "--method", "holder"], "needs --rts"),
        (["dea", "--method", "cross", "--rts", "crs"], "takes no rts"),
        (["dea", "--method", "order-m", "--key", "m=0"], "greater than or equal to 1"),
        (["dea", "--method", "order-m", "--key", "mm=5"], "did you mean"),
        (["dea", "--method", "order-m", "--key", "m"], "write KEY=VALUE"),
        (["dea", "--rts", "crs", "--key", "m=5"], "--key belongs to --method"),
        (["dea"], "returns to scale have no default"),
        (["dea", "--method", "cross", "--lp", "h1"], "--lp needs --rts"),
        (["dea", "--rts", "crs", "--lp", "h99"], "no unit 'h99'"),
        (["sfa", "--rts", "crs"], "estimates its returns to scale"),
        (["sfa", "--u", "~ days"], "goes with --formula"),
        (["sfa", "--formula", "log(cost) ~ log(days)"], "leave one out"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_written(homes, tmp_path, words, said):
    done = run(words[0], "homes.csv", *ROLES, *words[1:], "--out", "found")
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert not (tmp_path / "found").exists()


def test_the_program_of_a_unit_gives_its_score_in_another_solver(homes, tmp_path):
    """The file is read and solved by HiGHS itself, and agrees with the score of the table."""
    import highspy

    done = run("dea", "homes.csv", "--rts", "vrs", *ROLES, "--lp", "h7", "--out", "found")
    assert done.exit_code == 0, done.output
    (path,) = (tmp_path / "found/lp").iterdir()
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    solver.run()
    table = pd.read_csv(tmp_path / "found/tables/efficiency.csv").set_index("unit")
    assert solver.getInfo().objective_function_value == pytest.approx(table.loc["h7", "efficiency"], abs=1e-7)


def test_a_formula_names_its_own_columns(homes, tmp_path):
    words = ["--id", "home", "--formula", "log(cost) ~ log(days) + log(visits)"]
    done = run("sfa", "homes.csv", *words, "--u", "~ days", "--out", "found")
    assert done.exit_code == 0, done.output
    frame = pd.read_csv(tmp_path / "homes.csv")
    fit = bench.sfa("log(cost) ~ log(days) + log(visits)", frame, kind="cost", u="~ days", id="home")
    table = pd.read_csv(tmp_path / "found/tables/coefficients.csv")
    assert table["estimate"].to_numpy() == pytest.approx(fit.params.to_numpy(), rel=1e-6)
    plain = run("sfa", "homes.csv", *words, "--out", "plain")
    assert plain.exit_code == 0, plain.output
    assert len(pd.read_csv(tmp_path / "plain/tables/coefficients.csv")) < len(table)


@pytest.mark.parametrize(
    "words",
    [
        ("dea", "--rts", "vrs", *ROLES, "--lp", "h7"),
        ("dea", *ROLES, "--method", "fdh-plus", "--key", "scaling=[0.7, 1.4]", "--language", "nb,en"),
        ("sfa", *ROLES, "--form", "cobb-douglas", "--language", "en"),
        ("sfa", "--id", "home", "--formula", "log(cost) ~ log(days) + log(visits)", "--u", "~ days"),
        ("sfa", *ROLES, "--method", "cols", "--form", "cobb-douglas", "--kind", "cost", "--leave-out", "h3"),
    ],
)
def test_an_analysis_is_verified_from_its_folder_alone(homes, tmp_path, words):
    command, *rest = words
    done = run(command, "homes.csv", *rest, "--out", "found")
    assert done.exit_code == 0, done.output
    (tmp_path / "homes.csv").unlink()
    done = run("verify", "found")
    assert done.exit_code == 0, done.output
    assert done.output.rstrip().endswith("verified")
    table = next((tmp_path / "found").rglob("tables/*.csv"))
    table.write_text(f"{table.read_text()}x")
    done = run("verify", "found")
    assert done.exit_code == 6
    assert "NOT verified" in done.output


def test_a_mapping_is_kept_with_the_analysis(homes, tmp_path):

    made = run("map", "homes.csv", "--yes", "--out", "mapping.toml")
    assert made.exit_code == 0, made.output
    done = run("dea", "homes.csv", "--map", "mapping.toml", "--rts", "crs", *ROLES, "--out", "found")
    assert done.exit_code == 0, done.output
    kept = json.loads((tmp_path / "found/manifest.json").read_text(encoding="utf-8"))
    assert kept["sources"]["mapping"]["title"] == "mapping.toml"
    assert run("verify", "found").exit_code == 0


def test_a_received_formula_that_does_more_than_compute_is_not_evaluated(homes, tmp_path):
    """Whoever sends a folder may have written its manifest: verifying it must not run what the formula says."""
    words = ["--id", "home", "--formula", "log(cost) ~ log(days) + log(visits)"]
    assert run("sfa", "homes.csv", *words, "--out", "found").exit_code == 0
    path = tmp_path / "found/manifest.json"
    for evil in (
        "log(cost) ~ log(days) + __import__('os').system('touch owned')",
        "log(cost) ~ log(days) + open('owned', 'w').write('x')",
        "log(cost) ~ log(days) + (lambda: 1)()",
        "log(cost) ~ {open('owned', 'w')}",
        "log(cost) ~ days.sum",
        "log(cost) ~ np.log(days)",
        "log(cost) ~ `days` + exec(visits)",
        "log(cost) ~ (days)(visits)",
    ):
        content = json.loads(path.read_text(encoding="utf-8"))
        content["options"]["asked"]["formula"] = evil
        path.write_text(json.dumps(content), encoding="utf-8")
        done = run("verify", "found")
        assert done.exit_code not in (0, 1), done.output
        assert "may do more than compute" in done.output
        assert not (tmp_path / "owned").exists()


def test_no_cell_of_a_table_is_a_formula_for_a_spreadsheet(homes, tmp_path):
    assert run("dea", "homes.csv", "--rts", "crs", *ROLES, "--out", "found").exit_code == 0
    table = pd.read_csv(tmp_path / "found/tables/efficiency.csv")
    assert table["unit"].iloc[0] == "'=1+1"
