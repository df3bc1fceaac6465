"""What a page needs to let a reader move numbers: sliders, formulas, and the numbers of the run they give."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bench.report.edition import Edition
from bench.report.facts import UnitFacts
from bench.report.whatif.formulas import Graph, NotKnownError, Place
from bench.report.whatif.sliders import Absent, Slider, complete, sliders
from bench.report.workbook.build import calculated
from bench.report.workbook.sheet import Book, Cell
from bench.results import RunResult

#: How far a formula may lie from the engine's own number, NOK: amounts are exact to the øre.
TOLERANCE = 0.0051

#: Settlement columns of a unit that are shown.
SETTLED = ("income", "result", "kept", "carried", "returned_to_payer", "closing_balance")


@dataclass(frozen=True, slots=True)
class Output:
    """A shown number: what the run had, and the nodes it is the weighted sum of.

    Attributes
    ----------
    key : tuple
        What it is: ``("price", scheme, service, class)``, ``("settled", column, unit)``, ``("required", unit)``,
        ``("bill",)``, ``("total", column)``.
    adopted : float
        The run's own number.
    constant : float
    parts : tuple of (node, weight)
    """

    key: tuple[str, ...]
    adopted: float
    constant: float
    parts: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Sliders, formulas and outputs of one run; ``why`` says why there are none."""

    run: RunResult
    sliders: tuple[Slider, ...] = ()
    nodes_of: tuple[int, ...] = ()
    absent: tuple[Absent, ...] = ()
    outputs: tuple[Output, ...] = ()
    nodes: list[Any] = field(default_factory=list)
    patterns: list[list[str | float]] = field(default_factory=list)
    lists: list[list[int]] = field(default_factory=list)
    why: str = ""
    book: Book | None = field(default=None, repr=False, compare=False)

    def data(self) -> dict[str, Any]:
        """Return what the page's script reads."""
        return {
            "nodes": [_short(node) for node in self.nodes],
            "patterns": self.patterns,
            "lists": self.lists,
            "sliders": [
                {"node": node, "value": one.value, "before": one.before, "after": one.after, "year": one.year}
                for one, node in zip(self.sliders, self.nodes_of, strict=True)
            ],
            "outputs": [
                [one.adopted, one.constant, *(number for part in one.parts for number in part)] for one in self.outputs
            ],
        }


_made: list[WhatIf] = []


def what_if(edition: Edition) -> WhatIf:
    """Return the what-if of a run; worked out once for both languages."""
    run = edition.facts.run
    if not _made or _made[0].run is not run:
        _made[:] = [_what_if(edition)]
    return _made[0]


def _what_if(edition: Edition) -> WhatIf:
    run = edition.facts.run
    if not (len(run.prices) or len(run.settlement)) or not hasattr(run.model, "with_values"):
        return WhatIf(run, why="nothing")
    if run.holds_back:
        return WhatIf(run, why="withheld")
    if run.is_large:
        return WhatIf(run, why="large")
    model = complete(run.model, edition)
    book = calculated(edition if model is run.model else _told(edition, replace(run, model=model)))
    found, absent = sliders(model, edition, book)
    try:
        made = _graph(edition, book, found)
    except NotKnownError:
        made = None
    if made is None or not made.sliders:
        return WhatIf(run, why="rules", absent=tuple(absent), book=book)
    return replace(made, absent=tuple(absent), book=book)


def _told(edition: Edition, run: RunResult) -> Edition:
    return replace(edition, facts=replace(edition.facts, run=run))


def _graph(edition: Edition, book: Book, found: list[Slider]) -> WhatIf | None:
    """Return the what-if, or None where a formula does not give the engine's number as it stands."""
    inputs = {place_of(book.inputs[slider.cell]) for slider in found}
    graph = Graph(book.cells, book.formulas, inputs)
    outputs = []
    for key, adopted, constant, cells in _shown(edition, book):
        now = constant + sum(cell.value * weight for cell, weight in cells)
        if math.isnan(now) or abs(now - adopted) > TOLERANCE * max(1, len(cells)) + 1e-9 * abs(adopted):
            return None
        parts = tuple((graph.node(place_of(cell)), weight) for cell, weight in cells)
        outputs.append(Output(key, adopted, constant, parts))
    moving = _moving(graph, outputs)
    kept = [slider for slider in found if graph.node(place_of(book.inputs[slider.cell])) in moving]
    nodes_of = tuple(graph.node(place_of(book.inputs[slider.cell])) for slider in kept)
    return WhatIf(
        edition.facts.run,
        tuple(kept),
        nodes_of,
        outputs=tuple(outputs),
        nodes=graph.nodes,
        patterns=[list(pattern) for pattern in graph.patterns],
        lists=[list(part) for part in graph.lists],
    )


def _moving(graph: Graph, outputs: Iterable[Output]) -> set[int]:
    """Return the nodes that some output hangs on."""
    patterns, lists = list(graph.patterns), list(graph.lists)
    seen: set[int] = set()
    todo = [node for output in outputs for node, _ in output.parts]
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        node = graph.nodes[at]
        if isinstance(node, list):
            slots = [word for word in patterns[node[0]] if word in ("$", "@")]
            for word, taken in zip(slots, node[1:], strict=True):
                todo += [taken] if word == "$" else lists[taken]
    return seen


def bill_cells(edition: Edition, book: Book) -> list[tuple[Cell, float]]:
    """Return the cells of the new prices with the volumes of the last settled year."""
    return next((cells for key, _, _, cells in _shown(edition, book) if key == ("bill",)), [])


def place_of(cell: Cell) -> Place:
    """Return where a cell stands."""
    return cell.sheet.name, cell.row, cell.column


def _shown(edition: Edition, book: Book) -> Iterable[tuple[tuple[str, ...], float, float, list[tuple[Cell, float]]]]:
    """Yield every number that is shown: what it is, the run's own, a constant, and cells with weights."""
    facts = edition.facts
    sums: dict[str, list[tuple[float, Cell]]] = {}
    bill: list[tuple[float, float, Cell]] = []
    for scheme in facts.schemes:
        cells = book.schemes[scheme.key].cells if scheme.key in book.schemes else {}
        for row in scheme.prices:
            name = str(row["price_class"])
            cell = cells.get(("price", facts.price_year, name, str(row["service"])))
            if cell is not None:
                key = ("price", scheme.key, str(row["service"]), name)
                yield key, float(row["price"]), 0.0, [(cell, 1.0)]
                paid = _paid(edition, scheme.key, row)
                if paid:
                    bill.append((float(row["price"]), paid, cell))
        for unit in facts.in_scheme(scheme.key):
            for column in SETTLED:
                cell = cells.get((f"settled.{column}", unit.key, facts.year))
                if cell is not None and unit.settlement is not None:
                    adopted = float(unit.settlement[column] or 0.0)
                    yield ("settled", column, unit.key), adopted, 0.0, [(cell, 1.0)]
                    sums.setdefault(column, []).append((adopted, cell))
            yield from _required(unit, cells)
    for column, found in sums.items():
        yield ("total", column), math.fsum(a for a, _ in found), 0.0, [(cell, 1.0) for _, cell in found]
    if bill:
        yield ("bill",), math.fsum(p * v for p, v, _ in bill), 0.0, [(cell, v) for _, v, cell in bill]


def _required(unit: UnitFacts, cells: Any) -> Iterable[tuple[tuple[str, ...], float, float, list[tuple[Cell, float]]]]:
    """Yield a unit's requirement in NOK over the whole period."""
    if not unit.requirements:
        return
    last = unit.requirements[-1]
    cell = cells.get(("allowed", unit.key, last["year"]))
    if cell is not None:
        base = float(unit.requirements[0]["base_cost"])
        yield ("required", unit.key), base - float(last["allowed_cost"]), base, [(cell, -1.0)]


def _paid(edition: Edition, scheme: str, row: dict[str, Any]) -> float:
    """Volume of a service and price class in the last settled year."""
    frame = edition.facts.run.settlement_lines
    part = frame[
        (frame["scheme"] == scheme)
        & (frame["service"] == row["service"])
        & (frame["price_class"] == row["price_class"])
        & (frame["year"] == edition.facts.year)
    ]
    return float(part["volume"].sum())


def _short(node: Any) -> Any:
    """Return whole numbers without their point: the page is smaller."""
    return int(node) if isinstance(node, float) and node.is_integer() and abs(node) < 1e15 else node
