"""No decision sees accounts that did not exist when it was made: over every model, price source and way of updating.

The accounts of one year are made dearer for some units and cheaper for others. Every price for a year closer to it than
the lag, every grant for that year and every settlement before it stay as they were, to the bit; what may move does.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from stykkpris.forward_data import kristiansand
from stykkpris.simulation.test_simulation import VARIANTS, _variant

import bench
from bench import Units
from bench.errors import ModelError
from bench.modelfile import Model, load_model
from bench.pipeline.jobs import file_job
from bench.stykkpris import StykkprisResult, settle

MODELS = sorted(path.stem for path in (Path(bench.__file__).parent.parent / "models").glob("*.toml"))

#: What a rule for prices can be built on beside the variants.
MORE = {
    "lag-2-fund": {"price.lag": 2, "price.fund_years": 3},
    "lag-3-indexed": {"price.lag": 3, "price.source": "previous"},
    "revenue-keys-lag-2": {"price.update": "revenue-keys", "price.lag": 2, "price.first_year": 2004},
    "best-practice-quantile": {"price.source": "best-practice", "price.quantile": 0.3},
    "gain-and-corridor-lag-2": {"price.lag": 2, "price.gain": 0.5, "price.corridor": 0.01},
    "criteria-half": {"mix.activity": 0.5, "mix.block": 0.5, "block.kind": "lump-sum", "block.total_share": 0.5,
                      "block.base": "accounts"},
}  # fmt: skip


def moved(units: Units, cost: str, year: int) -> Units:
    """The same table with other costs in one year."""
    frame = units.frame.copy()
    late = (frame[units.period] == year).to_numpy()
    factor = pd.Series([0.8 if k % 2 else 1.3 for k in range(len(frame))], index=frame.index)
    frame[cost] = frame[cost].astype(float).where(~late, (frame[cost] * factor).round())
    return Units.from_frame(
        frame, id=units.id, period=units.period, scheme=units.scheme, inputs=units.inputs, outputs=units.outputs,
        environment=units.environment, extra=units.extra, accept=("negative-value", "no-input", "no-output"),
    )  # fmt: skip


def held(model: Model, before: StykkprisResult, after: StykkprisResult, year: int) -> bool:
    """Assert that what was decided and settled before stays; return whether anything moved at all."""
    changed = False
    for scheme in before.model.scheme:
        price = scheme.price
        fixed = price.lag > 0 and price.start != "contemporaneous"
        one, two = (r.prices[r.prices["scheme"] == scheme.id].reset_index(drop=True) for r in (before, after))
        last = year - 1 + price.lag
        first = one["year"].min() if len(one) else year
        if price.start == "contemporaneous" and first == year:
            last = year - 1  # a first price that has no other accounts is built on its own year
        decided = one["year"] <= last
        pd.testing.assert_frame_equal(one[decided], two[two["year"] <= last], check_exact=True)
        changed |= not one.equals(two)
        one, two = (r.settlement[r.settlement["scheme"] == scheme.id].reset_index(drop=True) for r in (before, after))
        pd.testing.assert_frame_equal(one[one["year"] < year], two[two["year"] < year], check_exact=True)
        changed |= not one.equals(two)
        if fixed and scheme.block.start != "contemporaneous":
            here = ["unit", "activity_income", "block_income"]
            pd.testing.assert_frame_equal(
                one[one["year"] == year][here], two[two["year"] == year][here], check_exact=True
            )
    return changed


@pytest.mark.parametrize("name", [*VARIANTS, *MORE])
def test_every_rule_for_prices_and_grants(name: str) -> None:
    model, units, tables = kristiansand()
    model = _variant(model, {**VARIANTS, **MORE}[name])
    before = settle(model, units, tables=tables)
    for year in (2005, 2006):
        after = settle(model, moved(units, model.cost_column, year), tables=tables)
        assert held(model, before, after, year)


@pytest.mark.parametrize("name", MODELS)
def test_every_model(name: str) -> None:
    try:
        job = file_job("run", [load_model(name)], None)
    except ModelError:
        pytest.skip("the model is shown on no data of its own")
    model, units = job.model.expanded(job.units), job.units
    if units.period is None or model.meta.stage != "settlement":
        pytest.skip("one year, or no settlement")
    before = bench.run(model, units, tables=job.tables)
    last = max(units.periods)
    after = bench.run(model, moved(units, model.cost_column, last), tables=job.tables)
    assert held(model, before, after, last)
