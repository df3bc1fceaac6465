"""Variants, trees, unit rules, screens, bonus, limits on values and intervals, each on numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pipeline.model_text import template
from pipeline.model_text import units as units_of
from scipy.optimize import linprog

import bench
from bench.errors import DataError, ModelError
from bench.modelfile import parse_model
from bench.pipeline import run_file

TEXT = template(
    """
[decision]
lag = 1
window = 3
{sections}
""",
    data='extra = ["standard", "nokkel"]',
)
NORM = '[norm]\nsource = "frontier"\n'

#: Scores of 100 over the cost: every unit makes 10 hours and no visits, but V, which makes visits alone.
COST = {"A": 100.0, "B": 125.0, "C": 160.0, "D": 200.0}
STANDARD = {"A": 125.0, "B": 100.0, "C": 100.0, "D": 250.0}


def table(years=(2024,)) -> pd.DataFrame:
    rows = [
        {
            "enhet": u,
            "aar": y,
            "kostnad": COST[u],
            "standard": STANDARD[u],
            "nokkel": k + 1.0,
            "timer": 10.0,
            "besok": 1.0,
        }
        for y in years
        for k, u in enumerate(COST)
    ]
    return pd.DataFrame(rows)


def units(frame: pd.DataFrame) -> bench.Units:
    return units_of(frame, extra=["standard", "nokkel"])


def model(middle: str, norm: str = NORM):
    return parse_model(TEXT.format(sections=middle + norm), "kjede.toml")


def two(combine: str, more: str = ""):
    variants = "".join(
        f'[[frontier.variant]]\nid = "{name}"\nmethod = "dea"\ninputs = ["{column}"]\n{more}'
        for name, column in (("a", "kostnad"), ("b", "standard"))
    )
    return model(f'[frontier]\nrts = "crs"\nperiods = "separate"\ncombine = "{combine}"\n{variants}')


#: By variant a: 1, 0.8, 0.625, 0.5; by b: 0.8, 1, 1, 0.4.
A, B = np.array([1.0, 0.8, 0.625, 0.5]), np.array([0.8, 1.0, 1.0, 0.4])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("best", np.maximum(A, B)),
        ("min", np.minimum(A, B)),
        ("mean", (A + B) / 2),
        ("max(mean(a, b), b)", np.maximum((A + B) / 2, B)),
        ("kth(2, a, b)", np.minimum(A, B)),
        ("quantile(0.25, a, b)", 0.75 * np.minimum(A, B) + 0.25 * np.maximum(A, B)),
        ("0.3 * a + 0.7 * b", 0.3 * A + 0.7 * B),
    ],
)
def test_variants_have_their_own_cost_and_a_tree_combines_them(rule, expected):
    found = bench.run(two(rule), units(table())).efficiency
    assert found["efficiency"].to_numpy() == pytest.approx(expected, abs=1e-9)
    assert found["efficiency_a"].to_numpy() == pytest.approx(A, abs=1e-9)
    assert found["efficiency_b"].to_numpy() == pytest.approx(B, abs=1e-9)


def test_weights_count_in_a_mean_and_best_in_one_is_an_option():
    weighed = two("mean", "").with_values({"frontier.variant.a.weight": 3.0})
    assert bench.run(weighed, units(table())).efficiency["efficiency"].to_numpy() == pytest.approx((3 * A + B) / 4)
    whole = two("mean").with_values({"frontier.bgh": True})
    expected = np.where((A >= 1) | (B >= 1), 1.0, (A + B) / 2)
    assert bench.run(whole, units(table())).efficiency["efficiency"].to_numpy() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("max(a, c)", "names c, which is no variant"),
        ("max(a, 1)", "combine does not use it"),
        ("top(a, b)", "no function 'top'"),
        ("a.b.c + b", "names a.b.c"),
        ("max(a, b", "is not a formula"),
        ("max(a, [b])", "is not allowed"),
    ],
)
def test_a_tree_that_names_nothing_or_forgets_a_variant_is_refused(rule, words):
    with pytest.raises(ModelError, match=words) as caught:
        two(rule)
    assert caught.value.file == "kjede.toml"
    assert caught.value.key == "frontier"


PLAIN = '[frontier]\nmethod = "dea"\nrts = "crs"\nperiods = "separate"\n'


def rule(kind: str, where: str, more: str = "") -> str:
    return f'[[frontier.unit_rule]]\nkind = "{kind}"\n{where}\nreason = "stated"\n{more}'


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("never-peer", [1.25, 1.0, 0.78125, 0.625]),  # A beats the frontier that B makes
        ("own-peer-only", [1.0, 1.0, 0.78125, 0.625]),  # A is at most itself, and helps nobody
        ("out", [np.nan, 1.0, 0.78125, 0.625]),
        ("average", [np.nan, 1.0, 0.78125, 0.625]),
    ],
)
def test_unit_rules(kind, expected):
    for where in ('units = ["A"]', 'where = "kostnad < 110"'):
        run = bench.run(model(PLAIN + rule(kind, where)), units(table()))
        assert run.efficiency["efficiency"].to_numpy() == pytest.approx(expected, abs=1e-9, nan_ok=True)
        norm = run.norms.set_index("unit")["norm"]
        assert norm["A"] == pytest.approx({"out": np.nan}.get(kind, 100.0), nan_ok=True)
        assert run.efficiency.set_index("unit").loc["A", "rule_reason"] == "stated"


def test_a_rule_is_dated_and_the_first_that_holds_counts():
    past = rule("out", 'units = ["A"]', "to = 2023-12-31\n") + rule(
        "never-peer", 'units = ["A"]', "from = 2024-01-01\n"
    )
    found = bench.run(model(PLAIN + past), units(table())).efficiency.set_index("unit")
    assert found.loc["A", "rule"] == "never-peer"


def test_own_history_is_output_per_krone_against_the_units_mean():
    frame = table((2022, 2023, 2024))
    frame.loc[(frame["enhet"] == "D") & (frame["aar"] == 2024), "kostnad"] = 170.0
    weights = "[frontier.unit_rule.weights]\ntimer = 2\nbesok = 5\n"
    text = '[frontier]\nmethod = "dea"\nrts = "crs"\nperiods = "window"\nwindow = 3\n'
    run = bench.run(model(text + rule("own-history", 'units = ["D"]', weights)), units(frame))
    score = (25 / 170) / (25 / 190)  # the mean of 200, 200 and 170 is 190
    assert run.efficiency.set_index("unit").loc["D", "efficiency"] == pytest.approx(score)
    assert run.norms.set_index("unit").loc["D", "norm"] == pytest.approx(score * 170)


def test_rules_that_leave_nobody_are_refused():
    with pytest.raises(ModelError, match="leave nobody") as caught:
        bench.run(model(PLAIN + rule("out", 'where = "kostnad > 0"')), units(table()))
    assert (caught.value.key, caught.value.line is None) == ("frontier.unit_rule", False)
    with pytest.raises(ModelError, match="names 'Z', which has no row"):
        bench.run(model(PLAIN + rule("out", 'units = ["Z"]')), units(table()))


def test_calibration_by_a_column_leaves_those_with_their_own_norm_outside():
    """Gaps of 0, 25, 60: D is out; 85 is shared by the key 1, 2, 3."""
    norm = NORM + 'calibrate = "cost"\nkey = "nokkel"\n'
    run = bench.run(model(PLAIN + rule("average", 'units = ["D"]'), norm), units(table()))
    found = run.norms.set_index("unit")["norm"]
    expected = {"A": 100 + 85 / 6, "B": 100 + 2 * 85 / 6, "C": 100 + 3 * 85 / 6, "D": 200}
    assert found.to_dict() == pytest.approx(expected)


def test_a_key_that_adds_to_nothing_is_refused():
    frame = table().assign(nokkel=0.0)
    with pytest.raises(ModelError, match="adds to nothing") as caught:
        bench.run(model(PLAIN, NORM + 'calibrate = "cost"\nkey = "nokkel"\n'), units(frame))
    assert caught.value.key == "norm.key"


def test_a_negative_total_is_refused():
    with pytest.raises((ModelError, DataError), match="between 0 and"):
        bench.run(model(PLAIN, NORM + 'calibrate = "budget"\ntotal = -5.0\n'), units(table()))


SCREEN = '[[frontier.screen]]\ntest = "{test}"\naction = "{action}"\n{more}'


def crowd() -> pd.DataFrame:
    """Eleven units around 100 and one at 20, which everybody is measured against until it is taken out."""
    costs = [20.0, *np.linspace(100.0, 120.0, 11)]
    return pd.DataFrame(
        {"enhet": [f"E{k:02d}" for k in range(12)], "aar": 2024, "kostnad": costs, "standard": costs, "nokkel": 1.0}
        | {"timer": 10.0, "besok": 1.0}
    )


@pytest.mark.parametrize("test", ["dominance", "iqr"])
def test_a_screen_reports_or_takes_out_and_every_removal_is_a_row(test):
    told = bench.run(model(PLAIN + SCREEN.format(test=test, action="report", more="")), units(crowd()))
    assert told.screens["unit"].tolist() == ["E00"]
    assert told.efficiency["efficiency"].iloc[1] == pytest.approx(0.2)  # nothing is removed unasked
    gone = bench.run(model(PLAIN + SCREEN.format(test=test, action="remove", more="")), units(crowd()))
    assert gone.screens[["unit", "action"]].to_numpy().tolist() == [["E00", "remove"]]
    assert gone.efficiency["efficiency"].to_numpy() == pytest.approx(np.r_[1.0, 100.0 / np.linspace(100, 120, 11)])
    free = bench.run(model(PLAIN + SCREEN.format(test=test, action="not-a-peer", more="")), units(crowd()))
    assert free.efficiency["efficiency"].iloc[0] == pytest.approx(5.0)  # measured, and nobody's peer


def test_a_screen_is_repeated_until_nobody_is_found():
    """Behind the first outlier hides a second; one pass finds one, the loop both."""
    frame = pd.concat([crowd(), crowd().iloc[[0]].assign(enhet="F", kostnad=21.0)], ignore_index=True)
    once, loop = (
        bench.run(model(PLAIN + SCREEN.format(test="iqr", action="remove", more=f"repeat = {again}\n")), units(frame))
        .screens["unit"]
        .tolist()
        for again in ("false", "true")
    )
    assert set(loop) == {"E00", "F"}
    assert len(once) <= len(loop)


def test_a_screen_that_empties_the_sample_is_refused():
    strict = model(PLAIN + SCREEN.format(test="iqr", action="remove", more="factor = 0.0001\nrepeat = true\n"))
    with pytest.raises(ModelError, match="leaves") as caught:
        bench.run(strict, units(crowd()))
    assert caught.value.key == "frontier.screen[1]"
    assert caught.value.line is not None


def test_a_bonus_is_the_lead_of_efficient_units_up_to_the_limit():
    text = PLAIN.replace("[frontier]\n", "[frontier]\nsuper_efficiency = true\n") + "[frontier.bonus]\nlimit = 0.2\n"
    found = bench.run(model(text), units(table())).efficiency
    assert found["bonus"].tolist() == pytest.approx([0.2, 0.0, 0.0, 0.0])  # A lies 25 per cent ahead
    with pytest.raises(ModelError, match="super_efficiency"):
        bench.run(model(PLAIN + "[frontier.bonus]\nlimit = 0.2\n"), units(table()))


def test_limits_on_values_are_those_of_the_library_and_say_where_they_bind():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"enhet": [f"E{k}" for k in range(12)], "aar": 2024, "standard": 1.0, "nokkel": 1.0})
    frame["timer"], frame["besok"] = rng.uniform(5, 20, 12), rng.uniform(5, 20, 12)
    frame["kostnad"] = 10 * frame["timer"] + 3 * frame["besok"] + rng.uniform(0, 60, 12)
    limits = (
        '[[frontier.variant]]\nid = "a"\nmethod = "dea"\n'
        '[[frontier.variant.restriction]]\nof = "besok"\nper = "timer"\nlow = 0.2\nhigh = 0.4\n'
        'reason = "a third of an hour"\n'
    )
    run = bench.run(model(f'[frontier]\nrts = "crs"\nperiods = "separate"\n{limits}'), units(frame))
    plain = bench.Units.from_frame(frame, id="enhet", inputs=["kostnad"], outputs=["timer", "besok"])
    expected = bench.envelopment.weight_restricted(
        plain, restrictions=[bench.envelopment.Ratio("besok", "timer", 0.2, 0.4)], rts="crs"
    )
    assert run.efficiency["efficiency"].to_numpy() == pytest.approx(expected.efficiency.to_numpy(), abs=1e-9)
    assert any(issue.rule == "binding-limit" and "a third of an hour" in issue.message for issue in run.warnings)
    with pytest.raises(ModelError, match="low lies above high"):
        model(f'[frontier]\nrts = "crs"\n{limits.replace("high = 0.4", "high = 0.1")}')


LIMITED = (
    '[[frontier.variant]]\nid = "a"\nmethod = "dea"\n'
    '[[frontier.variant.restriction]]\nof = "besok"\nper = "timer"\nlow = 0.2\nhigh = 0.4\n'
)


def limited_score(cost, made, costs, others):
    """The multiplier program with both limits, by another solver: most worth at a cost of one."""
    outcome = linprog(
        -np.asarray(made),
        A_ub=np.vstack([others / np.asarray(costs)[:, None], [[0.2, -1.0], [-0.4, 1.0]]]),
        b_ub=np.append(np.full(len(costs), 1.0 / cost), [0.0, 0.0]),
        bounds=[(0, None)] * 2,
    )
    return -outcome.fun


@pytest.mark.parametrize(
    ("frontier", "rule"),
    [
        ('periods = "known"', ""),
        ('periods = "window"\nwindow = 2', ""),
        ('periods = "average"\nwindow = 2', ""),
        ('periods = "separate"', "never-peer"),
        ('periods = "known"', "own-peer-only"),
    ],
)
def test_limits_on_values_hold_against_any_reference(frontier, rule):
    """Years known, windows, means of windows, and units that may be nobody's or only their own peer."""
    rng, years = np.random.default_rng(8), (2022, 2023, 2024)
    frame = pd.DataFrame({"enhet": [f"E{k}" for k in range(8)] * 3, "aar": np.repeat(years, 8)})
    frame = frame.assign(standard=1.0, nokkel=1.0)
    frame["timer"], frame["besok"] = rng.uniform(5, 20, 24), rng.uniform(5, 20, 24)
    frame["kostnad"] = 10 * frame["timer"] + 3 * frame["besok"] + rng.uniform(0, 60, 24)
    special = f'[[frontier.unit_rule]]\nkind = "{rule}"\nunits = ["E3"]\nreason = "x"\n' if rule else ""
    text = f'[frontier]\nrts = "crs"\nown = "included"\n{frontier}\n{LIMITED}{special}'
    run = bench.run(model(text), units(frame))
    found = run.efficiency.set_index(["unit", "year"])["efficiency"]
    first = {"known": 2022, "window": 2023, "average": 2023, "separate": 2024}[frontier.split('"')[1]]
    known = frame[frame["aar"] >= first]
    if "average" in frontier:
        known = known.groupby("enhet", as_index=False)[["kostnad", "timer", "besok"]].mean()
    for row in frame[frame["aar"] == 2024].to_dict("records"):
        seen = known[known["enhet"] != "E3"] if rule else known
        if rule == "own-peer-only" and row["enhet"] == "E3":
            now = known[(known["enhet"] == "E3") & (known["aar"] == 2024)]
            seen = pd.concat([seen, now])
        made = seen[["timer", "besok"]].to_numpy()
        expected = limited_score(row["kostnad"], [row["timer"], row["besok"]], seen["kostnad"].to_numpy(), made)
        assert found[row["enhet"], 2024] == pytest.approx(expected, rel=1e-7)
    plain = bench.run(model(text[: text.index("[[frontier.variant.restriction]]")] + special), units(frame))
    assert (plain.efficiency["efficiency"] - run.efficiency["efficiency"]).max() > 1e-4  # the limits bind somewhere


def test_uncertainty_only_softens_a_requirement():
    """With the interval as evidence the requirement is never harsher, and softer where the interval reaches higher."""
    rng, n = np.random.default_rng(4), 90
    frame = pd.DataFrame({"enhet": [f"E{k:02d}" for k in range(n)], "aar": 2024, "standard": 1.0, "nokkel": 1.0})
    frame["timer"], frame["besok"] = rng.uniform(5, 20, n), rng.uniform(5, 20, n)
    frame["kostnad"] = 10 * frame["timer"] ** 0.6 * frame["besok"] ** 0.3 * np.exp(np.abs(rng.normal(0, 0.3, n)))
    frame["kostnad"] *= np.exp(0.12 * rng.normal(size=n))
    need = "[requirement]\nfirst_year = 2025\nyears = 4\n"
    text = '[frontier]\nmethod = "sfa"\nperiods = "separate"\n'
    plain, soft = (bench.run(model(text, NORM + need + more), units(frame)) for more in ("", 'evidence = "interval"\n'))
    one, lenient_ = (run.requirements["requirement"].to_numpy() for run in (plain, soft))
    assert (lenient_ <= one + 1e-12).all()
    assert lenient_.sum() < 0.7 * one.sum()
    with pytest.raises(ModelError, match="no score has one") as caught:
        bench.run(model(PLAIN, NORM + need + 'evidence = "interval"\n'), units(frame))
    assert caught.value.key == "requirement.evidence"
    # A bootstrap's interval may lie below the plain score, which then counts: as without evidence, never harsher.
    drawn = PLAIN + "[frontier.inference]\nreplicates = 100\n"
    sure = bench.run(model(drawn, NORM + need + 'evidence = "interval"\n'), units(frame)).requirements
    bare = bench.run(model(PLAIN, NORM + need), units(frame)).requirements
    assert (sure["requirement"].to_numpy() <= bare["requirement"].to_numpy() + 1e-12).all()


def test_requirement_paths_and_what_they_bite_on():
    """B's gap of 20 per cent: half of what remains each year is 10, 5 and 2.5 points."""
    need = NORM + '[requirement]\nfirst_year = 2025\nyears = 3\npath = "glide"\nglide = 0.5\n'
    found = bench.run(model(PLAIN, need), units(table())).requirements
    assert found[found["unit"] == "B"]["allowed_cost"].tolist() == pytest.approx([112.5, 106.25, 103.125])
    least = NORM + "[requirement]\nfirst_year = 2025\nyears = 2\nleast = 0.01\n"
    found = bench.run(model(PLAIN, least), units(table())).requirements
    assert found[found["unit"] == "A"]["allowed_cost"].tolist() == pytest.approx([99.0, 98.01])
    part = table().assign(nokkel=table()["kostnad"] / 2)
    bites = NORM + '[requirement]\nfirst_year = 2025\nyears = 1\ncost = "nokkel"\n'
    found = bench.run(model(PLAIN, bites), units(part)).requirements
    assert found[found["unit"] == "B"]["allowed_cost"].tolist() == pytest.approx([62.5 + 62.5 * 0.8])
    with pytest.raises(ModelError, match="glide"):
        model(PLAIN, NORM + '[requirement]\nfirst_year = 2025\nyears = 3\npath = "glide"\n')


def test_an_exemption_for_nobody_is_refused_with_its_line():
    need = NORM + '[requirement]\nfirst_year = 2025\nyears = 1\n[[requirement.exemption]]\nunit = "E"\nreason = "x"\n'
    with pytest.raises(ModelError, match="'E', which has no row") as caught:
        bench.run(model(PLAIN, need), units(table()))
    assert caught.value.line is not None


def test_the_frontiers_own_shift_joins_the_general_requirement():
    """Everybody's cost falls by 5 per cent a year at fixed prices: best practice moves by as much."""
    frame = table((2022, 2023, 2024))
    frame["kostnad"] *= 0.95 ** (frame["aar"] - 2022)
    need = NORM + '[requirement]\nfirst_year = 2025\nyears = 1\nfrontier_shift = "malmquist"\ngeneral = 0.01\n'
    found = bench.run(model(PLAIN, need), units(frame)).requirements
    assert found["general"].to_numpy() == pytest.approx(np.full(4, 1 - 0.99 * 0.95), abs=1e-9)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("kostnad + ukjent", "ukjent"),
        ("__import__('os')", "no function"),
        ("kostnad if 1 else 2", "is not allowed"),
        ("y", "go round in a circle"),
        ("min(kostnad)", "takes 2 or more arguments"),
    ],
)
def test_formulas_that_mean_nothing_are_refused(formula, words, tmp_path):
    figures = f'[[figure]]\nid = "x"\nformula = "{formula}"\n[[figure]]\nid = "y"\nformula = "x + 1"\n'
    table().to_csv(tmp_path / "f.csv", index=False, sep=";", decimal=",")
    (tmp_path / "kjede.toml").write_text(TEXT.format(sections=figures + PLAIN + NORM), encoding="utf-8")
    with pytest.raises((ModelError, DataError), match=words):
        run_file(tmp_path / "kjede.toml", tmp_path / "f.csv")


def test_an_identity_that_fails_stops_the_run():
    text = TEXT.format(sections=PLAIN + NORM) + '[[identity]]\nname = "twice"\nleft = "total(kostnad)"\nright = "1"\n'
    with pytest.raises(bench.SettlementError, match="twice"):
        bench.run(parse_model(text, "kjede.toml"), units(table()))
