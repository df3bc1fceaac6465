"""A result as a notebook shows it: what was found, the first tables, the first chart and what the reader must know.

Everything that comes from a file is escaped. A chart is an image of its own, so that two outputs of one notebook never
share the ids inside their drawings.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from bench.presenting import table_html, warnings_html

if TYPE_CHECKING:
    import pandas as pd

    from bench.report.charts.drawing import Figure
    from bench.results import RunResult

#: Tables of a result that are shown, at most.
_TABLES = 2


def run_html(result: RunResult, figure: Figure | None) -> str:
    """Return a run: prices of the latest year, units of the latest settlement, the first chart, warnings."""
    parts = [f"<p><b>{escape(result.model.title('en'))}.</b>{_made_up(result)}</p>"]
    parts += [table_html(frame, caption) for caption, frame in _run_tables(result) if len(frame)]
    return "".join([*parts, _drawn(figure), warnings_html(result.warnings), _more(result)])


def _run_tables(result: RunResult) -> Iterator[tuple[str, pd.DataFrame]]:
    prices, settlement = result.prices, result.settlement
    services = {(scheme.id, service.id): service for scheme in result.model.scheme for service in scheme.service}
    if len(prices):
        year = prices["year"].max()
        latest = prices[prices["year"] == year]
        priced = [services.get(key) for key in zip(latest["scheme"], latest["service"], strict=True)]
        shown = latest[["scheme", "service", "measure", "price", "change"]].assign(
            service=_in_english(latest["service"], [one and one.label for one in priced]),
            measure=_in_english(latest["measure"], [one and one.measure for one in priced]),
            change=[_percent(value) for value in latest["change"]],
        )
        yield f"Prices {year}, NOK", shown
    if len(settlement):
        year = settlement["year"].max()
        units = settlement[settlement["year"] == year][["scheme", "unit", "income", "cost", "result"]]
        for frame, column in ((result.efficiency, "efficiency"), (result.requirements, "requirement_nok")):
            if len(frame):
                units = units.merge(_of_unit(frame, column, int(year)), on=["scheme", "unit"], how="left")
        yield f"Units in the settlement of {year}, NOK", units
    elif len(result.efficiency):
        yield "Efficiency", result.efficiency[["scheme", "unit", "year", "efficiency"]]


def _of_unit(frame: pd.DataFrame, column: str, year: int) -> pd.DataFrame:
    """Return a unit's number of the year, or of the first year after it: requirements are set for years to come."""
    years = sorted(value for value in frame["year"].unique() if value >= year)
    found = frame[frame["year"] == (years[0] if years else frame["year"].max())]
    wanted: pd.DataFrame = found[["scheme", "unit", column]]
    return wanted


def page_html(result: Any, text: str, figure: Figure | None) -> str:
    """Return a simulation, a comparison, an advice or an analysis: in words, its first tables and chart, warnings."""
    parts = [f'<pre style="font-family:monospace;white-space:pre">{escape(text)}</pre>', _made_up(result)]
    tables = ((name, frame) for name, frame in result.frames().items() if len(frame))
    parts += [table_html(frame, name) for _, (name, frame) in zip(range(_TABLES), tables, strict=False)]
    return "".join([*parts, _drawn(figure), warnings_html(getattr(result, "warnings", ())), _more(result)])


def _in_english(values: Iterable[str], texts: Iterable[Any]) -> list[str]:
    """Return the model's English words for services and measures; what it has none for as it is."""
    return [value if text is None else text.get("en") for value, text in zip(values, texts, strict=True)]


def _made_up(result: Any) -> str:
    return " <b>The data are made up.</b>" if result.synthetic else ""


def _more(result: Any) -> str:
    kept = ", ".join(name for name, frame in result.frames().items() if len(frame))
    return f"<p>.save(folder) writes the whole report; .frames() holds {escape(kept)}</p>" if kept else ""


def _drawn(figure: Figure | None) -> str:
    if figure is None:
        return ""
    code = base64.b64encode(figure.wide.encode()).decode()
    source = f"data:image/svg+xml;base64,{code}"
    return f'<p><img style="max-width:100%" alt="{escape(figure.alt)}" src="{source}"></p>'


def _percent(value: float) -> str:
    return "" if value != value else f"{100.0 * value:+.1f} %"
