"""Rows that are no units: measures under the header, headings inside the table, notes below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bench.reading.grid import Grid, cell_text, is_blank
from bench.reading.values.measures import is_measure_word

#: How a note begins: a source, a remark, a footnote's mark.
_NOTE = re.compile(
    r"(?:kilde|kjelde|source|quelle|note|noter|merknad|fotnote|footnote|anm\.?|tallene|tall i|beløp i|alle tall|"
    r"all figures|amounts|figures|sist oppdatert|updated|utskrift|dato|foreløpige|1000 kr|statistikk)\b|"
    r"[*†‡]+\s*\S|\d{1,2}\s*[):]\s*\S",
    re.IGNORECASE,
)
#: A sentence: several words that end in a full stop.
_SENTENCE = re.compile(r"\S+(?:\s+\S+){2,}\.")
_LABEL_OF_MEASURES = re.compile(r"enhet|måleenhet|måleeining|benevning|unit|units|measure|einheit|", re.IGNORECASE)


def blank_row(row: Sequence[Any]) -> bool:
    """Tell whether nothing in a row can be seen."""
    if row and isinstance(row[0], str) and row[0] and not row[0].isspace():
        return False
    return all(map(is_blank, row))


def lone_text(row: Sequence[Any]) -> bool:
    """Tell whether a row holds one text and nothing else."""
    seen = [cell for cell in row if not is_blank(cell)]
    return len(seen) == 1 and isinstance(seen[0], str)


def is_measure_row(row: Sequence[Any]) -> bool:
    """Tell whether the row under the header holds the measures of the columns: ``;kr;timer``.

    Examples
    --------
    >>> is_measure_row(["", "kr", "timer"]), is_measure_row(["Nordre", "1200", "2400"]), is_measure_row(["", "", "5"])
    (True, False, False)
    """
    texts = [cell_text(cell).strip() for cell in row]
    if not texts or not (_LABEL_OF_MEASURES.fullmatch(texts[0]) or is_measure_word(texts[0])):
        return False
    filled = [text for text in texts[1:] if text]
    return bool(filled) and all(map(is_measure_word, filled))


def split_notes(grid: Grid, filled: list[int]) -> tuple[list[int], list[int]]:
    """Separate notes at the bottom from data rows.

    A note is one text alone on its row; it is told from a unit without values by a blank row before it, by having no
    delimiters where the data have, or by what it says (a source, a footnote's mark, a sentence).
    """
    end = len(filled)
    while end > 0 and lone_text(grid.rows[filled[end - 1]]):
        end -= 1
    tail = filled[end:]
    if not tail:
        return filled, []
    if grid.delimited and all(len(grid.rows[index]) == 1 for index in tail) and _wide(grid, filled[:end]):
        return filled[:end], tail
    for position, index in enumerate(tail):
        before = filled[end + position - 1] if end + position else None
        if (before is not None and index - before > 1) or _says_note(grid.rows[index]):
            return filled[: end + position], tail[position:]
    return filled, []


def _wide(grid: Grid, data: Sequence[int]) -> bool:
    return any(len(grid.rows[index]) > 1 for index in data[:1])


def _says_note(row: Sequence[Any]) -> bool:
    text = next(cell_text(cell).strip() for cell in row if not is_blank(cell))
    return _NOTE.match(text) is not None or _SENTENCE.fullmatch(text) is not None


def headings_inside(grid: Grid, data: Sequence[int], first_column: int) -> list[int]:
    """Return rows with a text alone in the first column that stand above rows with values: headings of groups.

    A row like that is refused by name, because it can also be a unit whose values are missing.
    """
    lone = [lone_text(grid.rows[index]) for index in data]
    last = max((k for k, alone in enumerate(lone) if not alone), default=-1)
    return [
        index
        for k, index in enumerate(data)
        if lone[k]
        and k < last
        and len(grid.rows[index]) > first_column
        and not is_blank(grid.rows[index][first_column])
    ]
