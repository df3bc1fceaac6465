"""Text that a spreadsheet would run is written so that it does not, and read back as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import bench
from bench.cells import guarded, unguarded
from bench.cli import main
from bench.reading import read_table
from bench.report.tables.files import csv_bytes
from bench.verification import verify

#: First signs with which spreadsheet programs start a formula, as the OWASP note on CSV injection lists them.
STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


@given(st.text(max_size=8) | st.text(alphabet="'=+-@\t\r \u00a0ab1", max_size=8))
@example("'=x")
@example("''=x")
def test_the_apostrophe_comes_and_goes(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in STARTS or not text
    assert guarded(text).lstrip()[:1] not in "=+-@" or not text.strip()  # LibreOffice takes blanks off where asked to


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("start", STARTS)
def test_a_deliverable_holds_no_formula_and_our_reader_gives_the_text_back(language: str, start: str) -> None:
    texts = [f"{start}cmd|' /C calc'!A0", f"'{start}1", "Nord", "-5", "d'Or"]
    data = csv_bytes([f"{start}column", "n"], [(text, -1.5) for text in texts], language)
    sign = ";" if language == "nb" else ","
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=sign))
    assert all(cell[:1] not in STARTS for row in rows for cell in row[:1])
    assert {row[1] for row in rows[1:]} == {"-1,5" if language == "nb" else "-1.5"}
    table = read_table(io.BytesIO(data))
    assert [str(cell).strip() for cell in table.cells[0]] == [text.strip() for text in texts]


def test_a_result_from_memory_with_such_names_is_kept_and_made_again(tmp_path: Path) -> None:
    names = ["=1+1", "'=x", "@home", "-Nord", "+47"]
    frame = pd.DataFrame({"home": names, "cost": [9.0, 8.0, 7.0, 6.0, 5.0], "days": [3.0, 3.0, 3.0, 2.0, 2.0]})
    units = bench.Units.from_frame(frame, id="home", inputs=["cost"], outputs=["days"])
    model = bench.load_model("average-cost").with_roles(id="home", cost="cost", outputs=["days"])
    folder = bench.run(model, units).save(tmp_path / "r", language="en")
    found = verify(folder)
    assert found.ok, found.summary()
    for path in (folder / "tables").glob("*.csv"):
        for row in csv.reader(path.open(encoding="utf-8", newline="")):
            assert not [cell for cell in row if cell[:1] in "=@+\t\r" and cell], path.name


def test_a_clients_own_file_is_kept_byte_for_byte(tmp_path: Path) -> None:
    from bench.pipeline import run_file

    own = b"home,cost,days\n=1+1,9,3\n@x,8,3\n'=y,7,2\n"
    (tmp_path / "a.csv").write_bytes(own)
    roles = {"id": "home", "cost": "cost", "outputs": ["days"]}
    result = run_file("average-cost", tmp_path / "a.csv", roles=roles)
    assert result.sources["a.csv"] == own
    assert result.units.unit_names == ["=1+1", "@x", "=y"]


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A file with such units, in the working folder, and the words that say what its columns are."""
    monkeypatch.chdir(tmp_path)
    names = ["=1+1", "@home", "+47", "Nord", "Sør", "Øst"]
    cost, days = [90, 80, 70, 60, 95, 88], [30, 31, 29, 21, 33, 28]
    rows = [f"{n};2023;{c}000;{d}" for n, c, d in zip(names, cost, days, strict=True)]
    Path("f.csv").write_text("\n".join(["enhet;aar;kostnad;dager", *rows]) + "\n", encoding="utf-8")
    return ["f.csv", *["--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "dager"]]


def _made(*words: str) -> None:
    with pytest.raises(SystemExit) as done:
        main([*words])
    assert not done.value.code


def _run_and_appeal(file: list[str]) -> None:
    _made("run", "average-cost", *file, "--out", "svar")
    _made("appeal", "svar", "--unit", "Nord", "--column", "kostnad=70000", "--out", "ut/moves.csv")


#: What writes tables without a report around them.
PLAIN: dict[str, Callable[[list[str]], None]] = {
    "specs": lambda file: _made("specs", "average-cost", *file, "--sample", "all", "--out", "ut"),
    "appeal": _run_and_appeal,
}


@pytest.mark.parametrize("command", PLAIN)
def test_no_command_writes_a_formula(evil: list[str], command: str) -> None:
    if command == "appeal":
        Path("ut").mkdir()
    PLAIN[command](evil)
    texts = [path.read_text(encoding="utf-8-sig") for path in sorted(Path("ut").glob("*.csv"))]
    cells = {cell for text in texts for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row}
    assert "'=1+1" in cells
    assert not {"=1+1", "@home", "+47"} & cells
