"""Rows that are no units: measures under the header, headings inside the table, notes below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bench.reading.grid import Grid, cell_text, clean_name, is_blank
from bench.reading.values.measures import is_measure_word

#: How a note begins: a source, a remark, a footnote's mark.
_NOTE = re.compile(
    r"(?:kilde|kjelde|source|quelle|note|noter|merknad|fotnote|footnote|anm\.?|tallene|tall i|beløp i|alle tall|"
    r"all figures|amounts|figures|sist oppdatert|updated|utskrift\w*|dato|foreløpige|1000 kr|statistikk|skrevet ut|"
    r"printed|hentet|rapport\w*)\b|"
    r"[*†‡]+\s*\S|\d{1,2}\s*[):]\s*\S",
    re.IGNORECASE,
)
#: A sentence: several words that end in a full stop.
_SENTENCE = re.compile(r"\S+(?:\s+\S+){2,}\.")
_LABEL_OF_MEASURES = re.compile(
    r"[\[(]?(?:enhet|målenhet|måleenhet|måleeining|benevning|unit|units|measure|einheit|navn|name|tekst|text|-|–|)[\])]?:?",
    re.IGNORECASE,
)
_NONE = re.compile(r"[\[(]?[-–][\])]?")
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}")


def blank_row(row: Sequence[Any]) -> bool:
    """Tell whether nothing in a row can be seen."""
    if row and isinstance(row[0], str) and row[0] and not row[0].isspace():
        return False
    return all(map(is_blank, row))


def lone_text(row: Sequence[Any]) -> bool:
    """Tell whether a row holds one text and nothing else."""
    seen = None
    for cell in row:
        if not is_blank(cell):
            if seen is not None:
                return False
            seen = cell
    return isinstance(seen, str)


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
    said = [text for text in filled if not _NONE.fullmatch(text)]
    return bool(said) and all(map(is_measure_word, said)) and any(any(map(str.isalpha, text)) for text in said)


def split_notes(grid: Grid, filled: list[int]) -> tuple[list[int], list[int]]:
    """Separate notes at the bottom from data rows.

    A note is one text alone on its row; it is told from a unit without values by a blank row before it, by having no
    delimiters where the data have, or by what it says (a source, a footnote's mark, a sentence). A label with its text
    beside it (``Kilde:``, ``Statistisk sentralbyrå``) is one too.
    """
    end = len(filled)
    while end > 0 and (lone_text(grid.rows[filled[end - 1]]) or _labelled(grid.rows[filled[end - 1]])):
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


def _labelled(row: Sequence[Any]) -> bool:
    """Tell whether a row is the label of a note with its text in the cell beside, and holds no number."""
    seen = [cell for cell in row if not is_blank(cell)]
    if len(seen) != 2 or len(row) < 3 or not isinstance(seen[0], str):
        return False
    beside = seen[1] if isinstance(seen[1], str) else ("" if isinstance(seen[1], (int, float)) else "2000-01-01")
    words = any(map(str.isalpha, beside)) or _DATE.fullmatch(beside.strip()[:10]) is not None
    return words and (_says_note(row) or seen[0].strip().endswith(":"))


def headers_again(grid: Grid, data: Sequence[int], names: Sequence[str]) -> list[int]:
    """Return rows that repeat the names of the columns, as printed lists do on every page."""
    wanted = [name.casefold() for name in names]
    if sum(map(bool, wanted)) < 2:
        return []
    first = next(k for k, name in enumerate(wanted) if name)
    found = []
    alike: dict[str, bool] = {}
    for index in data:
        row = grid.rows[index]
        head = row[first] if first < len(row) else None
        if not isinstance(head, str):
            continue
        if head not in alike:
            alike[head] = clean_name(head).casefold() == wanted[first]
        if alike[head]:
            cells = [clean_name(cell).casefold() for cell in row]
            if cells + [""] * (len(wanted) - len(cells)) == wanted + [""] * (len(cells) - len(wanted)):
                found.append(index)
    return found


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
