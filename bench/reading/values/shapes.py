"""Shapes: the text of a cell with every digit replaced by ``9``, and what such a text can mean.

A column of a hundred thousand cells has a few dozen shapes, so the careful part runs a few dozen times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

#: Spaces that group digits.
SPACES = {
    " ": "space",
    "\u00a0": "no-break space",
    "\u2007": "figure space",
    "\u2009": "thin space",
    "\u202f": "narrow no-break space",
}
MINUS = "\u2212"

# What a cell is, by its shape. The first four are numbers: without evidence, showing a decimal comma, showing a
# decimal point, and possible both ways.
CLEAR, COMMA, POINT, EITHER, BLANK, NIL, NOT_APPLICABLE, REFUSED = range(8)
OTHER = {",": ".", ".": ","}
NAMES = {",": "comma", ".": "point", " ": "space", "'": "apostrophe"}

_PLAIN = {**{space: " " for space in SPACES if space != " "}, MINUS: "-", "\u2019": "'", "\u02bc": "'"}
SHAPE = {ord(digit): "9" for digit in "012345678"}
_OUTER = re.compile(r"^[^\S\n]|[^\S\n]$", re.MULTILINE)
#: Quickly found to be nowhere, which is most often so.
_SPACE = re.compile(r"[^\S\n]")
NUMBER = re.compile(r"[+-]? ?(?P<body>[9.,' ]*9)(?:(?P<exponent>[eE][+-]?9+)|(?P<percent> ?%))?")
_BODIES = tuple(
    (re.compile(pattern), decimal, thousands)
    for pattern, decimal, thousands in (
        (r"9+", "", ""),
        (r"9*,9+", ",", ""),
        (r"9*\.9+", ".", ""),
        (r"9{1,3}( 999)+", "", " "),
        (r"9{1,3}( 999)+,9+", ",", " "),
        (r"9{1,3}( 999)+\.9+", ".", " "),
        (r"9{1,3}(\.999)+", "", "."),
        (r"9{1,3}(\.999)+,9+", ",", "."),
        (r"9{1,3}(,999)+", "", ","),
        (r"9{1,3}(,999)+\.9+", ".", ","),
        (r"9{1,3}('999)+", "", "'"),
        (r"9{1,3}('999)+,9+", ",", "'"),
        (r"9{1,3}('999)+\.9+", ".", "'"),
    )
)
DATE = re.compile(r"9{1,2}[./-]9{1,2}[./-](99|9999)|9999-99-99([T ].*)?")
_SIGNS = {"": BLANK, "-": NIL, ".": NOT_APPLICABLE}


@dataclass(frozen=True, slots=True)
class Shape:
    """What one shape means: a code, the sign that groups (or may group) its digits and how it is written."""

    code: int
    thousands: str = ""
    percent: bool = False
    scientific: bool = False


def plain_texts(cells: list[str]) -> tuple[list[str], str]:
    """Return the cells without outer space, and all of them as lines of one text with plain spaces and minus."""
    joined = "\n".join(cells)
    if joined.count("\n") != len(cells) - 1 or (_SPACE.search(joined) and _OUTER.search(joined)):
        cells = [cell.strip() for cell in cells]
        joined = "\n".join(cell.replace("\n", "\v") for cell in cells)
    if not joined.isascii():  # none of these signs is
        for sign, plain in _PLAIN.items():
            joined = joined.replace(sign, plain)
    return cells, joined


@lru_cache(maxsize=4096)
def classify(shape: str, decimal: str | None, thousands: str | None) -> Shape:
    """Return what a shape means when these signs are given (None: not given).

    Examples
    --------
    >>> classify("9 999,9", None, None) == Shape(COMMA, " ")
    True
    >>> classify("9.999", None, None).code == EITHER, classify("9.999", ".", None).code == POINT
    (True, True)
    """
    if shape in _SIGNS:
        return Shape(_SIGNS[shape])
    match = NUMBER.fullmatch(shape)
    if match is None:
        return Shape(REFUSED)
    readings = [
        (point, group)
        for pattern, point, group in _BODIES
        if pattern.fullmatch(match["body"])
        and (decimal is None or (point in ("", decimal) and group != decimal))
        and (thousands is None or group in ("", thousands))
        and (thousands is None or point != thousands)
    ]
    if not readings:
        return Shape(REFUSED)
    style = {"percent": match["percent"] is not None, "scientific": match["exponent"] is not None}
    if len(readings) > 1 and style["scientific"]:  # a mantissa is never grouped
        readings = [reading for reading in readings if reading[0]]
    if len(readings) > 1:
        return Shape(EITHER, "," if "," in shape else ".", **style)
    point, group = readings[0]
    shown = point or OTHER.get(group, "")
    return Shape({"": CLEAR, ",": COMMA, ".": POINT}[shown], group, **style)
