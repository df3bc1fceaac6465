"""Reading a client's file, side by side with `pandas.read_csv` in the same run.

``python benchmarks/bench_reading.py [--rows 100000] [--repeat 3]`` prints a table. `pandas.read_csv` is given the
dialect and checks nothing: what it leaves as text or turns into something else is counted beside its time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from bench.reading import read_units

COLUMNS = [f"v{k}" for k in range(8)]
ROLES = {"id": "enhet", "period": "aar", "inputs": COLUMNS[:2], "outputs": COLUMNS[2:]}


def table(rows: int, seed: int = 1) -> pd.DataFrame:
    """Five years of units with two costs and six volumes."""
    rng = np.random.default_rng(seed)
    size = np.repeat(np.exp(rng.normal(0, 0.5, -(-rows // 5))), 5)[:rows]
    values = np.round(1000 * size[:, None] * np.exp(rng.normal(0, 0.2, (rows, 8))), 2)
    frame = pd.DataFrame(values, columns=COLUMNS)
    frame.insert(0, "aar", 2000 + np.arange(rows) % 5)
    frame.insert(0, "enhet", [f"Enhet {k // 5:06d}" for k in range(rows)])
    return frame


def written(frame: pd.DataFrame, decimal: str, group: str) -> str:
    """Write a frame as text with semicolons and the given number signs."""
    columns = [frame["enhet"], frame["aar"].astype(str)]
    for name in COLUMNS:
        texts = [f"{x:,.2f}" for x in frame[name]]
        columns.append([text.replace(",", "G").replace(".", decimal).replace("G", group) for text in texts])
    rows = [";".join(frame.columns), *map(";".join, zip(*columns, strict=True))]
    return "\n".join(rows) + "\n"


def best_of(repeat: int, call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest time and the last result."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return min(times), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    frame = table(options.rows)
    folder = Path(tempfile.mkdtemp())
    dialects = {
        "point, utf-8": (written(frame, ".", "").encode(), {}),
        "comma, utf-8": (written(frame, ",", "").encode(), {"decimal": ","}),
        "comma, no-break space, cp1252": (
            written(frame, ",", "\u00a0").encode("cp1252"),
            {"decimal": ",", "thousands": "\u00a0", "encoding": "cp1252"},
        ),
    }
    print(f"{options.rows:,} rows × {frame.shape[1]} columns, best of {options.repeat}\n")
    print(f"{'dialect':32} {'read_units':>11} {'pandas':>9} {'ratio':>6}  pandas leaves as text")
    for name, (data, given) in dialects.items():
        path = folder / "file.csv"
        path.write_bytes(data)
        ours, units = best_of(options.repeat, lambda path=path: read_units(path, **ROLES))
        theirs, other = best_of(options.repeat, lambda path=path, given=given: pd.read_csv(path, sep=";", **given))
        assert np.array_equal(np.hstack([units.X, units.Y]), frame[COLUMNS].to_numpy())
        text = [column for column in COLUMNS if other[column].dtype.kind not in "if"]
        print(f"{name:32} {ours:9.2f} s {theirs:7.2f} s {ours / theirs:5.1f}×  {len(text)} of {len(COLUMNS)} columns")

    path = folder / "file.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, frame.columns)
        for number, row in enumerate(frame.itertuples(index=False), start=1):
            sheet.write_row(number, 0, row)
    ours, units = best_of(1, lambda: read_units(path, **ROLES))
    theirs, _ = best_of(1, lambda: pd.read_excel(path, engine="calamine"))
    assert np.array_equal(np.hstack([units.X, units.Y]), frame[COLUMNS].to_numpy())
    print(f"{'xlsx':32} {ours:9.2f} s {theirs:7.2f} s {ours / theirs:5.1f}×  text 0301 becomes the number 301")

    ours, _ = best_of(options.repeat, lambda: read_units(frame, **ROLES))
    print(f"{'DataFrame':32} {ours:9.2f} s")


if __name__ == "__main__":
    main()
