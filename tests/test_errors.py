"""The tree of errors: exit codes, builtins, issues, and what survives a trip between processes."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest

import bench
from bench import errors
from bench.errors import (
    SHOWN,
    BenchError,
    CertificateError,
    ConvergenceError,
    DataError,
    EstimationError,
    InfeasibleError,
    Issue,
    ModelError,
    OptionError,
    ResourceError,
    SettlementError,
    SolverError,
    WrongSkewError,
    issue_frame,
    nearest,
)

TREE = [
    (OptionError, BenchError, ValueError, 2),
    (DataError, BenchError, ValueError, 3),
    (ModelError, BenchError, ValueError, 4),
    (SolverError, BenchError, RuntimeError, 5),
    (InfeasibleError, SolverError, RuntimeError, 5),
    (CertificateError, SolverError, RuntimeError, 5),
    (EstimationError, BenchError, RuntimeError, 5),
    (ConvergenceError, EstimationError, RuntimeError, 5),
    (WrongSkewError, EstimationError, RuntimeError, 5),
    (SettlementError, BenchError, ArithmeticError, 6),
    (ResourceError, BenchError, LookupError, 2),
]


@pytest.mark.parametrize(("kind", "parent", "builtin", "code"), TREE)
def test_place_in_the_tree(kind, parent, builtin, code):
    assert issubclass(kind, parent)
    assert issubclass(kind, builtin)
    assert kind.exit_code == code


def test_the_tree_is_complete_and_public():
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, BenchError) and kind is not BenchError
    }
    assert kinds == {kind for kind, *_ in TREE}
    for kind in kinds:
        assert getattr(bench, kind.__name__) is kind
        assert kind.__name__ in errors.__doc__


def test_issue_as_text_says_where_what_and_what_to_do():
    issue = Issue(
        "negative-value",
        "the value is negative",
        "correct it",
        "error",
        "a.xlsx",
        "Ark1",
        "C7",
        "kost",
        "A",
        "2004",
        "-5",
    )
    assert str(issue) == (
        "[negative-value] a.xlsx sheet 'Ark1' C7 column 'kost' unit 'A' period 2004: "
        "the value is negative (value: '-5') → correct it"
    )
    assert str(Issue("no-rows", "the table has no rows")) == "[no-rows] the table has no rows"


def test_data_error_counts_errors_and_lists_all():
    error = DataError([Issue("a", "first"), Issue("b", "second", severity="warning"), Issue("c", "third")])
    assert str(error).splitlines() == ["2 problems in the data", "  [a] first", "  [b] second", "  [c] third"]
    assert str(DataError([Issue("a", "first")])).startswith("1 problem in the data\n")


def test_data_error_from_a_sentence():
    error = DataError("names has length 3")
    assert error.issues == (Issue("data", "names has length 3"),)
    assert "names has length 3" in str(error)


def test_data_error_takes_any_iterable():
    assert len(DataError(Issue("a", str(k)) for k in range(3)).issues) == 3


def test_long_lists_are_cut_in_the_message_only():
    error = DataError([Issue("a", f"number {k}") for k in range(SHOWN + 7)])
    assert len(error.issues) == len(error.to_frame()) == SHOWN + 7
    lines = str(error).splitlines()
    assert len(lines) == SHOWN + 2
    assert lines[-1] == "  … and 7 more"


def test_frame_of_issues():
    frame = DataError([Issue("a", "first", cell="B2"), Issue("b", "second")]).to_frame()
    assert frame[["rule", "cell"]].to_numpy().tolist() == [["a", "B2"], ["b", ""]]
    assert list(issue_frame([]).columns) == list(frame.columns)
    assert len(issue_frame([])) == 0


def test_model_error_names_file_line_and_key():
    assert str(ModelError("unknown key", file="m.toml", line=7, key="scheme.pris")) == (
        "m.toml, line 7, key scheme.pris: unknown key"
    )
    assert str(ModelError("unknown key")) == "unknown key"
    assert str(ModelError("unknown key", key="x")) == "key x: unknown key"


def test_settlement_error_names_the_identity():
    error = SettlementError("income = cost + result", Decimal("0.01"))
    assert str(error) == "income = cost + result does not hold: difference 0.01"
    assert error.difference == Decimal("0.01")


def test_resource_error_is_not_quoted():
    assert str(ResourceError("there is no file 'x'")) == "there is no file 'x'"


ERRORS = [
    DataError([Issue("a", "first", cell="B2"), Issue("b", "second", severity="warning")]),
    DataError("a sentence"),
    ModelError("unknown key", file="m.toml", line=7, key="pris"),
    ModelError("unknown key"),
    SettlementError("income = cost + result", Decimal("0.01")),
    SolverError("unit 'A' was not solved"),
    OptionError("no"),
    ResourceError("no"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("copied", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_errors_travel_between_processes(error, copied):
    other = copied(error)
    assert type(other) is type(error)
    assert str(other) == str(error)
    for name, value in vars(error).items():
        assert getattr(other, name) == value


def test_nearest():
    assert nearest("kostand", ["kostnad", "timer"]) == " (did you mean 'kostnad'?)"
    assert nearest("xyz", ["kostnad", "timer"]) == ""
    assert nearest("x", []) == ""
    assert nearest(2004, [2003]) == " (did you mean '2003'?)"
