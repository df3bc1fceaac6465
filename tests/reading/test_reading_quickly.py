"""What reading looks at in bulk is what it would find cell by cell and row by row."""

from __future__ import annotations

import gc

import numpy as np
import pandas as pd
import pytest

from bench.errors import DataError
from bench.reading import read_units, totals
from bench.reading.rows import lone_text
from bench.reading.values.amounts import SUSPECT
from bench.reading.values.numbers import _BARE, parse_numbers


def test_runs_that_add_up_are_those_a_loop_finds() -> None:
    """Small whole numbers, so that sums meet their rows often, with runs of one, of many and to the table's end."""
    rng = np.random.default_rng(3)
    met = 0
    for _ in range(300):
        block = rng.integers(0, 4, (rng.integers(1, 12), rng.integers(1, 3))).astype(float)
        block[rng.integers(len(block))] = block[: rng.integers(1, 5)].sum(axis=0)
        for step in (1, -1):
            expected = {}
            for k in range(len(block)):
                total, j = np.zeros(block.shape[1]), k + step
                while 0 <= j < len(block):
                    total = total + block[j]
                    if (total > block[k]).any():
                        break
                    if (total == block[k]).all():
                        expected[k] = abs(j - k)
                        break
                    j += step
            assert totals._runs(block, range(len(block)), step) == expected
            met += len(expected)
    assert met > 300


@pytest.mark.parametrize(
    ("row", "alone"),
    [
        (["a"], True),
        (["", "a", " "], True),
        (["a", "", "b"], False),
        ([1.0, ""], False),
        ([], False),
        ([None, ""], False),
    ],
)
def test_a_text_alone_on_its_row(row: list[object], alone: bool) -> None:
    assert lone_text(row) is alone


def test_no_amount_is_taken_for_a_bare_number() -> None:
    """Every text of a few signs: what is bare holds nothing suspect, and the column reads the same with it or not."""
    signs = ["1", "2", ",", ".", " ", "'", "-", "−", "(", ")", "k", "€", "%"]
    texts = [a + b + c for a in signs for b in signs for c in signs]
    bare = [text for text in texts if _BARE.fullmatch(text)]
    assert len(bare) == 6**3
    assert not any(SUSPECT.search(text) for text in bare)
    assert parse_numbers(["1-", "2"]).values.tolist() == [-1.0, 2.0]


def test_collection_of_garbage_goes_on_after_reading() -> None:
    frame = pd.DataFrame({"unit": ["a", "b"], "x": [1.0, 2.0], "y": [1.0, 2.0]})
    roles = {"id": "unit", "inputs": ["x"], "outputs": ["y"]}
    assert gc.isenabled()
    read_units(frame, **roles)
    assert gc.isenabled()
    with pytest.raises(DataError):
        read_units(frame.assign(x=["?", "2"]), **roles)
    assert gc.isenabled()
    gc.disable()
    try:
        read_units(frame, **roles)
        assert not gc.isenabled()
    finally:
        gc.enable()
