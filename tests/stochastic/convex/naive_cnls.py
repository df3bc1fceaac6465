"""Independent routes to the nonparametric fits: every inequality written out, general solvers."""

from __future__ import annotations

import highspy
import numpy as np
from scipy.optimize import linprog, minimize


def inequalities(x, rts, kind, monotone=True):
    """Rows A v ≥ 0 over v = (φ, β): Afriat's n(n − 1) pairs, slopes and intercepts; with equalities for crs."""
    n, d = x.shape
    s = 1.0 if kind == "production" else -1.0
    rows, equal = [], []
    for i in range(n):
        for j in range(n):
            if i != j:
                row = np.zeros(n + n * d)
                row[i], row[j] = s, -s
                row[n + i * d : n + (i + 1) * d] = s * (x[j] - x[i])
                rows.append(row)
        alpha = np.zeros(n + n * d)
        alpha[i] = 1.0
        alpha[n + i * d : n + (i + 1) * d] = -x[i]
        if rts == "drs":
            rows.append(s * alpha)
        if rts == "irs":
            rows.append(-s * alpha)
        if rts == "crs":
            equal.append(alpha)
        if monotone:
            for k in range(d):
                row = np.zeros(n + n * d)
                row[n + i * d + k] = 1.0
                rows.append(row)
    return np.array(rows), np.array(equal).reshape(-1, n + n * d)


def quadratic_program(y, x, z, rts, kind):
    """Additive CNLS as one quadratic program through HiGHS: φ (n,), δ (p,), half the sum of squares."""
    n, d = x.shape
    size = y.std()
    y = y / size
    x = x / x.std(axis=0)
    p = z.shape[1]
    rows, equal = inequalities(x, rts, kind)
    total = n + n * d + p
    matrix = np.zeros((len(rows) + len(equal), total))
    matrix[:, : n + n * d] = np.vstack([rows, equal])
    lower = np.zeros(len(matrix))
    upper = np.r_[np.full(len(rows), highspy.kHighsInf), np.zeros(len(equal))]
    design = np.zeros((n, total))
    design[:, :n] = np.eye(n)
    design[:, n + n * d :] = z
    hessian = design.T @ design
    linear = -design.T @ y
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("time_limit", 60.0)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = total, len(matrix)
    lp.col_cost_ = linear
    lp.col_lower_, lp.col_upper_ = np.full(total, -highspy.kHighsInf), np.full(total, highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = lower, upper
    start, index, value = [0], [], []
    for row in matrix:
        places = np.flatnonzero(row)
        index += places.tolist()
        value += row[places].tolist()
        start.append(len(index))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = start, index, value
    quadratic = highspy.HighsHessian()
    quadratic.dim_ = total
    quadratic.format_ = highspy.HessianFormat.kTriangular
    start, index, value = [0], [], []
    for column in range(total):
        places = [r for r in range(column, total) if hessian[r, column] != 0.0]
        index += places
        value += [hessian[r, column] for r in places]
        start.append(len(index))
    quadratic.start_, quadratic.index_, quadratic.value_ = start, index, value
    problem = highspy.HighsModel()
    problem.lp_, problem.hessian_ = lp, quadratic
    model.passModel(problem)
    model.run()
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal, model.getModelStatus()
    v = np.array(model.getSolution().col_value)
    residual = y - design @ v
    return size * v[:n], size * v[n + n * d :], 0.5 * size**2 * float(residual @ residual)


def log_program(y, x, z, rts, kind, start):
    """Multiplicative CNLS by scipy's SLSQP from a feasible start v = (φ, β, δ)."""
    n, d = x.shape
    rows, equal = inequalities(x, rts, kind)
    rows = np.hstack([rows, np.zeros((len(rows), z.shape[1]))])
    equal = np.hstack([equal, np.zeros((len(equal), z.shape[1]))])
    constraints = [{"type": "ineq", "fun": lambda v: rows @ v, "jac": lambda v: rows}]
    if len(equal):
        constraints.append({"type": "eq", "fun": lambda v: equal @ v, "jac": lambda v: equal})

    def loss(v):
        r = np.log(y) - np.log(np.maximum(v[:n], 1e-9)) - z @ v[n + n * d :]
        gradient = np.zeros_like(v)
        gradient[:n] = -r / np.maximum(v[:n], 1e-9)
        gradient[n + n * d :] = -(z.T @ r)
        return 0.5 * float(r @ r), gradient

    options = {"maxiter": 500, "ftol": 1e-12}
    found = minimize(loss, start, jac=True, method="SLSQP", constraints=constraints, options=options)
    return found.x[:n], found.fun


def quantile_program(y, x, z, tau, rts, kind):
    """Convex quantile regression as one linear program: minimum of the check loss."""
    n, d = x.shape
    p = z.shape[1]
    rows, equal = inequalities(x, rts, kind)
    width = n + n * d + p
    cost = np.r_[np.zeros(width), np.full(n, tau), np.full(n, 1.0 - tau)]
    link = np.hstack([np.eye(n), np.zeros((n, n * d)), z, np.eye(n), -np.eye(n)])
    upper = np.hstack([-rows, np.zeros((len(rows), p + 2 * n))])
    level = np.hstack([equal, np.zeros((len(equal), p + 2 * n))])
    answer = linprog(
        cost, A_ub=upper, b_ub=np.zeros(len(rows)), A_eq=np.vstack([link, level]), b_eq=np.r_[y, np.zeros(len(equal))],
        bounds=[(None, None)] * width + [(0, None)] * (2 * n),
    )  # fmt: skip
    return answer.fun
