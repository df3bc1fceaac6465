"""Spreadsheet addresses: every cell of every kind of file is named as a spreadsheet would name it."""

from __future__ import annotations

import re

_A1 = re.compile(r"([A-Z]+)([0-9]+)")


def column_letters(index: int) -> str:
    """Return the letters of the 0-based column ``index``.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(26), column_letters(701), column_letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def a1(row: int, column: int) -> str:
    """Return the address of the cell at 1-based ``row`` and 0-based ``column``.

    Examples
    --------
    >>> a1(7, 2)
    'C7'
    """
    return f"{column_letters(column)}{row}"


def address_key(cell: str) -> tuple[int, int]:
    """Return (row, column) of an address for sorting; (0, 0) where it is none.

    Examples
    --------
    >>> sorted(["B10", "A2", "B2"], key=address_key)
    ['A2', 'B2', 'B10']
    """
    match = _A1.fullmatch(cell)
    if match is None:
        return (0, 0)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return (int(match[2]), column)
