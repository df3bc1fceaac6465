"""Groups by a column of words: the same numbers as by a column of numbers, from a file, a frame and a case alike."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template
from pipeline.reach_cases import EXTRA, OUTPUTS, TABLE

import bench
from bench import pipeline
from bench.errors import DataError
from bench.modelfile import parse_model
from bench.verification.verify import verify

WORDS = {1.0: "Kommunal", 2.0: "Privat"}
TEXT = template(
    """
[frontier]
periods = "separate"
[[frontier.variant]]
id = "v"
method = "{method}"
{keys}
[norm]
source = "frontier"
""",
    data="{texts}",
    visits="{more}",
)


def model(group: str, texts: str = "", method: str = "metafrontier", more: str = ""):
    keys = 'rts = "crs"' if method == "metafrontier" else 'form = "cobb-douglas"\nenvelope = "linear"'
    keys += f'\ngroup = "{group}"\nagainst = "group"'
    return parse_model(TEXT.format(texts=texts, method=method, keys=keys, more=more), "ord.toml")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    frame = TABLE[TABLE["aar"] == 2024].reset_index(drop=True)
    return frame.assign(driver=frame["eier"].map(WORDS))


@pytest.mark.parametrize("method", ["metafrontier", "stochastic-metafrontier"])
def test_words_give_what_numbers_give(table, method):
    numbers = bench.Units.from_frame(
        table.drop(columns="driver"), id="enhet", period="aar", inputs=["kostnad"], outputs=list(OUTPUTS),
        extra=list(EXTRA),
    )  # fmt: skip
    words = bench.Units.from_frame(
        table, id="enhet", period="aar", inputs=["kostnad"], outputs=list(OUTPUTS), texts=["driver"]
    )
    one = bench.run(model("eier", 'extra = ["eier"]', method), numbers).efficiency
    two = bench.run(model("driver", 'texts = ["driver"]', method), words).efficiency
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    pooled = bench.dea(numbers.select(), rts="crs").efficiency.to_numpy()
    assert (two["efficiency"].to_numpy() >= pooled - 1e-9).all() or method != "metafrontier"
    for name, part in table.groupby("driver"):  # each group is the library's frontier of its own rows
        if method == "metafrontier":
            own = bench.Units.from_frame(part, id="enhet", inputs=["kostnad"], outputs=list(OUTPUTS))
            found = two[two["unit"].isin(part["enhet"])]["efficiency"].to_numpy()
            assert found == pytest.approx(bench.dea(own, rts="crs").efficiency.to_numpy(), abs=1e-9), name


def test_a_file_and_a_saved_run_keep_the_words(table, tmp_path):
    file = tmp_path / "klient.csv"
    columns = ["enhet", "aar", "kostnad", *OUTPUTS, "driver"]
    table[columns].round(2).to_csv(file, sep=";", decimal=",", index=False, encoding="utf-8")
    rules = tmp_path / "ord.toml"
    rules.write_text(
        TEXT.format(texts='texts = ["driver"]', method="metafrontier", keys='rts = "crs"\ngroup = "driver"', more=""),
        encoding="utf-8",
    )
    made = pipeline.run_file(str(rules), file)
    assert made.units.texts == ("driver",)
    assert set(made.units.frame["driver"]) == set(WORDS.values())
    made.save(tmp_path / "ut")
    assert verify(tmp_path / "ut").ok
    again = bench.run(bench.load_model(rules), made.units)
    pd.testing.assert_frame_equal(made.efficiency, again.efficiency)


def test_words_are_read_as_strictly_as_names():
    text = "enhet;kostnad;timer;driver\nA;100;10;Kommunal\nB;120;11;\nC;90;8;Privat\n"
    with pytest.raises(DataError, match="label is empty") as caught:
        bench.read_units(io.BytesIO(text.encode()), id="enhet", inputs=["kostnad"], outputs=["timer"], texts=["driver"])
    assert "D3" in str(caught.value)
    with pytest.raises(bench.OptionError, match="must be a list"):
        bench.Units.from_frame(pd.DataFrame({"a": ["x"], "b": [1.0]}), id="a", inputs=["b"], outputs=[], texts="a")


def test_parts_of_the_table_keep_the_words(table):
    units = bench.Units.from_frame(table, id="enhet", inputs=["kostnad"], outputs=list(OUTPUTS), texts=["driver"])
    assert units.take(np.arange(3)).texts == ("driver",)
    assert units.select(outputs=["timer"]).frame["driver"].tolist() == table["driver"].tolist()


def test_a_case_has_words():
    case = """
[[case]]
name = "by-hand"
title = { nb = "For hånd", en = "By hand" }
source = "worked out by hand"
[case.data]
enhet = ["A", "B", "C"]
aar = [2024, 2024, 2024]
kostnad = [100, 200, 400]
timer = [10, 10, 10]
besok = [0, 0, 0]
driver = ["Privat", "Kommunal", "Kommunal"]
[[case.expect]]
frame = "norms"
column = "norm"
where = { unit = "C" }
value = 200.0
tolerance = 0.001
"""
    report = pipeline.run_cases(model("driver", 'texts = ["driver"]', more=case))
    assert report.ok, report.failures().to_string()
