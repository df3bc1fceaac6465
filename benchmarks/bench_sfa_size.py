"""How often the test of σu = 0 rejects where there is no inefficiency: 200 samples per structure at a nominal 5 %.

Nothing here is a test; a smaller version that fails for the same faults is in ``tests/stochastic``. Run

    python benchmarks/bench_sfa_size.py > benchmarks/sfa_size.md

The seeds of a sample are (structure, number), and no constant of the test was chosen with them.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from bench.errors import EstimationError
from bench.stochastic.frontier.inefficiency_test import inefficiency_test
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.likelihood.sfa_distributions import distribution

#: Name, panel structure, distribution, whether v, u and mu have a covariate, units and periods.
CASES = (
    ("half-normal", "", "half-normal", "", 100, 1),
    ("exponential", "", "exponential", "", 100, 1),
    ("covariate of v", "", "half-normal", "v", 100, 1),
    ("covariate of u", "", "half-normal", "u", 100, 1),
    ("truncated normal", "", "truncated-normal", "", 100, 1),
    ("covariate of mu", "", "truncated-normal", "m", 100, 1),
    ("gamma", "", "gamma", "", 100, 1),
    ("Pitt & Lee", "pitt-lee", "half-normal", "", 60, 5),
    ("Battese & Coelli 1992", "battese-coelli-1992", "half-normal", "", 60, 5),
    ("Kumbhakar 1990", "kumbhakar-1990", "half-normal", "", 40, 4),
    ("Lee & Schmidt", "lee-schmidt", "half-normal", "", 60, 4),
    ("true random effects", "true-random", "half-normal", "", 60, 5),
    ("true random effects, covariate of v", "true-random", "half-normal", "v", 60, 5),
    ("four components", "four-components", "half-normal", "", 60, 5),
    ("true fixed effects", "true-fixed", "half-normal", "", 30, 6),
)


def sample(case: int, number: int) -> Specification:
    """A sample without inefficiency; with random effects where the structure has them."""
    _, structure, law, covariate, units, periods = CASES[case]
    rng = np.random.default_rng([20261130, case, number])
    n = units * periods
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    z = rng.normal(size=(units, 1)).repeat(periods, axis=0) if covariate in "um" else rng.normal(size=(n, 1))
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    noise = 0.2 * np.exp(0.3 * z[:, 0]) if covariate == "v" else np.full(n, 0.2)
    y = x @ [1.0, 0.4, 0.3] + noise * rng.normal(size=n)
    if structure in ("true-random", "four-components", "true-fixed"):
        y = y + 0.3 * rng.normal(size=units)[unit]
    panel = {"structure": structure, "groups": unit, "times": year} if structure else {}
    given = {{"v": "v", "u": "u", "m": "mu"}[covariate]: z} if covariate else {}
    return Specification(y, x, "production", distribution(law), ("const", "x1", "x2"), **given, **panel)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--replicates", type=int, default=199, help="draws of a bootstrap; 39 give an exact 5 % too")
    parser.add_argument("--cases", type=int, nargs="*", default=range(len(CASES)))
    given = parser.parse_args()
    print("# Size of the test of no inefficiency\n")
    print(
        f"`python benchmarks/bench_sfa_size.py --samples {given.samples} --replicates {given.replicates}`; "
        "nominal 5 %, no inefficiency in the data.\n"
    )
    print("| model | units × periods | reference | rejections | failed | seconds a sample |")
    print("| --- | --- | --- | --- | --- | --- |")
    for case in given.cases:
        start, rejected, failed, reference = time.perf_counter(), 0, 0, "none positive"
        for number in range(given.samples):
            model = sample(case, number)
            try:
                found = inefficiency_test(model.fit(), model, seed=number, replicates=given.replicates)
            except EstimationError:
                failed += 1
                continue
            rejected += found.p_value <= 0.05
            if "solution" not in found.reference:
                reference = "bootstrap" if "bootstrap" in found.reference else "mixture"
        name, _, _, _, units, periods = CASES[case]
        seconds = (time.perf_counter() - start) / given.samples
        share = 100.0 * rejected / max(given.samples - failed, 1)
        print(f"| {name} | {units} × {periods} | {reference} | {share:.1f} % | {failed} | {seconds:.2f} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
