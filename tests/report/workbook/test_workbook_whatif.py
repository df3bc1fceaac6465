from __future__ import annotations

from pathlib import Path

import pytest
from report.report_office import needs_soffice
from report.workbook.recalculated import differing, recalculate
from report.workbook.what_if import MODELS, Case, binding, kinds, moved

from bench.errors import BenchError
from bench.report.workbook.build import open_book

_CASES: dict[str, Case] = {}


def case(name: str) -> Case:
    if name not in _CASES:
        _CASES[name] = Case.of(name)
    return _CASES[name]


@pytest.mark.parametrize("name", MODELS)
def test_formulas_give_the_engines_numbers_as_long_as_nothing_is_changed(name: str) -> None:
    assert case(name).differences({}) == []


@pytest.mark.parametrize("name", MODELS)
def test_a_change_of_every_kind_of_input_gives_what_the_engine_gives(name: str) -> None:
    """One cell of each kind at once: they meet in the same results, so that no formula leaves one out."""
    book = case(name).book
    first = [keys[len(keys) // 2] for keys in kinds(book).values()]
    changes = moved(book, first)
    assert changes
    assert case(name).differences(changes) == []


@pytest.mark.parametrize("name", MODELS)
def test_costs_that_move_a_binding_rule(name: str) -> None:
    """Where a cap, a dispensation or a transition binds, the cost falls and rises by a fifth."""
    found = case(name)
    cost = found.run.model.cost_column
    bound = binding(found.run)
    keys = [k for k in found.book.inputs if k[0] == "data" and k[4] == cost and (k[2], k[3]) in bound]
    for factor in (0.8, 1.2):
        changes = {key: round(found.book.inputs[key].value * factor, 2) for key in keys}
        assert found.differences(changes) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_input_alone(name: str) -> None:
    found = case(name)
    for kind, keys in kinds(found.book).items():
        for key in {keys[0], keys[-1]}:
            changes = moved(found.book, [key])
            try:
                assert found.differences(changes) == [], kind
            except BenchError as error:
                pytest.fail(f"{kind}: the engine refuses {changes}: {error}")


#: One of each family of formulas for the quick run; all of them when asked.
FAMILIES = ("kristiansand", "drammen", "hamar", "stavanger", "self-cost", "sio-a-rates", "blended")


def _computed(names: tuple[str, ...], folder: Path) -> None:
    books = {}
    for name in names:
        found = case(name)
        book = open_book(found.edition, moved(found.book, [keys[0] for keys in kinds(found.book).values()]))
        books[name] = book.close()
    computed = recalculate(books, folder)
    for name in names:
        assert differing(books[name], computed[name]) == [], name


@pytest.mark.office
@needs_soffice
def test_libreoffice_computes_every_cell_as_it_was_written(tmp_path: Path) -> None:
    """Changed inputs, no values in the file: what stands in every cell of every sheet is LibreOffice's own."""
    _computed(FAMILIES, tmp_path)


@pytest.mark.slow
@pytest.mark.office
@needs_soffice
def test_libreoffice_computes_every_model(tmp_path: Path) -> None:
    _computed(MODELS, tmp_path)
