"""Writing a model's tables as TOML again, so that a model that was changed in memory can be kept with its result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any


def to_toml(tables: Mapping[str, Any]) -> str:
    """Return tables as TOML text that reads back to the same values.

    Tables and arrays of tables at the top two levels get headers; what lies deeper is written in place.

    Examples
    --------
    >>> print(to_toml({"meta": {"name": "a"}, "scheme": [{"id": "b", "share": 0.9}]}), end="")
    [meta]
    name = "a"
    <BLANKLINE>
    [[scheme]]
    id = "b"
    share = 0.9
    """
    lines: list[str] = []
    _write(tables, "", lines)
    return "\n".join(lines).lstrip("\n") + "\n"


def _write(table: Mapping[str, Any], prefix: str, lines: list[str]) -> None:
    later: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, Mapping) or _is_tables(value):
            later.append((key, value))
        else:
            lines.append(f"{_key(key)} = {_value(value)}")
    for key, value in later:
        name = f"{prefix}.{_key(key)}" if prefix else _key(key)
        for part in value if isinstance(value, Sequence) else [value]:
            lines += ["", f"[[{name}]]" if isinstance(value, Sequence) else f"[{name}]"]
            _write(part, name, lines)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _key(key: str) -> str:
    bare = key and all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in key)
    return key if bare else _text(key)


def _text(value: str) -> str:
    # JSON's escapes are a subset of TOML's basic strings, but for the delete sign, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    raise TypeError(f"TOML has no value like {value!r}")
