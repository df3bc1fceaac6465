"""`Units`: validation, alignment by label, parts, and what is refused."""

from __future__ import annotations

import datetime as dt
import pickle
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench.errors import DataError, Issue, OptionError
from bench.units import ACCEPTABLE_RULES, Source, Units

FRAME = pd.DataFrame(
    {
        "home": ["A", "B", "A", "B", "C"],
        "year": [2003, 2003, 2004, 2004, 2004],
        "scheme": ["care", "care", "care", "care", "health"],
        "cost": [10.0, 12.0, 11.0, 13.0, 5.0],
        "staff": [3, 4, 3, 4, 2],
        "days": [100.0, 110.0, 105.0, 112.0, np.nan],
        "visits": [7.0, 0.0, 8.0, 1.0, 30.0],
        "travel": [1.5, 2.5, 1.5, 2.5, np.nan],
    }
)
ROLES = {
    "id": "home",
    "period": "year",
    "scheme": "scheme",
    "inputs": ["cost", "staff"],
    "outputs": ["days", "visits"],
    "environment": ["travel"],
}


def units(**changes):
    return Units.from_frame(FRAME.assign(**changes), **ROLES)


def simple(frame, **options):
    return Units.from_frame(frame, **{"id": "home", "inputs": ["cost"], "outputs": ["days"], **options})


def rules(frame, **options):
    with pytest.raises(DataError) as caught:
        simple(frame, **options)
    return [(issue.rule, issue.unit, issue.column) for issue in caught.value.issues]


def table(cost=(1.0, 2.0), days=(3.0, 4.0), home=("A", "B"), **more):
    return pd.DataFrame({"home": home, "cost": cost, "days": days, **more})


# -- a good table --------------------------------------------------------------------------------------------------


def test_table_keeps_rows_columns_and_values():
    made = units()
    assert len(made) == 5
    assert list(made.frame.columns) == list(FRAME.columns)
    assert made.frame["cost"].tolist() == FRAME["cost"].tolist()
    assert made.frame["staff"].dtype == np.float64
    assert made.unit_names == ["A", "B", "C"]
    assert made.periods == [2003, 2004]
    assert made.schemes == ["care", "health"]
    assert made.warnings == ()
    assert repr(made) == "Units(3 units × 2 periods in 2 schemes, inputs: cost, staff; outputs: days, visits)"


def test_the_frame_given_is_not_changed():
    before = FRAME.copy()
    units()
    pd.testing.assert_frame_equal(before, FRAME)


def test_unused_columns_are_left_out_and_the_index_does_not_matter():
    made = simple(table(note=["x", "y"]).set_index(pd.Index([7, 9])))
    assert list(made.frame.columns) == ["home", "cost", "days"]
    assert made.X.ravel().tolist() == [1.0, 2.0]


def test_arrays_are_read_only_and_shaped():
    made = simple(table())
    assert made.X.shape == made.Y.shape == (2, 1)
    with pytest.raises(ValueError, match="read-only"):
        made.X[0, 0] = 5
    assert made.values([]).shape == (2, 0)


def test_labels_become_text():
    made = simple(table(home=[301.0, 302.0]))
    assert made.unit_names == ["301", "302"]
    assert simple(table(home=[np.float32(301), "0302 "])).unit_names == ["301", "0302"]
    assert simple(table(home=[dt.datetime(2004, 1, 1), 7])).unit_names == ["2004-01-01", "7"]
    assert simple(table(home=pd.Categorical(["A", "B"]))).unit_names == ["A", "B"]


@pytest.mark.parametrize(
    ("given_periods", "expected"),
    [
        ([2003, 2004], [2003, 2004]),
        ([2003.0, 2004.0], [2003, 2004]),
        (["2004", " 2003"], [2003, 2004]),
        (["10", "9"], [9, 10]),
        (["2003", "2004*"], ["2003", "2004*"]),
        (["--5", "7"], ["--5", "7"]),
        (["²", "7"], ["7", "²"]),
        (["-1", "1"], [-1, 1]),
        ([pd.Timestamp("2003-12-31"), pd.Timestamp("2004-12-31")], ["2003-12-31", "2004-12-31"]),
    ],
)
def test_periods(given_periods, expected):
    assert simple(table(year=given_periods), period="year").periods == expected


def test_names_and_index():
    made = units()
    assert made.names == ["A (2003)", "B (2003)", "A (2004)", "B (2004)", "C (2004)"]
    assert made.index.tolist()[0] == ("A", 2003)
    assert list(made.index.names) == ["unit", "period"]
    one = made.for_period(2004)
    assert one.names == ["A", "B", "C"]
    plain = simple(table())
    assert plain.index.tolist() == ["A", "B"]
    assert plain.index.name == "unit"
    assert plain.periods == []
    assert plain.schemes == []


def test_singular_and_plural():
    one = simple(table().head(1).assign(year=2003, s="x"), period="year", scheme="s")
    assert repr(one).startswith("Units(1 unit × 1 period in 1 scheme,")


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "int8", "float32", "object"])
def test_every_kind_of_number(dtype):
    made = simple(table().astype({"cost": dtype, "days": dtype}))
    assert made.X.dtype == np.float64
    assert made.X.ravel().tolist() == [1.0, 2.0]


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "Float64", "object"])
def test_missing_value(dtype):
    frame = table(cost=[1.0, None]).astype({"cost": dtype})
    assert rules(frame) == [("empty-cell", "B", "cost")]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_missing_value_among_objects(missing):
    assert rules(table(cost=pd.Series([1.0, missing], dtype=object))) == [("empty-cell", "B", "cost")]


@pytest.mark.parametrize("value", ["7", "1 234,5", True, Decimal(1), dt.date(2004, 1, 1), 1j, [1]])
def test_value_that_is_no_number(value):
    assert rules(table(cost=pd.Series([1.0, value], dtype=object))) == [("not-a-number", "B", "cost")]


def test_column_of_truths_is_no_column_of_numbers():
    assert rules(table(cost=[True, False])) == [("not-a-number", "A", "cost"), ("not-a-number", "B", "cost")]


def test_infinite_value():
    assert ("not-finite", "B", "days") in rules(table(days=[1.0, np.inf]))


def test_negative_value_and_no_production():
    assert rules(table(cost=[-1.0, 2.0])) == [("negative-value", "A", "cost")]
    assert rules(table(cost=[0.0, 2.0])) == [("no-input", "A", "cost")]
    assert rules(table(days=[0.0, 2.0])) == [("no-output", "A", "days")]


def test_one_output_of_several_may_be_zero():
    assert len(units()) == 5


@pytest.mark.parametrize("rule", ACCEPTABLE_RULES)
def test_accepted_rules_become_warnings(rule):
    frames = {
        "negative-value": table(cost=[-1.0, 2.0]),
        "no-input": table(cost=[0.0, 2.0]),
        "no-output": table(days=[0.0, 2.0]),
    }
    made = simple(frames[rule], accept=[rule])
    assert [(issue.rule, issue.severity) for issue in made.warnings] == [(rule, "warning")]
    assert len(made) == 2


@pytest.mark.parametrize("accept", [["empty-cell"], "no-input", [3]])
def test_unknown_rule_to_accept(accept):
    with pytest.raises(OptionError, match="accept"):
        simple(table(), accept=accept)


def test_duplicates():
    assert rules(table(home=["A", "A"])) == [("duplicate-unit", "A", "home")]
    assert rules(table(home=["A", "A "])) == [("duplicate-unit", "A", "home")]
    assert rules(table(home=["A", "A"], year=[2003, 2003.0]), period="year") == [("duplicate-unit", "A", "home")]
    assert len(simple(table(home=["A", "A"], year=[2003, 2004]), period="year")) == 2


@pytest.mark.parametrize("label", ["", "  ", None, np.nan])
def test_empty_label(label):
    assert rules(table(home=pd.Series(["A", label], dtype=object))) == [("empty-cell", "", "home")]


def test_unit_in_two_schemes():
    frame = table(home=["A", "A"], year=[1, 2], s=["x", "y"])
    assert rules(frame, period="year", scheme="s") == [("unit-in-two-schemes", "A", "s")]


def test_missing_value_is_allowed_where_a_whole_scheme_lacks_the_column():
    assert np.isnan(units().frame["days"].iloc[4])
    with pytest.raises(DataError, match="empty-cell"):
        units(days=[100.0, np.nan, 105.0, 112.0, np.nan])
    with pytest.raises(DataError, match="empty-cell"):
        units(cost=[1.0, 2.0, 3.0, 4.0, np.nan])


def test_missing_and_repeated_columns():
    assert [rule for rule, *_ in rules(table(), inputs=["kost"])] == ["missing-column"]
    with pytest.raises(DataError, match="did you mean 'cost'"):
        simple(table(), inputs=["cots"])
    assert rules(table(), outputs=["cost"]) == [("two-roles", "", "cost")]
    doubled = pd.concat([table(), table()[["cost"]]], axis=1)
    assert rules(doubled) == [("duplicate-column", "", "cost")]
    assert rules(table(), inputs=[5]) == [("missing-column", "", "5")]


def test_column_names_need_not_be_text():
    made = Units.from_frame(pd.DataFrame({0: ["A"], 1: [2.0], 2: [3.0]}), id=0, inputs=[1], outputs=[2])
    assert made.X.tolist() == [[2.0]]


def test_table_without_rows():
    assert rules(table().head(0)) == [("no-rows", "", "")]


def test_text_where_a_list_is_meant():
    with pytest.raises(OptionError, match="inputs must be a list"):
        simple(table(), inputs="cost")


def test_every_problem_at_once():
    frame = table(home=["A", "A", ""], cost=[-1.0, np.nan, 0.0], days=["x", 1.0, 0.0])
    assert {rule for rule, *_ in rules(frame)} == {
        "negative-value",
        "empty-cell",
        "no-input",
        "not-a-number",
        "no-output",
        "duplicate-unit",
    }


def test_source_and_places_are_in_the_issues():
    source = Source("a.xlsx", "Ark1")
    with pytest.raises(DataError) as caught:
        simple(
            table(cost=[1.0, -2.0], year=[2003, 2003]),
            period="year",
            source=source,
            locate=lambda row, column: {"cell": f"{column}:{row}"},
        )
    (issue,) = caught.value.issues
    assert (issue.file, issue.sheet, issue.cell, issue.unit, issue.period, issue.value) == (
        "a.xlsx",
        "Ark1",
        "cost:1",
        "B",
        "2003",
        "-2",
    )


def test_earlier_warnings_are_kept_once():
    earlier = Issue("hidden-space", "…", severity="warning")
    made = simple(table(cost=[-1.0, 2.0]), warnings=[earlier], accept=["negative-value"])
    again = made.select(inputs=["cost"])
    assert [issue.rule for issue in again.warnings] == ["hidden-space", "negative-value"]


# -- parts -----------------------------------------------------------------------------------------------------------


def test_values_that_do_not_apply_are_refused_in_arrays():
    with pytest.raises(DataError, match="not-applicable"):
        _ = units().Y
    assert units().for_scheme("care").Y.shape == (4, 2)


def test_one_scheme_has_only_its_columns():
    health = units().for_scheme("health")
    assert health.outputs == ("visits",)
    assert health.environment == ()
    assert list(health.frame.columns) == ["home", "year", "scheme", "cost", "staff", "visits"]
    with pytest.raises(OptionError, match="did you mean 'health'"):
        units().for_scheme("helth")
    with pytest.raises(OptionError):
        simple(table()).for_scheme("care")


def test_one_period():
    assert units().for_period(2003).unit_names == ["A", "B"]
    with pytest.raises(OptionError, match=r"\[2003, 2004\]"):
        units().for_period(2005)
    with pytest.raises(OptionError):
        simple(table()).for_period(2003)


def test_take_by_mask_and_by_position():
    made = units()
    assert made.take([4, 0]).names == ["C (2004)", "A (2003)"]
    assert made.take(np.array([True, False, False, False, True])).names == ["A (2003)", "C (2004)"]
    assert made.take([4, 0]).frame.index.tolist() == [0, 1]
    assert len(made.take([])) == 0


def test_select_moves_columns_and_drops_none():
    made = units().for_scheme("care").select(inputs=["cost"], outputs=["visits"])
    assert made.inputs == ("cost",)
    assert made.outputs == ("visits",)
    assert set(made.extra) == {"staff", "days"}
    swapped = made.select(outputs=["days", "travel"])
    assert swapped.environment == ()
    assert set(swapped.extra) == {"staff", "visits"}
    with pytest.raises(DataError, match="missing-column"):
        made.select(inputs=["kost"])
    with pytest.raises(DataError, match="two-roles"):
        made.select(inputs=["cost"], outputs=["cost"])


def test_units_travel_between_processes():
    other = pickle.loads(pickle.dumps(units()))
    pd.testing.assert_frame_equal(other.frame, units().frame)
    assert other.outputs == units().outputs


# -- arrays ----------------------------------------------------------------------------------------------------------


def test_from_arrays():
    made = Units.from_arrays([[1, 2], [3, 4]], [5, 6], names=[301, "B"], input_prices=[7, 8], output_prices=[[9], [10]])
    assert made.unit_names == ["301", "B"]
    assert made.inputs == ("x1", "x2")
    assert made.input_prices == ("w1", "w2")
    assert made.values(made.input_prices).tolist() == [[7, 8], [7, 8]]
    assert made.values(made.output_prices).tolist() == [[9], [10]]
    assert Units.from_arrays([1, 2], [3, 4]).unit_names == ["1", "2"]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([[1], [2]], [[1]]), "outputs has 1 rows"),
        ((np.ones((2, 2, 2)), [[1], [2]]), "two dimensions"),
        (([1, 2], [1, 2], ["A"]), "names has length 1"),
        (([1, 2], [1, 2], None, [1, 2, 3]), "input_prices must have the shape"),
        (([[1, 2], [3]], [1, 2]), "inputs must be an array of numbers"),
        ((["a", "b"], [1, 2]), "inputs must be an array of numbers"),
        (([1, np.nan], [1, 2]), "empty-cell"),
        (([1, 2], [1, 2], ["A", "A"]), "duplicate-unit"),
        (([], []), "no-rows"),
    ],
)
def test_arrays_that_are_refused(arguments, match):
    with pytest.raises(DataError, match=match):
        Units.from_arrays(*arguments)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 8).flatmap(
        lambda n: st.tuples(
            st.lists(st.tuples(st.floats(0.01, 1e9), st.floats(0.01, 1e9)), min_size=n, max_size=n),
            st.permutations(range(n)),
        )
    )
)
def test_rows_follow_their_labels(drawn):
    """The order of the rows moves with the labels and never changes a value."""
    rows, order = drawn
    frame = pd.DataFrame(rows, columns=["cost", "days"])
    frame.insert(0, "home", [f"u{k}" for k in range(len(rows))])
    one, two = simple(frame), simple(frame.iloc[list(order)])
    assert two.unit_names == [one.unit_names[k] for k in order]
    assert np.array_equal(two.X, one.X[list(order)])
    assert np.array_equal(two.Y, one.Y[list(order)])


def test_arrays_and_names_are_taken_once_and_cannot_be_changed_through_them():
    units = Units.from_arrays([[1.0], [2.0]], [[3.0], [4.0]], names=["A", "B"])
    assert units.X is units.X
    with pytest.raises(ValueError, match="read-only"):
        units.X[0, 0] = 5.0
    units.names.append("C")
    assert units.names == ["A", "B"]
    part = units.take([1])
    assert part.X.tolist() == [[2.0]]
    assert part.names == ["B"]
    assert units.values(["y1", "x1"]).tolist() == [[3.0, 1.0], [4.0, 2.0]]
    again = pickle.loads(pickle.dumps(units))
    assert again.X.tolist() == units.X.tolist()
    assert not again.X.flags.writeable


@pytest.mark.parametrize("method", ["dea", "sfa"])
def test_a_frame_without_roles_is_told_what_to_do_and_doing_it_works(method):
    rng = np.random.default_rng(3)
    hours = rng.uniform(100, 900, 60)
    cost = 400 * hours * np.exp(np.abs(rng.normal(0, 0.3, 60)) + rng.normal(0, 0.1, 60))
    frame = pd.DataFrame({"enhet": [f"U{k}" for k in range(60)], "aar": 2024, "kostnad": cost, "timer": hours})
    with pytest.raises(OptionError, match="say what each column is") as caught:
        getattr(bench, method)(frame)
    line = str(caught.value).splitlines()[-1]
    names = {"bench": bench, "frame": frame}
    exec(line, names)
    units = names["units"]
    assert (units.id, units.period, units.inputs, units.outputs) == ("enhet", "aar", ("kostnad",), ("timer",))
    if method == "dea":
        with pytest.raises(OptionError, match="rts='vrs'"):
            bench.dea(units)
        assert bench.dea(units, rts="vrs").efficiency.max() == pytest.approx(1.0)


def test_a_table_from_arrays_is_the_one_its_frame_gives():
    """The quick way from arrays, which makes no frame until one is asked for, and the way through a frame agree."""
    x, y = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([[7.0], [8.0], [9.0]])
    quick = Units.from_arrays(x, y, names=["A", "B", "C"], input_prices=[1.0, 2.0])
    x[0, 0] = 99.0  # the caller's array is the caller's: the table keeps its own
    assert len(quick) == 3
    assert quick.X[0, 0] == 1.0
    frame = pd.DataFrame(
        {
            "unit": ["A", "B", "C"],
            "x1": [1.0, 3.0, 5.0],
            "x2": [2.0, 4.0, 6.0],
            "y1": [7.0, 8.0, 9.0],
            "w1": 1.0,
            "w2": 2.0,
        }
    )
    slow = Units.from_frame(frame, id="unit", inputs=["x1", "x2"], outputs=["y1"], input_prices=["w1", "w2"])
    pd.testing.assert_frame_equal(quick.frame, slow.frame)
    assert quick.labels.tolist() == slow.labels.tolist()
    assert quick.names == slow.names
    assert quick.values(("w1", "w2")).tolist() == slow.values(("w1", "w2")).tolist()
    assert pickle.loads(pickle.dumps(Units.from_arrays(x, y))).frame.shape == (3, 4)
    with pytest.raises(ValueError, match="read-only"):
        quick.X[0, 0] = 0.0


def test_scores_from_arrays_need_no_frame():
    """Half the time from arrays to scores in a new process was the import of pandas."""
    code = (
        "import sys, bench; u = bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]]); "
        "assert bench.dea(u, rts='crs').scores.tolist() == [1.0, 0.5]; "
        "assert not {'pandas', 'scipy', 'numba'} & set(sys.modules), sorted(sys.modules)"
    )
    warm = "import bench; bench.dea(bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]]), rts='crs')"
    subprocess.run([sys.executable, "-c", warm], check=True)  # a new installation compiles first, with numba
    subprocess.run([sys.executable, "-c", code], check=True)
