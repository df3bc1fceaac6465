"""Every chart of a run, in the order of the page."""

from __future__ import annotations

from bench.report.charts import efficiency as charts_efficiency
from bench.report.charts import money as charts_money
from bench.report.charts.drawing import Figure
from bench.report.edition import Edition

#: Chart -> section of the page it belongs to.
SECTIONS = {
    "price-path": "prices",
    "results": "results",
    "staircase": "results",
    "efficiency": "efficiency",
    "peers": "efficiency",
    "requirements": "requirements",
    "purchaser": "purchaser",
}

_MAKERS = {
    "price-path": charts_money.price_path,
    "results": charts_money.results,
    "staircase": charts_money.staircase,
    "efficiency": charts_efficiency.efficiency,
    "peers": charts_efficiency.peer_map,
    "requirements": charts_efficiency.requirement_paths,
    "purchaser": charts_money.purchaser,
}


def figures(edition: Edition) -> dict[str, Figure]:
    """Return the charts a run has numbers for, by name."""
    made = {name: maker(edition) for name, maker in _MAKERS.items()}
    return {name: chart for name, chart in made.items() if chart is not None}
