"""Names of files that come from elsewhere: which are plain, and how any name is made plain."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

#: Signs no file name may have on one of the systems a folder may be opened on.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')

#: Names that mean a device on Windows, whatever their ending.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}

#: Most file systems allow 255 bytes; a number and a dot must still find room.
_LONGEST = 200


def is_plain(name: str) -> bool:
    """Whether a name is that of a file in the folder where it is said, on any system.

    Examples
    --------
    >>> is_plain("data.csv"), is_plain("Årsverk (2024).xlsx")
    (True, True)
    >>> [is_plain(name) for name in ("..", "a/b", "C:x", "", "con.csv", "a ", "x\\0")]
    [False, False, False, False, False, False, False]
    """
    if not name or name in (".", "..") or _FORBIDDEN.search(name) or name[-1] in " .":
        return False
    if any(unicodedata.category(sign) == "Cf" for sign in name):
        return False  # signs that do not show, or turn the direction of what is read
    return len(name.encode()) <= 255 and name.split(".")[0].strip().lower() not in _DEVICES


def is_plain_path(name: str) -> bool:
    """Whether every part of a path with slashes is a plain name; at most eight folders deep."""
    parts = name.split("/")
    return len(parts) <= 8 and all(is_plain(part) for part in parts)


def file_name(name: str, taken: Collection[str] = ()) -> str:
    """Return a plain name like the one given, that is not among those taken (lower-case).

    Examples
    --------
    >>> file_name("data.csv", {"data.csv"}), file_name("a:b.csv"), file_name("../../x")
    ('data-2.csv', 'a_b.csv', '.._.._x')
    """
    plain = unicodedata.normalize("NFC", _FORBIDDEN.sub("_", name))
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf").rstrip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not stem or len(ending) > 10:
        stem, dot, ending = plain, "", ""
    while len(stem.encode()) > _LONGEST:
        stem = stem[:-1]
    if not is_plain(f"{stem}{dot}{ending}"):
        stem = f"file_{stem}"
    made, number = f"{stem}{dot}{ending}", 1
    while made.casefold() in taken:
        number += 1
        made = f"{stem}-{number}{dot}{ending}"
    return made
