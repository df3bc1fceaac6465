"""Values set for one run, as a user writes them: ``scheme.*.price.gain=0.5``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from bench.errors import OptionError


def value_of(key: str, text: str) -> Any:
    """Return a value written as in a model file; a bare word is text.

    Raises
    ------
    OptionError
        When the text starts as a list, a table or a quoted text and is none.

    Examples
    --------
    >>> value_of("a", "0.5"), value_of("a", "frontier"), value_of("a", "[2024, 2025]"), value_of("a", "true")
    (0.5, 'frontier', [2024, 2025], True)
    """
    stripped = text.strip()
    try:
        read = tomllib.loads(f"value = {stripped}")
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        if stripped[:1] in ("[", "{", '"', "'") or not stripped:
            raise OptionError(f"{key}={text}: not a value as a model file writes it: {error}") from None
        return stripped
    if set(read) != {"value"}:
        raise OptionError(f"{key}={text!r}: give one value")
    return read["value"]


def values_of(settings: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of settings by their dotted key."""
    return {key: value_of(key, text) for key, text in settings.items()}
