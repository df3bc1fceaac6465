"""Drawn charts as PNG."""

from __future__ import annotations

#: Pixels per point of a PNG: sharp on paper and on dense screens.
PNG_SCALE = 2.0


def to_png(svg: str) -> bytes:
    """Return an SVG text as PNG bytes."""
    import vl_convert

    data: bytes = vl_convert.svg_to_png(svg, scale=PNG_SCALE)
    return data
