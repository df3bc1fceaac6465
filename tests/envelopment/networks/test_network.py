"""Networks: a published table, scipy's own solver on programs written from the papers, and special cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pulp_oracle import theta
from scipy.optimize import linprog

import bench
from bench.envelopment import dea, network, sbm, two_stage
from bench.envelopment.networks import graph
from bench.errors import DataError, OptionError

#: Kao & Hwang 2008, tables 2 and 5: 24 Taiwanese insurers. Operating and insurance expenses; direct premiums and
#: reinsurance; profit from underwriting and from investment; and the efficiency that is printed for the whole. All 144
#: numbers of the data equal the independent copy in a GAMS program of J. Xie (June 2017, two-stage process by MDT).
INSURERS = """
1178744 673512 7451757 856735 984143 681687 .699     1381822 1352755 10020274 1812894 1228502 834754 .625
1177494 592790 4776548 560244 293613 658428 .690     601320 594259 3174851 371863 248709 177331 .304
6699063 3531614 37392862 1753794 7851229 3925272 .767 2627707 668363 9747908 952326 1713598 415058 .390
1942833 1443100 10685457 643412 2239593 439039 .277  3789001 1873530 17267266 1134600 3899530 622868 .275
1567746 950432 11473162 546337 1043778 264098 .223   1303249 1298470 8210389 504528 1697941 554806 .466
1962448 672414 7222378 643178 1486014 18259 .164     2592790 650952 9434406 1118489 1574191 909295 .760
2609941 1368802 13921464 811343 3609236 223047 .208  1396002 988888 7396396 465509 1401200 332283 .289
2184944 651063 10422297 749893 3355197 555482 .614   1211716 415071 5606013 402881 854054 197947 .320
1453797 1085019 7695461 342489 3144484 371984 .360   757515 547997 3631484 995620 692731 163927 .259
159422 182338 1141950 483291 519121 46857 .411       145442 53518 316829 131920 355624 26537 .547
84171 26224 225888 40542 51950 6491 .201             15993 10502 52063 14574 82141 4181 .590
54693 28408 245910 49864 0.1 18980 .420              163297 235094 476419 644816 142370 16976 .135
"""
TWO = {"sell": {"inputs": ["x1", "x2"], "outputs": ["z1", "z2"]}, "earn": {"inputs": ["z1", "z2"],
                                                                         "outputs": ["y1", "y2"]}}  # fmt: skip
#: Three stages: the first makes two links, both are used with inputs from outside, and every stage sells something.
THREE = {
    "a": {"inputs": ["x1"], "outputs": ["z1", "z2", "y1"]},
    "b": {"inputs": ["z1", "x2"], "outputs": ["z3", "y2"]},
    "c": {"inputs": ["z2", "z3", "x3"], "outputs": ["y3"]},
}


def insurers() -> tuple[bench.Units, np.ndarray]:
    values = np.array(INSURERS.split(), dtype=float).reshape(24, 7)
    table = pd.DataFrame(values[:, :6], columns=["x1", "x2", "z1", "z2", "y1", "y2"])
    table["unit"] = [f"insurer {k + 1}" for k in range(24)]
    units = bench.Units.from_frame(table, id="unit", inputs=["x1", "x2"], outputs=["y1", "y2"], extra=["z1", "z2"])
    return units, values[:, 6]


def made_up(n: int = 8, seed: int = 0) -> bench.Units:
    rng = np.random.default_rng(seed)
    columns = ["x1", "x2", "x3", "z1", "z2", "z3", "y1", "y2", "y3"]
    table = pd.DataFrame(rng.uniform(1, 9, (n, 9)), columns=columns)
    table["unit"] = [f"u{k}" for k in range(n)]
    return bench.Units.from_frame(table, id="unit", inputs=columns[:3], outputs=columns[6:], extra=columns[3:6])


def test_the_printed_scores_of_kao_and_hwang() -> None:
    units, printed = insurers()
    found = network(units, stages=TWO, rts="crs")
    np.testing.assert_allclose(found.efficiency, printed, atol=5.1e-4)
    series = two_stage(units, intermediate=["z1", "z2"])
    np.testing.assert_allclose(found.efficiency, series.efficiency, rtol=1e-9)
    np.testing.assert_allclose(found["alone sell"], series["first_alone"], rtol=1e-9)
    np.testing.assert_allclose(found["alone earn"], series["second_alone"], rtol=1e-9)


def intensities(units: bench.Units, rts: str, stages: dict, links: str, exact: bool) -> tuple[list, list, list, list]:
    """Rows of three technologies written out by hand for scipy: A_ub, b_ub builders as functions of the unit."""
    names = list(stages)
    n = len(units)

    def row(stage: str, column: str, sign: float) -> np.ndarray:
        full = np.zeros((len(names), n))
        full[names.index(stage)] = sign * units.values((column,))[:, 0]
        return full.ravel()

    upper, equal = [], []
    maker = {c: s for s in names for c in stages[s]["outputs"]}
    user = {c: s for s in names for c in stages[s]["inputs"]}
    for column in maker.keys() & user.keys():
        if links == "free":
            between = row(user[column], column, 1.0) + row(maker[column], column, -1.0)
            (equal if exact else upper).append((between, lambda k: 0.0))
        else:
            own = lambda k, c=column: units.values((c,))[k, 0]  # noqa: E731
            less = lambda k, c=column: -units.values((c,))[k, 0]  # noqa: E731
            if exact:
                equal += [(row(maker[column], column, 1.0), own), (row(user[column], column, 1.0), own)]
            else:
                upper += [(row(maker[column], column, -1.0), less), (row(user[column], column, 1.0), own)]
    for place in range(len(names)):
        one = np.zeros((len(names), n))
        one[place] = 1.0
        if rts == "vrs":
            equal.append((one.ravel(), lambda k: 1.0))
        elif rts == "drs":
            upper.append((one.ravel(), lambda k: 1.0))
        elif rts == "irs":
            upper.append((-one.ravel(), lambda k: -1.0))
    inputs = [(row(s, c, 1.0), c) for s in names for c in stages[s]["inputs"] if c not in maker]
    outputs = [(row(s, c, -1.0), c) for s in names for c in stages[s]["outputs"] if c not in user]
    return upper, equal, inputs, outputs


def by_scipy(units: bench.Units, k: int, rts: str, stages: dict, links: str, measure: str, weights: list) -> float:
    """Färe & Grosskopf's program, or Tone & Tsutsui's, for one unit: input side."""
    upper, equal, inputs, outputs = intensities(units, rts, stages, links, measure == "sbm")
    value = lambda c: units.values((c,))[k, 0]  # noqa: E731
    rows, bounds = [a for a, _ in upper], [b(k) for _, b in upper]
    rows += [a for a, _ in outputs]
    bounds += [-value(c) for _, c in outputs]
    size = len(inputs[0][0])
    if measure == "radial":
        rows = [np.append(a, 0.0) for a in rows] + [np.append(a, -value(c)) for a, c in inputs]
        bounds += [0.0] * len(inputs)
        goal = np.append(np.zeros(size), 1.0)
        fixed = [np.append(a, 0.0) for a, _ in equal]
    else:
        rows += [a for a, _ in inputs]
        bounds += [value(c) for _, c in inputs]
        goal = np.zeros(size)
        per = {s: [c for c in part["inputs"] if c.startswith("x")] for s, part in stages.items()}
        whole = sum(w for w, s in zip(weights, stages, strict=True) if per[s])
        for w, s in zip(weights, stages, strict=True):
            for column in per[s]:
                goal += w / whole / len(per[s]) * next(a for a, c in inputs if c == column) / value(column)
        fixed = [a for a, _ in equal]
    done = linprog(goal, A_ub=rows, b_ub=bounds, A_eq=fixed or None, b_eq=[b(k) for _, b in equal] or None)
    assert done.status == 0
    return float(done.fun)


@pytest.mark.parametrize("links", ["free", "fixed"])
@pytest.mark.parametrize(("measure", "rts"), [("radial", "vrs"), ("radial", "crs"), ("sbm", "vrs"), ("sbm", "irs"),
                                              ("radial", "drs")])  # fmt: skip
def test_three_stages_are_scipys(measure: str, rts: str, links: str) -> None:
    units = made_up()
    weights = {"a": 0.2, "b": 0.5, "c": 0.3}
    more = {"stage_weights": weights} if measure == "sbm" else {}
    found = network(units, stages=THREE, rts=rts, measure=measure, links=links, **more)
    for k in range(len(units)):
        expected = by_scipy(units, k, rts, THREE, links, measure, [0.2, 0.5, 0.3])
        assert found.efficiency.iloc[k] == pytest.approx(expected, rel=1e-7)
    for stage, columns in THREE.items():
        X, Y = units.values(columns["inputs"]), units.values(columns["outputs"])
        assert found[f"alone {stage}"].iloc[3] == pytest.approx(theta(X, Y, rts, X[3], Y[3]), rel=1e-7)


def test_stages_of_a_slacks_based_score_lie_in_their_span_and_average_to_it() -> None:
    found = network(made_up(seed=2), stages=THREE, rts="vrs", measure="sbm").frame
    low, high = (found[[f"{end} {stage}" for stage in THREE]].to_numpy() for end in ("low", "high"))
    mean = found["efficiency"].to_numpy()
    np.testing.assert_allclose(low, high, rtol=1e-9)  # unique here
    np.testing.assert_allclose(low.mean(axis=1), mean, rtol=1e-8)


def test_where_a_split_is_open_its_whole_span_is_given() -> None:
    """U1 makes 1 and uses 3, U2 the reverse: C, who uses 4 and 4, saves half in all, anywhere from 1:3 to 3:1."""
    table = pd.DataFrame(
        {"unit": ["U1", "U2", "C"], "x1": [1.0, 3.0, 4.0], "x2": [3.0, 1.0, 4.0], "z1": [1.0, 3.0, 2.0]}
    )
    table["y1"] = 1.0
    units = bench.Units.from_frame(table, id="unit", inputs=["x1", "x2"], outputs=["y1"], extra=["z1"])
    stages = {"a": {"inputs": ["x1"], "outputs": ["z1"]}, "b": {"inputs": ["z1", "x2"], "outputs": ["y1"]}}
    row = network(units, stages=stages, rts="vrs", measure="sbm").frame.loc["C"]
    assert row["efficiency"] == pytest.approx(0.5)
    assert row[["low a", "high a", "low b", "high b"]].tolist() == pytest.approx([0.25, 0.75, 0.25, 0.75])


def test_stages_that_share_nothing_are_their_own_methods() -> None:
    """Side by side: the factor is that of the stage that can move least, and slacks are averaged."""
    units = made_up(seed=3)
    apart = units.select(inputs=["x1", "x2"], outputs=["y1", "y2"])
    stages = {"a": {"inputs": ["x1"], "outputs": ["y1"]}, "b": {"inputs": ["x2"], "outputs": ["y2"]}}
    parts = [units.select(inputs=[f"x{k}"], outputs=[f"y{k}"]) for k in (1, 2)]
    for side in ("input", "output"):
        found = network(apart, stages=stages, rts="vrs", orientation=side)
        single = [dea(part, rts="vrs", orientation=side).efficiency.to_numpy() for part in parts]
        # The common factor is held back by the stage that can move least.
        np.testing.assert_allclose(found.efficiency, np.maximum(*single), rtol=1e-9)
        np.testing.assert_allclose(found["alone a"], single[0], rtol=1e-9)
        slack = network(apart, stages=stages, rts="vrs", orientation=side, measure="sbm")
        each = [sbm(part, rts="vrs", orientation=side).efficiency.to_numpy() for part in parts]
        mean = np.mean(each, axis=0) if side == "input" else 1 / np.mean([1 / one for one in each], axis=0)
        np.testing.assert_allclose(slack.efficiency, mean, rtol=1e-8)
        np.testing.assert_allclose(slack["low b"], each[1], rtol=1e-8)


def test_one_stage_is_the_static_method() -> None:
    units = made_up(seed=4)
    whole = {"all": {"inputs": ["x1", "x2", "x3"], "outputs": ["y1", "y2", "y3"]}}
    for side in ("input", "output"):
        for measure, method in (("radial", dea), ("sbm", sbm)):
            found = network(units, stages=whole, rts="vrs", orientation=side, measure=measure)
            same = method(units, rts="vrs", orientation=side).efficiency
            np.testing.assert_allclose(found.efficiency, same, rtol=1e-8)


def test_inputs_that_stages_share_are_kaos_parallel_system() -> None:
    """Kao 2009: max u·Y with v·X = 1 over totals and u·y ≤ v·x in every part, at common prices; by scipy."""
    rng = np.random.default_rng(5)
    n = 9
    x, y = rng.uniform(1, 9, (n, 2, 2)), rng.uniform(1, 9, (n, 2))
    table = pd.DataFrame({"unit": [f"u{k}" for k in range(n)]})
    for p in range(2):
        table[f"cost {p}"], table[f"staff {p}"], table[f"made {p}"] = x[:, p, 0], x[:, p, 1], y[:, p]
    names = [f"{what} {p}" for p in range(2) for what in ("cost", "staff")]
    units = bench.Units.from_frame(table, id="unit", inputs=names, outputs=["made 0", "made 1"])
    stages = {f"part {p}": {"inputs": [f"cost {p}", f"staff {p}"], "outputs": [f"made {p}"]} for p in range(2)}
    shared = {what: [f"{what} 0", f"{what} 1"] for what in ("cost", "staff")}
    found = network(units, stages=stages, rts="crs", shared=shared)
    total = x.sum(axis=1)
    for k in range(n):
        # Columns: prices of the two inputs, of the two outputs.
        rows = [[*-x[j, p], *(y[j, p] * (np.arange(2) == p))] for j in range(n) for p in range(2)]
        done = linprog([0, 0, *-y[k]], A_ub=rows, b_ub=np.zeros(2 * n), A_eq=[[*total[k], 0, 0]], b_eq=[1])
        assert found.efficiency.iloc[k] == pytest.approx(-done.fun, rel=1e-7)
    # Freedom to move inputs finds more to save.
    assert (found.efficiency <= network(units, stages=stages, rts="crs").efficiency + 1e-9).all()


@pytest.mark.parametrize("kind", ["good", "bad"])
def test_good_and_bad_links_count_as_outputs_and_inputs(kind: str) -> None:
    """A link nobody can use otherwise: the first stage's score is the static one with the link on that side."""
    units = made_up(seed=6)
    stages = {"a": {"inputs": ["x1"], "outputs": ["z1", "y1"]}, "b": {"inputs": ["z1", "x2"], "outputs": ["y2"]}}
    part = units.select(inputs=["x1", "x2"], outputs=["y1", "y2"])
    side = "output" if kind == "good" else "input"
    found = network(part, stages=stages, rts="vrs", orientation=side, measure="sbm", links=kind)
    n = len(units)
    x1, x2, z, y1, y2 = (units.values((c,))[:, 0] for c in ("x1", "x2", "z1", "y1", "y2"))
    o = np.zeros(n)
    for k in range(n):
        equal = [np.r_[z, -z], np.r_[np.ones(n), o], np.r_[o, np.ones(n)]]
        rows = [np.r_[x1, o], np.r_[o, x2], np.r_[-y1, o], np.r_[o, -y2]]
        bound = [x1[k], x2[k], -y1[k], -y2[k]]
        if kind == "good":
            rows, bound = [*rows, np.r_[-z, o]], [*bound, -z[k]]
            goal = -0.5 * (0.5 * (np.r_[y1, o] / y1[k] + np.r_[z, o] / z[k]) + np.r_[o, y2] / y2[k])
        else:
            rows, bound = [*rows, np.r_[z, o]], [*bound, z[k]]
            goal = 0.5 * (0.5 * (np.r_[x1, o] / x1[k] + np.r_[z, o] / z[k]) + np.r_[o, x2] / x2[k])
        done = linprog(goal, A_ub=rows, b_ub=bound, A_eq=equal, b_eq=[0, 1, 1])
        assert found.efficiency.iloc[k] == pytest.approx(-1 / done.fun if kind == "good" else done.fun, rel=1e-7)


def test_zero_links_and_idle_stages_are_said() -> None:
    units = made_up(seed=7)
    frame = units.frame.copy()
    frame.loc[2, ["x2", "z1"]] = 0.0
    found = network(
        bench.Units.from_frame(frame, id="unit", inputs=["x1", "x2", "x3"], outputs=["y1", "y2", "y3"],
                               extra=["z1", "z2", "z3"]), stages=THREE, rts="vrs", measure="sbm",
    )  # fmt: skip
    assert np.isnan(found["alone b"].iloc[2])
    assert np.isnan(found["low b"].iloc[2])
    assert 0 < found.efficiency.iloc[2] <= 1
    assert [issue.unit for issue in found.issues] == ["u2"]


@pytest.mark.parametrize(
    ("stages", "options", "words"),
    [
        ({}, {}, "stages must be a mapping"),
        ({"a": {"inputs": ["x1"]}}, {}, "has inputs and outputs, and nothing else"),
        ({"a": {"inputs": "x1", "outputs": ["y1"]}}, {}, "must be a list"),
        ({"a": {"inputs": ["x9"], "outputs": ["y1"]}}, {}, "no column 'x9'; there are"),
        ({**THREE, "d": {"inputs": ["x1"], "outputs": ["y3"]}}, {}, "'x1' stands among the inputs of 'a' and of 'd'"),
        ({"a": {"inputs": ["x1"], "outputs": ["z1"]}}, {}, "'z1' leaves stage 'a' and no stage uses it"),
        ({"a": {"inputs": ["z1"], "outputs": ["y1"]}}, {}, "'z1' enters stage 'a' and no stage makes it"),
        ({"a": {"inputs": ["x1", "z1"], "outputs": ["z1"]}}, {}, "uses it itself"),
        ({"a": {"inputs": ["x1"], "outputs": ["y1"]}, "b": {"inputs": ["y1"], "outputs": ["y2"]}}, {}, "as extra"),
        ({"a": {"inputs": ["x1"], "outputs": ["y1"]}}, {}, "'x2' belongs to no stage"),
        (THREE, {"links": "loose"}, "free"),
        (THREE, {"links": {"z1": "free"}}, "say free, fixed, good or bad of z2, z3 too"),
        (THREE, {"links": {"z9": "free"}}, "passes between no stages"),
        (THREE, {"measure": "sbm", "shared": {"s": ["x1", "x2"]}}, "leave shared out"),
        (THREE, {"shared": {"s": ["x1"]}}, "at least two"),
        (THREE, {"shared": {"s": ["x1", "z1"]}}, "enters no stage from outside"),
        (THREE, {"stage_weights": {"a": 1, "b": 1, "c": 1}}, "belong to measure='sbm'"),
        (THREE, {"measure": "sbm", "stage_weights": {"a": 1}}, "every stage once: a, b, c"),
        (THREE, {"measure": "sbm", "stage_weights": {"a": 0, "b": 0, "c": 0}}, "not all zero"),
        (THREE, {"rts": "fdh"}, "rts of a network"),
    ],
)  # fmt: skip
def test_a_graph_that_is_none_is_refused(stages: dict, options: dict, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        network(made_up(), stages=stages, **{"rts": "vrs", **options})


def test_links_that_are_no_amounts_are_named() -> None:
    frame = made_up().frame.copy()
    frame.loc[1, "z2"] = -1.0
    roles = {"id": "unit", "inputs": ["x1", "x2", "x3"], "outputs": ["y1", "y2", "y3"], "extra": ["z1", "z2", "z3"]}
    with pytest.raises(DataError, match=r"'z2' unit 'u1'"):
        network(bench.Units.from_frame(frame, **roles), stages=THREE, rts="vrs")


def test_spans_are_the_same_whether_or_not_a_solution_is_seen_to_be_the_only_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Programs for the ends of every part, solved also where one optimum says it all."""
    units = made_up(seed=8)
    for side in ("input", "output"):
        options = {"stages": THREE, "rts": "vrs", "measure": "sbm", "orientation": side}
        quick = network(units, **options).frame
        with monkeypatch.context() as patched:
            patched.setattr(graph, "_alone", lambda rows, solution: False)
            patched.setattr(graph, "_NOTHING_TO_GAIN", -1.0)
            pd.testing.assert_frame_equal(network(units, **options).frame, quick, rtol=1e-9)


def test_a_unit_that_makes_something_from_nothing_is_named_as_the_reason() -> None:
    frame = made_up().frame.copy()
    frame.loc[2, ["x1", "x2", "x3"]] = 0.0
    roles = {"id": "unit", "inputs": ["x1", "x2", "x3"], "outputs": ["y1", "y2", "y3"], "extra": ["z1", "z2", "z3"]}
    units = bench.Units.from_frame(frame, accept=("no-input",), **roles)
    for measure in ("radial", "sbm"):
        with pytest.raises(DataError, match=r"makes something from nothing.*leave out units"):
            network(units, stages=THREE, rts="crs", orientation="output", measure=measure)
