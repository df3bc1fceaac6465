"""Cells of tables: text that a spreadsheet would take for a formula, and whole numbers that no float holds."""

from __future__ import annotations

import math
import re
from typing import Any

#: What makes a spreadsheet run a cell, wide signs where the language has them; also behind blanks, which some programs
#: take off when they open a file, and behind apostrophes, so that taking one off again is exact.
_RUNS = re.compile(r"'*(?:[\s\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")


def guarded(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula; for text cells, never for numbers.

    Examples
    --------
    >>> guarded("=cmd|' /C calc'!A0"), guarded("Nord"), unguarded(guarded("'=x"))
    ("'=cmd|' /C calc'!A0", 'Nord', "'=x")
    """
    return f"'{text}" if _RUNS.match(text) else text


def unguarded(text: str) -> str:
    """Take off the apostrophe that :func:`guarded` put before a text."""
    return text[1:] if text[:1] == "'" and _RUNS.match(text) else text


def float_of(number: Any) -> float:
    """Return a number as a float; a whole number too large for one is infinite, as a float of that size is.

    Examples
    --------
    >>> float_of(3), float_of(-(10**400))
    (3.0, -inf)
    """
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
