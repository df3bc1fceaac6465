"""Stability: the Jacobian of the actual yearly map against the closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from stykkpris.forward_data import kristiansand, scheme_of

from bench.stykkpris import closed_forms
from bench.stykkpris.simulation import Outlook, simulate
from bench.stykkpris.simulation.simulate import prepare
from bench.stykkpris.simulation.stability import stability, stability_map, to_frame

START = {"scheme.all.price.start": "contemporaneous"}


def found(costs, spending: float = 0.0, **values):
    model, units = scheme_of(costs, **(START | {f"scheme.all.{key}": value for key, value in values.items()}))
    prepared = prepare(model, units, [2025])
    return stability(prepared.settings[0], prepared.openings[0], spending=spending)


@pytest.mark.parametrize("gain", [1.0, 0.5])
@pytest.mark.parametrize("spending", [0.2, 0.5, 0.9])
def test_roots_of_the_rule(gain: float, spending: float) -> None:
    """z² − (1 − g − κ)z − κ = 0; κ = 0.9 with the full gain has roots 0.6 and −1.5."""
    got = found([100.0], spending, **{"price.gain": gain})
    expected = np.roots([1.0, -(1.0 - gain - spending), -spending])
    assert np.sort(got.roots[:2].real) == pytest.approx(np.sort(expected.real), abs=1e-8)
    assert np.abs(got.roots[:2].imag).max() < 1e-8
    assert got.radius == pytest.approx(np.abs(expected).max(), abs=1e-8)
    if (gain, spending) == (1.0, 0.9):
        assert np.sort(got.roots[:2].real) == pytest.approx([-1.5, 0.6])
        assert got.verdict == "explosive"


@pytest.mark.parametrize("gain", [1.0, 0.8, 0.5])
def test_largest_safe_spending_by_gain(gain: float) -> None:
    """Stable iff g < 2(1 − κ)."""
    assert found([100.0], **{"price.gain": gain}).safe_spending == pytest.approx(1.0 - gain / 2.0, abs=1e-7)


@pytest.mark.parametrize("lag", [1, 2, 3, 4])
def test_largest_safe_spending_by_lag(lag: int) -> None:
    """½ for odd lags, 1/(2cos(π/(L + 2))) for even ones."""
    got = found([100.0], **{"price.lag": lag})
    assert got.safe_spending == pytest.approx(closed_forms.largest_safe_spending(lag=lag), abs=1e-6)


def test_kristiansands_keep_and_carry_give_one_over_1_9() -> None:
    got = found([100.0] * 3, **{"settlement.keep_surplus": 0.9})
    assert got.safe_spending == pytest.approx(1.0 / 1.9, abs=1e-7)
    model, units, tables = kristiansand()
    prepared = prepare(model, units, [2007], tables=tables)
    for setting, opening in zip(prepared.settings, prepared.openings, strict=True):
        assert stability(setting, opening).safe_spending == pytest.approx(1.0 / 1.9, abs=1e-4)


@pytest.mark.parametrize(("spending", "dies"), [(0.50, True), (0.55, False)])
def test_the_boundary_is_where_the_simulated_path_begins_to_grow(spending: float, dies: bool) -> None:
    model, units = scheme_of(
        [100.0],
        years=(2002,),
        **{
            "scheme.all.price.start": "stated",
            "scheme.all.price.start_level": 1.08,
            "scheme.all.price.first_year": 2003,
            "scheme.all.settlement.keep_surplus": 0.9,
        },
    )
    played = simulate(
        model,
        units,
        years=range(2003, 2063),
        seed=1,
        behaviour={"reserve_spending": spending},
        outlook=Outlook.certain(),
    )
    gap = np.abs(played.schemes[0]["level"][0] - 1.0)
    assert bool(gap[-2:].max() < gap[20:22].max()) is dies


def test_two_year_lag_makes_two_chains() -> None:
    """With L = 2 and no spending a change of level comes back every second year, unless the gain is below one."""
    got = found([100.0], 0.3, **{"price.lag": 2})
    assert np.abs(np.roots([1.0, 0.3, 0.0, -0.3])).max() == pytest.approx(got.scheme_radius, abs=1e-8)


def test_spending_outside_the_cost_base_cannot_swing_the_price() -> None:
    from bench.units import Units

    model, units = scheme_of([100.0], **START)
    frame = units.frame.assign(spent=0.0)
    units = Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["days"], extra=["spent"])
    model = model.with_values({"scheme.all.price.reserves": "outside", "scheme.all.price.reserve_column": "spent"})
    prepared = prepare(model, units, [2025])
    got = stability(prepared.settings[0], prepared.openings[0], spending=0.9)
    # The result still chases its own tail inside the unit (κ = 0.9), but the price no longer answers it.
    assert got.scheme_radius == pytest.approx(0.9, abs=1e-8)
    assert got.safe_spending is None


def test_the_pure_rule_has_no_anchor_and_a_fixed_price_is_one() -> None:
    """Every cost level is a fixed point of the pure rule; a stated price does not look at cost at all."""
    assert found([100.0, 120.0]).anchor == pytest.approx(0.0, abs=1e-7)
    assert found([100.0, 120.0], **{"price.source": "previous"}).anchor == pytest.approx(1.0, abs=1e-7)
    assert found([100.0], **{"price.requirement": 0.02}).rest_level == pytest.approx(0.98, rel=1e-9)


def test_equal_units_swing_as_the_scheme_does() -> None:
    got = found([100.0] * 5, 0.4, **{"settlement.keep_surplus": 0.9})
    assert got.radius == pytest.approx(got.scheme_radius, abs=1e-8)


def test_a_system_without_price_feedback_is_at_rest() -> None:
    got = found([100.0, 100.0], 0.3, **{"price.source": "none", "block.kind": "lump-sum", "block.total": 200.0})
    # c = c̄ + 0.3·s and s = grant − c: the result swings inside the units with root −0.3.
    assert got.scheme_radius == pytest.approx(0.3, abs=1e-8)
    assert got.verdict == "stable"


def test_map_of_gain_and_spending_and_the_frame() -> None:
    model, units = scheme_of([100.0], **START)
    prepared = prepare(model, units, [2025])
    sizes = stability_map(prepared.settings[0], prepared.openings[0], [0.5, 1.0], [0.25, 0.5, 0.75])
    for row, gain in enumerate((0.5, 1.0)):
        for column, spending in enumerate((0.25, 0.5, 0.75)):
            roots = np.roots([1.0, -(1.0 - gain - spending), -spending])
            assert sizes[row, column] == pytest.approx(np.abs(roots).max(), abs=1e-7)
    frame = to_frame([found([100.0], 0.3)])
    assert frame.loc[0, "swings"]
    assert 0.0 < frame.loc[0, "half_life"] < 5.0
