"""Every measure on tables that span 1e-9 to 1e12, against a textbook simplex in fractions: right to a share of 1e-9.

The expected numbers are optima of the published programs, written here once more and solved without any rounding
(:mod:`lp.rational_simplex`); shares such as one over an input are fractions too. No score is taken for zero.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from lp.rational_simplex import largest, largest_step

import bench
import bench.envelopment as env
from bench.envelopment.multipliers.weight_restrictions import Bound, Ratio, Share
from bench.envelopment.networks.two_stage import two_stage_scores
from bench.errors import InfeasibleError

ONE, ZERO = Fraction(1), Fraction(0)
SCALE = {"crs": None, "vrs": "=", "drs": "<", "irs": ">"}
RTS = list(SCALE)


def table(rng, n=None):
    """Return inputs and outputs whose cells, or whose columns, span 21 powers of ten, or whose cells span six."""
    n, m, s = n or rng.integers(3, 6), rng.integers(1, 3), rng.integers(1, 3)
    kind = rng.integers(3)
    if kind == 0:
        return 10.0 ** rng.uniform(-9, 12, (n, m)), 10.0 ** rng.uniform(-9, 12, (n, s))
    if kind == 1:
        return tuple(np.exp(rng.normal(size=(n, k))) * 10.0 ** rng.uniform(-9, 12, k) for k in (m, s))
    return 10.0 ** rng.uniform(-3, 3, (n, m)), 10.0 ** rng.uniform(-3, 3, (n, s))


def fractions(values):
    return [[Fraction(float(value)) for value in row] for row in values]


def best(costs, rows, right, senses, most=True):
    """Return the optimum over x ≥ 0 of rows with senses ``<``, ``>`` and ``=``; ``None`` when there is none."""
    loose = [i for i, sense in enumerate(senses) if sense != "="]
    A = [
        [*row, *(Fraction((1 if senses[i] == "<" else -1) * (i == k)) for k in loose)]
        for i, row in enumerate(rows)
    ]  # fmt: skip
    sign = 1 if most else -1
    status, value = largest(A, right, [sign * Fraction(cost) for cost in costs] + [ZERO] * len(loose))
    return sign * value if status == "optimal" else None


def same(found, right):
    if right is None:
        return not np.isfinite(found)
    return np.isfinite(found) and abs(Fraction(float(found)) - right) <= abs(right) / 10**9


def dominating(X, Y, k, rts):
    """Return the rows of ``Xλ ≤ x, Yλ ≥ y`` and the scale's."""
    rows = [[x[i] for x in X] for i in range(len(X[0]))] + [[y[i] for y in Y] for i in range(len(Y[0]))]
    right, senses = [*X[k], *Y[k]], ["<"] * len(X[0]) + [">"] * len(Y[0])
    if SCALE[rts]:
        rows, right, senses = [*rows, [ONE] * len(X)], [*right, ONE], [*senses, SCALE[rts]]
    return rows, right, senses


def mean_share(values, own):
    return [sum((v / o for v, o in zip(row, own, strict=True)), ZERO) / len(own) for row in values]


def case(seed):
    rng = np.random.default_rng(seed)
    X, Y = table(rng)
    return rng, bench.Units.from_arrays(X, Y), fractions(X), fractions(Y), RTS[seed % 4], (X.tolist(), Y.tolist())


@pytest.mark.parametrize("seed", range(12))
def test_additive_and_slacks_based(seed):
    rng, units, X, Y, rts, what = case(seed)
    weights = 10.0 ** rng.uniform(-3, 3, units.X.shape[1] + units.Y.shape[1])
    weights /= np.concatenate([units.X.max(axis=0), units.Y.max(axis=0)])
    sums = env.additive(units, rts=rts, weights=weights)["inefficiency"].to_numpy()
    w = [Fraction(value) for value in weights.tolist()]
    found = {
        side: env.sbm(units, rts=rts, orientation=side).efficiency.to_numpy() for side in ("input", "output", "both")
    }
    for k in range(len(X)):
        rows, right, senses = dominating(X, Y, k, rts)
        worth = [
            sum((a * b for a, b in zip(w, [*(-v for v in x), *y], strict=True)), ZERO)
            for x, y in zip(X, Y, strict=True)
        ]
        value = best(worth, rows, right, senses)
        assert same(sums[k], None if value is None else value - worth[k]), (what, k)
        needed, made = mean_share(X, X[k]), mean_share(Y, Y[k])
        assert same(found["input"][k], best(needed, rows, right, senses, most=False)), (what, k)
        grown = best(made, rows, right, senses)
        assert same(found["output"][k], None if grown is None else 1 / grown), (what, k)
        homogeneous = [[*row, -value] for row, value in zip(rows, right, strict=True)]
        both = best(
            [*needed, ZERO], [*homogeneous, [*made, ZERO]], [ZERO] * len(rows) + [ONE], [*senses, "="], most=False
        )
        assert same(found["both"][k], both), (what, k)


@pytest.mark.parametrize("seed", range(12))
def test_super_efficiency_of_the_slacks_based_measure(seed):
    _, units, X, Y, rts, what = case(seed)
    found = env.sbm(units, rts=rts, super_efficiency=True).efficiency.to_numpy()
    m, s = len(X[0]), len(Y[0])
    for k in np.flatnonzero(env.sbm(units, rts=rts).efficiency.to_numpy() == 1.0):
        X_, Y_ = X[:k] + X[k + 1 :], Y[:k] + Y[k + 1 :]
        tail = lambda i, sign: [Fraction(sign * (i == j)) for j in range(m + s)]  # noqa: E731
        rows = [[x[i] for x in X_] + tail(i, -1) + [-X[k][i]] for i in range(m)]
        rows += [[y[i] for y in Y_] + tail(m + i, 1) + [-Y[k][i]] for i in range(s)]
        rows += [[ZERO] * len(X_) + tail(m + i, 1) + [-Y[k][i]] for i in range(s)]
        senses = ["<"] * m + [">"] * s + ["<"] * s
        if SCALE[rts]:
            rows, senses = [*rows, [ONE] * len(X_) + [ZERO] * (m + s) + [-ONE]], [*senses, SCALE[rts]]
        lost = [-1 / value / s for value in Y[k]]
        rows.append([ZERO] * (len(X_) + m) + lost + [ONE])
        added = [1 / value / m for value in X[k]]
        cost = [ZERO] * len(X_) + added + [ZERO] * s + [ONE]
        value = best(cost, rows, [ZERO] * (len(rows) - 1) + [ONE], [*senses, "="], most=False)
        assert same(found[k], value), (what, k)


@pytest.mark.parametrize("seed", range(12))
def test_directional_distances_are_right_to_a_share_of_themselves(seed):
    rng, units, _, _, rts, what = case(seed)
    both = np.hstack([units.X, units.Y])
    direction = both if seed % 2 else both.mean(axis=0) * 10.0 ** rng.uniform(-3, 3, both.shape[1])
    found = env.directional(units, rts=rts, direction=direction)["beta"].to_numpy()
    scale = [] if rts == "crs" else [np.full((len(both), 1), -1.0 if rts == "drs" else 1.0)]
    P = np.hstack([-units.X, units.Y, *scale])
    equality = [False] * both.shape[1] + [rts == "vrs"] * len(scale)
    for k in range(len(P)):
        g = [*np.broadcast_to(direction, both.shape)[k].tolist(), *[0.0] * len(scale)]
        assert same(found[k], largest_step(P.tolist(), P[k].tolist(), g, equality)[1]), (what, k)


@pytest.mark.parametrize("seed", range(8))
def test_cross_efficiency(seed):
    """The second goal among all best weights, own efficiency held as the fraction that it is."""
    _, units, X, Y, _, what = case(seed)
    goal = ("aggressive", "benevolent")[seed % 2]
    found = env.cross_efficiency(units, goal=goal).values
    n, m, s = len(X), len(X[0]), len(Y[0])
    planes = [[*(-v for v in x), *y] for x, y in zip(X, Y, strict=True)]
    for k in range(n):
        own = best([ZERO] * m + Y[k], [*planes, X[k] + [ZERO] * s], [ZERO] * n + [ONE], ["<"] * n + ["="])
        assert same(found.own[k], own), (what, k)
        x, y = (
            [sum((row[i] for j, row in enumerate(table) if j != k), ZERO) for i in range(len(table[0]))]
            for table in (X, Y)
        )
        kept = [*(-own * v for v in X[k]), *Y[k]]
        rows, right = [*planes, kept, x + [ZERO] * s], [ZERO] * (n + 1) + [ONE]
        value = best([ZERO] * m + y, rows, right, ["<"] * n + ["=", "="], most=goal == "benevolent")
        u, v = (fractions([weights[k]])[0] for weights in (found.u, found.v))
        made, used = (sum((a * b for a, b in zip(*pair, strict=True)), ZERO) for pair in ((u, y), (v, x)))
        assert same(float(made / used), value), (what, k)


@pytest.mark.parametrize("seed", range(8))
def test_two_stages(seed):
    rng, units, X, Y, _, what = case(seed)
    Z = 10.0 ** rng.uniform(-9, 12, (len(X), 1)) if seed % 2 else 10.0 ** rng.uniform(-2, 2, (len(X), 2))
    found = two_stage_scores(units.X, Z, units.Y)
    Z = fractions(Z)
    n, m, q, s = len(X), len(X[0]), len(Z[0]), len(Y[0])
    planes = [[*(-v for v in X[j]), *Z[j], *[ZERO] * s] for j in range(n)]
    planes += [[*[ZERO] * m, *(-v for v in Z[j]), *Y[j]] for j in range(n)]
    right, senses = [ZERO] * (2 * n), ["<"] * (2 * n)
    for k in range(n):
        rows = [*planes, X[k] + [ZERO] * (q + s)]
        whole = best([ZERO] * (m + q) + Y[k], rows, [*right, ONE], [*senses, "="])
        assert same(found.system[k], whole), (what, k)
        rows = [*rows, [ZERO] * (m + q) + Y[k]]
        for most, ends in ((True, found.first_high), (False, found.first_low)):
            value = best([ZERO] * m + Z[k] + [ZERO] * s, rows, [*right, ONE, whole], [*senses, "=", "="], most)
            assert same(ends[k], value), (what, k)


@pytest.mark.parametrize("seed", range(12))
def test_limits_on_weights(seed):
    rng = np.random.default_rng(seed)
    X, Y = 10.0 ** rng.uniform(-9, 12, (4, 2)), 10.0 ** rng.uniform(-9, 12, (4, 1))
    units, rts, side = bench.Units.from_arrays(X, Y), RTS[seed % 4], ("input", "output")[seed // 4 % 2]
    level = float(X[:, 1].mean() / X[:, 0].mean())
    kind = seed % 3
    limit = [
        Ratio("x1", "x2", level * 1e-2, level * 1e2),
        Share("x1", low=0.125),
        Bound("x1", low=1e-3 / X[:, 0].max()),
    ][kind]
    found = env.weight_restricted(units, restrictions=[limit], rts=rts, orientation=side)["score"].to_numpy()
    scale = {"crs": [], "vrs": [1, -1], "drs": [-1], "irs": [1]}[rts]
    XF, YF = fractions(X), fractions(Y)
    pad = [ZERO] * (1 + len(scale))
    for k in range(4):
        rows = [[*(-v for v in x), *y, *map(Fraction, scale)] for x, y in zip(XF, YF, strict=True)]
        right = [ZERO] * 4
        if kind == 0:
            rows += [[-ONE, Fraction(limit.low), *pad], [ONE, -Fraction(limit.high), *pad]]
        elif kind == 1:
            rows.append([XF[k][0] / 8 - XF[k][0], XF[k][1] / 8, *pad])
        else:
            rows.append([-ONE, ZERO, *pad])
        right += [ZERO] * (len(rows) - 4) if kind < 2 else [-Fraction(limit.low)]
        inputs, outputs = [*XF[k], *pad], [ZERO, ZERO, *YF[k], *map(Fraction, scale)]
        shift = [-value if at > 2 else value for at, value in enumerate(outputs)]
        if side == "input":
            value = best(outputs, [*rows, inputs], [*right, ONE], ["<"] * len(rows) + ["="])
        else:
            plain = [ZERO, ZERO, *YF[k], *[ZERO] * len(scale)]
            paid = [*XF[k], ZERO, *shift[3:]]
            value = best(paid, [*rows, plain], [*right, ONE], ["<"] * len(rows) + ["="], most=False)
        assert same(found[k], value), (X.tolist(), Y.tolist(), rts, side, limit, k)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("side", ["input", "output"])
def test_scale(seed, side):
    _, units, X, Y, _, what = case(seed)
    found = env.scale_efficiency(units, orientation=side)
    for k in range(len(X)):
        score = {}
        for rts in ("crs", "vrs"):
            rows, right, senses = dominating(X, Y, k, rts)
            moves = range(len(X[0])) if side == "input" else range(len(X[0]), len(X[0]) + len(Y[0]))
            rows = [[*row, -right[i] if i in moves else ZERO] for i, row in enumerate(rows)]
            right = [ZERO if i in moves else value for i, value in enumerate(right)]
            score[rts] = best([ZERO] * len(X) + [ONE], rows, right, senses, most=side == "output")
            assert same(found[rts].iloc[k], score[rts]), (what, k)
            if rts == "crs":
                face = [*rows, [ZERO] * len(X) + [ONE]], [*right, score["crs"]], [*senses, "="]
        share = score["crs"] / score["vrs"]
        assert same(found.efficiency.iloc[k], share if side == "input" else 1 / share), (what, k)
        for most, name in ((False, "size_low"), (True, "size_high")):
            assert same(found[name].iloc[k], best([ONE] * len(X) + [ZERO], *face, most)), (what, k)


@pytest.mark.parametrize("seed", range(8))
def test_graph_efficiency_is_the_root_of_the_radial_one_however_small(seed):
    _, units, X, Y, _, what = case(seed)
    found = env.graph_efficiency(units, rts="crs").efficiency.to_numpy()
    score = bench.dea(units, rts="crs", orientation="graph").scores
    for k in range(len(X)):
        rows, right, senses = dominating(X, Y, k, "crs")
        m = len(X[0])
        rows = [[*row, -right[i] if i < m else ZERO] for i, row in enumerate(rows)]
        radial = best([ZERO] * len(X) + [ONE], rows, [ZERO] * m + right[m:], senses, most=False)
        assert same(found[k] ** 2, radial), (what, k)
        assert same(score[k] ** 2, radial), (what, k)


@pytest.mark.parametrize("seed", range(12))
def test_whole_number_targets(seed):
    """One counted input: the least whole number of it that is enough, known from the radial score."""
    rng = np.random.default_rng(seed)
    X, Y = np.ceil(10.0 ** rng.uniform(0, 12, (4, 1))), 10.0 ** rng.uniform(-9, 12, (4, 2))
    found = env.integer_data(bench.Units.from_arrays(X, Y), whole=["x1"], rts="crs")["score"].to_numpy()
    XF, YF = fractions(X), fractions(Y)
    for k in range(4):
        rows, right, senses = dominating(XF, YF, k, "crs")
        least = best([x[0] for x in XF], rows, right, senses, most=False)
        assert same(found[k], Fraction(-(-least.numerator // least.denominator)) / XF[k][0]), (
            X.tolist(),
            Y.tolist(),
            k,
        )


@pytest.mark.parametrize("seed", range(8))
def test_slacks_based_measure_with_bad_outputs(seed):
    """The fraction over the scale t of Charnes & Cooper: what is in no measure is a multiple of t."""
    rng, units, X, Y, rts, what = case(seed)
    bad = 10.0 ** rng.uniform(-9, 12, (len(X), 1))
    weight = (1.0, 2.5)[seed % 2]
    whole = bench.Units.from_arrays(units.X, np.hstack([units.Y, bad]))
    found = env.sbm_undesirable(whole, bad=[whole.outputs[-1]], rts=rts, bad_weight=weight).efficiency.to_numpy()
    B, w = fractions(bad), Fraction(weight)
    for k in range(len(X)):
        used, s = [[*x, *b] for x, b in zip(X, B, strict=True)], len(Y[0])
        rows, right, senses = dominating(used, Y, k, rts)
        homogeneous = [[*row, -value] for row, value in zip(rows, right, strict=True)]
        q = s + w
        made = [
            (sum((y / o for y, o in zip(row, Y[k], strict=True)), ZERO) - w * b[0] / B[k][0]) / q
            for row, b in zip(Y, B, strict=True)
        ]
        costs = [*mean_share(X, X[k]), ZERO]
        norm = [*made, ONE - (s - w) / q]
        value = best(costs, [*homogeneous, norm], [ZERO] * len(rows) + [ONE], [*senses, "="], most=False)
        assert same(found[k], value), (what, k)


@pytest.mark.parametrize("seed", range(8))
def test_additive_super_efficiency(seed):
    rng, units, X, Y, rts, what = case(seed)
    weights = 10.0 ** rng.uniform(-3, 3, units.X.shape[1] + units.Y.shape[1])
    weights /= np.concatenate([units.X.max(axis=0), units.Y.max(axis=0)])
    lead = env.additive_super(units, rts=rts, weights=weights)["lead"].to_numpy()
    w = [Fraction(value) for value in weights.tolist()]
    m, s = len(X[0]), len(Y[0])
    for k in range(len(X)):
        X_, Y_ = X[:k] + X[k + 1 :], Y[:k] + Y[k + 1 :]
        tail = lambda i, sign: [Fraction(sign * (i == j)) for j in range(m + s)]  # noqa: E731
        rows = [[x[i] for x in X_] + tail(i, -1) for i in range(m)]
        rows += [[y[i] for y in Y_] + tail(m + i, 1) for i in range(s)]
        right, senses = [*X[k], *Y[k]], ["<"] * m + [">"] * s
        if SCALE[rts]:
            rows, right = [*rows, [ONE] * len(X_) + [ZERO] * (m + s)], [*right, ONE]
            senses = [*senses, SCALE[rts]]
        value = best([ZERO] * len(X_) + w, rows, right, senses, most=False)
        if value == 0:
            rows, right, senses = dominating(X, Y, k, rts)
            worth = [
                sum((a * b for a, b in zip(w, [*(-v for v in x), *y], strict=True)), ZERO)
                for x, y in zip(X, Y, strict=True)
            ]
            value = -(best(worth, rows, right, senses) - worth[k])
        assert same(lead[k], value), (what, k)


@pytest.mark.parametrize("seed", range(8))
def test_sums_of_units_at_their_own_size_or_larger(seed):
    """Each set of units that are used, one by one: intensities of one and more."""
    _, units, X, Y, _, what = case(seed)
    score = env.irs2(units)["score"].to_numpy()
    n, m, s = len(X), len(X[0]), len(Y[0])
    for k in range(n):
        values = []
        for size in range(1, n + 1):
            for chosen in itertools.combinations(range(n), size):
                fixed_x = [sum((X[j][i] for j in chosen), ZERO) for i in range(m)]
                fixed_y = [sum((Y[j][r] for j in chosen), ZERO) for r in range(s)]
                rows = [[X[j][i] for j in chosen] + [-X[k][i]] for i in range(m)]
                rows += [[Y[j][r] for j in chosen] + [ZERO] for r in range(s)]
                right = [-x for x in fixed_x] + [y - z for y, z in zip(Y[k], fixed_y, strict=True)]
                tried = best([ZERO] * size + [ONE], rows, right, ["<"] * m + [">"] * s, most=False)
                values += [] if tried is None else [tried]
        assert same(score[k], min(values)), (what, k)


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize("seed", range(8))
def test_measures_held_inside_bounds(seed, side):
    """Two inputs and two outputs, the second of each inside bounds; some bounds no combination can meet."""
    rng = np.random.default_rng([77, seed])
    n = rng.integers(3, 6)
    X, Y = (np.exp(rng.normal(size=(n, 2))) * 10.0 ** rng.uniform(-6, 6, 2) for _ in range(2))
    ends = [(v * rng.uniform(0.2, 1.0, n), v * rng.uniform(1.0, 1.5, n)) for v in (X[:, 1], Y[:, 1])]
    ends[0][0][0], ends[0][1][0] = (factor * X[:, 1].max() for factor in (2, 3))
    rts = RTS[seed % 4]
    units = bench.Units.from_arrays(X, Y)
    found = env.bounded(units, bounds={"x2": ends[0], "y2": ends[1]}, rts=rts, orientation=side)["score"]
    x, y = fractions(X), fractions(Y)
    for k in range(n):
        given = side == "input"
        rows = [[-x[k][0] if given else ZERO, *(one[0] for one in x)]]
        rows += [[ZERO if given else -y[k][0], *(one[0] for one in y)]]
        right, senses = [ZERO if given else x[k][0], y[k][0] if given else ZERO], ["<", ">"]
        for values, (low, high) in zip((x, y), ends, strict=True):
            row = [ZERO, *(one[1] for one in values)]
            rows, senses = [*rows, row, row], [*senses, ">", "<"]
            right += [Fraction(float(low[k])), Fraction(float(high[k]))]
        if SCALE[rts]:
            rows, right, senses = [*rows, [ZERO, *[ONE] * n]], [*right, ONE], [*senses, SCALE[rts]]
        exact = best([ONE, *[ZERO] * n], rows, right, senses, most=not given)
        assert same(found.iloc[k], exact), (k, rts, found.iloc[k], exact)


def test_what_extreme_numbers_do_not_allow_is_said_and_refuses_nobody_else():
    """A table on which no plane passes through one unit's peers, and common weights of 1e-6 leave a unit above one."""
    _, units, X, Y, _, what = case(0)
    found = env.scale_efficiency(units, elasticity=True)
    without = [issue.unit for issue in found.issues if issue.rule == "no-elasticity"]
    assert without == ["2"], what
    known = found["elasticity_low"].notna() & found["elasticity_high"].notna()
    assert known.sum() == len(X) - 1
    with pytest.raises(InfeasibleError, match="or give least=0"):
        env.common_weights(units)
    # The remedy: the best sum of shares at weights that may be zero.
    weights = env.common_weights(units, least=0.0).values
    m, s = len(X[0]), len(Y[0])
    planes = [[*(-v for v in x), *y] for x, y in zip(X, Y, strict=True)]
    norm = [sum((x[i] for x in X), ZERO) for i in range(m)] + [ZERO] * s
    size = [sum((y[r] for y in Y), ZERO) for r in range(s)]
    value = best([ZERO] * m + size, [*planes, norm], [ZERO] * len(X) + [ONE], ["<"] * len(X) + ["="])
    made = sum((Fraction(float(u)) * y for u, y in zip(weights.u, size, strict=True)), ZERO)
    assert same(float(made), value), what
