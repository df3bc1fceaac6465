from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from report.report_builder import build_run, without

from bench.report.charts.images import spec_json, to_png, to_svg
from bench.report.charts.run_charts import SECTIONS, figures
from bench.report.edition import Edition
from bench.results import RunResult


@pytest.fixture(scope="module")
def edition(run: RunResult) -> Edition:
    return Edition.of(run, "nb")


def _marks(spec: object) -> list[dict[str, object]]:
    """Every data row anywhere in a specification."""
    found = []
    if isinstance(spec, dict):
        if isinstance(spec.get("values"), list) and spec["values"] and isinstance(spec["values"][0], dict):
            found += spec["values"]
        for value in spec.values():
            found += _marks(value)
    elif isinstance(spec, list):
        for value in spec:
            found += _marks(value)
    return found


def test_every_chart_is_made_and_has_a_place(edition: Edition) -> None:
    assert set(figures(edition)) == set(SECTIONS)


def test_specifications_are_valid_vega_lite(edition: Edition) -> None:
    alt = pytest.importorskip("altair")
    for figure in figures(edition).values():
        alt.Chart.from_dict(figure.spec).to_dict(validate=True)


def test_charts_say_what_they_are_and_that_the_data_are_made_up(edition: Edition) -> None:
    for name, figure in figures(edition).items():
        svg = to_svg(figure)
        ElementTree.fromstring(svg)
        text = re.sub(r"<[^>]+>", " ", svg)
        assert figure.title in text, name
        assert "Oppdiktede data." in text, name
        assert len(figure.alt) > 40, name


def test_real_data_are_not_called_made_up() -> None:
    for figure in figures(Edition.of(build_run(synthetic=False), "nb")).values():
        assert "ppdikte" not in figure.spec["title"]["subtitle"][0]


def test_a_chart_without_numbers_is_left_out(run: RunResult) -> None:
    some = figures(Edition.of(without(run, "purchaser", "peers", "requirements"), "en"))
    assert set(some) == {"price-path", "results", "staircase", "efficiency"}


def test_results_add_up_to_the_schemes_result(edition: Edition) -> None:
    bars = [row for row in _marks(figures(edition)["results"].spec) if row["name"] == "Sum"]
    wanted = [(scheme.result or 0.0) / 1e6 for scheme in edition.facts.schemes]
    assert [bar["end"] for bar in bars] == pytest.approx(wanted)


def test_the_area_of_the_staircase_is_the_cost(edition: Edition) -> None:
    steps = _marks(figures(edition)["staircase"].spec)
    for scheme in edition.facts.schemes:
        own = [row for row in steps if row["unit"] in scheme.units]
        assert sum((row["right"] - row["left"]) * row["index"] for row in own) == pytest.approx(100 * 100)
        for row in own:
            unit = next(u for u in edition.facts.units if u.key == row["unit"])
            share = (row["right"] - row["left"]) * row["index"] / 10_000
            assert share == pytest.approx(unit.settlement["cost"] / scheme.cost)


def test_a_unit_keeps_its_colour_in_every_chart(edition: Edition) -> None:
    seen: dict[str, set[object]] = {}
    for name in ("staircase", "efficiency", "requirements"):
        for row in _marks(figures(edition)[name].spec):
            seen.setdefault(str(row["unit"]), set()).add(row["colour"])
    assert len(seen) == 20
    assert {name: {edition.facts.colours[name]} for name in seen} == seen


def test_price_path_shows_the_fall_and_the_rise(edition: Edition) -> None:
    rows = [row for row in _marks(figures(edition)["price-path"].spec) if row["series"] == "Prisnivå"][:5]
    index = [row["index"] for row in rows]
    # The source's story: the price falls sharply in year 2 and rises in year 3.
    assert index[0] == 100.0
    assert index[1] < 97.5
    assert index[2] > index[1] + 2


def test_pictures_are_the_same_bytes_every_time_and_ids_are_their_own(edition: Edition) -> None:
    chart = figures(edition)["price-path"]
    first = to_svg(chart)
    to_svg(figures(edition)["peers"])
    assert to_svg(chart) == first
    assert to_png(first) == to_png(first)
    assert to_png(first).startswith(b"\x89PNG")
    ids = re.findall(r'id="([^"]+)"', first)
    assert all(name.startswith(chart.key) for name in ids)


def test_numbers_on_axes_are_norwegian(edition: Edition) -> None:
    text = re.sub(r"<[^>]+>", "|", to_svg(figures(edition)["results"]))
    assert "|0,5|" in text
    assert "|0.0|" not in text


def test_a_specification_cannot_end_its_script_element(run: RunResult) -> None:
    chart = figures(Edition.of(run, "en"))["results"]
    chart.spec["description"] = "</script><b>"
    assert "</script" not in spec_json(chart)
