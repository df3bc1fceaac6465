"""The one strict parser from cell text to number.

A column is read as a whole, because only the column can tell whether ``1.234`` is a thousand or one and a bit. Nothing
is guessed: a cell that could be two numbers is refused, and so is a cell that is none.

The careful part is done per *shape* (:mod:`bench.reading.values.shapes`), the rest is string methods on the column.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.cells import float_of
from bench.errors import OptionError
from bench.reading.values.amounts import SUSPECT, is_missing_mark, own_measure, plain_amount
from bench.reading.values.shapes import (
    COMMA,
    DATE,
    EITHER,
    MINUS,
    NAMES,
    NIL,
    NOT_APPLICABLE,
    NUMBER,
    OTHER,
    POINT,
    REFUSED,
    SHAPE,
    SPACES,
    classify,
    plain_texts,
)
from bench.typing import BoolArray, FloatArray

CodeArray = npt.NDArray[np.int8]

DECIMALS = (",", ".")
THOUSANDS = (" ", ".", ",", "'", "")

_CLEAN: dict[int, str | None] = {ord(sign): None for sign in " '+%"}


#: Signs for a number that is known and not published.
_WITHHELD = frozenset((":", "*", "**", "***"))
_SMALL = re.compile(r"[<≤]\s*\d+")


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that could not be read: its position in the column, the rule, the message and the remedy."""

    row: int
    rule: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """One column of numbers.

    Attributes
    ----------
    values : array (n,)
        NaN where the cell is blank, does not apply (``.``) or could not be read.
    decimal : {"", ",", "."}
        Decimal sign that was found or given; empty when no cell shows one.
    thousands : tuple of str
        Names of the signs that group digits, such as ``"no-break space"``.
    counts : Mapping[str, int]
        Cells converted by rule: ``percent`` (divided by 100), ``nil`` (``-`` read as 0), ``not_applicable`` (``.``),
        ``unicode_minus``, ``scientific``, ``text`` (numbers that were stored as text), ``amount`` (something stood
        around the number), ``negative`` (in brackets, or the minus behind) and ``duration`` (times read as hours). Only
        what occurred.
    currency : str
        ISO code of the currency written in the cells, or empty.
    scientific : int or None
        First position written as ``1,2E+06``, where a spreadsheet may have lost digits.
    problems : tuple of Problem
        Every cell that could not be read, in order.
    """

    values: FloatArray
    decimal: str = ""
    thousands: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    scientific: int | None = None
    problems: tuple[Problem, ...] = ()
    currency: str = ""


class Share(float):
    """A number that a spreadsheet shows in per cent: 0.05, shown as 5 %."""


def parse_numbers(
    cells: Sequence[Any] | npt.NDArray[Any], *, decimal: str | None = None, thousands: str | None = None
) -> NumberColumn:
    """Convert one column of cells to numbers, strictly.

    Parameters
    ----------
    cells : sequence
        Text as it stands in the file, or values a spreadsheet stores (numbers, dates, booleans). An array of numbers
        is taken as it is.
    decimal : {",", "."}, optional
        Decimal sign. When omitted the column itself must show it.
    thousands : {" ", ".", ",", "'", ""}, optional
        Sign that groups digits; ``" "`` stands for every kind of space, ``""`` for none.

    Returns
    -------
    NumberColumn
        Values and everything that was converted on the way; cells that cannot be read are ``problems``.

    Raises
    ------
    OptionError
        When ``decimal`` or ``thousands`` is no such sign, or both are the same.

    Notes
    -----
    Without ``decimal`` a cell such as ``1.234`` is ambiguous until another cell of the column decides: ``12,5``,
    ``1.234,5``, ``1.234.567`` and ``0,250`` show a decimal comma; ``12.5``, ``1,234.5`` and ``0.250`` a decimal point.

    Examples
    --------
    >>> parse_numbers(["1 234,5", "−7,25", "12"]).values.tolist()
    [1234.5, -7.25, 12.0]
    >>> parse_numbers(["1.234", "12"]).problems[0].rule
    'ambiguous-number'
    >>> parse_numbers(["1.234", "12"], decimal=",").values.tolist()
    [1234.0, 12.0]
    """
    check_signs(decimal, thousands)
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "iuf":
        return _typed_column(cells.astype(np.float64))
    texts, typed, problems = _split_typed(cells)
    texts, amounts = _bare_amounts(texts)
    column = _parse_texts(texts, decimal, None if thousands is None else _plain(thousands), typed)
    for row, number in typed.items():
        column.values[row] = number
    hours = sum(isinstance(cell, (dt.timedelta, dt.time)) for cell in cells) if problems or typed else 0
    foreign = _mixed_currency(amounts.currencies)
    for row in foreign:
        column.values[row] = np.nan
    explained = {problem.row for problem in (*foreign.values(), *problems)}
    found = [*foreign.values(), *problems, *(problem for problem in column.problems if problem.row not in explained)]
    return NumberColumn(
        column.values,
        column.decimal,
        column.thousands,
        {
            **column.counts,
            **{k: v for k, v in (("amount", amounts.count), ("negative", amounts.negative), ("duration", hours)) if v},
        },
        column.scientific,
        tuple(sorted(found, key=lambda problem: problem.row)),
        next((code for row, code in amounts.currencies.items() if row not in foreign), ""),
    )


#: Digits with the signs among them: nothing that stands around an amount.
_BARE = re.compile(r"[0-9.,'\s]*")


@dataclass(frozen=True, slots=True)
class _Amounts:
    """What stood around the numbers of a column: currencies by row, and how many cells."""

    currencies: Mapping[int, str]
    count: int
    negative: int


def _bare_amounts(texts: list[str]) -> tuple[list[str], _Amounts]:
    """Undo the writing of ledgers, cell by cell where there is something to undo."""
    joined = "\n".join(texts)
    if _BARE.fullmatch(joined) or not SUSPECT.search(joined):
        return texts, _Amounts({}, 0, 0)
    bare, currencies, count, negative = list(texts), {}, 0, 0
    for row, text in enumerate(texts):
        amount = plain_amount(text) if SUSPECT.search(text) else None
        if amount is None or not (amount.text == "-" or _is_number_shape(amount.text)):
            continue
        bare[row] = amount.text
        count += 1
        negative += amount.negative
        if amount.currency:
            currencies[row] = amount.currency
    return bare, _Amounts(currencies, count, negative)


def _is_number_shape(text: str) -> bool:
    return NUMBER.fullmatch(plain_texts([text])[1].translate(SHAPE)) is not None


def _mixed_currency(currencies: Mapping[int, str]) -> dict[int, Problem]:
    """Refuse the cells in another currency than most of the column's."""
    codes = list(currencies.values())
    if len(set(codes)) < 2:
        return {}
    usual = max(dict.fromkeys(codes), key=codes.count)
    return {
        row: Problem(
            row,
            "mixed-currency",
            f"the amount is in {code}, elsewhere in the column in {usual}",
            "write the whole column in one currency",
        )
        for row, code in currencies.items()
        if code != usual
    }


def check_signs(decimal: str | None, thousands: str | None) -> None:
    """Refuse a decimal or thousands sign that is none, or the same sign for both."""
    if decimal is not None and decimal not in DECIMALS:
        raise OptionError(f"decimal must be one of ',', '.'; got {decimal!r}")
    if thousands is not None and (not isinstance(thousands, str) or _plain(thousands) not in THOUSANDS):
        raise OptionError(f"thousands must be one of ' ', '.', ',', \"'\", ''; got {thousands!r}")
    if decimal is not None and decimal == thousands:
        raise OptionError(f"decimal and thousands cannot both be {decimal!r}")


def _plain(sign: str) -> str:
    return " " if sign in SPACES else sign


def _typed_column(values: FloatArray) -> NumberColumn:
    infinite = np.isinf(values)
    problems = tuple(
        Problem(int(row), "not-finite", "the value is infinite", "give a finite number")
        for row in np.flatnonzero(infinite)
    )
    return NumberColumn(np.where(infinite, np.nan, values), problems=problems)


def _split_typed(cells: Sequence[Any] | npt.NDArray[Any]) -> tuple[list[str], dict[int, float], list[Problem]]:
    """Separate text from values that a spreadsheet or frame already holds as numbers."""
    listed = cells.tolist() if isinstance(cells, np.ndarray) else list(cells)
    if set(map(type, listed)) <= {str}:
        return listed, {}, []
    typed: dict[int, float] = {}
    problems: list[Problem] = []
    for row, cell in enumerate(listed):
        if isinstance(cell, str):
            continue
        listed[row] = ""
        if isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
            number = float_of(cell)
            if math.isinf(number):
                problems.append(Problem(row, "not-finite", "the value is infinite", "give a finite number"))
            elif not math.isnan(number):
                typed[row] = cell if isinstance(cell, Share) else number
        elif isinstance(cell, dt.timedelta):
            typed[row] = cell / dt.timedelta(hours=1)
        elif isinstance(cell, dt.time):
            typed[row] = cell.hour + cell.minute / 60 + (cell.second + cell.microsecond / 1e6) / 3600
        elif not is_missing(cell):
            problems.append(_no_number(row, cell))
    return listed, typed, problems


def _no_number(row: int, cell: Any) -> Problem:
    if isinstance(cell, dt.date):
        message = "the cell holds a date; a spreadsheet makes one of 1.2 or 3-12"
        return Problem(row, "not-a-number", message, "format the cell as text, then type the number again")
    kind = "true or false" if isinstance(cell, (bool, np.bool_)) else f"a value of type {type(cell).__name__}"
    return Problem(row, "not-a-number", f"the cell holds {kind}, not a number", "type the number in the cell")


def is_missing(cell: Any) -> bool:
    """Tell whether a cell holds nothing: None, NaN, or the missing values of pandas.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(0), is_missing("")
    (True, True, False, False)
    """
    if cell is None:
        return True
    try:
        return not bool(cell == cell)
    except (TypeError, ValueError):  # pandas.NA refuses to be true or false
        return type(cell).__name__ == "NAType"


def _parse_texts(
    cells: list[str], decimal: str | None, thousands: str | None, typed: Mapping[int, float]
) -> NumberColumn:
    if not cells:
        return NumberColumn(np.empty(0))
    texts, plain = plain_texts(cells)
    shapes = plain.translate(SHAPE).split("\n")
    index = {shape: position for position, shape in enumerate(dict.fromkeys(shapes))}
    meanings = [classify(shape, decimal, thousands) for shape in index]
    ids = np.fromiter(map(index.__getitem__, shapes), np.intp, len(shapes))
    codes = np.array([meaning.code for meaning in meanings], np.int8)[ids]
    percent = np.array([meaning.percent for meaning in meanings], bool)[ids]
    scientific = np.array([meaning.scientific for meaning in meanings], bool)[ids]

    _settle_leading_zeros(texts, codes)
    sign, minority = _decimal_sign(codes, decimal)
    refused = _refusals(texts, codes, sign, minority)
    refused |= _mixed_percent(texts, codes, percent, refused, typed)
    good = codes <= EITHER
    good[list(refused)] = False
    values = _convert(plain, codes, sign, percent, good)
    for row in np.flatnonzero(np.isinf(values)).tolist():
        refused[row] = Problem(row, "not-finite", "the number is too large", "give a finite number")
        values[row], good[row] = np.nan, False

    counts = {
        "percent": int((percent & good).sum()),
        "nil": int((codes == NIL).sum()),
        "not_applicable": int((codes == NOT_APPLICABLE).sum()),
        "unicode_minus": _count(MINUS, texts, good),
        "scientific": int((scientific & good).sum()),
        "text": int(good.sum()),
    }
    groups = {meanings[position].thousands for position in np.unique(ids[good])} - {"", sign}
    return NumberColumn(
        values,
        sign if np.isin(codes[good], (COMMA, POINT, EITHER)).any() else "",
        _group_names(groups, texts),
        {name: count for name, count in counts.items() if count},
        int(np.flatnonzero(scientific & good)[0]) if counts["scientific"] else None,
        tuple(refused[row] for row in sorted(refused)),
    )


def _count(sign: str, texts: list[str], good: BoolArray) -> int:
    return sum(sign in text and ok for text, ok in zip(texts, good.tolist(), strict=True)) if _any(sign, texts) else 0


def _any(sign: str, texts: list[str]) -> bool:
    return sign in "".join(texts)


def _settle_leading_zeros(texts: list[str], codes: CodeArray) -> None:
    """``0.750`` cannot be grouped in thousands, so its sign is a decimal sign."""
    for row in np.flatnonzero(codes == EITHER).tolist():
        if texts[row].lstrip(f"+-{MINUS}{''.join(SPACES)}").startswith("0"):
            codes[row] = COMMA if "," in texts[row] else POINT


def _decimal_sign(codes: CodeArray, decimal: str | None) -> tuple[str, int]:
    """Return the column's decimal sign (empty when nothing shows it) and the code of the minority, 0 if none."""
    if decimal is not None:
        return decimal, 0
    commas, points = int((codes == COMMA).sum()), int((codes == POINT).sum())
    if commas and points:
        return (",", POINT) if commas >= points else (".", COMMA)
    return ("," if commas else "." if points else ""), 0


def _refusals(texts: list[str], codes: CodeArray, sign: str, minority: int) -> dict[int, Problem]:
    refused = {row: _unreadable(row, texts[row]) for row in np.flatnonzero(codes == REFUSED).tolist()}
    if minority:
        for row in np.flatnonzero(codes == minority).tolist():
            refused[row] = Problem(
                row,
                "mixed-number-formats",
                f"elsewhere in the column the decimal sign is a {NAMES[sign]}, here it is not",
                'write the whole column in one way, or say decimal="," or decimal="."',
            )
    if minority or not sign:
        for row in np.flatnonzero(codes == EITHER).tolist():
            refused[row] = _ambiguous(row, texts[row])
    return refused


def _ambiguous(row: int, text: str) -> Problem:
    mark = "," if "," in text else "."
    return Problem(
        row,
        "ambiguous-number",
        f"the number can be read as {text.replace(mark, '')} or as {text.replace(mark, '.')}, "
        "and nothing in the column shows which",
        f"say decimal={mark!r} if the {NAMES[mark]} is the decimal sign, decimal={OTHER[mark]!r} if it groups digits",
    )


def _unreadable(row: int, text: str) -> Problem:
    """Say why a cell is no number."""
    if text == ".." or is_missing_mark(text):
        message = f"the value is missing (written {text!r})"
        return Problem(row, "missing-value", message, "give the number; write 0 where nothing was produced")
    factor = own_measure(text)
    if factor is not None:
        message = f"the cell states a measure of its own (times {factor:,.0f})".replace(",", " ")
        return Problem(row, "own-measure", message, "write the whole amount in figures, with all its zeros")
    if text in _WITHHELD or _SMALL.fullmatch(text):
        message = f"the value is withheld from publication (sign {text!r})"
        return Problem(row, "suppressed-value", message, "ask the owner of the figures; it is never estimated here")
    if text.startswith("#"):
        message = "the formula in the cell failed"
        return Problem(row, "formula-error", message, "correct the formula in the spreadsheet and save it")
    shape = plain_texts([text])[1].translate(SHAPE)
    if re.fullmatch(r"9+:99(:99)?", shape):
        message = "the value is hours and minutes"
        return Problem(row, "not-a-number", message, "write it in hours with decimals: 12,5 for 12:30")
    if DATE.fullmatch(shape):
        return Problem(row, "not-a-number", "the value is a date", "format the cell as a number and type it again")
    unseen = [char for char in text if unicodedata.category(char) in ("Cf", "Cc")]
    if unseen:
        names = ", ".join(f"U+{ord(char):04X}" for char in dict.fromkeys(unseen))
        return Problem(row, "not-a-number", f"the cell holds invisible characters ({names})", "type the number again")
    if NUMBER.fullmatch(shape):
        message = "the digits are not grouped in threes, or the signs are not those that were given"
        return Problem(row, "not-a-number", message, "correct the number, or the options decimal and thousands")
    return Problem(row, "not-a-number", "the value is not a number", "give a number alone, without text around it")


def _mixed_percent(
    texts: list[str],
    codes: CodeArray,
    percent: BoolArray,
    refused: dict[int, Problem],
    typed: Mapping[int, float],
) -> dict[int, Problem]:
    """A column is in per cent or it is not; zero is the same in both.

    A number that a spreadsheet shows with the sign (:class:`Share`) is in per cent as a text with the sign is.
    """
    number = codes <= EITHER
    number[list(refused)] = False
    shown = [row for row, value in typed.items() if isinstance(value, Share) and value != 0.0]
    with_sign = [*np.flatnonzero(number & percent).tolist(), *shown]
    if not with_sign:
        return {}
    without = [row for row in np.flatnonzero(number & ~percent).tolist() if set(texts[row]) - set("+-0,. ")]
    # Where only formats speak, a stored 0.07 is 7 % as its neighbours are; a stored 7 is not.
    least = 1.0 if len(shown) == len(with_sign) else 0.0
    without += [row for row, value in typed.items() if not isinstance(value, Share) and abs(value) > least]
    if not without:
        return {}
    if len(with_sign) > len(without):
        rows, message = without, "elsewhere in the column the numbers are in per cent, here it is not"
    else:
        rows, message = with_sign, "here the number is in per cent, elsewhere in the column it is not"
    remedy = "give the whole column in per cent, or the whole column as shares"
    return {row: Problem(row, "mixed-percent", message, remedy) for row in rows}


def _convert(plain: str, codes: CodeArray, sign: str, percent: BoolArray, good: BoolArray) -> FloatArray:
    """Turn the good lines into numbers; nil is 0 and everything else NaN."""
    table = dict(_CLEAN)
    if sign == ",":
        table |= {ord("."): None, ord(","): "."}
    else:
        table[ord(",")] = None
    if not good.all() or percent.any():
        lines = plain.split("\n")
        for row in np.flatnonzero(~good).tolist():
            lines[row] = "nan"
        for row in np.flatnonzero(good & percent).tolist():
            lines[row] += "e-2"  # moving the exponent keeps 5,3 % the float nearest to 0.053
        plain = "\n".join(lines)
    values = np.fromiter(map(float, plain.translate(table).split("\n")), np.float64, codes.size)
    values[codes == NIL] = 0.0
    return values


def _group_names(groups: set[str], texts: list[str]) -> tuple[str, ...]:
    """Name the signs that group digits; of the spaces only those that occur."""
    names = [NAMES[group] for group in (".", ",", "'") if group in groups]
    if " " in groups:
        names += [name for space, name in SPACES.items() if _any(space, texts)]
    return tuple(names)
