"""Radial efficiency: reference numbers, laws every technology obeys, and what the result shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bench

COLUMNS = {
    "charnes1981": ("firm", ["x1", "x2", "x3", "x4", "x5"], ["y1", "y2", "y3"]),
    "milkProd": ("farmNo", ["energy", "vet", "cows"], ["milk"]),
}


CONVEX = ["crs", "vrs", "drs", "irs"]


def public_units(reference, name):
    identifier, inputs, outputs = COLUMNS[name]
    frame = pd.read_csv(reference / "dea" / f"{name}.csv", sep=";")
    return bench.Units.from_frame(frame, id=identifier, inputs=inputs, outputs=outputs)


def expected(reference, file, name, quantity):
    frame = pd.read_csv(reference / "dea" / file, dtype={"unit": str})
    return frame[(frame["dataset"] == name) & (frame["quantity"] == quantity)]


def random_units(seed, n=40, m=2, s=2):
    rng = np.random.default_rng(seed)
    return bench.Units.from_arrays(np.exp(rng.normal(size=(n, m))), np.exp(rng.normal(size=(n, s))))


def two_periods():
    frame = pd.DataFrame(
        {"home": ["A", "B", "A", "B"], "year": [1, 1, 2, 2], "cost": [2.0, 4.0, 1.0, 4.0], "days": [1.0, 1.0, 1.0, 1.0]}
    )
    return bench.Units.from_frame(frame, id="home", period="year", inputs=["cost"], outputs=["days"])


def slack_matrix(result, columns):
    frame = result.slacks().pivot(index="unit", columns="column", values="slack").loc[result.units.names]
    return frame[list(columns)].to_numpy()


@pytest.mark.parametrize("name", list(COLUMNS))
@pytest.mark.parametrize("rts", [*CONVEX, "fdh"])
@pytest.mark.parametrize("orientation", ["in", "out"])
def test_scores_of_r_benchmarking(reference, name, rts, orientation):
    """R Benchmarking 0.33, dea(), on its public data (see the reference folder's README)."""
    numbers = expected(reference, "expected_dea.csv", name, "eff")
    numbers = numbers[(numbers["rts"] == rts) & (numbers["orientation"] == orientation)].set_index("unit")["value"]
    result = bench.dea(public_units(reference, name), rts, orientation)
    np.testing.assert_allclose(result.score, numbers.reindex(result.score.index), rtol=1e-8)
    assert result.certificate.worst <= 1e-9


@pytest.mark.parametrize("name", list(COLUMNS))
@pytest.mark.parametrize("rts", [*CONVEX, "fdh"])
@pytest.mark.parametrize("orientation", ["in", "out"])
def test_super_efficiency_of_r_benchmarking(reference, name, rts, orientation):
    """R Benchmarking 0.33, sdea(); infinite there means infeasible."""
    numbers = expected(reference, "expected_sdea.csv", name, "eff")
    numbers = numbers[(numbers["rts"] == rts) & (numbers["orientation"] == orientation)].set_index("unit")["value"]
    result = bench.dea(public_units(reference, name), rts, orientation, super_efficiency=True)
    numbers = numbers.reindex(result.score.index)
    infeasible = np.isinf(numbers)
    assert (result.score.isna() == infeasible).all()
    np.testing.assert_allclose(result.score[~infeasible], numbers[~infeasible], rtol=1e-8)
    assert result.status[infeasible].str.startswith("infeasible").all()
    assert (result.status[~infeasible] == "").all()


@pytest.mark.parametrize("rts", CONVEX)
@pytest.mark.parametrize("orientation", ["in", "out"])
def test_slack_sums_of_r_benchmarking(reference, rts, orientation):
    """R Benchmarking 0.33 maximises the raw sum on this data; no column mean leaves [1e-4, 1e4]."""
    numbers = expected(reference, "expected_dea.csv", "charnes1981", "slack_sum")
    numbers = numbers[(numbers["rts"] == rts) & (numbers["orientation"] == orientation)].set_index("unit")["value"]
    result = bench.dea(public_units(reference, "charnes1981"), rts, orientation)
    found = result.slacks(weighting="none").groupby("unit")["slack"].sum()
    np.testing.assert_allclose(found, numbers.reindex(found.index), atol=1e-6, rtol=1e-6)


def test_three_units_by_hand():
    units = bench.Units.from_arrays([[2.0], [4.0], [6.0]], [[1.0], [3.0], [3.0]], names=["A", "B", "C"])
    result = bench.dea(units, rts="vrs", orientation="input")
    assert result.efficiency.to_dict() == pytest.approx({"A": 1.0, "B": 1.0, "C": 4 / 6})
    peers = result.peers()
    assert peers[peers["unit"] == "C"]["peer"].tolist() == ["B"]
    targets = result.targets()
    assert targets[targets["unit"] == "C"]["target"].tolist() == pytest.approx([4.0, 3.0])
    assert bench.dea(units, "crs").efficiency.to_dict() == pytest.approx({"A": 2 / 3, "B": 1.0, "C": 2 / 3})
    out = bench.dea(units, "crs", "out")
    assert out.score.to_dict() == pytest.approx({"A": 1.5, "B": 1.0, "C": 1.5})
    assert out.efficiency.to_dict() == pytest.approx({"A": 2 / 3, "B": 1.0, "C": 2 / 3})


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), rts=st.sampled_from([*CONVEX, "fdh"]), orientation=st.sampled_from(["in", "out"]))
def test_measures_and_order_do_not_matter(seed, rts, orientation):
    units = random_units(seed, n=25)
    before = bench.dea(units, rts, orientation).score
    scaled = bench.Units.from_arrays(units.X * [1e-6, 1e9], units.Y * [1e5, 1e-3], names=units.names)
    np.testing.assert_allclose(bench.dea(scaled, rts, orientation).score, before, rtol=1e-9)
    order = np.random.default_rng(seed).permutation(len(units))
    shuffled = bench.dea(units.take(order), rts, orientation).score
    np.testing.assert_allclose(shuffled.reindex(before.index), before, rtol=1e-9)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), orientation=st.sampled_from(["in", "out"]))
def test_technologies_nest_and_more_peers_never_raise_efficiency(seed, orientation):
    units = random_units(seed, n=30)
    share = {rts: bench.dea(units, rts, orientation).efficiency for rts in [*CONVEX, "fdh"]}
    for wide, narrow in [("crs", "drs"), ("crs", "irs"), ("drs", "vrs"), ("irs", "vrs"), ("vrs", "fdh")]:
        assert (share[wide] <= share[narrow] + 1e-9).all()
    fewer = bench.dea(units, "vrs", orientation, reference=units.take(np.arange(20))).efficiency
    both = pd.concat([fewer, share["vrs"]], axis=1, keys=["fewer", "all"]).dropna()
    assert (both["all"] <= both["fewer"] + 1e-9).all()


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), rts=st.sampled_from(CONVEX), orientation=st.sampled_from(["in", "out"]))
def test_projected_points_are_efficient_without_slack(seed, rts, orientation):
    units = random_units(seed, n=25)
    result = bench.dea(units, rts, orientation)
    target = result.targets()["target"].to_numpy().reshape(len(units), 4)
    projected = bench.Units.from_arrays(target[:, :2], target[:, 2:])
    again = bench.dea(projected, rts, orientation, reference=units)
    np.testing.assert_allclose(again.score, 1.0, atol=1e-7)
    assert again.slacks()["slack"].max() <= 1e-6


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), rts=st.sampled_from(CONVEX), orientation=st.sampled_from(["in", "out"]))
def test_multipliers_price_every_unit_and_reach_the_score(seed, rts, orientation):
    units = random_units(seed, n=25)
    result = bench.dea(units, rts, orientation)
    for choice in ("vertex", "canonical"):
        frame = result.multipliers(choice)
        values = frame.pivot(index="unit", columns="column", values="multiplier").reindex(units.unit_names)
        v, u = values[list(units.inputs)].to_numpy(), values[list(units.outputs)].to_numpy()
        w = values["intercept"].to_numpy() if rts != "crs" else np.zeros(len(units))
        assert (v >= -1e-9).all()
        assert (u >= -1e-9).all()
        profit = u @ units.Y.T - v @ units.X.T + w[:, None]
        assert profit.max() <= 1e-7
        own = np.arange(len(units))
        inputs, outputs = (v @ units.X.T)[own, own], (u @ units.Y.T)[own, own]
        if orientation == "in":
            np.testing.assert_allclose(inputs, 1.0, atol=1e-8)
            np.testing.assert_allclose(outputs + w, result.score, atol=1e-7)
        else:
            np.testing.assert_allclose(outputs, 1.0, atol=1e-8)
            np.testing.assert_allclose(inputs - w, result.score, atol=1e-7)


def test_a_hair_of_slack_leaves_no_price_on_the_coordinate():
    """Seed 1880: the first input of unit 15 has slack of about 2e-6, so that all its optimal prices are zero."""
    units = random_units(1880, n=25)
    result = bench.dea(units, "crs", "in")
    prices = result.multipliers().set_index(["unit", "column"])["multiplier"]
    assert prices["15", "x1"] == 0.0
    value = sum(prices["15", name] * units.Y[14, k] for k, name in enumerate(units.outputs))
    assert value == pytest.approx(result.score["15"], rel=1e-9)


def test_canonical_multipliers_are_unique_positive_where_possible_and_within_their_ranges():
    units = random_units(3, n=30)
    result = bench.dea(units, "vrs")
    frame = result.multipliers(ranges=True)
    slack = 1e-6 * (1 + frame["multiplier"].abs())
    assert (frame["lower"] <= frame["multiplier"] + slack).all()
    assert (frame["multiplier"] <= frame["upper"] + slack).all()
    priced = frame[frame["role"] != "intercept"]
    assert (priced["multiplier"][priced["upper"] > 1e-4] > 0).all()
    order = np.random.default_rng(0).permutation(len(units))
    other = bench.dea(units.take(order), "vrs").multipliers()
    both = frame.merge(other, on=["unit", "column"], suffixes=("", "_other"))
    np.testing.assert_allclose(both["multiplier"], both["multiplier_other"], rtol=1e-6, atol=1e-7)
    rescaled = bench.Units.from_arrays(units.X * [10.0, 1.0], units.Y, names=units.names)
    third = bench.dea(rescaled, "vrs").multipliers().merge(frame, on=["unit", "column"], suffixes=("_new", ""))
    factor = np.where(third["column"] == units.inputs[0], 10.0, 1.0)
    np.testing.assert_allclose(third["multiplier_new"] * factor, third["multiplier"], rtol=1e-6, atol=1e-7)


def test_rates_of_substitution_are_ratios_of_multipliers():
    units = bench.Units.from_arrays([[2.0, 4.0], [4.0, 2.0], [3.0, 3.5]], [[1.0], [1.0], [1.0]], names=list("ABC"))
    result = bench.dea(units, "crs")
    rates = result.rates_of_substitution(units.inputs[1])
    # C is priced by the facet between A and B, where one of either input replaces the other.
    of_c = rates[(rates["unit"] == "C") & (rates["role"] == "input")]["rate"]
    assert of_c.tolist() == pytest.approx([1.0, 1.0])
    with pytest.raises(bench.OptionError, match="column"):
        result.rates_of_substitution("nothing")


def test_several_periods_must_be_pooled_or_separated():
    units = two_periods()
    with pytest.raises(bench.OptionError, match=r"'pooled'.*'separate'"):
        bench.dea(units, "crs")
    pooled = bench.dea(units, "crs", periods="pooled")
    assert pooled.efficiency.tolist() == pytest.approx([0.5, 0.25, 1.0, 0.25])
    separate = bench.dea(units, "crs", periods="separate")
    assert separate.efficiency.tolist() == pytest.approx([1.0, 0.5, 1.0, 0.25])
    assert separate.efficiency.index.names == ["unit", "period"]
    peers = separate.peers()
    assert (peers["peer_period"] == peers["period"]).all()
    assert "2, one per period" in str(separate.summary())


def test_another_reference_may_be_beaten():
    units = bench.Units.from_arrays([[1.0], [3.0]], [[1.0], [1.0]], names=["A", "B"])
    others = bench.Units.from_arrays([[2.0]], [[1.0]], names=["R"])
    result = bench.dea(units, "crs", reference=others)
    assert result.efficiency.tolist() == pytest.approx([2.0, 2 / 3])
    assert set(result.peers()["peer"]) == {"R"}
    wrong = bench.Units.from_arrays([[2.0, 1.0]], [[1.0]])
    with pytest.raises(bench.OptionError, match="reference"):
        bench.dea(units, "crs", reference=wrong)


def test_bad_options_and_data_say_what_is_wrong():
    units = random_units(1, n=5)
    with pytest.raises(bench.OptionError, match="rts must be said"):
        bench.dea(units)
    with pytest.raises(bench.OptionError, match="did you mean 'vrs'"):
        bench.dea(units, "vr")
    with pytest.raises(TypeError, match="slack"):
        bench.dea(units, "vrs", slack=True)
    with pytest.raises(bench.OptionError, match="orientation must be one of 'input', 'output', 'graph'"):
        bench.dea(units, "vrs", "directional")
    negative = bench.Units.from_arrays([[1.0], [-2.0]], [[1.0], [1.0]], accept=["negative-value"])
    with pytest.raises(bench.DataError, match="negative") as caught:
        bench.dea(negative, "vrs")
    assert caught.value.issues[0].unit
    empty = bench.Units.from_arrays([[0.0], [2.0]], [[1.0], [1.0]], accept=["no-input"])
    result = bench.dea(empty, "vrs")
    assert np.isnan(result.efficiency.iloc[0])
    assert "no inputs" in result.status.iloc[0]


def test_free_replicability_takes_whole_units():
    units = bench.Units.from_arrays([[1.0], [5.0]], [[1.0], [3.0]], names=["A", "B"])
    result = bench.dea(units, "frh")
    assert result.efficiency.tolist() == pytest.approx([1.0, 0.6])
    assert result.peers().set_index("unit").loc["B", "intensity"] == pytest.approx(3.0)
    with pytest.raises(bench.OptionError, match="multipliers"):
        result.multipliers()


def test_surface(tmp_path):
    result = bench.dea(random_units(2, n=12), "vrs", slacks=True)
    summary = result.summary()
    assert "efficient units" in str(summary)
    assert summary.to_latex().startswith(r"\begin{tabular}")
    assert "<table>" in result._repr_html_()
    assert list(result.to_frame().columns)[:3] == ["unit", "efficiency", "score"]
    for kind in ("efficiency", "density", "frontier", "salter", "peers"):
        assert result.plot(kind).to_dict()["$schema"]
    with pytest.raises(bench.OptionError, match="kind"):
        result.plot("pie")
    path = result.to_excel(tmp_path / "dea.xlsx")
    sheets = pd.read_excel(path, sheet_name=None, engine="openpyxl")
    assert set(sheets) == {"efficiency", "slacks", "targets", "peers", "multipliers", "summary"}
    assert not result.scores.flags.writeable
    np.testing.assert_allclose(result.peers().groupby("unit")["share"].sum(), 1.0)


def test_bands_count_every_unit():
    result = bench.dea(random_units(5, n=50), "crs")
    bands = dict(dict(result.summary().sections)["Units by efficiency"])
    assert sum(int(value.split()[0]) for value in bands.values()) == 50


@pytest.mark.parametrize("rts", CONVEX)
@pytest.mark.parametrize("orientation", ["input", "output"])
def test_dominated_units_take_no_part_in_the_largest_slacks(monkeypatch, rts, orientation):
    from bench.envelopment.core import second_stage

    rng = np.random.default_rng(12)
    X, Y = rng.integers(1, 6, (50, 2)).astype(float), rng.integers(1, 6, (50, 2)).astype(float)
    units = bench.Units.from_arrays(X, Y)
    size = np.tile(np.hstack([X, Y]).mean(axis=0), 50)
    quick = bench.dea(units, rts, orientation)
    assert 0 < len(second_stage.undominated(quick, quick.groups[0])) < 50
    total = (quick.slacks()["slack"] / size).groupby(quick.slacks()["unit"]).sum()
    monkeypatch.setattr(second_stage, "undominated", lambda result, group: np.arange(len(group.peers)))
    everybody = bench.dea(units, rts, orientation).slacks()
    assert (everybody["slack"] > 0).any()
    np.testing.assert_allclose(total, (everybody["slack"] / size).groupby(everybody["unit"]).sum(), atol=1e-9)


@pytest.mark.parametrize("rts", [*CONVEX, "fdh"])
def test_the_graph_form_has_everything_that_the_radial_forms_have(rts):
    """Its point lies on the frontier, its peers make it, its prices support it; under crs θ is the root."""
    units = random_units(5, n=15)
    result = bench.dea(units, rts, "graph", slacks=True)
    theta = result.scores
    if rts == "crs":
        np.testing.assert_allclose(theta, np.sqrt(bench.dea(units, "crs").scores), rtol=1e-9)
    if rts == "fdh":
        # By the definition: level with one other unit in every measure.
        level = np.maximum((units.X / units.X[:, None]).max(2), (units.Y[:, None] / units.Y).max(2))
        np.testing.assert_allclose(theta, level.min(1), rtol=1e-9)
    else:
        moved = bench.Units.from_arrays(units.X * theta[:, None], units.Y / theta[:, None], names=units.names)
        renamed = bench.Units.from_arrays(units.X, units.Y, names=units.names)
        np.testing.assert_allclose(bench.dea(moved, rts, reference=renamed).scores, 1.0, atol=1e-8)
    targets = result.targets().pivot(index="unit", columns="column", values="target").loc[units.names]
    np.testing.assert_allclose(
        targets[list(units.inputs)], units.X * theta[:, None] - slack_matrix(result, units.inputs), rtol=1e-9
    )
    assert result.peers().groupby("unit").size().index.size == len(units)
    assert result.summary().title
    if rts == "fdh":
        with pytest.raises(bench.OptionError):
            result.multipliers()
        return
    prices = result.multipliers().pivot(index="unit", columns="column", values="multiplier").loc[units.names]
    u, v = prices[list(units.inputs)].to_numpy(), prices[list(units.outputs)].to_numpy()
    free = prices["intercept"].to_numpy() if rts != "crs" else np.zeros(len(units))
    own = (units.Y / theta[:, None] * v).sum(1) - (units.X * theta[:, None] * u).sum(1)
    np.testing.assert_allclose((u * units.X).sum(1) + (v * units.Y).sum(1) / theta**2, 1.0, rtol=1e-6)
    np.testing.assert_allclose(own + free, 0.0, atol=1e-6)
    assert ((units.Y @ v.T - units.X @ u.T) + free <= 1e-6).all()
