"""Drawn charts as PNG."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version
from typing import Any

from bench.jit import kept_bytes
from bench.report.fonts import FOLDER, fonts

#: Pixels per point of a PNG: sharp on paper and on dense screens.
PNG_SCALE = 2.0

#: Pictures that are kept, about 300 kB each.
_KEPT = 256


@cache
def _converter() -> Any:
    """Return the library that draws, with the bundled font made known to it."""
    import vl_convert

    vl_convert.register_font_directory(str(FOLDER))
    return vl_convert


def to_png(svg: str) -> bytes:
    """Return an SVG text as PNG bytes.

    Drawing takes a tenth of a second, so a picture that was drawn before is found again by its text, the fonts and the
    version of the library that draws.
    """
    key = hashlib.sha256(f"{_setting()}\n{svg}".encode()).hexdigest()
    return kept_bytes(key, lambda: bytes(_converter().svg_to_png(svg, scale=PNG_SCALE)), most=_KEPT)


@cache
def _setting() -> str:
    return json.dumps([version("vl-convert-python"), PNG_SCALE, fonts()], sort_keys=True)
