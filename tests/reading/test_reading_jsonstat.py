"""JSON-stat 2.0 files, in the shape the statistical offices' interface gives them."""

from __future__ import annotations

import io
import itertools
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import DataError
from bench.reading import read_table, read_units
from bench.reading.files.jsonstat import read_jsonstat

REGIONS = {"4204": "Kristiansand", "1103": "Stavanger", "3403": "Hamar"}
YEARS = ["2022", "2023"]
CONTENTS = {"Kost": "Driftskostnad (kr)", "Timer": "Timer"}
VALUES = [1000.5, 10, 1100, 11, 2000, 20, 2100, 21, 500, 5, 550, 6]


def dataset(**changes):
    """Three places, two years, two quantities; values in row-major order."""
    return {
        "version": "2.0",
        "class": "dataset",
        "label": "Omsorg",
        "updated": "2024-06-15T06:00:00Z",
        "id": ["Region", "Tid", "ContentsCode"],
        "size": [3, 2, 2],
        "role": {"time": ["Tid"], "geo": ["Region"], "metric": ["ContentsCode"]},
        "dimension": {
            "Region": {
                "label": "region",
                "category": {"index": {code: k for k, code in enumerate(REGIONS)}, "label": REGIONS},
            },
            "Tid": {"label": "år", "category": {"index": {"2022": 0, "2023": 1}, "label": {y: y for y in YEARS}}},
            "ContentsCode": {
                "label": "statistikkvariabel",
                "category": {"index": {"Timer": 1, "Kost": 0}, "label": CONTENTS},
            },
        },
        "value": VALUES,
        **changes,
    }


def encoded(content):
    return json.dumps(content).encode()


def read(content, **options):
    given_roles = {"id": "region", "period": "Tid", "inputs": ["Driftskostnad (kr)"], "outputs": ["Timer"]}
    return read_units(io.BytesIO(encoded(content)), **{**given_roles, **options})


def test_one_row_per_place_and_year_one_column_per_quantity():
    units = read(dataset())
    assert units.names[:3] == ["Kristiansand (2022)", "Kristiansand (2023)", "Stavanger (2022)"]
    assert units.X.ravel().tolist() == VALUES[::2]
    assert units.Y.ravel().tolist() == VALUES[1::2]
    assert units.source.dialect["format"] == "json-stat 2.0"
    assert units.source.dialect["title"] == "Omsorg"


def test_codes_stay_text():
    assert read(dataset(), id="Region").unit_names == list(REGIONS)


def test_columns_are_codes_and_labels():
    cube = read_jsonstat(encoded(dataset()))
    assert cube.columns == ("Region", "region", "Tid", "Driftskostnad (kr)", "Timer")


@pytest.mark.parametrize("status", [{"3": "..", "5": ":"}, [None, None, None, "..", None, ":"]])
def test_status_signs_are_errors_at_their_position(status):
    values = list(VALUES)
    values[3] = values[5] = None
    with pytest.raises(DataError) as caught:
        read(dataset(value=values, status=status))
    errors = [(i.rule, i.cell, i.column) for i in caught.value.issues if i.severity == "error"]
    assert errors == [("missing-value", "value[3]", "Timer"), ("suppressed-value", "value[5]", "Timer")]


def test_null_without_status_is_empty():
    with pytest.raises(DataError) as caught:
        read(dataset(value=[None, *VALUES[1:]]))
    assert [(i.rule, i.cell, i.unit) for i in caught.value.issues if i.severity == "error"] == [
        ("empty-cell", "value[0]", "Kristiansand")
    ]


def test_status_of_all_values_as_one_text():
    assert read_jsonstat(encoded(dataset(value=[None] * 12, status=":"))).cells[3] == [":"] * 6


def test_sparse_values():
    sparse = {str(k): value for k, value in enumerate(VALUES)}
    assert read_jsonstat(encoded(dataset(value=sparse))).cells == read_jsonstat(encoded(dataset())).cells


def test_without_a_metric_there_is_one_value_column():
    cube = read_jsonstat(encoded(dataset(role={"time": ["Tid"]})))
    assert cube.columns[-1] == "value"
    assert cube.cells[-1] == VALUES


def test_index_as_a_list_and_labels_alone():
    content = dataset()
    content["dimension"]["Region"]["category"] = {"index": list(REGIONS)}
    content["dimension"]["ContentsCode"]["category"] = {"index": ["Kost", "Timer"], "label": CONTENTS}
    cube = read_jsonstat(encoded(content))
    assert cube.columns == ("Region", "Tid", "Driftskostnad (kr)", "Timer")
    one = dataset(id=["A"], size=[1], value=[3], role={})
    one["dimension"] = {"A": {"category": {"label": {"x": "X"}}}}
    assert read_jsonstat(encoded(one)).cells == (["x"], ["X"], [3])


def test_byte_order_mark_is_allowed():
    assert len(read_table(io.BytesIO(b"\xef\xbb\xbf" + encoded(dataset())))) == 6


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"{}",
        b'{"class": "collection"}',
        encoded(dataset(value=VALUES[:-1])),
        encoded(dataset(size=[3, 2, 3])),
        encoded(dataset(dimension={})),
        encoded(dataset(value={"99": 1})),
        encoded(dataset(value={"x": 1})),
        encoded(dataset(role=[])),
        b'{"a": "\xff"}',
    ],
)
def test_what_is_no_data_set(data):
    with pytest.raises(DataError) as caught:
        read_jsonstat(data)
    assert [issue.rule for issue in caught.value.issues] == ["jsonstat"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_agrees_with_another_reader():
    pyjstat = pytest.importorskip("pyjstat.pyjstat")
    frame = pyjstat.Dataset.read(json.dumps(dataset())).write("dataframe")
    table = read_table(io.BytesIO(encoded(dataset())))
    for column in CONTENTS.values():
        theirs = frame[frame["statistikkvariabel"] == column]
        assert list(zip(table.column("region"), table.column("Tid"), table.column(column), strict=True)) == list(
            zip(theirs["region"], theirs["år"], theirs["value"], strict=True)
        )


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_every_value_is_at_its_own_combination(sizes, data):
    """The flat list enumerates the combinations with the last dimension fastest, whichever dimension is spread."""
    names = [f"d{k}" for k in range(len(sizes))]
    metric = data.draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
    combinations = list(itertools.product(*(range(size) for size in sizes)))
    content = {
        "version": "2.0",
        "class": "dataset",
        "id": names,
        "size": sizes,
        "role": {"metric": metric},
        "dimension": {
            n: {"category": {"index": [f"{n}.{i}" for i in range(s)]}} for n, s in zip(names, sizes, strict=True)
        },
        "value": ["|".join(f"{n}.{i}" for n, i in zip(names, row, strict=True)) for row in combinations],
    }
    cube = read_jsonstat(encoded(content))
    kept = [name for name in names if name not in metric]
    spread = [name for name in names if name in metric]
    assert len(cube.cells[-1]) == math.prod(size for name, size in zip(names, sizes, strict=True) if name in kept)
    for name, cells in zip(cube.columns[len(kept) :], cube.cells[len(kept) :], strict=True):
        for row, value in enumerate(cells):
            parts = dict(part.split(".") for part in value.split("|"))
            assert all(f"{key}.{parts[key]}" == cube.cells[k][row] for k, key in enumerate(kept))
            assert not spread or name == ", ".join(f"{key}.{parts[key]}" for key in spread)
