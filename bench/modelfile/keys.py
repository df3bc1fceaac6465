"""Dotted keys: how a value of a model is named, found and set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from bench.errors import ModelError
from bench.modelfile.base import Section, Text
from bench.modelfile.lines import Path, raw_label, slug
from bench.modelfile.values import Dated

#: Stands for a member that does not exist.
MISSING = object()


def dotted(path: Path) -> str:
    """Return a path as a key: ``("scheme", 0, "price")`` as ``scheme[1].price``."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def label_of(item: Any, position: int) -> str:
    """Name of a member of an array of tables: its id or name, else its place."""
    for attribute in ("id", "name", "column", "unit"):
        value = getattr(item, attribute, None)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, Text):
            return slug(value.en)
    return str(position + 1)


def member(found: Any, part: str) -> Any:
    """Return a member by its written name, or by its id or name in an array; ``MISSING`` when there is none."""
    if isinstance(found, tuple):
        for position, item in enumerate(found):
            if label_of(item, position) == part:
                return item
        return MISSING
    if isinstance(found, dict):
        return found.get(part, MISSING)
    if isinstance(found, Section) and not isinstance(found, Dated):
        for name, field in type(found).model_fields.items():
            if part == (field.alias or name):
                return getattr(found, name)
    return MISSING


def walk(section: Section, key: str, path: Path) -> Iterator[tuple[str, Path, Any]]:
    """Yield ``(dotted key, path in the file, value)`` of every value a section states."""
    for name, field in type(section).model_fields.items():
        if name not in section.model_fields_set:
            continue
        word = field.alias or name
        yield from _walk_value(getattr(section, name), f"{key}.{word}" if key else word, (*path, word))


def _walk_value(value: Any, key: str, path: Path) -> Iterator[tuple[str, Path, Any]]:
    if isinstance(value, Dated) or not isinstance(value, Section | dict | tuple):
        if value is not None:
            yield key, path, value
    elif isinstance(value, Section):
        yield from walk(value, key, path)
    elif isinstance(value, dict):
        for word, part in value.items():
            yield from _walk_value(part, f"{key}.{word}", (*path, word))
    elif value and isinstance(value[0], Section):
        for position, item in enumerate(value):
            yield from walk(item, f"{key}.{label_of(item, position)}", (*path, position))
    else:
        yield key, path, value


def matches(pattern: str, key: str) -> bool:
    """Compare dotted keys; ``*`` stands for one part."""
    left, right = pattern.split("."), key.split(".")
    return len(left) == len(right) and all(a in ("*", b) for a, b in zip(left, right, strict=True))


def annotation(section: Any, part: str) -> Any:
    """Type of a member by its written name; the members of arrays are skipped over."""
    if section is None:
        return None
    if get_origin(section) is tuple:
        return get_args(section)[0]
    if get_origin(section) is dict:
        return get_args(section)[1]
    if not (isinstance(section, type) and issubclass(section, Section)):
        return None
    for name, field in section.model_fields.items():
        if part == (field.alias or name):
            kind: Any = field.annotation
            options = (
                [arg for arg in get_args(kind) if arg is not type(None)] if get_origin(kind) is not tuple else [kind]
            )
            return options[0] if options else kind
    return None


def put(raw: Any, key: str, value: Any, file: str) -> None:
    """Set a value in the raw tables by its dotted key."""
    *before, last = key.split(".")
    here = raw
    for part in before:
        if isinstance(here, list):
            named = {raw_label(item) or str(position): item for position, item in enumerate(here, start=1)}
            here = named.get(part)
            if here is None:
                raise ModelError(f"the model has no {part!r}", file=file, key=key)
        elif isinstance(here, dict):
            here = here.setdefault(part, {})
    if not isinstance(here, dict):
        raise ModelError(f"the model has no value {key!r}", file=file, key=key)
    here[last] = value
