"""A cost that is the sum of several columns: each in its own measure, every cell kept; sums done by hand."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import bench
from bench.cli import main
from bench.errors import DataError

TEXT = (
    "enhet;aar;lonn (1000 kr);drift;timer\n"
    "Nord;2023;9 000;1 200 500;20 000\nSør;2023;7 500;900 000;16 000\nØst;2023;8 100;1 000 000;19 000\n"
    "Nord;2024;9 300;1 250 000;20 500\nSør;2024;7 700;910 000;16 100\nØst;2024;8 200;1 050 250;18 900\n"
)
SUM = "lonn (1000 kr) + drift"


def read(text, cost, **more):
    return bench.read_units(
        io.BytesIO(text.encode()), id="enhet", period="aar", inputs=[cost], outputs=["timer"], **more
    )


def test_each_part_is_in_its_own_measure():
    units = read(TEXT, SUM)
    assert units.X.ravel().tolist()[:3] == [10_200_500.0, 8_400_000.0, 9_100_000.0]
    assert units.inputs == (SUM,)
    assert units.source.dialect[f"sum_{SUM}"] == "lonn (1000 kr), drift"


@pytest.mark.parametrize("written", ["lonn (1000 kr)+drift", "drift + lonn (1000 kr)", "lonn (1000 kr)  +  drift"])
def test_spaces_and_order_do_not_matter(written):
    assert read(TEXT, written).X.tolist() == read(TEXT, SUM).X.tolist()


def test_three_columns_and_a_factor():
    text = "enhet;aar;a;b;c;timer\nNord;2024;1;2;3;10\nSør;2024;4;5;6;20\n"
    assert read(text, "a + b + c").X.ravel().tolist() == [6.0, 15.0]
    assert read(text, "a + b + c", scale={"b": 1000, "c": -1}).X.ravel().tolist() == [1998.0, 4998.0]


def test_a_column_that_is_called_so_is_itself():
    text = "enhet;aar;lonn + drift;lonn;drift;timer\nNord;2024;7;1;2;10\nSør;2024;8;3;4;20\n"
    assert read(text, "lonn + drift").X.ravel().tolist() == [7.0, 8.0]
    text = "enhet;aar;80+;kostnad;timer\nNord;2024;7;1;10\nSør;2024;8;3;20\n"
    units = bench.read_units(
        io.BytesIO(text.encode()), id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], extra=["80+"]
    )
    assert units.frame["80+"].tolist() == [7.0, 8.0]


@pytest.mark.parametrize(
    ("wrong", "rule", "cell"),
    [
        (TEXT.replace("900 000;16", ";16"), "empty-cell", "C3+D3"),
        (TEXT.replace("900 000;16", "mange;16"), "not-a-number", "D3"),
        (TEXT.replace("900 000;16", "-9 000 000;16"), "negative-value", "C3+D3"),
    ],
)
def test_a_wrong_part_is_named_at_its_cell(wrong, rule, cell):
    with pytest.raises(DataError) as caught:
        read(wrong, SUM)
    assert (rule, cell) in [(issue.rule, issue.cell) for issue in caught.value.issues]


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(DataError, match="kapital"):
        read(TEXT, "drift + kapital")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "klient.csv").write_text(TEXT, encoding="utf-8")
    return tmp_path


def call(*line):
    answer = CliRunner().invoke(main, list(line))
    assert answer.exit_code == 0, answer.output
    return answer.output


@pytest.mark.parametrize("cost", [["--cost", SUM], ["--cost", "lonn (1000 kr)", "--cost", "drift"]])
def test_from_map_to_every_cell_of_the_sum(folder, cost):
    call("map", "klient.csv", "--yes", *cost, "--outputs", "timer", "--out", "mapping.toml")
    assert 'cost = ["lonn (1000 kr)", "drift"]' in (folder / "mapping.toml").read_text(encoding="utf-8")
    call("check", "klient.csv", "--map", "mapping.toml")
    call("new", "klient.csv", "--map", "mapping.toml", "--out", "modell.toml")
    call("run", "modell.toml", "klient.csv", "--map", "mapping.toml", "--out", "resultat")
    call("verify", "resultat")
    line = ["trace", "resultat", "--unit", "Sør", "--number", "settlement.cost", "--year", "2024", "--format", "json"]
    tree = json.loads(call(*line))
    leaves = []

    def walk(node):
        if node.get("cell"):
            leaves.append((node["cell"]["cell"], node["cell"]["text"], node["value"]))
        for one in node.get("inputs", ()):
            walk(one)

    walk(tree)
    assert tree["value"] == 8_610_000.0
    assert leaves == [("C6", "7 700", 7_700_000.0), ("D6", "910 000", 910_000.0)]


def test_the_sum_is_proposed_where_several_columns_hold_money(folder):
    (folder / "klient.csv").write_text(TEXT.replace("drift", "driftskostnad"), encoding="utf-8")
    answer = CliRunner().invoke(main, ["map", "klient.csv", "--yes", "--out", "mapping.toml"])
    said = (folder / "mapping.toml").read_text(encoding="utf-8") + answer.output
    assert "--cost 'lonn (1000 kr) + driftskostnad'" in said


def test_a_model_of_ones_own_may_name_a_sum(folder):
    call("run", "average-cost", "klient.csv", "--id", "enhet", "--period", "aar", "--cost", SUM, "--outputs", "timer",
         "--out", "resultat")  # fmt: skip
    found = bench.pipeline.run_file(
        "average-cost", Path("klient.csv"), roles={"id": "enhet", "period": "aar", "cost": SUM, "outputs": ["timer"]}
    )
    assert found.settlement["cost"].sum() == 1000 * (9000 + 7500 + 8100 + 9300 + 7700 + 8200) + 6_310_750
