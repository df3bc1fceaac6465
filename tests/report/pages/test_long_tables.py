"""A table of many units stands in a window of its own with its heads in sight: the page is not as long as the table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report.report_browser import browser
from report.report_office import needs_chromium

import bench
from bench import results
from bench.modelfile import Model, load_model

UNITS = 120


def many(count: int) -> tuple[Model, bench.Units]:
    """Units with one service over two years."""
    rng = np.random.default_rng(5)
    volume = rng.uniform(1000.0, 9000.0, count)
    frame = pd.DataFrame(
        {
            "unit": [f"U{k:03d}" for k in range(count)] * 2,
            "year": [2023] * count + [2024] * count,
            "cost": np.concatenate([volume, volume * 1.02]) * rng.uniform(400.0, 520.0, 2 * count),
            "hours": np.concatenate([volume, volume * 1.01]),
        }
    )
    units = bench.Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["hours"])
    model = load_model("average-cost").with_roles(id="unit", period="year", cost="cost", outputs=["hours"])
    return model, units


@needs_chromium
@pytest.mark.office
def test_a_page_of_many_units_is_not_as_long_as_its_tables(tmp_path: Path) -> None:
    model, units = many(UNITS)
    folder = bench.run(model, units).save(tmp_path / "out", language="en")
    with browser(tmp_path / "profile") as page:
        page.open(folder / "report.html", height=800)
        boxes = "[...document.querySelectorAll('main .scroll')]"
        long = f"{boxes}.filter(one => one.querySelectorAll('tbody tr').length >= 40)"
        assert page.run(f"{long}.length") >= 2
        assert page.run(f"Math.max(...{long}.map(one => one.getBoundingClientRect().height))") <= 0.85 * 800 + 1
        assert page.run("document.documentElement.scrollHeight") < 120 * 120
        seen = (
            f"(box => {{ box.scrollTop = 2000; const head = box.querySelector('thead th').getBoundingClientRect(); "
            f"return [box.scrollTop > 500, Math.abs(head.top - box.getBoundingClientRect().top) < 2]; }})({long}[0])"
        )
        assert page.run(seen) == [True, True]


@needs_chromium
@pytest.mark.office
def test_a_unit_without_a_row_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 320 units the page prints some; the search shows the row of any other, with the numbers of the tables."""
    monkeypatch.setattr(results, "LARGE", 500)
    model, units = many(320)
    run = bench.run(model, units)
    folder = run.save(tmp_path / "out", language="en")
    page_text = (folder / "report.html").read_text(encoding="utf-8")
    printed = set(re.findall(r'<th scope="row"><a href="units/[^"]+">(U\d+)</a>', page_text))
    hidden = sorted({f"U{k:03d}" for k in range(320)} - printed)
    assert 0 < len(printed) < 320
    assert "search for the name" in page_text
    last = run.settlement[run.settlement["year"] == 2024].set_index("unit").loc[hidden[0]]
    with browser(tmp_path / "profile") as page:
        page.open(folder / "report.html", height=800)
        table = "[...document.querySelectorAll('main table')].find(t => t.caption.textContent.includes('results 2024'))"
        field = f"{table}.parentElement.previousElementSibling.querySelector('input')"
        rows = f"[...{table}.querySelectorAll('tr.found')].map(r => [...r.cells].map(c => c.textContent))"
        page.run(f"(f => {{ f.value = '{hidden[0].lower()}'; f.dispatchEvent(new Event('input')); }})({field})")
        found = page.run(rows)
        assert [row[0] for row in found] == [hidden[0]]
        assert int(found[0][1].replace(",", "")) == round(last["income"] / 1000)
        assert int(found[0][2].replace(",", "")) == round(last["cost"] / 1000)
        assert page.run(f"{field}.parentElement.querySelector('[role=status]').textContent.trim()") == "1 / 320"
        page.run(f"(f => {{ f.value = ''; f.dispatchEvent(new Event('input')); }})({field})")
        assert page.run(rows) == []
