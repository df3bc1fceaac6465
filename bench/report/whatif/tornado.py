"""Which assumed numbers matter: each a tenth down and up, growth a percentage point, and what that does to the bill."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.report.edition import Edition
from bench.report.whatif.evaluate import worked_out
from bench.report.whatif.formulas import Graph, NotKnownError
from bench.report.whatif.panel import bill_cells, place_of, what_if
from bench.report.workbook.sheet import Key
from bench.results import RunResult

#: A number is moved by this share of itself, and growth by this much.
SHARE, POINT = 0.10, 0.01

#: Effects smaller than this share of the bill are none.
LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Swing:
    """One number and what it does.

    Attributes
    ----------
    key, scheme : str
    growth : bool
        Moved by a percentage point, not by a tenth.
    down, up : float
        Change of the bill, NOK, when the number is lower and higher.
    """

    key: str
    scheme: str
    growth: bool
    down: float
    up: float

    @property
    def size(self) -> float:
        """The larger of the two."""
        return max(abs(self.down), abs(self.up))


_made: list[tuple[RunResult, list[Swing]]] = []


def tornado(edition: Edition) -> list[Swing]:
    """Return every unconfirmed number that moves next year's bill at last year's volumes, the largest effect first."""
    run = edition.facts.run
    if not _made or _made[0][0] is not run:
        _made[:] = [(run, _tornado(edition))]
    return _made[0][1]


def _tornado(edition: Edition) -> list[Swing]:
    book = what_if(edition).book
    if book is None:
        return []
    cells = bill_cells(edition, book)
    moves = _moves(edition, list(book.inputs))
    if not cells or not moves:
        return []
    places = {key: place_of(book.inputs[key]) for key in moves}
    graph = Graph(book.cells, book.formulas, set(places.values()))
    try:
        parts = [(graph.node(place_of(cell)), weight) for cell, weight in cells]
    except NotKnownError:
        return []
    patterns, lists = list(graph.patterns), list(graph.lists)

    def bill(moved: dict[int, float]) -> float:
        values = worked_out(graph.nodes, patterns, lists, moved)
        return math.fsum(values[node] * weight for node, weight in parts)

    base = bill({})
    found = []
    for key, (name, scheme) in moves.items():
        place = places[key]
        if not graph.reached(place):
            continue
        value, growth = float(book.inputs[key].value), name == "index" or name.startswith("indexation.")
        step = POINT if growth else SHARE * abs(value)
        down, up = (bill({graph.node(place): value + sign * step}) - base for sign in (-1, 1))
        if max(abs(down), abs(up)) > LEAST * abs(base):
            found.append(Swing(name, scheme, growth, down, up))
    return sorted(found, key=lambda swing: (-swing.size, swing.key))


def _moves(edition: Edition, keys: list[Key]) -> dict[Key, tuple[str, str]]:
    """Return the inputs no source confirms, with key and scheme; growth into the price year is always among them.

    A number chosen as a scenario is confirmed by no source either.
    """
    open_ = [row for row in edition.facts.numbers if row["status"] in ("assumed", "scenario")]
    assumed = {(str(row["key"]), str(row["from"] or "")): str(row["scheme"] or "") for row in open_}
    found: dict[Key, tuple[str, str]] = {}
    for key in keys:
        if key[0] == "index" and key[1] == edition.facts.price_year:
            found[key] = ("index", "")
        elif key[0] == "parameter":
            name, start = str(key[1]), str(key[2])
            if (name, start) in assumed:
                found[key] = (name, assumed[name, start])
            elif name.startswith("indexation.") and name.rsplit(".", 1)[-1] in ("deflator", "wage", "price"):
                found[key] = (name, "")
    return found
