"""The texts of the pages."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files


@functools.lru_cache(maxsize=2)
def texts(language: str) -> Mapping[str, str]:
    """Return the texts in a language."""
    return tomllib.loads(files("bench.app").joinpath(f"{language}.toml").read_text(encoding="utf-8"))
