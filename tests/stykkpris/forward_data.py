"""Small tables and models for the forward-looking tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from bench import resources
from bench.modelfile import Model, load_model
from bench.units import Units


def kristiansand() -> tuple[Model, Units, dict[str, pd.DataFrame]]:
    """The bundled model, its data and its further tables."""
    model = load_model("kristiansand")
    data = resources.dataset("kristiansand")
    frame = pd.read_csv(data.path(), sep=";", decimal=",", na_values=["."], encoding="utf-8-sig")
    files = {name: file for name, file in model.data.tables.model_dump().items() if file}
    tables = {name: pd.read_csv(data.folder / file, sep=";", decimal=",") for name, file in files.items()}
    return model, Units.from_frame(frame, **model.read_options()), tables


def scheme_of(
    costs: Sequence[float], volumes: Sequence[float] | None = None, years: Sequence[int] = (2024,), **values: Any
) -> tuple[Model, Units]:
    """One scheme with one service: the same accounts in every year, the pure rule unless values say otherwise."""
    volumes = [100.0] * len(costs) if volumes is None else volumes
    rows = [
        (f"U{i + 1:02d}", year, c, v) for year in years for i, (c, v) in enumerate(zip(costs, volumes, strict=True))
    ]
    frame = pd.DataFrame(rows, columns=["unit", "year", "cost", "days"])
    units = Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["days"])
    model = load_model("average-cost").with_roles(id="unit", period="year", cost="cost", outputs=["days"])
    neutral = {
        "scheme.all.price.start": "previous-year",
        "rounding.amount": "none",
        "rounding.price": "none",
        "frontier.periods": "separate",
    }
    return model.with_values(neutral | values), units
