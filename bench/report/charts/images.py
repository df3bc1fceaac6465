"""Drawn charts as PNG."""

from __future__ import annotations

from functools import cache
from typing import Any

from bench.report.fonts import FOLDER

#: Pixels per point of a PNG: sharp on paper and on dense screens.
PNG_SCALE = 2.0


@cache
def _converter() -> Any:
    """Return the library that draws, with the bundled font made known to it."""
    import vl_convert

    vl_convert.register_font_directory(str(FOLDER))
    return vl_convert


def to_png(svg: str) -> bytes:
    """Return an SVG text as PNG bytes."""
    data: bytes = _converter().svg_to_png(svg, scale=PNG_SCALE)
    return data
