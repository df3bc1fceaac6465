"""A table of many units stands in a window of its own with its heads in sight: the page is not as long as the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report.report_browser import browser
from report.report_office import needs_chromium

import bench
from bench.modelfile import load_model

UNITS = 120


@needs_chromium
@pytest.mark.office
def test_a_page_of_many_units_is_not_as_long_as_its_tables(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    volume = rng.uniform(1000.0, 9000.0, UNITS)
    frame = pd.DataFrame(
        {
            "unit": [f"U{k:03d}" for k in range(UNITS)] * 2,
            "year": [2023] * UNITS + [2024] * UNITS,
            "cost": np.concatenate([volume, volume * 1.02]) * rng.uniform(400.0, 520.0, 2 * UNITS),
            "hours": np.concatenate([volume, volume * 1.01]),
        }
    )
    units = bench.Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["hours"])
    model = load_model("average-cost").with_roles(id="unit", period="year", cost="cost", outputs=["hours"])
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
