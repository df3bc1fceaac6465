"""Amounts as ledgers write them: with a currency, negative in brackets or with the minus behind, ``,-`` for no øre.

Only the writing is undone here; what remains goes through the one strict parser (:mod:`bench.reading.values.numbers`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.reading.values.measures import CURRENCIES, heard

_CODES = tuple(CURRENCIES)
_SIGN = "|".join(f"(?P<{code}>{words})" for code, words in CURRENCIES.items())
_FIRST = re.compile(rf"(?P<sign>[-+\u2212]?)\s*(?:{_SIGN})\.?\s*(?P<rest>.*\S)", re.IGNORECASE | re.DOTALL)
_LAST = re.compile(rf"(?P<rest>.*?\S)\s*(?:{_SIGN})\.?", re.IGNORECASE | re.DOTALL)
_BRACKETS = re.compile(r"\(\s*(?P<rest>[^()]*\S)\s*\)")
_NO_CENTS = re.compile(r"(?P<rest>.*\d)\s*(?P<mark>[,.])\s*[-\u2013\u2014\u2212]+")
_BEHIND = re.compile(r"(?P<rest>\d[^-\u2212]*?)\s*[-\u2212]")
_DIGIT = re.compile(r"\d")

#: Signs that only an amount with something around it holds; most columns have none of them.
SUSPECT = re.compile(r"[^\W\d_]|[()€$£]|\d\s*[,.]?\s*[-\u2013\u2014\u2212]\s*(?:$|\D)", re.MULTILINE)

#: How other programs write that a value is missing.
MISSING = frozenset(
    (
        "na", "n/a", "n.a.", "n.a", "#n/a", "#n/a n/a", "#na", "#i/t", "<na>", "nan", "-nan", "null", "(null)", "none",
        "nil", "nul", "missing", "mangler", "mangler data", "ikke oppgitt", "ukjent", "unknown", "i.t.", "k.a.", "?",
        "…", "...", "n.d.", "n.d", "n/d", "k. a.", "k.a", "i.a.", "i.o.", "ingen data", "no data", "\\n", "–", "—",
        "--", "---", "tomt", "blank", "mangler tall", "ikke tilgjengelig", "not available", "ukj.", "uoppgitt",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Amount:
    """A cell without what stands around its number.

    Attributes
    ----------
    text : str
        The number, with a leading minus where it is negative.
    currency : str
        ISO code, or empty.
    negative : bool
        Whether brackets or a trailing minus made it negative.
    """

    text: str
    currency: str = ""
    negative: bool = False


def plain_amount(cell: str) -> Amount | None:
    """Return the number inside an amount, or None where nothing stands around it or no number is left.

    Examples
    --------
    >>> plain_amount("kr 1 200 000,50"), plain_amount("(45 000)").text, plain_amount("1 200 000,-").text
    (Amount(text='1 200 000,50', currency='NOK', negative=False), '-45 000', '1 200 000,00')
    >>> plain_amount("45000,00-").text, plain_amount("1 200") is None, plain_amount("ca. 100") is None
    ('-45000,00', True, True)
    """
    text, currency, minus, bracket = cell.strip(), "", False, False
    for _ in range(4):
        match = _BRACKETS.fullmatch(text)
        if match is not None:
            if bracket or minus:
                return None
            text, bracket = match["rest"], True
            continue
        match = _FIRST.fullmatch(text) or _LAST.fullmatch(text)
        if match is None or (match.re is _LAST and not _DIGIT.search(text)):
            break
        code = next(code for code in _CODES if match[code])
        if currency and code != currency:
            return None
        currency = code
        text = (match["sign"] if match.re is _FIRST else "") + match["rest"]
    match = _NO_CENTS.fullmatch(text)
    if match is not None:  # the sign before the dash is the decimal sign: that is what «,-» says
        text = f"{match['rest']}{match['mark']}00"
    else:
        match = _BEHIND.fullmatch(text)
        if match is not None:
            text, minus = match["rest"], True
    negative = bracket or minus
    if negative and (text[:1] in "+-\u2212" or (bracket and minus)):
        return None
    if text == cell.strip() or not (_DIGIT.search(text) or (currency and text == "-")):
        return None
    return Amount(f"-{text}" if negative else text, currency, negative)


def own_measure(cell: str) -> float | None:
    """Return the factor that the cell itself states (``1,2 mill``), or None.

    Examples
    --------
    >>> own_measure("1,2 mill. kr"), own_measure("1200 tkr"), own_measure("45 kr")
    (1000000.0, 1000.0, None)
    """
    if not _DIGIT.search(cell):
        return None
    words = re.sub(r"^[-+\u2212]?[\d\s.,'’]+", "", cell.strip())
    if not words[:1].isalpha() and not cell.strip()[:1].isalpha():
        return None
    measure = heard(words) or heard(f"({words})") or heard(re.sub(r"^(\D+)[\d\s.,]+$", r"\1", cell.strip()))
    return measure.factor if measure is not None and measure.factor > 1.0 else None


def is_missing_mark(cell: str) -> bool:
    """Tell whether a text is the mark of a missing value in some program.

    Examples
    --------
    >>> is_missing_mark("N/A"), is_missing_mark(" null "), is_missing_mark("0")
    (True, True, False)
    """
    return cell.strip().casefold() in MISSING
