"""Envelopment programs written out one by one in PuLP, straight from the papers: the tests' independent route."""

from __future__ import annotations

import numpy as np
import pulp

from bench.errors import SolverError
from bench.lp.solvers.pulp_model import solve_status


class Model:
    """One program: intensities with returns to scale, and whatever a test adds."""

    def __init__(self, X, Y, rts, *, maximise, skip=None):
        self.X, self.Y = np.asarray(X, float), np.asarray(Y, float)
        self.problem = pulp.LpProblem("p", pulp.LpMaximize if maximise else pulp.LpMinimize)
        kind = pulp.LpInteger if rts in ("add", "frh") else pulp.LpContinuous
        self.lam = [
            self.problem.add_variable(f"l{j}", 0, 0 if j == skip else None, pulp.LpBinary if rts == "fdh" else kind)
            if not (rts == "fdh" and j == skip)
            else self.problem.add_variable(f"l{j}", 0, 0)
            for j in range(len(self.X))
        ]
        total = pulp.lpSum(self.lam)
        if rts in ("vrs", "fdh"):
            self.problem += total == 1
        if rts == "drs":
            self.problem += total <= 1
        if rts == "irs":
            self.problem += total >= 1

    def var(self, name, low=None, high=None):
        return self.problem.add_variable(name, low, high)

    def input(self, i):
        return pulp.lpSum(float(x) * v for x, v in zip(self.X[:, i], self.lam, strict=True))

    def output(self, r):
        return pulp.lpSum(float(y) * v for y, v in zip(self.Y[:, r], self.lam, strict=True))

    def add(self, constraint):
        self.problem += constraint

    def solve(self, objective):
        """Return the optimum, or None where there is none."""
        self.problem.setObjective(objective)
        status = self.problem.solve(
            pulp.HiGHS(
                msg=False,
                parallel="off",
                gapRel=0.0,
                gapAbs=0.0,
                primal_feasibility_tolerance=1e-10,
                dual_feasibility_tolerance=1e-10,
                mip_feasibility_tolerance=1e-10,
            )
        )
        try:
            found = solve_status(status)
        except SolverError:
            return None
        return float(pulp.value(objective)) if found == "optimal" else None


def ray(X, Y, rts, x, y, gx, gy, skip=None):
    """max β: inputs x − βgx and outputs y + βgy are possible."""
    model = Model(X, Y, rts, maximise=True, skip=skip)
    beta = model.var("beta")
    for i in range(len(x)):
        model.add(model.input(i) <= float(x[i]) - float(gx[i]) * beta)
    for r in range(len(y)):
        model.add(model.output(r) >= float(y[r]) + float(gy[r]) * beta)
    return model.solve(1.0 * beta)


def theta(X, Y, rts, x, y, skip=None):
    """Farrell's input efficiency."""
    beta = ray(X, Y, rts, x, y, x, 0 * np.asarray(y), skip)
    return None if beta is None else 1 - beta


def phi(X, Y, rts, x, y, skip=None):
    """Farrell's output efficiency."""
    beta = ray(X, Y, rts, x, y, 0 * np.asarray(x), y, skip)
    return None if beta is None else 1 + beta


def slack_sum(X, Y, rts, x, y, wx, wy):
    """Largest weighted sum of slacks."""
    model = Model(X, Y, rts, maximise=True)
    objective = []
    for i in range(len(x)):
        slack = model.var(f"sx{i}", 0)
        model.add(model.input(i) + slack == float(x[i]))
        objective.append(float(wx[i]) * slack)
    for r in range(len(y)):
        slack = model.var(f"sy{r}", 0)
        model.add(model.output(r) - slack == float(y[r]))
        objective.append(float(wy[r]) * slack)
    return model.solve(pulp.lpSum(objective))


def data(seed, n=12, m=3, s=2):
    """Random positive data without special structure."""
    rng = np.random.default_rng(seed)
    return rng.uniform(1, 10, (n, m)), rng.uniform(1, 10, (n, s))
