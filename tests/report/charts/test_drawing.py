from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report.report_builder import without
from report.report_office import needs_chromium, rendered
from report.report_texts import EN, NB

from bench.report.charts.bars import MOST
from bench.report.charts.drawing import NARROW, WIDE, Canvas, Scale, shortened
from bench.report.charts.images import to_png
from bench.report.charts.money import _joined, unit_waterfall_figure
from bench.report.charts.run_charts import SECTIONS, figures
from bench.report.charts.waterfall import unit_waterfall
from bench.report.edition import Edition
from bench.results import RunResult

_SVG = "{http://www.w3.org/2000/svg}"


def _drawings(run: RunResult, language: str) -> dict[str, ET.Element]:
    found = figures(Edition.of(run, language))
    kinds = ("wide", "narrow")
    return {f"{name} {kind}": ET.fromstring(getattr(f, kind)) for name, f in found.items() for kind in kinds}


def _luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours by WCAG 2."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_chart_of_the_page_is_drawn(run: RunResult) -> None:
    assert set(figures(Edition.of(run, "nb"))) == set(SECTIONS)


def test_every_chart_says_what_it_shows_in_the_language_of_the_page(run: RunResult, language: str) -> None:
    other = EN if language == "nb" else NB
    foreign = {text for key, text in other.items() if key.startswith(("chart.", "figure.")) and len(text) > 12}
    foreign -= set((NB if language == "nb" else EN).values())
    for name, drawing in _drawings(run, language).items():
        assert drawing.get("role") == "img"
        assert drawing.get("aria-label"), name
        words = [drawing.get("aria-label") or "", *(element.text or "" for element in drawing.iter())]
        assert not foreign & set(words), name
        # No name of a field of ours is read aloud.
        assert not re.search(r"\b[a-z]+_[a-z]+\b", " ".join(words)), name


def test_letters_stand_out_from_what_lies_behind_them(run: RunResult) -> None:
    behind = {"#ffffff", "#bcd7ea", "#e1edf6"}
    for name, drawing in _drawings(run, "nb").items():
        for text in drawing.iter(f"{_SVG}text"):
            fill = str(text.get("fill"))
            assert all(contrast(fill, paper) >= 4.5 for paper in behind), (name, fill)
    for colour in ("#0072b2", "#d55e00"):
        assert contrast(colour, "#ffffff") >= 3.0


def test_nothing_is_drawn_outside_the_picture(run: RunResult, language: str) -> None:
    for name, drawing in _drawings(run, language).items():
        _, _, width, height = map(float, str(drawing.get("viewBox")).split())
        assert width in (WIDE, NARROW)
        for element in drawing.iter():
            for key, most in (("x", width), ("y", height), ("cx", width), ("cy", height), ("x2", width)):
                value = element.get(key)
                assert value is None or -1 <= float(value) <= most + 1, (name, element.tag, key, value)


def test_the_numbers_beside_the_bars_are_those_of_the_frame(run: RunResult) -> None:
    edition = Edition.of(run, "nb")
    text = figures(edition)["results"].wide
    last = run.settlement[run.settlement["year"] == run.settlement["year"].max()]
    for row in last.to_dict("records"):
        assert f"<title>{row['unit']}: {edition.n.money(row['result'], 2, sign=True)}</title>" in text


def test_bars_are_as_long_as_their_numbers(run: RunResult) -> None:
    edition = Edition.of(run, "nb")
    drawing = ET.fromstring(figures(edition)["efficiency"].wide)
    scores = {u.key: u.efficiency["efficiency"] for u in edition.facts.units if u.efficiency and u.scheme == "care"}
    widths = {}
    for bar in drawing.iter(f"{_SVG}rect"):
        title = bar.find(f"{_SVG}title")
        if title is not None and title.text and title.text.split(":")[0] in scores:
            widths[title.text.split(":")[0]] = float(str(bar.get("width")))
    assert set(widths) == set(scores)
    ratios = [widths[unit] / scores[unit] for unit in scores]
    assert max(ratios) - min(ratios) < 0.4


def test_many_units_are_shown_by_their_ends(run: RunResult) -> None:
    frames = {}
    for name in ("settlement", "efficiency", "norms", "requirements", "peers"):
        frame = getattr(run, name)
        copies = [frame]
        copies += [frame.assign(unit=frame["unit"] + f" {k}") for k in range(1, 6)]
        frames[name] = pd.concat(copies, ignore_index=True)
    units = run.units.frame
    copies = [units, *(units.assign(unit=units["unit"] + f" {k}") for k in range(1, 6))]
    many = replace(run, units=replace(run.units, frame=pd.concat(copies, ignore_index=True)), **frames)
    found = figures(Edition.of(many, "nb"))
    for name in ("results", "efficiency", "requirements"):
        assert "enheter imellom" in found[name].wide
        bars = found[name].wide.count("<title>")
        assert bars < 3 * 5 * (MOST + 2), name


def test_the_same_run_is_drawn_alike(run: RunResult) -> None:
    first, second = (figures(Edition.of(run, "en")) for _ in range(2))
    assert first == second


def test_a_picture_is_a_png(run: RunResult) -> None:
    assert to_png(figures(Edition.of(run, "en"))["peers"].wide).startswith(b"\x89PNG")


def test_charts_of_stages_a_model_does_not_have_are_left_out(run: RunResult) -> None:
    gone = without(run, "efficiency", "norms", "peers", "requirements", "purchaser")
    assert set(figures(Edition.of(gone, "nb"))) == {"price-path", "results", "staircase"}


def test_a_unit_has_its_own_waterfall(run: RunResult, language: str) -> None:
    edition = Edition.of(run, language)
    unit = edition.facts.units[0]
    made = unit_waterfall_figure(edition, unit.key, unit_waterfall(unit))
    assert made is not None
    assert unit.key in made.title
    assert ET.fromstring(made.narrow).get("role") == "img"


def test_names_cannot_become_markup(run: RunResult) -> None:
    evil = "<script>&"
    frames = {name: getattr(run, name).replace("Grim", evil) for name in ("settlement", "efficiency", "peers")}
    units = replace(run.units, frame=run.units.frame.replace("Grim", evil))
    for chart in figures(Edition.of(replace(run, units=units, **frames), "nb")).values():
        assert "<script" not in chart.wide
        ET.fromstring(chart.wide)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.2e6, 1.1e6), (95.0, 112.0), (0.93, 1.0)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    ticks = Scale(low, high, 0, 100).ticks()
    assert 2 <= len(ticks) <= 7
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)


@pytest.mark.office
@needs_chromium
def test_tables_can_be_sorted_and_searched_and_drawings_need_no_script(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    page = folders["nb"] / "rapport.html"
    document = rendered(page, tmp_path)
    assert document.count('class="sort"') > 20
    assert 'type="search"' in document
    assert "Søk i tabellen" in document
    assert "vegaEmbed" not in document
    assert document.count('class="drawing wide"') == len(SECTIONS)


def test_a_long_name_is_cut() -> None:
    assert shortened("Tjenester for utviklingshemmede", 80).endswith("…")


def test_long_names_stand_over_two_lines_and_short_ones_in_one() -> None:
    canvas = Canvas(WIDE)
    canvas.label(100, 50, "Sør", 90)
    canvas.label(100, 50, "Home nursing, long-stay days", 120)
    canvas.label(100, 50, "Gjennomsnittskostnadene", 60)
    one, first, second, cut = (re.sub("<[^>]+>", "", part) for part in canvas.parts)
    assert one == "Sør"
    assert f"{first} {second}" == "Home nursing, long-stay days"
    assert cut.endswith("…")


def test_of_very_many_steps_neighbours_are_joined_with_the_same_area() -> None:
    """Volume and cost of all steps together are those of the units; the drawing no longer grows with them."""
    rng = np.random.default_rng(1)
    cuts = np.append(0.0, np.sort(rng.uniform(0, 100, 1999)))
    rights = np.append(cuts[1:], 100.0)
    steps = [
        {"unit": f"E{k}", "left": left, "right": right, "index": 60.0 + k / 25}
        for k, (left, right) in enumerate(zip(cuts, rights, strict=True))
    ]
    joined = _joined(steps)
    assert len(joined) <= 120
    assert joined[0]["unit"].startswith("E0 – E")
    assert joined[-1]["unit"].endswith("E1999")
    assert [step["left"] for step in joined[1:]] == [step["right"] for step in joined[:-1]]
    area = [sum((step["right"] - step["left"]) * step["index"] for step in some) for some in (steps, joined)]
    assert area[0] == pytest.approx(area[1])
    assert _joined(steps[:120]) == steps[:120]
