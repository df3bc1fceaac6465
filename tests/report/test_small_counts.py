"""Small counts: nothing held back stands in any file of the folder, and sums do not give it back.

The truth is the whole result in memory: every number of the units held back is looked for in every file, as it is and
as what is left of any number shown when shown units are taken off.
"""

from __future__ import annotations

import math
import re
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bench
from bench.cli import main
from bench.errors import ModelError, OptionError, ResourceError
from bench.modelfile import load_model
from bench.pipeline import run_file
from bench.report.small_counts import chosen, published
from bench.verification import verify

#: Models with data, the column of counts, and how many units have a count below the threshold (chosen from the data).
CASES = [
    ("kristiansand", "hjemmehjelp_brukere"),
    pytest.param(("stykkpris-malestokk", ""), marks=pytest.mark.slow),
    ("nursing-nm", ""),
]

#: Parquet is looked through where it can be written.
FORMATS = ("csv", "parquet") if find_spec("polars") else ("csv",)

_NUMBER = re.compile(r"[-−]?\d[\d\u00a0\u202f ]*(?:[.,]\d+)*(?:e[-+]?\d+)?")


def _threshold(model: str, column: str) -> tuple[int, str]:
    """Return a threshold with one or two units below it, and the column, both found in the model's own data."""
    run = bench.run(load_model(model))
    column = column or next(name for name in run.model.output_columns() if name in run.units.frame.columns)
    values = run.units.frame[[run.units.id, column]].dropna()
    least = values[values[column] > 0].groupby(run.units.id)[column].min().sort_values()
    return math.ceil(least.iloc[0]) + 1, column


@pytest.fixture(scope="module", params=CASES, ids=str)
def folder(request, tmp_path_factory):
    """A run that withholds, and its folder in both languages and formats."""
    model, column = request.param
    threshold, column = _threshold(model, column)
    settings = {"report.small_counts": str(threshold), "report.counts": f'["{column}"]'}
    run = run_file(model, settings=settings)
    assert run.holds_back
    assert run.withheld is not None
    target = tmp_path_factory.mktemp("withheld") / "out"
    run.save(target, language="nb,en", formats=FORMATS)
    return run, column, target


def _texts(target: Path) -> dict[str, str]:
    """Return the text of every file of a folder: cells of workbooks and of Parquet, what is embedded in pages."""
    found = {}
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        name = path.relative_to(target).as_posix()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                found[name] = "\n".join(book.read(part).decode("utf-8", "replace") for part in book.namelist())
        elif path.suffix == ".parquet":
            import polars

            found[name] = polars.read_parquet(path).write_csv()
        elif path.suffix != ".png":
            found[name] = path.read_text(encoding="utf-8-sig")
    return found


def _numbers(texts: dict[str, str]) -> set[str]:
    """Return every number of the files with ten digits, read with comma and with point."""
    found = set()
    for name, text in texts.items():
        if name.endswith("model.toml") or name.endswith("manifest.json"):
            continue
        bare = re.sub(r"<style.*?</style>|base64,[A-Za-z0-9+/=]+|font-face\s*\{.*?\}", " ", text, flags=re.DOTALL)
        for piece in _NUMBER.findall(bare):
            clean = re.sub(r"[\u00a0\u202f ]", "", piece).replace("−", "-")
            for candidate in {clean.replace(",", "."), clean.replace(",", ""), *clean.split(",")}:
                try:
                    found.add(_digits(float(candidate)))
                except ValueError:
                    continue
    return found


def _digits(value: float) -> str:
    return f"{abs(value):.10g}"


def _own_numbers(run, columns=None) -> dict[str, set[str]]:
    """Return every number of at least six digits in rows of the units held back, that no other row has."""
    held, others = {unit: set() for unit in run.withheld.units}, set()
    for frame in [*run.frames().values(), run.units.frame.rename(columns={run.units.id: "unit"})]:
        if "unit" not in frame.columns:
            continue
        numeric = [name for name in frame.columns if frame[name].dtype.kind == "f"]
        for unit, row in zip(frame["unit"].astype(str), frame[numeric].to_numpy(float), strict=True):
            numbers = {_digits(value) for value in row if math.isfinite(value) and len(_digits(value).strip("0.")) >= 7}
            if unit in held:
                held[unit] |= numbers
            else:
                others |= numbers
    return {unit: numbers - others for unit, numbers in held.items()}


def test_no_number_of_a_unit_held_back_stands_in_any_file(folder):
    run, _, target = folder
    own = _own_numbers(run)
    assert sum(map(len, own.values())) > 20
    there = _numbers(_texts(target))
    for frame in run.frames().values():  # a sum over all units may by chance be a unit's own: a year with one unit
        if "unit" not in frame.columns:
            there -= {_digits(x) for x in frame.select_dtypes("number").to_numpy(float).ravel() if math.isfinite(x)}
    assert {unit: sorted(numbers & there) for unit, numbers in own.items() if numbers & there} == {}


def test_the_search_would_have_found_them(folder, tmp_path):
    """The same search in the same run's folder without the rule finds the numbers of every unit."""
    run, _, _ = folder
    from dataclasses import replace

    replace(run, withheld=None).save(tmp_path / "whole", language="en")
    there = _numbers(_texts(tmp_path / "whole"))
    own = _own_numbers(run)
    assert all(len(numbers & there) > 0.5 * len(numbers) for numbers in own.values() if numbers)


def test_units_held_back_are_named_by_the_finding_alone(folder):
    run, _, target = folder
    for name, text in _texts(target).items():
        if not name.endswith((".csv", ".parquet")):
            continue
        cells = {cell.strip('"') for line in text.splitlines() for cell in re.split(r"[;,]", line)}
        assert not cells & set(run.withheld.units), name


def _system(run, frame: pd.DataFrame, column: str):
    """Return the linear equations about the volumes of a column that shown numbers give, and the unknowns.

    Every shown number of every frame that is a sum of volumes, amounts or weighted volumes of one scheme and year is an
    equation; what shown units have is known.
    """
    table = run.units.frame
    scheme = run.units.scheme
    keys = list(zip(table[run.units.id].astype(str), table[run.units.period], strict=True))
    at = {key: k for k, key in enumerate(keys)}
    values = table[column].to_numpy(float)
    rows = []
    known = set(frame.units.frame[run.units.id].astype(str))
    for key, k in at.items():
        if key[0] in known:
            rows.append(np.eye(1, len(keys), k)[0])
    groups = {}
    for key, k in at.items():
        if math.isfinite(values[k]):
            groups.setdefault((str(table[scheme].iloc[k]) if scheme else "", key[1]), []).append(k)
    for members in groups.values():
        row = np.zeros(len(keys))
        row[members] = 1.0
        rows.append(row)
    return np.array(rows), at, values


def _determined(rows: np.ndarray, k: int) -> bool:
    """Tell whether the equations give one unknown: its unit vector is a combination of theirs."""
    unit = np.zeros(rows.shape[1])
    unit[k] = 1.0
    solution, *_ = np.linalg.lstsq(rows.T, unit, rcond=None)
    return bool(np.abs(rows.T @ solution - unit).max() < 1e-8)


def test_linear_totals_do_not_give_a_small_count(folder):
    run, column, _ = folder
    if run.units.period is None:
        pytest.skip("one year")
    rows, at, values = _system(run, published(run), column)
    threshold = run.withheld.threshold
    small = [key for key, k in at.items() if 0 < values[k] < threshold]
    assert small
    assert [key for key in small if _determined(rows, at[key])] == []


def test_without_units_that_hide_it_totals_give_it(folder):
    """The attack works where only the units with a small count are held back and one stands alone."""
    run, column, _ = folder
    if run.units.period is None:
        pytest.skip("one year")
    from dataclasses import replace

    table = run.units.frame
    least = table[table[column] > 0].sort_values(column).iloc[0]
    alone = replace(run.withheld, units=(str(least[run.units.id]),), schemes=())
    bare = replace(run, withheld=alone)
    rows, at, _ = _system(bare, published(bare), column)
    assert _determined(rows, at[str(least[run.units.id]), least[run.units.period]])


def test_no_sum_over_shown_units_is_the_total_less_a_small_count(folder):
    """Whatever the frames add up, in any column, scheme, service and year."""
    run, column, _ = folder
    shown, sums = published(run), set()
    period = run.units.period
    for frame, _unit, year in (
        (shown.units.frame, run.units.id, period),
        *((f, "unit", "year") for f in shown.frames().values() if "unit" in f.columns and "year" in f.columns),
    ):
        groups = [c for c in ("scheme", "service", "price_class", run.units.scheme, year) if c and c in frame.columns]
        numeric = [c for c in frame.columns if frame[c].dtype.kind in "f"]
        for group in ([], groups):
            parts = [frame] if not group else [part for _, part in frame.groupby(group)]
            sums |= {float(part[c].sum()) for part in parts for c in numeric}
    table = run.units.frame
    values = table[column]
    small = table[(values > 0) & (values < run.withheld.threshold)]
    parts = [c for c in (run.units.scheme, period) if c]
    for _, row in small.iterrows():
        alike = np.logical_and.reduce([table[c] == row[c] for c in parts]) if parts else np.full(len(table), True)
        total = float(values[alike].sum())
        assert not any(abs(one - (total - row[column])) < 1e-6 for one in sums), row[run.units.id]


@pytest.mark.parametrize(
    ("totals", "units", "schemes"),
    [
        ({("s", "", "v", 1): {"A": 6.0, "B": 7.0}}, set(), set()),
        ({("s", "", "v", 1): {"A": 0.0, "B": 7.0}}, set(), set()),
        ({("s", "", "v", 1): {"A": 4.0, "B": 7.0, "C": 9.0}}, {"A", "B"}, set()),
        # two small ones hide each other when together they are not small
        ({("s", "", "v", 1): {"A": 4.0, "B": 3.0, "C": 9.0}}, {"A", "B"}, set()),
        ({("s", "", "v", 1): {"A": 1.0, "B": 2.0, "C": 9.0}}, {"A", "B", "C"}, set()),
        # a unit without volume hides nobody
        ({("s", "", "v", 1): {"A": 4.0, "B": 0.0, "C": 9.0}}, {"A", "C"}, set()),
        # another year has another sum
        (
            {("s", "", "v", 1): {"A": 4.0, "B": 9.0}, ("s", "", "v", 2): {"A": 3.0, "B": 0.0, "C": 8.0}},
            {"A", "B", "C"},
            set(),
        ),
        # of a price class alone, the scheme has to go
        ({("s", "own", "v", 1): {"A": 4.0}, ("s", "", "v", 1): {"A": 4.0, "B": 90.0}}, {"A", "B"}, {"s"}),
    ],
)
def test_who_is_held_back(totals, units, schemes):
    assert chosen(totals, 5) == (units, schemes)


def _table() -> pd.DataFrame:
    rows = [
        (unit, year, 100.0 * volume + 3 * k, float(volume))
        for year in (2022, 2023, 2024)
        for k, (unit, volume) in enumerate([("A", 3), ("B", 40), ("C", 60), ("D", 80), ("E", 90)])
    ]
    return pd.DataFrame(rows, columns=["unit", "year", "cost", "users"])


def _small_run(threshold: int = 5, table: pd.DataFrame | None = None):
    units = bench.Units.from_frame(
        _table() if table is None else table, id="unit", period="year", inputs=["cost"], outputs=["users"]
    )
    model = load_model("average-cost").with_roles(id="unit", period="year", cost="cost", outputs=["users"])
    return bench.run(model.with_values({"report.small_counts": threshold}), units)


def test_off_by_default_and_without_effect_where_nothing_is_small(tmp_path):
    off, none = _small_run(0), _small_run(2)
    assert off.withheld is None
    assert not none.holds_back
    assert [issue.rule for issue in none.warnings].count("small-counts") == 1
    assert published(none) is none
    none.save(tmp_path / "out", language="en")
    assert (tmp_path / "out" / "sources" / "units.csv").exists() or any((tmp_path / "out").rglob("units.csv"))


def test_sums_and_prices_stand_as_they_are():
    run = _small_run()
    shown = published(run)
    assert run.withheld.units == ("A", "B")
    pd.testing.assert_frame_equal(shown.prices, run.prices)
    pd.testing.assert_frame_equal(shown.schemes, run.schemes)
    assert set(shown.settlement["unit"]) == {"C", "D", "E"}
    assert len(run.settlement[run.settlement["unit"] == "A"])


def test_a_folder_is_made_again_from_the_accounts_that_are_handed_over(tmp_path):
    run = _small_run()
    run.save(tmp_path / "out", language="en")
    (tmp_path / "units.csv").write_bytes(run.sources["units.csv"])
    with pytest.raises(ResourceError, match=r"--source units\.csv=PATH"):
        verify(tmp_path / "out")
    assert verify(tmp_path / "out", {"units.csv": tmp_path / "units.csv"}).ok
    with pytest.raises(ResourceError, match=r"lacks no source called 'unit\.csv'"):
        verify(tmp_path / "out", {"unit.csv": tmp_path / "units.csv"})
    (tmp_path / "other.csv").write_text("unit,year\n")
    with pytest.raises(ResourceError, match="is not the file of the run"):
        verify(tmp_path / "out", {"units.csv": tmp_path / "other.csv"})


def _code(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_the_command_line_says_and_does_it(tmp_path, capsys):
    file = tmp_path / "own.csv"
    _table().to_csv(file, index=False)
    roles = ["--id", "unit", "--period", "year", "--cost", "cost", "--outputs", "users"]
    out = str(tmp_path / "out")
    assert _code(["run", "average-cost", str(file), *roles, "--set", "report.small_counts=5", "--out", out]) == 0
    said = capsys.readouterr()
    assert "small-counts" in said.err
    assert "A, B" in said.err
    assert "2 units are not shown" in said.out
    assert not list((tmp_path / "out").rglob("own.csv"))
    assert _code(["verify", out]) == 2
    assert _code(["verify", out, "--source", f"own.csv={file}"]) == 0
    assert _code(["trace", out, "--unit", "C"]) == 2
    assert _code(["validate-pack", "average-cost", str(file), *roles, "--out", out + "-pack"]) == 0
    model = tmp_path / "own.toml"
    model.write_bytes(load_model("average-cost").with_values({"report.small_counts": 5}).source)
    assert _code(["validate-pack", str(model), str(file), *roles, "--out", out + "-pack-2"]) == 2


def test_what_cannot_withhold_refuses():
    model = load_model("average-cost").with_roles(id="unit", period="year", cost="cost", outputs=["users"])
    asked = model.with_values({"report.small_counts": 5})
    units = bench.Units.from_frame(_table(), id="unit", period="year", inputs=["cost"], outputs=["users"])
    with pytest.raises(OptionError, match=r"report\.small_counts=0"):
        bench.simulate(asked, units, years=range(2025, 2027), seed=1, draws=2)
    with pytest.raises(OptionError, match="compare cannot"):
        bench.compare([asked, model], units, years=range(2025, 2027), seed=1, draws=2)


def test_a_column_that_is_no_volume_is_refused():
    with pytest.raises(ModelError, match="no service has the volume column 'userz'"):
        load_model("kristiansand").with_values({"report.small_counts": 5, "report.counts": ["userz"]})


def test_a_scheme_that_can_hide_nobody_shows_prices_alone(tmp_path):
    two = published(_small_run(table=_table()[lambda t: t["unit"].isin(["A", "B"])]))
    assert not len(two.settlement)
    assert len(two.schemes) == 3
    one = _small_run(table=_table()[lambda t: t["unit"] == "A"])
    shown = published(one)
    assert not len(shown.settlement)
    assert not len(shown.schemes)
    assert len(shown.prices) == len(one.prices)
    assert shown.prices[["volume", "cost"]].isna().all(axis=None)
    one.save(tmp_path / "out", language="en")
    assert "All units,users,common,100,item" in (tmp_path / "out" / "price-book.csv").read_text("utf-8")
