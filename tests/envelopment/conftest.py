"""The public data sets of the reference results, read as units; and the folder on the import path for the oracle."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

import bench

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture(scope="session")
def public(reference: Path) -> dict[str, bench.Units]:
    """Charnes, Cooper & Rhodes 1981 (70 sites) and the Danish milk producers (108 farms)."""
    folder = reference / "dea"
    charnes = pd.read_csv(folder / "charnes1981.csv", sep=";")
    milk = pd.read_csv(folder / "milkProd.csv", sep=";")
    return {
        "charnes1981": bench.Units.from_frame(
            charnes, id="firm", inputs=[f"x{i}" for i in range(1, 6)], outputs=["y1", "y2", "y3"]
        ),
        "milkProd": bench.Units.from_frame(milk, id="farmNo", inputs=["energy", "vet", "cows"], outputs=["milk"]),
    }


@pytest.fixture(scope="session")
def expected(reference: Path):
    """Return a reader of one table of reference results (R Benchmarking 0.33)."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(reference / "dea" / f"expected_{name}.csv", keep_default_na=False, na_values=["NA"])

    return read
