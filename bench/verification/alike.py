"""Whether two files of a result say the same, when their bytes differ because they were made on different machines.

Text must be equal; numbers may differ as far as arithmetic does from one processor to another. Pictures are drawn with
the fonts and the arithmetic of a machine: they carry no number of their own, and are only ever said to differ.
"""

from __future__ import annotations

import io
import json
import re
import zipfile

#: Relative difference that another order of additions can make in a number, many times over.
TOLERANCE = 1e-9

#: Numbers shown in a text are rounded: one unit in their last decimal.
_NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")

#: Parts of a page that are pictures, or code that draws them.
_DRAWN = re.compile(r"<svg\b.*?</svg>|<script\b.*?</script>", re.DOTALL | re.IGNORECASE)

#: Files that are drawn with a font, and hold no number that another file does not.
PICTURES = (".png", ".svg", ".pdf")
_BOOKS = (".xlsx", ".docx")
_EXACT = (".csv", ".json", ".toml")

#: Where numbers are rounded for their readers.
_ROUNDED = (".html", ".txt", ".md")

#: Keys of a manifest that describe the machine and the bytes, not what the result is.
_OF_THE_MACHINE = ("versions", "machine")

#: A part of a workbook that is larger than this was not written by this engine.
_LARGEST_PART = 1_000_000_000


def same_numbers(name: str, one: bytes, two: bytes) -> bool:
    """Whether two versions of a file hold the same texts and, within rounding, the same numbers.

    Parameters
    ----------
    name : str
        Of the file; its ending decides how it is read.
    one, two : bytes

    Examples
    --------
    >>> same_numbers("a.csv", b"A;0,1000000000000001", b"A;0,1"), same_numbers("a.csv", b"A;0,11", b"A;0,1")
    (True, False)
    """
    if name.endswith(PICTURES):
        return True
    if name == "manifest.json":
        return _same_origin(one, two)
    if name.endswith(_BOOKS):
        return _same_books(one, two)
    return name.endswith((*_EXACT, *_ROUNDED)) and _same_text(one, two, rounded=name.endswith(_ROUNDED))


def _same_text(one: bytes, two: bytes, rounded: bool = False) -> bool:
    try:
        left, right = (_DRAWN.sub("", data.decode("utf-8-sig")) for data in (one, two))
    except UnicodeDecodeError:
        return False
    if _NUMBER.sub("0", left) != _NUMBER.sub("0", right):
        return False
    pairs = zip(_NUMBER.findall(left), _NUMBER.findall(right), strict=True)
    return all(a == b or _close(a, b, rounded) for a, b in pairs)


def _close(one: str, two: str, rounded: bool) -> bool:
    a, b = (float(text.replace(",", ".").replace("−", "-")) for text in (one, two))
    # A rounded number may become its neighbour when the exact one lies between two.
    shown = _decimals(one)
    step = 1.000001 * 10.0**-shown if rounded and shown == _decimals(two) else 0.0
    return abs(a - b) <= max(TOLERANCE * max(abs(a), abs(b)), step, 1e-12)


def _decimals(text: str) -> int:
    plain = re.split(r"[eE]", text.replace(",", "."))[0]
    return len(plain.partition(".")[2])


def _same_books(one: bytes, two: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(one)) as first, zipfile.ZipFile(io.BytesIO(two)) as second:
            names = first.namelist()
            if names != second.namelist():
                return False
            if any(info.file_size > _LARGEST_PART for book in (first, second) for info in book.infolist()):
                return False
            return all(
                name.endswith((".png", ".emf", ".jpeg")) or _same_text(first.read(name), second.read(name))
                for name in names
            )
    except zipfile.BadZipFile:
        return False


def _same_origin(one: bytes, two: bytes) -> bool:
    first, second = json.loads(one), json.loads(two)
    for manifest in (first, second):
        for key in _OF_THE_MACHINE:
            manifest.pop(key, None)
        report = manifest["report"]
        report["files"] = sorted(report["files"])
        report.pop("versions", None)
        report.pop("fonts", None)
    return bool(first == second)
