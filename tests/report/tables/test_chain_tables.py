"""What the chain adds to page, unit sheet and letter: the norm by peer in NOK, footing of costs, over-recording, peers.

The table is worked out by hand. North makes an hour for 100 kr, South a visit for 50 kr, both on the frontier. West
makes 10 hours and 20 visits for 4 000 kr: its norm is 1 000 from North and 1 000 from South, half of its cost.
"""

from __future__ import annotations

import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template, units

import bench
from bench.modelfile import parse_model
from bench.report.edition import Edition
from bench.report.letters.contents import decision_letters
from bench.report.pages.run import report_page
from bench.report.tables.chain import chain_tables
from bench.report.tables.page import peers_text
from bench.report.tables.unit import unit_tables

TEXT = template(
    """
[frontier]
method = "dea"
rts = "crs"
periods = "separate"
own = "included"
small_reason = "worked out by hand"
[norm]
source = "dea"
{more}
[indexation]
deflator = 0.0
""",
    price='source = "average-cost"',
    hours="weight = 1.0",
    visits="weight = 0.5",
)
TABLE = pd.DataFrame(
    {
        "enhet": ["North", "South", "West"] * 2,
        "aar": [2023] * 3 + [2024] * 3,
        "kostnad": [10000.0, 5000.0, 4000.0] * 2,
        "timer": [100.0, 0.0, 10.0] * 2,
        "besok": [0.0, 100.0, 20.0] * 2,
    }
)
MORE = """
[over_recording]
share = 0.01
[publication]
step = 0.5
protection = 0.05
[[adjustment]]
line = "vat"
units = ["West"]
rate = { value = 0.1, source = "made up" }
reason = "value added tax is not in its accounts"
"""


def edition(language: str, more: str = "") -> Edition:
    return Edition.of(bench.run(parse_model(TEXT.format(more=more), "tre.toml"), units(TABLE)), language)


def cells(table):
    return [[getattr(cell, "text", cell) for cell in row] for row in table.rows]


def captioned(tables, caption):
    (found,) = [table for table in tables if table.caption == caption]
    return cells(found)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_norm_is_told_in_nok_from_each_peer_and_not_by_weights(language):
    told = edition(language)
    n, t = told.n, told.t
    (west,) = [unit for unit in told.facts.units if unit.key == "West"]
    rows = captioned(unit_tables(told, west), t("table.peers"))
    half, thousand = n.percent(0.5), n.kroner(1000)
    assert rows[:2] == [["North", "2024", thousand, half], ["South", "2024", thousand, half]]
    assert rows[2][2:] == [n.kroner(2000), n.percent(1)]
    (letter,) = [made for made in decision_letters(told) if "West" in made.title]
    (part,) = [part for part in letter.parts if part.title == t("letter.norm")]
    assert n.money(2000) in part.paragraphs[1]
    assert f"{n.money(1000)} {'fra' if language == 'nb' else 'from'} North" in part.paragraphs[1]
    # On the frontier nothing is made of others, and nothing is said of them.
    (letter,) = [made for made in decision_letters(told) if "North" in made.title]
    assert not any(n.money(10000) in line for part in letter.parts for line in part.paragraphs if "South" in line)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_footing_over_recording_and_published_peers_stand_on_the_page(language):
    """West's cost is 4 400 on one footing; one per cent more volume raises its score, 2 000/4 400, by as much."""
    told = edition(language, MORE)
    n, t = told.n, told.t
    tables = chain_tables(told)
    (line,) = captioned(tables, t("table.cost_adjustments"))
    assert line[:2] == ["West", "2024"]
    assert line[2] == t("option.adjustment-vat")
    assert line[3:5] == [n.percent(0.1, 2, sign=True), n.kroner(400, sign=True)]
    assert line[5:] == ["value added tax is not in its accounts", "made up"]
    found = {row[0]: row for row in captioned(tables, t("table.over_recording", share=n.percent(0.01)))}
    west = told.facts.run.over_recording.set_index("unit").loc["West"]
    assert found["West"][1:3] == [n.percent(2000 / 4400), n.percent(2020 / 4400)]
    assert west["norm_change"] == pytest.approx(0.01 * 2000 / 4400 * 4000)
    assert found["West"][4:] == [n.kroner(0.01 * 2000 / 4400 * 4000, sign=True), n.kroner(0, sign=True)]
    rows = [row for row in captioned(tables, t("table.published_peers")) if row[0] == "West"]
    assert rows  # a share of one half, to the step of one half, tells no cost within five per cent
    assert {row[1] for row in rows} <= {"North", "South", t("peer.withheld")}
    assert sum(float(row[3].split("\N{NO-BREAK SPACE}")[0].strip("%")) for row in rows) == pytest.approx(100)
    page = report_page(told, {})
    for caption in ("table.cost_adjustments", "table.published_peers"):
        assert t(caption) in page
    assert "nan" not in page.lower().split("<body", 1)[1].split("<script", 1)[0].split()


def test_where_peers_are_withheld_pages_and_letters_withhold_them():
    """Only West leans on others: at a protection of a half every name would tell a cost, so none is said."""
    strict = MORE.replace("step = 0.5", "step = 0.05").replace("protection = 0.05", "protection = 0.5")
    told = edition("en", strict)
    (west,) = [unit for unit in told.facts.units if unit.key == "West"]
    rows = captioned(unit_tables(told, west), told.t("table.peers"))
    assert [row[0] for row in rows] == ["name withheld"]
    assert "name withheld 100" in peers_text(told, west)
    (letter,) = [made for made in decision_letters(told) if "West" in made.title]
    said = "\n".join(line for part in letter.parts for line in part.paragraphs)
    assert "from name withheld" in said
    assert "North" not in said
    assert "South" not in said


UNEVEN = TABLE.assign(timer=[100.0, 3.7, 10.3] * 2, besok=[1.3, 100.0, 21.7] * 2)
#: With one weight per service, found by two equations: the shares of the norm no file may hold to more than two digits.
INTENSITY = np.linalg.solve([[100.0, 3.7], [1.3, 100.0]], [10.3, 21.7])
NORM = INTENSITY * [10000.0, 5000.0]


def digits(number):
    """Six significant digits without sign, point and leading noughts, as they stand in any way of writing it."""
    return f"{number:.9e}"[:8].replace(".", "").rstrip("0")[:6]


def contents(folder):
    """Every file of a folder as text; of a workbook each of its parts. Pictures hold text as paths and are left."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                for name in book.namelist():
                    yield f"{path.name}/{name}", book.read(name).decode("utf-8", "ignore")
        elif path.is_file() and path.suffix != ".png":
            yield str(path.relative_to(folder)), path.read_text("utf-8", "ignore")


def told_of_peers(folder):
    """Files that hold a share of West's norm, an intensity of it, or the NOK they make, whatever the form."""
    numbers = [*INTENSITY, *(NORM / NORM.sum()), *(INTENSITY / INTENSITY.sum()), *NORM, *(1.0 + INTENSITY)]
    wanted = [digits(number) for number in numbers]
    return {file for file, text in contents(folder) if any(one in re.sub(r"[.,\s\u00a0]", "", text) for one in wanted)}


@pytest.mark.parametrize("language", ["nb", "en"])
def test_no_file_of_the_folder_tells_what_is_withheld(tmp_path, language):
    """Without the key the tables, the page's traces and the unit's sheet tell them; with it, no file does."""
    strict = "[over_recording]\nshare = 0.01\n[publication]\nstep = 0.05\nprotection = 0.5\n"
    units = bench.Units.from_frame(UNEVEN, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer", "besok"])
    rules = parse_model(TEXT.format(more=strict), "tre.toml")
    run = bench.run(rules, units)
    west = run.peers[(run.peers["unit"] == "West") & (run.peers["year"] == 2024)]
    assert west["intensity"].tolist() == pytest.approx(INTENSITY.tolist())  # in memory the run is whole
    assert set(run.published_peers["peer"]) == {""}
    run.save(tmp_path / "told", language=language, formats=("csv", "parquet"))
    assert told_of_peers(tmp_path / "told") == set()
    for file, text in contents(tmp_path / "told"):
        if "03-west" in file:
            assert "North" not in text, file
            assert "South" not in text, file
    open_rules = parse_model(TEXT.format(more=strict.split("[publication]")[0]), "tre.toml")
    bench.run(open_rules, units).save(tmp_path / "open", language=language)
    found = told_of_peers(tmp_path / "open")
    page = "rapport.html" if language == "nb" else "report.html"
    assert page in found
    assert {file.split("/")[-1] for file in found} >= {"peers.csv", "kept_savings.csv"}
    assert any("03-west" in file and "South" in text for file, text in contents(tmp_path / "open"))
    (letter,) = [made for made in decision_letters(Edition.of(run, language)) if "West" in made.title]
    assert not any("South" in line for part in letter.parts for line in part.paragraphs)
