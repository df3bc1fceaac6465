"""No unit sets its own yardstick unseen: units against the others, references that stand, and who may be a peer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template
from pipeline.model_text import units as units_of
from pipeline.reach_cases import EXTRA, VARIANTS, given
from pipeline.test_reachable import toml

import bench
from bench import envelopment
from bench.catalogue import METHODS, VARIANT_METHODS
from bench.errors import ModelError
from bench.modelfile import parse_model
from bench.pipeline.asking.library import takes_reference
from bench.pipeline.loop.measuring import measure_of
from bench.pipeline.scores.own_reference import excluding
from bench.stykkpris.scheme_data import scheme_data

TEXT = template(
    """
[frontier]
small_reason = "four units, worked out by hand"
{method}
{frontier}
[norm]
source = "frontier"
[indexation]
deflator = 0.0
""",
    data='extra = ["kvalitet"]',
    price="{price}",
    hours="weight = 1.0",
    visits="weight = 0.5",
)
DEA = 'method = "dea"\nrts = "crs"'


def model(frontier="", *, method=DEA, price='source = "frontier"'):
    return parse_model(TEXT.format(method=method, frontier=frontier, price=price), "egen.toml")


def units(frame: pd.DataFrame) -> bench.Units:
    return units_of(frame, extra=["kvalitet"])


def four(years=(2024,), cost=None, quality=None) -> pd.DataFrame:
    """Ten hours each at 100, 110, 160 and 200: by the others A scores 1.1, B 100/110, C 0.625 and D 0.5."""
    cost = cost or {"A": 100.0, "B": 110.0, "C": 160.0, "D": 200.0}
    rows = [(u, y, c, 10.0, 0.0, (quality or {}).get(u, 4.0)) for y in years for u, c in cost.items()]
    return pd.DataFrame(rows, columns=["enhet", "aar", "kostnad", "timer", "besok", "kvalitet"])


def scores(run, year=2024) -> dict[str, float]:
    return run.efficiency[run.efficiency["year"] == year].set_index("unit")["efficiency"].to_dict()


def test_where_a_frontier_feeds_money_a_unit_is_measured_by_the_others():
    """A is 110/100 by B alone; B, C and D are what A makes of them. The level is (110 + 3 · 100) / 40."""
    run = bench.run(model(), units(four()))
    assert scores(run) == pytest.approx({"A": 1.1, "B": 100 / 110, "C": 0.625, "D": 0.5})
    norm = run.norms.set_index("unit")["norm"].to_dict()
    assert norm == pytest.approx({"A": 110.0, "B": 100.0, "C": 100.0, "D": 100.0})
    price = run.prices[run.prices["year"] == 2025].set_index("service")["price"]
    assert price["timer"] == pytest.approx(410 / 40, abs=0.005)
    own = run.efficiency.set_index("unit")["own_rows"]
    assert own.to_dict() == {"A": "left out", "B": "", "C": "", "D": ""}
    peers = run.peers.set_index("unit")["peer"].to_dict()
    assert peers == {"A": "B", "B": "A", "C": "A", "D": "A"}


def test_a_frontier_that_only_describes_holds_everybody_and_a_stated_one_says_so():
    plain = {"A": 1.0, "B": 100 / 110, "C": 0.625, "D": 0.5}
    assert scores(bench.run(model(price=""), units(four()))) == pytest.approx(plain)
    kept = bench.run(model('own = "included"'), units(four((2023, 2024))))
    assert scores(kept) == pytest.approx(plain)
    assert scores(bench.run(model('own = "excluded"', price=""), units(four())))["A"] == pytest.approx(1.1)
    # Measured by itself its price is its own cost: it is listed.
    kept_rows = kept.kept_savings.set_index("unit")["benchmarked"].to_dict()
    assert kept_rows == {"A": False, "B": True, "C": True, "D": True}
    (told,) = [issue for issue in kept.warnings if issue.rule == "not-benchmarked"]
    assert "A" in told.message
    run = bench.run(model(), units(four((2023, 2024))))
    assert run.kept_savings["benchmarked"].all()
    assert not [issue for issue in run.warnings if issue.rule == "not-benchmarked"]


def test_the_lead_counts_up_to_the_limit_and_whoever_reaches_it_is_named():
    cheap = four((2023, 2024), cost={"A": 50.0, "B": 110.0, "C": 160.0, "D": 200.0})
    run = bench.run(model("own_limit = 1.5"), units(cheap))
    assert scores(run)["A"] == pytest.approx(1.5)  # 110/50 = 2.2
    assert run.norms[run.norms["unit"] == "A"]["norm"].tolist() == pytest.approx([75.0, 75.0])
    row = run.peers[(run.peers["unit"] == "A") & (run.peers["year"] == 2024)].iloc[0]
    assert (row["peer"], row["intensity"], row["norm_share"]) == ("A", pytest.approx(1.5), 1.0)
    (told,) = [issue for issue in run.warnings if issue.rule == "own-reference-capped"]
    assert "1.5" in told.message
    assert "A (2023, 2024)" in told.message
    assert not run.kept_savings.set_index("unit").loc["A", "benchmarked"]
    with pytest.raises(ModelError, match="own_limit must be 1 or more"):
        model("own_limit = 0.9")


def test_a_unit_that_alone_makes_a_service_is_its_own_norm_and_is_named():
    """Nobody but D makes visits: no combination of the others does what it does."""
    alone = four()
    alone.loc[3, ["timer", "besok"]] = [2.0, 30.0]
    run = bench.run(model(), units(alone))
    assert scores(run)["D"] == 1.0
    assert run.efficiency.set_index("unit").loc["D", "own_rows"] == "alone"
    assert run.norms.set_index("unit").loc["D", "norm"] == pytest.approx(200.0)
    (told,) = [issue for issue in run.warnings if issue.rule == "own-reference-infeasible"]
    assert "D (2024)" in told.message


@pytest.mark.parametrize("periods", ['periods = "known"', 'periods = "window"\nwindow = 2', 'periods = "separate"'])
@pytest.mark.parametrize("rts", ["crs", "vrs", "irs"])
def test_it_is_the_librarys_dea_without_the_units_own_rows_of_any_year(periods, rts):
    rng = np.random.default_rng(3)
    unit, year = np.repeat(np.arange(14), 3), np.tile([2022, 2023, 2024], 14)
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in unit], "aar": year, "kvalitet": 1.0})
    frame["timer"], frame["besok"] = rng.uniform(5, 20, unit.size), rng.uniform(5, 20, unit.size)
    frame["kostnad"] = 10 * frame["timer"] ** 0.8 + 4 * frame["besok"] + rng.uniform(0, 60, unit.size)
    rules = model(periods + "\nown_limit = 9.0", method=f'method = "dea"\nrts = "{rts}"')
    run = bench.run(rules, units(frame))
    depth = {"known": 9, "window": 2, "separate": 1}[periods.split('"')[1]]
    for decided in (2023, 2024):
        seen = frame[(frame["aar"] <= decided) & (frame["aar"] > decided - depth)]
        found = run.efficiency[run.efficiency["year"] == decided].set_index("unit")["efficiency"]
        for name in sorted(set(frame["enhet"])):
            one = units(seen[(seen["enhet"] == name) & (seen["aar"] == decided)])
            others = units(seen[seen["enhet"] != name])
            expected = float(bench.dea(one, rts=rts, reference=others, periods="pooled").efficiency.iloc[0])
            expected = 1.0 if np.isnan(expected) else expected
            assert found[name] == pytest.approx(expected, abs=1e-9), (name, decided)


def test_an_own_saving_lowers_no_norm_of_its_own():
    """The law itself: an efficient unit saves ten, and its norm stays; with its own rows it falls by all of it."""
    saved = four(cost={"A": 97.0, "B": 110.0, "C": 160.0, "D": 200.0})
    for frontier, fall in (("", 0.0), ('own = "included"', 3.0)):
        before, after = (bench.run(model(frontier), units(t)).norms.set_index("unit") for t in (four(), saved))
        assert before.loc["A", "norm"] - after.loc["A", "norm"] == pytest.approx(fall, abs=1e-9)


def test_a_reference_of_fixed_years_moves_with_nobodys_later_accounts():
    """Frozen at 2023 the norms of 2024 are those of 2023's practice, with everybody in it unless told otherwise."""
    frozen = '[frontier.reference]\nyears = [2023]\nreason = "fixed for the period"\n'
    base = four((2023, 2024))
    later = base.copy()
    later.loc[(later["aar"] == 2024) & (later["enhet"] == "A"), "kostnad"] = 60.0
    one, two = (bench.run(model(frozen), units(t[t["aar"] >= 2023])) for t in (base, later))
    assert scores(one) == pytest.approx({"A": 1.0, "B": 100 / 110, "C": 0.625, "D": 0.5})
    assert one.norms.query("year == 2024 and unit != 'A'")["norm"].tolist() == pytest.approx([100.0] * 3)
    assert two.norms.query("year == 2024")["norm"].tolist() == pytest.approx([60.0, 100.0, 100.0, 100.0])
    assert (one.efficiency["reference_from"] == 2023).all()
    early = four((2022, 2023, 2024))
    with pytest.raises(ModelError, match="no frontier") as caught:
        bench.run(model(frozen), units(early))
    assert "2022" in str(caught.value)
    with pytest.raises(ModelError, match="take periods = 'known' out"):
        model('periods = "known"\n' + frozen)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('units = ["B", "C"]', {"A": 1.1, "B": 1.0, "C": 110 / 160, "D": 0.55}),
        ('where = "kvalitet >= 4"', {"A": 1.1, "B": 1.0, "C": 110 / 160, "D": 0.55}),
    ],
)
def test_named_units_and_a_condition_say_who_may_be_a_peer(rule, expected):
    text = f'own = "included"\n[frontier.reference]\n{rule}\nreason = "stated"\n'
    run = bench.run(model(text), units(four(quality={"A": 3.0, "D": 3.9})))
    assert scores(run) == pytest.approx(expected)
    assert set(run.peers["peer"]) == {"B"}
    # Averages over a window: the unit's standing in the decision year counts.
    text = 'own = "included"\nperiods = "average"\nwindow = 2\n' + f'[frontier.reference]\n{rule}\nreason = "stated"\n'
    run = bench.run(model(text), units(four((2023, 2024), quality={"A": 3.0, "D": 3.9})))
    assert scores(run) == pytest.approx(expected)


def test_a_reference_that_names_nobody_or_says_nothing_is_refused():
    with pytest.raises(ModelError, match="names 'Z', which has no row") as caught:
        bench.run(model('[frontier.reference]\nunits = ["Z"]\nreason = "x"\n'), units(four()))
    assert caught.value.key == "frontier.reference.units"
    with pytest.raises(ModelError, match="needs years, units or where"):
        model('[frontier.reference]\nreason = "x"\n')
    with pytest.raises(ModelError, match="leave nobody") as caught:
        bench.run(model('[frontier.reference]\nwhere = "kvalitet > 9"\nreason = "x"\n'), units(four()))
    assert (caught.value.key, caught.value.file) == ("frontier.reference", "egen.toml")
    assert caught.value.line is not None
    rng, n = np.random.default_rng(1), 40
    many = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(n)], "aar": 2024, "kvalitet": 1.0})
    many["timer"], many["besok"] = rng.uniform(5, 20, n), rng.uniform(5, 20, n)
    many["kostnad"] = 10 * many["timer"] ** 0.6 * many["besok"] ** 0.3 * np.exp(np.abs(rng.normal(0, 0.3, n)))
    named = '[frontier.reference]\nwhere = "timer > 8"\nreason = "x"\n'
    with pytest.raises(ModelError, match="measures the rows it is fitted to"):
        bench.run(model(named, method='method = "sfa"'), units(many))


def test_what_cannot_leave_a_unit_out_says_so():
    russell = '[[frontier.variant]]\nid = "v"\nmethod = "russell"\nrts = "crs"\n'
    with pytest.raises(ModelError, match="own = 'included'") as caught:
        bench.run(model(russell, method=""), units(four()))
    assert caught.value.key == "frontier.own"
    assert bench.run(model(f'own = "included"\n{russell}', method=""), units(four())).norms["norm"].notna().all()
    drawn = '[frontier.inference]\nreplicates = 100\nuse = "corrected"\n'
    with pytest.raises(ModelError, match=r"use = 'plain'"):
        bench.run(model(drawn), units(four()))


def test_a_simulation_measures_it_again_in_the_same_way():
    """The closed loop on simulated accounts is the pipeline's own norm on the same accounts, past years and all."""
    rng = np.random.default_rng(9)
    unit, year = np.repeat(np.arange(9), 2), np.tile([2023, 2024], 9)
    frame = pd.DataFrame({"enhet": [f"E{k}" for k in unit], "aar": year, "kvalitet": 1.0})
    frame["timer"], frame["besok"] = rng.uniform(5, 20, unit.size), rng.uniform(5, 20, unit.size)
    frame["kostnad"] = (10 * frame["timer"] + 4 * frame["besok"]) * np.exp(np.abs(rng.normal(0, 0.2, unit.size)))
    for periods in ("separate", "known"):
        for rts in ("crs", "vrs"):
            rules = model(f'periods = "{periods}"', method=f'method = "dea"\nrts = "{rts}"')
            norm = bench.run(rules, units(frame)).norms.query("year == 2024").set_index("unit")["norm"]
            data = scheme_data(rules, units(frame))[0]
            past = [] if periods == "separate" else [(data.cost[:, 0], data.volume[:, 0])]
            found = measure_of(rules, data)(2024, data.cost[:, 1], data.volume[:, 1], past)
            assert found == pytest.approx(norm[list(data.units)].to_numpy(), rel=1e-9)


def test_one_output_by_constant_returns_is_the_cheapest_of_the_others():
    rules = parse_model(
        TEXT.format(
            method=DEA, frontier='own_limit = 3.0\n[frontier.outputs]\ntimer = ["timer"]', price='source = "frontier"'
        ),
        "egen.toml",
    )
    data = scheme_data(rules, units(four()))[0]
    cost = np.array([[100.0, 110.0, 160.0, 200.0], [300.0, 110.0, 160.0, 90.0]])
    found = measure_of(rules, data)(2025, cost, data.volume[:, 0], [])
    assert found == pytest.approx(np.array([[110.0, 100.0, 100.0, 100.0], [90.0, 90.0, 90.0, 110.0]]))


# -- every method that feeds money -----------------------------------------------------------------------------

#: Columns a method needs besides cost and two services, as its model file and its library call name them.
REFERENCE_CALLS = {
    "sbm": ({}, lambda one, others: envelopment.sbm(one, rts="crs", orientation="input", reference=others)),
    "directional": (
        {}, lambda one, others: envelopment.directional(one, rts="crs", direction="inputs", reference=others)
    ),
    "graph": ({}, lambda one, others: envelopment.graph_efficiency(one, rts="crs", reference=others)),
    "non-discretionary": (
        {"inputs": ["kostnad", "kvalitet"], "fixed": ["kvalitet"]},
        lambda one, others: envelopment.non_discretionary(one, fixed=["kvalitet"], rts="crs", reference=others),
    ),
    "cost-efficiency": (
        {"inputs": ["kostnad", "kvalitet"], "input_prices": ["pris", "pris2"]},
        lambda one, others: envelopment.cost_efficiency(one, rts="crs", reference=others),
    ),
}  # fmt: skip


def many(years=(2023, 2024), count=9) -> pd.DataFrame:
    rng, n = np.random.default_rng(8), count * len(years)
    names = np.tile([f"E{k}" for k in range(count)], len(years))
    frame = pd.DataFrame({"enhet": names, "aar": np.repeat(years, count)})
    frame["timer"], frame["besok"] = rng.uniform(5, 20, n), rng.uniform(5, 20, n)
    frame["kostnad"] = (10 * frame["timer"] + 4 * frame["besok"]) * np.exp(np.abs(rng.normal(0, 0.2, n)))
    frame["kvalitet"] = rng.uniform(3, 5, n)
    frame["pris"], frame["pris2"] = rng.uniform(0.9, 1.1, n), rng.uniform(20, 30, n)
    return frame


def told(frame: pd.DataFrame) -> bench.Units:
    return bench.Units.from_frame(
        frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer", "besok"],
        extra=["kvalitet", "pris", "pris2"],
    )  # fmt: skip


def variant_model(method: str, keys: dict, periods: str) -> bench.Model:
    said = "".join(f"{name} = {list(value)!r}\n" for name, value in keys.items()).replace("'", '"')
    text = f'periods = "{periods}"\nown_limit = 9.0\n'
    text = TEXT.replace('extra = ["kvalitet"]', 'extra = ["kvalitet", "pris", "pris2"]').format(
        method="", frontier=f'{text}[[frontier.variant]]\nid = "v"\nmethod = "{method}"\nrts = "crs"\n{said}',
        price='source = "frontier"',
    )  # fmt: skip
    return parse_model(text, "egen.toml")


@pytest.mark.parametrize("periods", ["separate", "known"])
@pytest.mark.parametrize("method", REFERENCE_CALLS)
def test_a_method_with_a_reference_is_the_librarys_own_without_the_units_rows(method, periods):
    """One unit at a time against the rows of all others, by the library's own call."""
    keys, call = REFERENCE_CALLS[method]
    frame = many()
    run = bench.run(variant_model(method, keys, periods), told(frame))
    found = scores(run)
    seen = frame if periods == "known" else frame[frame["aar"] == 2024]
    for name in sorted(set(frame["enhet"])):
        one = seen[(seen["enhet"] == name) & (seen["aar"] == 2024)]
        others = seen[seen["enhet"] != name]
        roles = {"id": "enhet", "period": "aar", "outputs": ["timer", "besok"]}
        roles |= {"inputs": keys.get("inputs", ["kostnad"]), "input_prices": keys.get("input_prices", [])}
        tables = [bench.Units.from_frame(part, **roles) for part in (one, others)]
        expected = float(np.asarray(call(*tables).frame["efficiency"], dtype=float)[0])
        expected = 1.0 if np.isnan(expected) else expected
        assert found[name] == pytest.approx(expected, abs=1e-8), name
    norm = run.norms[run.norms["year"] == 2024].set_index("unit")
    assert norm["norm"].to_numpy() == pytest.approx((norm["cost"] * pd.Series(found)).to_numpy())
    assert max(found.values()) > 1.0 or method == "sbm"


def test_limits_on_values_leave_a_unit_out_of_its_own_reference():
    """A visit is worth from 0.2 to 0.6 hours: the library's own limits, each unit against the others' rows."""
    limit = '[[frontier.variant.restriction]]\nof = "besok"\nper = "timer"\nlow = 0.2\nhigh = 0.6\n'
    frame = many(years=(2024,))
    found = scores(bench.run(parse_model(
        TEXT.format(
            method="", price='source = "frontier"',
            frontier=f'own_limit = 9.0\n[[frontier.variant]]\nid = "v"\nmethod = "dea"\nrts = "crs"\n{limit}',
        ), "egen.toml"), units(frame)))  # fmt: skip
    ratio = envelopment.Ratio("besok", "timer", 0.2, 0.6)
    for name in frame["enhet"]:
        one, others = (units(frame[(frame["enhet"] == name) == here]) for here in (True, False))
        result = envelopment.weight_restricted(one, restrictions=[ratio], rts="crs", reference=others)
        assert found[name] == pytest.approx(float(result.frame["efficiency"].iloc[0]), abs=1e-8)
    assert max(found.values()) > 1.0


def test_every_method_that_feeds_money_leaves_a_unit_out_of_its_reference_or_is_refused_by_name():
    """A method of single rows can be measured by the others, is fitted to all rows at once, or says which can."""
    fitted = {name for name in VARIANT_METHODS if METHODS[name].room == "stochastic"}
    assert set(excluding()) >= set(REFERENCE_CALLS)
    assert set(excluding()) == {
        name for name in VARIANT_METHODS if name != "dea" and name not in fitted and takes_reference(name)
    }
    for method in set(VARIANT_METHODS) - {"dea"} - fitted - set(excluding()):
        case = VARIANTS[method]
        stated = "\n".join(f"{name} = {toml(value)}" for name, value in case.keys.items())
        text = TEXT.replace('extra = ["kvalitet"]', f"extra = {toml(list(EXTRA))}").format(
            method="", frontier=f'[[frontier.variant]]\nid = "v"\nmethod = "{method}"\n{stated}',
            price='source = "frontier"',
        )  # fmt: skip
        text = text.replace("[data]\n", '[data]\nenvironment = ["reise", "trend"]\n')
        with pytest.raises(ModelError, match=r"frontier\.own = 'included'.*non-discretionary") as caught:
            bench.run(parse_model(text, "egen.toml"), given())
        assert caught.value.key == "frontier.own", method


# -- means over fixed years ------------------------------------------------------------------------------------


def test_means_over_fixed_years_are_the_librarys_dea_against_them():
    """Each unit's mean over 2021 and 2022, the same for 2022 to 2024; a unit that is gone stays a peer by its mean."""
    frame = many(years=(2021, 2022, 2023, 2024))
    frame = frame[~((frame["enhet"] == "E0") & (frame["aar"] > 2022))]
    frame.loc[(frame["enhet"] == "E0"), "kostnad"] *= 0.9  # among the best there were
    frame = frame[~((frame["enhet"] == "E8") & (frame["aar"] < 2023))]  # and one that came later
    fixed = '[frontier.reference]\nyears = [2021, 2022]\nreason = "the base years of the period"\n'
    rules = model(f'periods = "average"\nfirst_year = 2022\nown = "included"\n{fixed}')
    rules = rules.with_values({"meta.first_year": 2023, "meta.last_year": 2024, "indexation.deflator": 0.05})
    run = bench.run(rules, units(frame))
    base = frame[frame["aar"] <= 2022]
    for year in (2022, 2023, 2024):
        worth = base.assign(kostnad=base["kostnad"] * 1.05 ** (year - base["aar"]))
        mean = worth.groupby("enhet", sort=False)[["kostnad", "timer", "besok"]].mean().reset_index()
        now = frame[frame["aar"] == year]
        roles = {"id": "enhet", "inputs": ["kostnad"], "outputs": ["timer", "besok"]}
        against = [bench.Units.from_frame(part, **roles) for part in (now, mean)]
        expected = bench.dea(against[0], rts="crs", reference=against[1]).efficiency
        found = scores(run, year)
        assert [found[name] for name in now["enhet"]] == pytest.approx(list(expected), abs=1e-9)
    assert "E0" in set(run.peers.loc[run.peers["year"] == 2024, "peer"])
    # A saving after the base years moves no norm: the unit keeps all that its own part of the average price leaves.
    # Whoever is ahead of the frozen frontier, where a score above one does not count, has its own cost for its norm.
    kept = run.kept_savings.set_index("unit")
    ahead = {name for name, score in scores(run, 2024).items() if score >= 1.0}
    assert 0 < len(ahead) < len(kept)
    assert set(kept.index[kept["norm_weight"] == 1.0]) == set(kept.index[~kept["benchmarked"]]) == ahead
    assert (kept.loc[[*set(kept.index) - ahead], "norm_weight"] == 0.0).all()
    assert (kept.loc[[*set(kept.index) - ahead], "kept_share"] == 1.0).all()  # the price is the frontier's alone
    counted = rules.with_values({"norm.above_one": True})
    later = frame.copy()
    later.loc[later["aar"] > 2022, "kostnad"] *= 0.8
    one, two = (bench.run(counted, units(t)) for t in (frame, later))
    assert (one.kept_savings["norm_weight"] == 0.0).all()
    assert set(one.peers.loc[one.peers["year"] == 2024, "peer"]) & set(one.kept_savings["unit"])  # peers that remain
    found = [r.norms.query("year > 2022").set_index(["unit", "year"])["norm"] for r in (one, two)]
    pd.testing.assert_series_equal(*found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('periods = "average"\nwindow = 2\n', "take window out"),
        ('periods = "window"\nwindow = 2\n', "state 'average' for each unit's mean"),
        ('periods = "separate"\n', "take periods = 'separate' out"),
    ],
)
def test_fixed_years_and_another_window_are_refused(text, words):
    with pytest.raises(ModelError, match=words):
        model(text + '[frontier.reference]\nyears = [2023]\nreason = "x"\n')


def test_the_limit_to_a_lead_is_listed_as_assumed_where_the_model_states_none():
    """It counts in money, so whoever reads the assumptions must meet it: once, by its key, with where it comes from."""
    (row,) = _limit(model())
    assert (row["value"], row["status"]) == (1.2, "assumed")
    assert "not in the model file" in row["source"]
    (row,) = _limit(model("own_limit = 1.5"))
    assert row["value"] == 1.5
    assert "not in the model file" not in row["source"]
    assert _limit(model('own = "included"')) == []


def _limit(rules):
    rows = bench.run(rules, units(four((2023, 2024), cost={"A": 50.0, "B": 110.0, "C": 160.0, "D": 200.0}))).assumptions
    return rows[rows["key"] == "frontier.own_limit"].to_dict("records")


def test_reference_years_that_leave_a_decision_without_a_frontier_are_refused_by_their_line():
    rules = model('[frontier.reference]\nyears = [2024]\nreason = "frozen"\n')
    with pytest.raises(ModelError, match="so a decision on these accounts has no frontier") as caught:
        bench.run(rules, units(four((2023, 2024))))
    assert (caught.value.file, caught.value.key) == ("egen.toml", "frontier.reference.years")
    assert caught.value.line is not None
