"""A frontier measured again every simulated year: the library's DEA on simulated accounts, and the loop it closes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import ModelError, OptionError
from bench.modelfile import Model, parse_model
from bench.pipeline.loop.measuring import measure_of
from bench.stykkpris.scheme_data import scheme_data
from bench.stykkpris.simulation import Outlook
from bench.stykkpris.simulation.gaming import DISCOUNT, shifting_gain
from bench.stykkpris.simulation.incentives import incentive_power

TEXT = """
[meta]
name = "sloyfe"
title = {{ nb = "Sløyfe", en = "Loop" }}
[data]
id = "unit"
period = "year"
cost = "cost"
[frontier]
{method}
rts = "{rts}"
own = "{own}"
small_reason = "six units, for closed forms"
{frontier}
{variants}
[norm]
source = "{source}"
{norm}
[indexation]
deflator = {deflator}
[rounding]
amount = "none"
[[scheme]]
id = "s"
label = {{ nb = "S", en = "S" }}
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
[scheme.price]
{price}
{services}
"""
SERVICE = """
[[scheme.service]]
id = "{id}"
label = {{ nb = "{id}", en = "{id}" }}
measure = {{ nb = "{id}", en = "{id}" }}
weight = {weight}
"""
STILL = Outlook.certain(cost_growth=0.0)
NOISY = Outlook(cost_growth=0.03, demand_growth=0.0, demand_shock=0.05, common_shock=0.0, cost_shock=0.1)


def model(
    price: str = 'source = "frontier"',
    *,
    outputs: int = 1,
    rts: str = "crs",
    frontier: str = 'periods = "separate"',
    norm: str = "",
    deflator: float = 0.0,
    method: str = 'method = "dea"',
    variants: str = "",
    source: str = "dea",
    own: str = "included",
) -> Model:
    services = "".join(SERVICE.format(id=name, weight=w) for name, w in (("a", 1.0), ("b", 2.0))[:outputs])
    text = TEXT.format(
        rts=rts, frontier=frontier, norm=norm, price=price, services=services, deflator=deflator, method=method,
        variants=variants, source=source, own=own,
    )  # fmt: skip
    return parse_model(text, "sloyfe.toml")


def accounts(rules: Model, n: int = 6, years: tuple[int, ...] = (2023, 2024)) -> bench.Units:
    rng = np.random.default_rng(5)
    volume = rng.uniform(50.0, 150.0, (n, 2)).round()
    cost = (volume @ [1.0, 2.0] * np.exp(rng.gamma(2.0, 0.1, n))).round(1)
    rows = [(f"U{i}", year, cost[i], *volume[i]) for i in range(n) for year in years]
    table = pd.DataFrame(rows, columns=["unit", "year", "cost", "a", "b"])
    return bench.Units.from_frame(table, **rules.read_options())


@pytest.mark.parametrize("rts", ["crs", "vrs"])
@pytest.mark.parametrize("outputs", [1, 2])
def test_it_is_the_librarys_dea_in_every_draw(rts: str, outputs: int) -> None:
    rules = model(rts=rts, outputs=outputs)
    units = accounts(rules)
    data = scheme_data(rules, units)[0]
    rng = np.random.default_rng(2)
    cost = data.cost[:, 1] * np.exp(0.1 * rng.standard_normal((3, 6)))
    found = measure_of(rules, data)(2025, cost, data.volume[:, 1], [])
    for draw in range(3):
        frame = pd.DataFrame({"unit": data.units, "cost": cost[draw]})
        names = ["a", "b"][:outputs]
        frame[names] = data.volume[:, 1]
        table = bench.Units.from_frame(frame, id="unit", inputs=["cost"], outputs=names)
        expected = bench.dea(table, rts=rts).efficiency.to_numpy() * cost[draw]
        assert found[draw] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("periods", ['periods = "separate"', 'periods = "known"', 'periods = "window"\nwindow = 2'])
def test_settling_the_simulated_accounts_gives_the_simulated_prices(periods: str) -> None:
    """One world played forward, then run as if it had happened: the same frontier, the same prices."""
    rules = model('frontier_reference = "norm"\nfrontier_share = 0.6', outputs=2, frontier=periods, deflator=0.03)
    units = accounts(rules)
    played = bench.simulate(rules, units, years=range(2025, 2028), seed=3, draws=2, behaviour="neutral",
                            outlook=NOISY, frontier="estimated")  # fmt: skip
    scheme = played.schemes[0]
    for draw in range(2):
        rows = [units.frame]
        for t, year in enumerate(played.years):
            need = _volumes(played, rules, units, draw, t)
            rows.append(pd.DataFrame({"unit": scheme.units, "year": year, "cost": scheme["cost"][draw, t], **need}))
        whole = bench.Units.from_frame(pd.concat(rows, ignore_index=True), **rules.read_options())
        prices = bench.run(rules, whole).prices
        for t, year in enumerate(played.years):
            seen = prices[prices["year"] == year].set_index("service")["price"].loc[["a", "b"]].to_numpy()
            assert scheme["prices"][draw, t] == pytest.approx(seen, rel=1e-8), (year, draw)


def variant(name: str, method: str, more: str = "") -> str:
    return f'[[frontier.variant]]\nid = "{name}"\nmethod = "{method}"\n{more}\n'


CHAINS = {
    "fdh-plus": (variant("v", "fdh-plus", "scaling = [0.5, 2.0]"), "", "included"),
    "cols": (variant("v", "cols", 'form = "cobb-douglas"'), "", "excluded"),
    "order-m": (variant("v", "order-m", "m = 4"), "", "included"),
    "two of DEA and COLS": (variant("a", "dea") + variant("b", "cols"), 'combine = "mean"', "included"),
    "best of three": (
        variant("a", "dea", 'rts = "vrs"') + variant("b", "cols") + variant("c", "cross"),
        'combine = "max(mean(a, b), c)"', "included",
    ),
    "DEA without itself": (variant("a", "dea") + variant("b", "cols"), 'combine = "min"', "excluded"),
    "SFA": (variant("a", "sfa", 'form = "cobb-douglas"'), "", "excluded"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_any_method_and_combination_is_measured_again_as_a_run_does(name: str) -> None:
    """One world played forward, then run as if it had happened: the same scores, combined alike, the same prices."""
    variants, combine, own = CHAINS[name]
    rules = model(
        'frontier_reference = "norm"\nfrontier_share = 0.6', outputs=2, deflator=0.03, method=combine, own=own,
        variants=variants, source="frontier", frontier='periods = "known"',
    )  # fmt: skip
    n = 30 if name == "SFA" else 12
    units = accounts(rules, n)
    played = bench.simulate(rules, units, years=range(2025, 2027), seed=3, draws=1, behaviour="neutral",
                            outlook=NOISY, frontier="estimated")  # fmt: skip
    scheme = played.schemes[0]
    rows = [units.frame]
    for t, year in enumerate(played.years):
        need = _volumes(played, rules, units, 0, t)
        rows.append(pd.DataFrame({"unit": scheme.units, "year": year, "cost": scheme["cost"][0, t], **need}))
    whole = bench.Units.from_frame(pd.concat(rows, ignore_index=True), **rules.read_options())
    prices = bench.run(rules, whole).prices
    for t, year in enumerate(played.years):
        seen = prices[prices["year"] == year].set_index("service")["price"].loc[["a", "b"]].to_numpy()
        assert scheme["prices"][0, t] == pytest.approx(seen, rel=1e-6), year


@pytest.mark.parametrize(
    ("variants", "own", "words"),
    [
        (variant("v", "fdh-plus"), "excluded", "frontier.own = 'included'"),
        (variant("v", "metafrontier", 'group = "b"'), "included", "columns that a simulation has no accounts of"),
        (variant("v", "dea", 'inputs = ["b"]'), "included", "other inputs than the cost"),
    ],
)
def test_a_variant_a_simulated_year_cannot_measure_is_refused_by_name(variants: str, own: str, words: str) -> None:
    rules = model('frontier_reference = "norm"\nfrontier_share = 0.6', method="", own=own, variants=variants,
                  source="frontier")  # fmt: skip
    units = accounts(rules, 12)
    with pytest.raises(ModelError, match=words):
        measure_of(rules, scheme_data(rules, units)[0])


def _volumes(played: object, rules: Model, units: bench.Units, draw: int, t: int) -> dict[str, np.ndarray]:
    """Volumes of one simulated world, by playing it with one draw more than is looked at."""
    from bench.stykkpris.simulation.simulate import _Streams, prepare

    prepared = prepare(rules, units, played.years, outlook=NOISY, norms=bench.run(rules, units).norms)
    stream = _Streams(prepared.settings[0], played.seed, 0, played.draws)
    size = len(prepared.settings[0].units)
    need = np.broadcast_to(prepared.settings[0].need, (played.draws, size, 2))
    for _ in range(t + 1):
        shock = stream.year().need
        need = need * np.exp(shock)
    return {"a": need[draw, :, 0], "b": need[draw, :, 1]}


def test_with_one_output_the_price_is_the_least_unit_cost_of_the_year_before() -> None:
    """Constant returns and one output: the frontier is min C/V, so p(t) = 1.03·min C(t−1)/V(t−1), draw by draw."""
    rules = model(deflator=0.03)
    units = accounts(rules)
    played = bench.simulate(rules, units, years=range(2025, 2030), seed=1, draws=40, behaviour="neutral",
                            outlook=NOISY, frontier="estimated")  # fmt: skip
    scheme = played.schemes[0]
    unit_cost = scheme["cost"] / scheme["weighted"] * scheme.setting.weights[0]
    assert scheme["prices"][:, 1:, 0] == pytest.approx(1.03 * unit_cost[:, :-1].min(axis=-1), rel=1e-10)
    standing = bench.simulate(rules, units, years=range(2025, 2030), seed=1, draws=40, behaviour="neutral",
                              outlook=NOISY)  # fmt: skip
    assert np.ptp(standing.schemes[0]["prices"][:, :, 0], axis=0).max() < 1e-9  # it does not look


def test_a_world_that_stands_still_is_the_standing_frontier() -> None:
    rules = model(outputs=2, frontier='periods = "known"')
    units = accounts(rules)
    one, two = (bench.simulate(rules, units, years=range(2025, 2029), seed=1, behaviour="neutral", outlook=STILL,
                               frontier=which) for which in ("standing", "estimated"))  # fmt: skip
    assert one.schemes[0]["prices"] == pytest.approx(two.schemes[0]["prices"], rel=1e-10)
    assert "frontier" in two.frame("assumptions")["key"].tolist()
    assert two.manifest["options"]["frontier"] == "estimated"


def _setting(rules: Model, units: bench.Units):
    played = bench.simulate(rules, units, years=[2025], seed=1, draws=1, behaviour="neutral", outlook=STILL,
                            frontier="estimated")  # fmt: skip
    return played, played.schemes[0].setting, played.schemes[0].opening


@pytest.mark.parametrize("theta", [0.4, 1.0])
def test_a_unit_that_is_the_frontier_gains_nothing_from_its_own_saving(theta: float) -> None:
    """One output: the best unit is everybody's peer, W = ΣV/V*: kept = 1 − δ((1 − θ)σ + θσW) = 1 − δ((1 − θ)σ + θ)."""
    rules = model(f'frontier_reference = "norm"\nfrontier_share = {theta}')
    units = accounts(rules)
    _, setting, opening = _setting(rules, units)
    found = incentive_power(setting, opening, discount=DISCOUNT, saving=1e-3, horizon=12)
    last = units.frame[units.frame["year"] == 2024].set_index("unit").loc[list(setting.units)]
    share, best = last["a"] / last["a"].sum(), (last["cost"] / last["a"]).argmin()
    expected = 1.0 - DISCOUNT * (1.0 - theta) * share.to_numpy()
    expected[best] -= DISCOUNT * theta
    assert found.power == pytest.approx(expected, abs=1e-3)
    run = bench.run(rules, units).kept_savings.set_index("unit")["kept_share"]
    assert run.loc[list(setting.units)].to_numpy() == pytest.approx(expected, abs=1e-9)


def test_gaming_pays_the_unit_its_weight_in_the_price_a_year_early() -> None:
    """σ(δ − δ²) per krone at the average; whoever is the whole frontier moves everybody's price: (δ − δ²) at θ = 1."""
    units = accounts(model())
    for price, frontier in (("", False), ('source = "frontier"', True)):
        rules = model(price) if frontier else model('frontier_reference = "norm"\nfrontier_share = 0.000001')
        played, setting, opening = _setting(rules, units)
        found = shifting_gain(setting, opening, shift=1e-3)
        last = units.frame[units.frame["year"] == 2024].set_index("unit").loc[list(setting.units)]
        share, best = (last["a"] / last["a"].sum()).to_numpy(), int((last["cost"] / last["a"]).argmin())
        expected = share * (DISCOUNT - DISCOUNT**2)
        if frontier:
            expected = np.where(np.arange(6) == best, DISCOUNT - DISCOUNT**2, 0.0)
        assert found.gain == pytest.approx(expected, abs=2e-3)
        assert played.frame("gaming")["unit"].tolist() == list(setting.units)


def test_stability_of_the_closed_loop() -> None:
    """All units move together, and the frontier with them: of a lasting change the price follows Σ norm / Σ cost."""
    rules = model()
    units = accounts(rules)
    played, *_ = _setting(rules, units)
    (found,) = played.stability()
    last = units.frame[units.frame["year"] == 2024]
    best = (last["cost"] / last["a"]).min() * last["a"].sum() / last["cost"].sum()
    assert found.anchor == pytest.approx(1.0 - best, abs=1e-6)
    standing = bench.simulate(rules, accounts(rules), years=[2025], seed=1, draws=1, outlook=STILL)
    assert standing.stability()[0].anchor == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"price": ""}, "frontier.method"),
        ({"frontier": 'periods = "average"\nwindow = 2'}, "frontier.periods"),
        ({"norm": "above_one = true"}, "norm.above_one"),
        ({"norm": 'calibrate = "budget"\ntotal = 100.0'}, "norm.calibrate"),
    ],
)
def test_what_a_simulation_does_not_repeat_is_refused(parts: dict[str, str], key: str) -> None:
    rules = model(**parts)
    with pytest.raises(ModelError) as caught:
        bench.simulate(rules, accounts(rules), years=[2025], seed=1, draws=1, frontier="estimated")
    assert caught.value.key == key
    with pytest.raises(OptionError, match="frontier"):
        bench.simulate(rules, accounts(rules), years=[2025], seed=1, draws=1, frontier="moving")
