"""The look every chart shares, and the small pieces of Vega-Lite they are built from.

Charts are plain Vega-Lite specifications. They carry no run-time counters, so the same run gives the same bytes, and
:func:`altair.Chart.from_dict` turns any of them into a chart object for a notebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report.charts.colours import INK, NEUTRAL
from bench.report.words.numbers import Numbers

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
WIDTH = 640
ROW = 22


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with the words around it.

    Attributes
    ----------
    key : str
        File name without ending, and the id in the page.
    title, subtitle, alt, reading : str
        ``alt`` says what the chart shows to those who cannot see it, ``reading`` how to read it.
    spec : dict
        Complete Vega-Lite specification with its data.
    """

    key: str
    title: str
    subtitle: str
    alt: str
    reading: str
    spec: Spec


def figure(body: Spec, *, key: str, title: str, subtitle: str, alt: str, reading: str, numbers: Numbers) -> Figure:
    """Complete a chart's body with title, description, locale and the common look."""
    spec = {
        "$schema": SCHEMA,
        "description": alt,
        "title": {"text": title, "subtitle": wrap(subtitle)},
        **body,
        "config": _config(numbers),
    }
    return Figure(key, title, subtitle, alt, reading, spec)


def wrap(text: str, width: int = 105) -> list[str]:
    """Break a text into lines, which charts do not do themselves."""
    import textwrap

    return textwrap.wrap(text, width) or [""]


def _config(numbers: Numbers) -> Spec:
    return {
        "locale": {"number": numbers.chart_locale()},
        "font": FONT,
        "background": "#ffffff",
        "padding": {"left": 26, "right": 10, "top": 8, "bottom": 8},
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "fontSize": 15,
            "fontWeight": 600,
            "color": INK,
            "subtitleColor": "#4a5560",
            "subtitleFontSize": 12,
            "subtitlePadding": 4,
            "offset": 14,
        },
        "axis": {
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelColor": "#333d47",
            "titleColor": "#333d47",
            "gridColor": "#e6e9ec",
            "domainColor": "#aab2ba",
            "tickColor": "#aab2ba",
            "labelLimit": 260,
        },
        "axisX": {"labelFlush": False},
        "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "top", "symbolType": "square"},
        "header": {"labelFontSize": 13, "labelFontWeight": 600, "labelColor": INK},
    }


def quantitative(field: str, title: str | None, *, form: str = ",.0f", **options: Any) -> Spec:
    """Return a number channel with a formatted axis."""
    axis = {"format": form, "title": title, "tickCount": 6, **options.pop("axis", {})}
    return {"field": field, "type": "quantitative", "axis": axis, **options}


def categories(field: str, order: Sequence[str], **axis: Any) -> Spec:
    """Return a name channel in a given order, without axis line and title."""
    settings = {"title": None, "ticks": False, "domain": False, "grid": False, **axis}
    return {"field": field, "type": "nominal", "sort": list(order), "axis": settings}


def tooltip(fields: Mapping[str, str]) -> list[Spec]:
    """Return tooltips of texts already formatted: field to title."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in fields.items()]


def values(rows: Sequence[Mapping[str, Any]]) -> Spec:
    """Return rows as inline data."""
    return {"values": [dict(row) for row in rows]}


def rule(axis: str, at: float, **mark: Any) -> Spec:
    """Return a line across the chart at a value of ``"x"`` or ``"y"``."""
    return {"mark": {"type": "rule", "color": NEUTRAL, "aria": False, **mark}, "encoding": {axis: {"datum": at}}}


def panel_title(text: str) -> Spec:
    """Return the title of one panel in a chart of several."""
    return {"text": text, "anchor": "start", "frame": "group", "fontSize": 13, "fontWeight": 600, "offset": 6}


def stacked(panels: Sequence[Spec]) -> Spec:
    """Return panels below each other with aligned plots."""
    return {"vconcat": list(panels), "spacing": 22}
