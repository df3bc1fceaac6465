"""The quick run: what is listed is there, and every folder of tests is in it."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parent
LISTED = (TESTS / "quick.txt").read_text(encoding="utf-8").split()


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
