"""Optima in whole numbers, and every route of the LP core, against a textbook simplex in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from lp.rational_simplex import largest_step, largest_sum

import bench
from bench.errors import CertificateError
from bench.lp import backend as lp_backend
from bench.lp import maximise_ray, maximise_sum
from bench.lp.solvers.exact import Columns, Question, exact_row, maximise, whole_numbers, with_tail

STATUS = {0: "optimal", 1: "infeasible", 2: "unbounded"}
KINDS = ["wide", "zeros", "ties", "near ties", "wide columns"]


def table(rng, kind):
    """Return inputs and outputs of few units whose numbers span 1e-9 to 1e12, or differ in the last digit."""
    n, m, s = rng.integers(2, 8), rng.integers(1, 4), rng.integers(1, 4)
    shape_x, shape_y = (n, m), (n, s)
    if kind in ("wide", "zeros"):
        X, Y = 10.0 ** rng.uniform(-9, 12, shape_x), 10.0 ** rng.uniform(-9, 12, shape_y)
        if kind == "zeros":
            X, Y = X * (rng.random(shape_x) > 0.3), Y * (rng.random(shape_y) > 0.3)
        return X, Y
    if kind == "ties":
        values = 10.0 ** np.array([-9, -3, 0, 5, 12])
        return rng.choice(values, shape_x), rng.choice(values, shape_y)
    if kind == "near ties":
        next_to = [np.nextafter(1, 0), 1.0, np.nextafter(1, 2)]
        return (rng.integers(1, 4, shape) * rng.choice(next_to, shape) for shape in (shape_x, shape_y))
    return (np.exp(rng.normal(size=shape)) * 10.0 ** rng.uniform(-9, 12, shape[1]) for shape in (shape_x, shape_y))


def technology(X, Y, rts):
    scale = [] if rts == "crs" else [np.full((len(X), 1), -1.0 if rts == "drs" else 1.0)]
    P = np.hstack([-X, Y, *scale])
    equality = np.zeros(P.shape[1], dtype=bool)
    equality[-1] = rts == "vrs"
    return P, equality


def close(found, right):
    return abs(Fraction(float(found)) - right) <= abs(right) * Fraction(1, 10**9)


def check(rng, kind):
    X, Y = table(rng, kind)
    m = X.shape[1]
    rts, side = rng.choice(["crs", "vrs", "drs", "irs"]), rng.choice(["input", "output"])
    P, equality = technology(X, Y, rts)
    part = slice(0, m) if side == "input" else slice(m, m + Y.shape[1])
    g = np.zeros_like(P)
    g[:, part] = np.abs(P[:, part])
    exclude = np.arange(len(P)) if rng.random() < 0.3 else np.full(len(P), -1)
    found = maximise_ray(P, P, g, equality=equality, exclude=exclude)
    for unit in range(len(P)):
        status, beta = largest_step(P.tolist(), P[unit].tolist(), g[unit].tolist(), equality, int(exclude[unit]))
        if status == "infeasible":
            # Nothing reaches the point: it is let down by a hair, which is as far as rounding can have moved it.
            point = [v if e else v - abs(v) / 10**12 for v, e in zip(map(Fraction, P[unit]), equality, strict=True)]
            status, beta = largest_step(P.tolist(), point, g[unit].tolist(), equality, int(exclude[unit]))
        what = (kind, rts, side, unit, P.tolist())
        assert STATUS[found.status[unit]] == status, what
        if status != "optimal":
            continue
        score = 1 - beta if side == "input" else 1 + beta
        assert close(found.score(side)[unit], score), what
        prices = [Fraction(price) for price in found.dual[unit].tolist()]
        check_prices(P, unit, prices, equality, exclude[unit], what)
        worth = [q * Fraction(float(b)) for q, b in zip(prices, P[unit], strict=True)]
        # The prices' own value of the program, relative to what it is made of.
        assert abs(-sum(worth) - beta) <= Fraction(1, 10**9) * max(1, sum(map(abs, worth)), abs(beta)), what
    return int((found.route == 1).sum()), len(P)


def check_prices(P, unit, prices, equality, exclude, what):
    assert all(price >= -max(map(abs, prices)) / 10**9 for price, eq in zip(prices, equality, strict=True) if not eq)
    for j in range(len(P)):
        if j != exclude:
            terms = [q * Fraction(float(p)) for q, p in zip(prices, P[j], strict=True)]
            assert sum(terms) <= sum(map(abs, terms)) / 10**9, what


@pytest.mark.parametrize("kind", KINDS)
def test_scores_of_random_tables_are_those_in_fractions(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    counts = np.array([check(rng, kind) for _ in range(25)]).sum(axis=0)
    assert counts[1] > 80
    if kind == "wide":
        # The tables are hard enough to need whole numbers, and not all of them do.
        assert 0.1 * counts[1] < counts[0] < counts[1]


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_compiled_kernel_too(kind, monkeypatch):
    monkeypatch.setattr(lp_backend, "compiled_engine", lambda: None)
    rng = np.random.default_rng(100 + KINDS.index(kind))
    for _ in range(12):
        check(rng, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["cost", "revenue", "fractional"])
def test_sums_of_random_tables_are_those_in_fractions(kind, what):
    rng = np.random.default_rng(KINDS.index(kind) + 10)
    for _ in range(12):
        X, Y = table(rng, kind)
        n, m = X.shape
        P, equality = technology(X, Y, rng.choice(["crs", "vrs", "drs", "irs"]))
        d = P.shape[1]
        inputs = np.arange(d) < m
        outputs = (np.arange(d) >= m) & (np.arange(d) < m + Y.shape[1])
        weights, normal = np.zeros((n, d)), None
        kept = ~(outputs if what == "revenue" else inputs)
        weights[:, ~kept] = 10.0 ** rng.uniform(-3, 3, (n, int((~kept).sum())))
        if what == "fractional":
            weights, kept, normal = np.zeros((n, d)), np.ones(d, bool), np.zeros((n, d))
            weights[:, inputs], normal[:, outputs] = 1.0, 10.0 ** rng.uniform(-3, 3, (n, Y.shape[1]))
        points = np.zeros_like(P) if what == "fractional" else P
        fixed = equality & (what != "fractional")
        found = maximise_sum(P, points, weights, constrained=kept, equality=fixed, normal=normal)
        for unit in range(n):
            a = None if normal is None else normal[unit].tolist()
            status, value = largest_sum(P.tolist(), points[unit].tolist(), weights[unit].tolist(), kept, fixed, a)
            assert STATUS[found.status[unit]] == status
            if status == "optimal":
                assert close(found.value[unit], value)


def test_three_units_whose_scores_were_wrong_once():
    """One input, two outputs, constant returns: a score of 1e-34 is known to ten digits, and none is zero."""
    X = [[2.1e10], [0.033], [3.6e9], [3.4e-9], [7.1e-9]]
    Y = [[5.9e-7, 6.7e-6], [2.1e8, 5.3e5], [6.8e-4, 1.9e9], [2.6e6, 1.7e-3], [1.6e9, 2.8e11]]
    units = bench.Units.from_arrays(X, Y)
    result = bench.dea(units, rts="crs")
    P = np.hstack([-np.array(X), np.array(Y)])
    for unit in range(5):
        _, beta = largest_step(P.tolist(), P[unit].tolist(), [X[unit][0], 0.0, 0.0], [False] * 3)
        assert close(result.scores[unit], 1 - beta)
    # The unit with the largest ratio of both outputs is everybody's peer, so scores are ratios of ratios.
    best = max(Fraction(y[0]) / Fraction(x[0]) for x, y in zip(X, Y, strict=True))
    assert close(result.scores[1], Fraction(2.1e8) / Fraction(0.033) / best)
    assert result.certificate.in_whole_numbers >= 2
    assert result.certificate.worst <= 1e-9


@pytest.mark.parametrize("factor", [1e-290, 1e-140, 1e140, 1e290])
def test_measures_near_the_ends_of_the_doubles_change_nothing(factor):
    X, Y = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [3.0], [3.0]])
    P, equality = technology(X * factor, Y, "vrs")
    g = np.where(np.arange(3) < 1, np.abs(P), 0.0)
    np.testing.assert_allclose(maximise_ray(P, P, g, equality=equality).score("input"), [1, 1, 2 / 3], rtol=1e-15)


def test_an_answer_that_is_no_double_is_refused_by_name():
    with pytest.raises(CertificateError, match=r"Second.*other units"):
        maximise_ray([[-1e200, 1.0]], [[-1.0, 1.0], [-1.0, 1e300]], [1.0, 0.0], labels=["First", "Second"])


def test_the_exact_optimum_from_any_start():
    rng = np.random.default_rng(5)
    P = np.hstack([-rng.integers(1, 9, (60, 2)), rng.integers(1, 9, (60, 2)), np.ones((60, 1))]).astype(float)
    columns, equality = Columns(P), [False] * 4 + [True]
    for unit in range(0, 60, 7):
        question = Question(exact_row(P[unit]), exact_row(np.array([*-P[unit, :2], 0, 0, 0])), equality)
        right = largest_step(P.tolist(), P[unit].tolist(), [*(-P[unit, :2]).tolist(), 0, 0, 0], equality)[1]
        for start in ([], [unit], rng.integers(0, 60, 4).tolist(), [59, 59, -1]):
            found = maximise(columns, question, start)
            assert found.value == right
            assert sum(found.weights.values()) == 1
            assert all(weight > 0 for weight in found.weights.values())
            q = found.prices
            assert sum(a * b for a, b in zip(q, question.g, strict=True)) == 1
            assert -sum(a * b for a, b in zip(q, question.b, strict=True)) == right
            for p in P.tolist():
                assert sum(a * Fraction(b) for a, b in zip(q, p, strict=True)) <= 0


def test_programs_without_an_optimum_are_told_apart():
    columns = Columns(np.array([[-1.0, 1.0], [-2.0, 1.0]]))
    one, zero = Fraction(1), Fraction(0)
    assert maximise(columns, Question([-one, one], [zero, zero], [False, False])).status == "unbounded"
    assert maximise(columns, Question([-one, 2 * one], [zero, zero], [False, False])).status == "infeasible"
    assert maximise(columns, Question([-one, one], [zero, -one], [False, False])).status == "unbounded"
    assert maximise(columns, Question([one, one], [zero, one], [False, False])).status == "infeasible"
    extra = Question([-one, 3 * one], [one, zero], [False, False], extra=[-one, 4 * one])
    assert maximise(columns, extra).value == Fraction(1, 4)
    assert maximise(columns, extra).extra == Fraction(3, 4)
    alone = Question([-one, one], [one, zero], [False, False], exclude=0)
    assert maximise(columns, alone).value == -1


def test_whole_numbers_have_no_common_divisor():
    assert whole_numbers([Fraction(6), Fraction(-4)]) == ([3, -2], Fraction(2))
    assert whole_numbers([Fraction(0)]) == ([0], Fraction(1))
    assert with_tail(Fraction(10) ** 400) == (float("inf"), 0.0)
    assert with_tail(-(Fraction(10) ** 400))[0] == float("-inf")
    assert with_tail(Fraction(1, 3)) == (1 / 3, float(Fraction(1, 3) - Fraction(1 / 3)))
