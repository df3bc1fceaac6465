"""Speed of the DEA core beside scipy per unit and one warm HiGHS model, in one run on one core.

    python benchmarks/bench_dea.py --sizes 100,1000,10000 --shapes 3+3,5+5 --rts crs,vrs

Data are synthetic Cobb-Douglas with half-normal inefficiency. Times are processor seconds of this process (wall time
stands beside them), for the full answer: efficiency, peers, intensities, multipliers and certificate. The peers solve a
sample of the units, and the time per program is what is compared. Then the free disposal hull beside comparing unit by
unit, canonical multipliers with their ranges, and one worker beside two (wall time, and whether bytes are the same).
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import bench

ARRAYS = ("scores", "peer_rows", "intensities", "prices")


def cobb_douglas(n, inputs, outputs, rts, seed=0):
    rng = np.random.default_rng(seed)
    X = np.exp(rng.normal(0, 0.6, (n, inputs)))
    share = np.full(inputs, 1.0 / inputs) * (1.0 if rts == "crs" else 0.8)
    mix = np.exp(rng.normal(0, 0.5, (n, outputs)))
    mix /= np.linalg.norm(mix, axis=1, keepdims=True)
    level = np.exp(np.log(X) @ share - np.abs(rng.normal(0, 0.3, n)))
    return X, mix * level[:, None]


def timed(function):
    wall, cpu = time.perf_counter(), time.process_time()
    answer = function()
    return answer, time.process_time() - cpu, time.perf_counter() - wall


def with_scipy(X, Y, rts, rows):
    from scipy.optimize import linprog

    n, m = X.shape
    s = Y.shape[1]
    theta = []
    for o in rows:
        A = np.zeros((m + s, n + 1))
        A[:m, 0], A[:m, 1:], A[m:, 1:] = -X[o], X.T, -Y.T
        equal = {} if rts == "crs" else {"A_eq": np.append(0.0, np.ones(n))[None], "b_eq": [1.0]}
        cost = np.append(1.0, np.zeros(n))
        theta.append(linprog(cost, A, np.append(np.zeros(m), -Y[o]), bounds=(0, None), method="highs", **equal).fun)
    return np.array(theta)


def with_warm_highs(X, Y, rts, rows):
    """One model whose θ column and right-hand side change from unit to unit; the basis is kept."""
    import highspy

    n, m = X.shape
    s = Y.shape[1]
    height = m + s + (rts == "vrs")
    model = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1, "presolve": "off", "solver": "simplex"}.items():
        model.setOptionValue(name, value)
    parts = [-X, Y] + ([np.ones((n, 1))] if rts == "vrs" else [])
    body = np.hstack(parts)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n + 1, height
    lp.col_cost_ = np.append(1.0, np.zeros(n))
    lp.col_lower_, lp.col_upper_ = np.zeros(n + 1), np.full(n + 1, highspy.kHighsInf)
    lower, upper = np.zeros(height), np.full(height, highspy.kHighsInf)
    if rts == "vrs":
        lower[-1] = upper[-1] = 1.0
    lp.row_lower_, lp.row_upper_ = lower, upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.append(0, m + height * np.arange(n + 1)).astype(np.int32)
    lp.a_matrix_.index_ = np.append(np.arange(m), np.tile(np.arange(height), n)).astype(np.int32)
    lp.a_matrix_.value_ = np.append(X[0], body.ravel())
    model.passModel(lp)
    theta = []
    for o in rows:
        for i in range(m):
            model.changeCoeff(i, 0, float(X[o, i]))
        for r in range(s):
            model.changeRowBounds(m + r, float(Y[o, r]), highspy.kHighsInf)
        model.run()
        theta.append(model.getInfo().objective_function_value)
    return np.array(theta)


def unit_by_unit(X, Y, rows):
    """Free disposal hull, one unit at a time."""
    theta = []
    for o in rows:
        dominating = (Y[o] <= Y).all(axis=1) & (X / X[o] <= 1).all(axis=1)
        theta.append((X[dominating] / X[o]).max(axis=1).min())
    return np.array(theta)


def hull_lines(sizes, repeat):
    print("| FDH, 3+3 | cpu s | µs per unit | unit by unit |")
    print("| --- | --- | --- | --- |")
    for n in sizes:
        X, Y = cobb_douglas(n, 3, 3, "vrs")
        units = bench.Units.from_arrays(X, Y)
        result, cpu, _ = min((timed(lambda units=units: bench.dea(units, "fdh")) for _ in range(repeat)), key=second)
        rows = np.random.default_rng(1).choice(n, min(n, 1000), replace=False)
        theta, seconds, _ = timed(lambda X=X, Y=Y, rows=rows: unit_by_unit(X, Y, rows))
        assert np.abs(theta - result.scores[rows]).max() < 1e-12
        each, naive = cpu / n * 1e6, seconds / len(rows) * 1e6
        print(f"| {n} | {cpu:.4f} | {each:.1f} | {naive:.0f} µs, × {naive / each:.1f} |", flush=True)


def multiplier_lines(sizes):
    print("| multipliers, 3+3 vrs | canonical, cpu s | ranges besides, cpu s |")
    print("| --- | --- | --- |")
    for n in sizes:
        result = bench.dea(bench.Units.from_arrays(*cobb_douglas(n, 3, 3, "vrs")), "vrs")
        _, canonical, _ = timed(result.multipliers)
        _, ranges, _ = timed(lambda result=result: result.multipliers(ranges=True))
        print(f"| {n} | {canonical:.3f} | {ranges:.3f} |", flush=True)


def worker_lines(sizes, repeat):
    print("| workers, 3+3 vrs | one, wall s | two, wall s | ratio | same bytes |")
    print("| --- | --- | --- | --- | --- |")
    for n in sizes:
        units = bench.Units.from_arrays(*cobb_douglas(n, 3, 3, "vrs"))
        runs = {1: [], 2: []}
        for _ in range(repeat):
            for workers, kept in runs.items():
                kept.append(timed(lambda units=units, workers=workers: bench.dea(units, "vrs", workers=workers)))
        one, two = (min(kept, key=lambda run: run[2]) for kept in runs.values())
        same = all(getattr(one[0], name).tobytes() == getattr(two[0], name).tobytes() for name in ARRAYS)
        print(f"| {n} | {one[2]:.3f} | {two[2]:.3f} | {one[2] / two[2]:.2f} | {same} |", flush=True)


def whole(text):
    """Return the sizes in a list such as 1000,1e5."""
    return [int(float(size)) for size in text.split(",") if size]


def second(run):
    return run[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--shapes", default="3+3,5+5")
    parser.add_argument("--rts", default="crs,vrs")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", type=int, default=60, help="units the peers solve; 0 leaves them out")
    parser.add_argument("--peers-up-to", type=int, default=1000)
    parser.add_argument("--hull-sizes", default="1000,10000")
    parser.add_argument("--multiplier-sizes", default="1000")
    parser.add_argument("--worker-sizes", default="10000,100000")
    options = parser.parse_args()
    warm = bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]])
    _, _, first = timed(lambda: bench.dea(warm, "vrs"))
    print(f"first call (compilation or cache) {first:.2f} s wall")
    print("| shape | rts | units | cpu s | wall s | µs per LP | efficient | worst residual | scipy | warm HiGHS |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for shape in options.shapes.split(","):
        m, s = map(int, shape.split("+"))
        for rts in options.rts.split(","):
            taken = []
            for n in whole(options.sizes):
                row = measure(n, m, s, rts, options)
                taken.append((n, row["cpu"]))
                print(row["line"], flush=True)
            wide = [(n, cpu) for n, cpu in taken if n >= 1000]
            if len(wide) > 1:
                (n0, t0), (n1, t1) = wide[0], wide[-1]
                print(f"{shape} {rts}: time grows like n^{np.log(t1 / t0) / np.log(n1 / n0):.2f} from {n0} to {n1}")
    hull_lines(whole(options.hull_sizes), options.repeat)
    multiplier_lines(whole(options.multiplier_sizes))
    worker_lines(whole(options.worker_sizes), options.repeat)


def measure(n, m, s, rts, options):
    X, Y = cobb_douglas(n, m, s, rts)
    units = bench.Units.from_arrays(X, Y)
    best = (None, np.inf, np.inf)
    for _ in range(options.repeat if n <= 10_000 else 1):
        attempt = timed(lambda: bench.dea(units, rts, workers=options.workers))
        if attempt[1] < best[1]:
            best = attempt
    result, cpu, wall = best
    peers = ["", ""]
    if options.peers and n <= options.peers_up_to:
        rows = np.random.default_rng(1).choice(n, min(n, options.peers), replace=False)
        for place, route in enumerate((with_scipy, with_warm_highs)):
            theta, seconds, _ = timed(lambda route=route, rows=rows: route(X, Y, rts, rows))
            assert np.abs(theta - result.scores[rows]).max() < 1e-6
            per_program = seconds / len(rows) * 1e6
            peers[place] = f"{per_program:.0f} µs, × {per_program / (cpu / n * 1e6):.0f}"
    share = result.efficient.mean()
    line = (
        f"| {m}+{s} | {rts} | {n} | {cpu:.4f} | {wall:.4f} | {cpu / n * 1e6:.1f} | {share:.1%} "
        f"| {result.certificate.worst:.1e} | {peers[0]} | {peers[1]} |"
    )
    return {"cpu": cpu, "line": line}


if __name__ == "__main__":
    main()
