"""Which line of a TOML file a key stands on.

The parser of the standard library gives values without places. This reads only headers and keys, so that an
error can name the line; values are never taken from here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Path = tuple[str | int, ...]
#: The line of a file, or in words where a value came from that stands on none.
Place = int | str

_KEY_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every key and table, by its path with the positions in arrays of tables.

    Examples
    --------
    >>> key_lines('a = 1\\n[[b]]\\nc = 2\\n[[b]]\\nc = 3')[("b", 1, "c")]
    5
    """
    places: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    here: Path = ()
    skip = ""
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if skip or depth:
            skip, depth = _value_state(line, skip, depth)
            continue
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith("["):
            here = _header(stripped, counts)
            places.setdefault(here, number)
            if here and isinstance(here[-1], int):
                places.setdefault(here[:-1], number)
            continue
        parts, rest = _key(stripped)
        if not parts or not rest.startswith("="):
            continue
        path = here
        for part in parts:
            path = (*path, part)
            places.setdefault(path, number)
        skip, depth = _value_state(rest[1:], "", 0)
    return places


def line_of(places: Mapping[Path, Place], path: Path) -> int | None:
    """Return the line of a path, or of the nearest table around it; None for a value that stands on none."""
    place = _nearest(places, path)
    return place if isinstance(place, int) else None


def origin_of(places: Mapping[Path, Place], path: Path, file: str) -> str:
    """Return the file of a path, with where its value came from if that is not the file.

    Examples
    --------
    >>> origin_of({("a",): 3, ("a", "b"): "--set a.b"}, ("a", "b", "c"), "model.toml")
    'model.toml with --set a.b'
    """
    place = _nearest(places, path)
    return f"{file} with {place}" if isinstance(place, str) else file


def with_places(places: Mapping[Path, Place], changed: Mapping[Path, Place | None]) -> dict[Path, Place]:
    """Return the places where some values come from elsewhere, with all that stands below them."""
    kept = {path: place for path, place in places.items() if not any(path[: len(one)] == one for one in changed)}
    return kept | {path: place for path, place in changed.items() if place is not None}


def _nearest(places: Mapping[Path, Place], path: Path) -> Place | None:
    for length in range(len(path), 0, -1):
        if path[:length] in places:
            return places[path[:length]]
    return None


def path_of(raw: Any, key: str) -> Path:
    """Return the path of a dotted key as far as the file has it; entries of arrays go by id, name or ``[number]``.

    Examples
    --------
    >>> path_of({"scheme": [{"id": "care", "price": {"lag": 1}}]}, "scheme.care.price.start")
    ('scheme', 0, 'price')
    """
    path: Path = ()
    here = raw
    for part in key.replace("[", ".").replace("]", "").split("."):
        if isinstance(here, list):
            names = [(raw_label(entry) or None) if isinstance(entry, dict) else None for entry in here]
            numbered = int(part) - 1 if part.isdigit() and 0 < int(part) <= len(here) else None
            place = names.index(part) if part in names else 0 if len(here) == 1 and numbered is None else numbered
            if place is None:
                break
            path, here = (*path, place), here[place]
            if part == names[place] or numbered is not None:
                continue
        if not isinstance(here, dict) or part not in here:
            break
        path, here = (*path, part), here[part]
    return path


def raw_label(item: dict[str, Any]) -> str:
    """Name of a member of an array in the raw tables, as :func:`label_of` gives it."""
    for key in ("id", "name", "column", "unit"):
        value = item.get(key)
        if isinstance(value, dict):
            return slug(str(value.get("en", "")))
        if value:
            return str(value)
    return ""


def slug(text: str) -> str:
    """Return a label's form in a dotted key."""
    return text.lower().replace(" ", "-").replace(".", "")


def _header(text: str, counts: dict[Path, int]) -> Path:
    """Path of ``[a.b]`` or ``[[a.b]]``; names of arrays already seen get their latest position."""
    array = text.startswith("[[")
    parts, _ = _key(text.lstrip("["))
    path: Path = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if position == len(parts) - 1 and array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _key(text: str) -> tuple[list[str], str]:
    """Split ``a."b".c = …`` into its parts and the rest from the sign on."""
    parts: list[str] = []
    position = 0
    while match := _KEY_PART.match(text, position):
        parts.append(next(group for group in match.groups() if group is not None))
        position = match.end()
        if position >= len(text) or text[position] != ".":
            break
        position += 1
    return parts, text[position:]


def _value_state(text: str, quote: str, depth: int) -> tuple[str, int]:
    """Follow a value over line ends: an open multi-line string, or the depth of open brackets."""
    position = 0
    while position < len(text):
        if quote:
            if quote[0] == '"' and text[position] == "\\":
                position += 2
            elif text.startswith(quote, position):
                position += len(quote)
                quote = ""
            else:
                position += 1
            continue
        sign = text[position]
        if sign == "#":
            break
        if sign in "\"'":
            quote = sign * 3 if text.startswith(sign * 3, position) else sign
            position += len(quote)
            continue
        depth += (sign in "[{") - (sign in "]}")
        position += 1
    return (quote if len(quote) == 3 else ""), depth
