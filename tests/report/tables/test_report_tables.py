from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.report.tables.files import DIALECTS, csv_bytes, frame_bytes
from bench.results import COLUMNS, RunResult


def _read(path: Path, language: str) -> pd.DataFrame:
    dialect = DIALECTS[language]
    return pd.read_csv(path, sep=dialect.separator, decimal=dialect.decimal, encoding=dialect.encoding)


def test_every_frame_reads_back_amounts_whole_and_the_rest_to_twelve_digits(
    run: RunResult, folders: dict[str, Path], language: str
) -> None:
    folder = folders[language] / ("tabeller" if language == "nb" else "tables")
    for name, frame in run.frames().items():
        found = _read(folder / f"{name}.csv", language)
        assert list(found.columns) == list(frame.columns)
        assert list(found.columns)[: len(COLUMNS[name])] == list(COLUMNS[name])
        assert len(found) == len(frame)
        for column in frame.columns:
            if pd.api.types.is_float_dtype(frame[column]):
                back, given = found[column].to_numpy(dtype=float), frame[column].to_numpy()
                amounts = np.round(given, 2) == given
                np.testing.assert_array_equal(back[amounts], given[amounts], strict=True)
                np.testing.assert_allclose(back, given, rtol=5e-12, atol=0.0)


def test_norwegian_files_open_in_a_norwegian_spreadsheet(run: RunResult, folders: dict[str, Path]) -> None:
    data = (folders["nb"] / "tabeller" / "settlement.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    first = float(run.settlement["activity_income"].iloc[0])
    assert f";{first:.2f};".replace(".", ",").encode() in data
    assert not (folders["en"] / "tables" / "settlement.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_price_book_has_readers_headings(folders: dict[str, Path]) -> None:
    found = _read(folders["nb"] / "prisbok.csv", "nb")
    assert list(found.columns[:4]) == ["Ordning", "Tjeneste", "Prisklasse", "Pris"]
    assert set(found["Gjelder fra"]) == {"2007-01-01"}
    assert len(found) == 13


def test_the_note_beside_the_tables_says_that_the_data_are_made_up(folders: dict[str, Path]) -> None:
    text = (folders["nb"] / "tabeller" / "LESMEG.txt").read_text(encoding="utf-8-sig")
    assert "Oppdiktede data" in text
    assert "closing_balance: Utgående saldo" in text


def test_missing_true_and_whole_numbers() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [True, False], "c": ["x;y", 'say "hi"'], "d": pd.array([1, None])})
    assert frame_bytes(frame, "nb").decode("utf-8-sig") == 'a;b;c;d\r\n1;1;"x;y";1\r\n;0;"say ""hi""";\r\n'


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
@settings(deadline=None, max_examples=50)
@pytest.mark.parametrize("language", ["nb", "en"])
def test_numbers_keep_twelve_digits_and_amounts_every_one(language: str, values: list[float]) -> None:
    dialect = DIALECTS[language]
    text = csv_bytes(["v"], [[value] for value in values], language).decode(dialect.encoding)
    found = [float(line.replace(",", ".")) for line in text.split("\r\n")[1:-1]]
    for back, value in zip(found, values, strict=True):
        assert back == value if round(value, 2) == value else abs(back - value) <= 5e-12 * abs(value)
