"""Charts as SVG and PNG, and the script that makes them interactive in the page; works without a network."""

from __future__ import annotations

import functools
import json
import re

from bench.report.charts.style import Figure

#: Pixels per point of a PNG: sharp on paper and on dense screens.
PNG_SCALE = 2.0


def to_svg(figure: Figure, prefix: str = "") -> str:
    """Return a chart as SVG text with ids that are unique in a page and the same in every run."""
    import vl_convert

    text: str = vl_convert.vegalite_to_svg(figure.spec, allowed_base_urls=[])
    return _own_ids(text, prefix or figure.key)


def to_png(svg: str) -> bytes:
    """Return an SVG text as PNG bytes."""
    import vl_convert

    data: bytes = vl_convert.svg_to_png(svg, scale=PNG_SCALE)
    return data


def _own_ids(svg: str, prefix: str) -> str:
    """Rename ids by their order of appearance: the converter counts them over the life of the process."""
    ids = dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg))
    names = {old: f"{prefix}-{position}" for position, old in enumerate(ids, start=1)}
    svg = re.sub(r'\bid="([^"]+)"', lambda match: f'id="{names[match.group(1)]}"', svg)
    return re.sub(r"url\(#([^)]+)\)", lambda match: f"url(#{names.get(match.group(1), match.group(1))})", svg)


@functools.lru_cache(maxsize=1)
def script() -> str:
    """Return the chart library as one script, to be put inside a page."""
    import vl_convert

    text: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # An end tag inside a string would end the script element.
    return text.replace("</script", "<\\/script")


def spec_json(figure: Figure) -> str:
    """Return a chart's specification as JSON that is safe inside an HTML script element."""
    text = json.dumps(figure.spec, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
