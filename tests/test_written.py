"""What scripts write: files that follow from the tables of the package, and the list of the quick run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from written import REPO, WRITTEN

from bench.catalogue import methods_with
from bench.modelfile.methods.keys import METHOD_KEYS

TESTS = Path(__file__).resolve().parent
LISTED = (TESTS / "quick.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("name", WRITTEN)
def test_what_follows_from_the_tables_is_written(name):
    text = (REPO / name).read_text(encoding="utf-8")
    assert text == WRITTEN[name](text), "write it anew: python tests/written.py"


def test_the_page_of_methods_has_their_keys():
    page = (REPO / "bench/guide/analyses.md").read_text(encoding="utf-8")
    assert "| `fdh-plus` | Free disposal with scaling |  | `scaling` | yes | fdh_plus |" in page


def test_a_key_that_no_method_takes_is_no_key():
    assert all(methods_with(key) for key in METHOD_KEYS)


def _functions(module: str) -> set[str]:
    path = TESTS.parent / module
    if not path.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if hasattr(node, "name")}


def test_what_is_listed_is_there() -> None:
    """A test that was moved or renamed would be left out in silence."""
    chosen: dict[str, set[str]] = {}
    for line in LISTED:
        module, _, name = line.partition("::")
        chosen.setdefault(module, set()).update({name.split("::")[-1]} - {""})
    gone = {module: sorted(names - _functions(module)) for module, names in chosen.items()}
    assert not {module: names for module, names in gone.items() if names or not (TESTS.parent / module).is_file()}, (
        "rename it in tests/quick.txt, or python tests/quick.py makes the list anew"
    )


def test_every_room_is_in_the_quick_run() -> None:
    rooms = {path.parent for path in TESTS.rglob("test_*.py")}
    run = {(TESTS.parent / line.partition("::")[0]).parent for line in LISTED if "::" in line}
    known = {(TESTS.parent / line.partition("::")[0]).parent for line in LISTED}
    assert {str(room) for room in (rooms & known) - run} == set()
