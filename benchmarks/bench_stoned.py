"""Speed of StoNED beside a naive route: one quadratic program with all n² inequalities, through HiGHS.

    python benchmarks/bench_stoned.py [units …]

The naive route runs up to ``NAIVE`` units; at 60 it already takes minutes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from stochastic.naive_cnls import quadratic_program

from bench.stochastic.convex.stoned import stoned_arrays

NAIVE = 40


def sample(n: int, d: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(1.0, 10.0, (n, d))
    core = np.prod(x ** (0.8 / d), axis=1)
    return core * np.exp(0.1 * rng.normal(size=n) - np.abs(0.2 * rng.normal(size=n))), x


def compare(y: np.ndarray, x: np.ndarray, mine: float) -> tuple[str, str]:
    """Seconds of the naive route and the relative difference in loss, or how it ended."""
    start = time.perf_counter()
    try:
        _, _, loss = quadratic_program(y, x, np.zeros((len(y), 0)), "vrs", "production")
    except AssertionError as failure:
        return f"{time.perf_counter() - start:.2f}", str(failure).rsplit(".k", 1)[-1]
    return f"{time.perf_counter() - start:.2f}", f"{(mine - loss) / loss:+.1e}"


def main(sizes: list[int]) -> None:
    y, x = sample(150)
    stoned_arrays(y, x, rts="vrs")  # compiles, once per machine
    head = ("units", "error", "seconds", "cpu s", "rounds", "steps", "certificate", "naive QP", "difference")
    print("{:>6} {:>15} {:>8} {:>8} {:>6} {:>5} {:>11} {:>9} {:>10}".format(*head))
    for n in sizes:
        y, x = sample(n)
        for error in ("additive", "multiplicative"):
            start, processor = time.perf_counter(), time.process_time()
            fit = stoned_arrays(y, x, rts="vrs", error=error)
            fit.to_frame()
            seconds, processor = time.perf_counter() - start, time.process_time() - processor
            naive = difference = ""
            if n <= NAIVE and error == "additive":
                naive, difference = compare(y, x, 0.5 * float(np.sum(fit.mean.frontier.residual**2)))
            frontier = fit.mean.frontier
            print(
                f"{n:6d} {error:>15} {seconds:8.2f} {processor:8.2f} {frontier.rounds:6d} {frontier.steps:5d} "
                f"{frontier.certificate.worst:11.1e} {naive:>9} {difference:>10}",
                flush=True,
            )


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [20, 30, 40, 100, 250, 500])
