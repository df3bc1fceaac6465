"""How often do conformal intervals of cost hold the cost of a new unit? Simulated units whose process is known.

    python benchmarks/bench_conformal.py > benchmarks/conformal.md

A sample of units, its interval for 50 further units of the same process, and the share of these whose cost lies
inside; the mean over samples, with its standard error. Nothing in the method was chosen with these designs or seeds.
``normal theory`` is the usual prediction interval of least squares on the same samples. A smaller version that fails
for the same faults is in ``tests/stochastic/afterwards/test_conformal_interval.py``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

import bench
from bench.errors import BenchError
from bench.stochastic import conformal_interval

LEVEL = 0.9
NEW = 50
DESIGNS = ("half-normal waste", "convex cost", "spread grows with size", "heavy tails", "one in ten costs double")
#: Searches and convex fits, which take their time, are tried up to so many units.
SMALL = 40
#: Regression, resampling, form; the translog has six coefficients.
WAYS = (
    ("least-squares", "jackknife+", "cobb-douglas"),
    ("least-squares", "jackknife+", "translog"),
    ("least-squares", "cv+", "cobb-douglas"),
    ("least-squares", "split", "cobb-douglas"),
    ("sfa", "cv+", "cobb-douglas"),
    ("sfa", "split", "cobb-douglas"),
    ("cnls", "cv+", ""),
    ("cnls", "split", ""),
)


def draw(design: int, n: int, rng: np.random.Generator) -> bench.Units:
    """Return n units of a design."""
    volume = np.exp(0.8 * rng.normal(size=(n, 2)))
    noise = rng.normal(size=n)
    level = 5.0 * volume[:, 0] ** 0.6 * volume[:, 1] ** 0.35
    if design == 0:
        error = 0.1 * noise + 0.3 * np.abs(rng.normal(size=n))
    elif design == 1:
        level = 3.0 * volume[:, 0] + volume[:, 1] ** 1.4
        error = 0.15 * noise
    elif design == 2:
        error = 0.15 * noise * np.sqrt(volume[:, 0])
    elif design == 3:
        error = 0.15 * rng.standard_t(3, size=n)
    else:
        error = 0.1 * noise + np.log(2.0) * (rng.uniform(size=n) < 0.1)
    return bench.Units.from_arrays(level * np.exp(error), volume)


@dataclass
class Share:
    """Shares of new units inside, one entry per sample."""

    every: list[float]
    largest: list[float]
    width: list[float]

    def row(self) -> str:
        """Cells of the table: coverage with its error, coverage of the largest quarter, median width."""
        every = np.array(self.every)
        error = every.std() / np.sqrt(len(every))
        return (
            f"{100 * every.mean():.1f} ± {100 * error:.1f} | {100 * np.mean(self.largest):.1f} | "
            f"{np.median(self.width):.2f}"
        )


def normal_theory(units: bench.Units, new: bench.Units) -> tuple[np.ndarray, np.ndarray]:
    """Prediction interval of least squares on logs with normal errors."""
    X, at = (np.column_stack([np.ones(len(one)), np.log(one.Y)]) for one in (units, new))
    y = np.log(units.X[:, 0])
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    free = len(y) - X.shape[1]
    spread = np.sqrt(np.sum((y - X @ beta) ** 2) / free)
    reach = np.einsum("ij,jk,ik->i", at, np.linalg.inv(X.T @ X), at)
    half = stdtrit(free, 0.5 + 0.5 * LEVEL) * spread * np.sqrt(1.0 + reach)
    return np.exp(at @ beta - half), np.exp(at @ beta + half)


def study(design: int, n: int, samples: int, way: tuple[str, str, str] | None) -> tuple[Share, int, float]:
    """Return coverage of a design, the samples that were refused, and what is guaranteed."""
    share, refused, promise = Share([], [], []), 0, float("nan")
    for number in range(samples):
        rng = np.random.default_rng([20261201, design, n, number])
        units, new = draw(design, n, rng), draw(design, NEW, rng)
        try:
            if way is None:
                low, high = normal_theory(units, new)
            else:
                more = {"form": way[2]} if way[2] else {}
                found = conformal_interval(
                    units, new=new, regression=way[0], resampling=way[1], level=LEVEL, seed=number, **more
                )
                low, high = found.frame["lower"].to_numpy(), found.frame["upper"].to_numpy()
                promise = found.guaranteed
        except BenchError:
            refused += 1
            continue
        cost = new.X[:, 0]
        inside = (cost >= low) & (cost <= high)
        large = new.Y[:, 0] >= np.quantile(new.Y[:, 0], 0.75)
        share.every.append(float(inside.mean()))
        share.largest.append(float(inside[large].mean()))
        share.width.append(float(np.median((high - low) / np.sqrt(high * low))))
    return share, refused, promise


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--sizes", type=int, nargs="*", default=[40, 100])
    parser.add_argument("--designs", type=int, nargs="*", default=range(len(DESIGNS)))
    parser.add_argument("--regressions", nargs="*", default=["least-squares", "sfa", "cnls"])
    given = parser.parse_args()
    print("# Coverage of conformal intervals of cost\n")
    print(
        f"`python benchmarks/bench_conformal.py --samples {given.samples}`; level {LEVEL:.0%}, {NEW} new units a "
        "sample, per cent.\n"
    )
    print("| design | units | interval | guaranteed | covered | largest quarter | median width | refused |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for design in given.designs:
        for n in given.sizes:
            for way in (*(one for one in WAYS if one[0] in given.regressions), None):
                if n > SMALL and way is not None and way[0] != "least-squares":
                    continue
                share, refused, promise = study(design, n, given.samples, way)
                name = "normal theory" if way is None else " ".join(part for part in way if part)
                least = "" if np.isnan(promise) else f"{100 * promise:.0f}"
                print(f"| {DESIGNS[design]} | {n} | {name} | {least} | {share.row()} | {refused} |")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
