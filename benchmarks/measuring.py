"""Time, memory and agreement of one phase."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.workloads import Phase

_TIMES = 3


@dataclass(frozen=True)
class Measured:
    """What one phase took.

    Attributes
    ----------
    seconds : float
        Processor time.
    peak : int
        Bytes held at most.
    ratios : dict of str to float
        Time per operation of other routes as a multiple of ours.
    apart : float
        Largest relative difference of numbers from those of the other routes; zero without any.
    agrees : bool
        Whether that is no more than the phase allows.
    """

    workload: str
    size: int
    phase: str
    operations: int
    seconds: float
    peak: int
    ratios: dict[str, float]
    apart: float
    agrees: bool

    @property
    def key(self) -> str:
        """Name of the phase in the kept table."""
        return f"{self.workload} {self.size} {self.phase}"

    def line(self) -> str:
        """Return what is printed."""
        each = 1e6 * self.seconds / self.operations
        others = ", ".join(f"{name} × {ratio:.1f}" for name, ratio in self.ratios.items())
        said = [f"{self.seconds:.3f} s", f"{each:.2f} µs each", f"{self.peak / 1e6:.1f} MB"]
        return f"{self.key}: {', '.join(said)}; {others}; apart {self.apart:.0e}"

    def row(self) -> str:
        """Return the row of the kept table."""
        each = 1e6 * self.seconds / self.operations
        naive = f"{self.ratios['naive']:.1f}" if "naive" in self.ratios else ""
        others = ", ".join(f"{name} {ratio:.1f}" for name, ratio in self.ratios.items() if name != "naive")
        cells = [self.workload, f"{self.size:,}", self.phase, f"{self.seconds:.3f}", f"{each:.2f}"]
        return "| " + " | ".join([*cells, f"{self.peak / 1e6:.1f}", naive, others]) + " |"


def measure(workload: str, size: int, phase: Phase, *, once: bool = False) -> Measured:
    """Time a phase and what it is compared with; ``once`` is enough when only answers count."""
    times = 1 if once else _TIMES
    seconds, numbers = _timed(phase.work, times)
    each, ratios, apart = seconds / phase.operations, {}, 0.0
    for name, (route, count) in phase.routes.items():
        other, theirs = _timed(route, times)
        ratios[name] = other / count / each
        mine, theirs = np.asarray(numbers, dtype=float), np.asarray(theirs, dtype=float)
        mine = mine[: len(theirs)]
        apart = max(apart, float(np.abs(mine - theirs).max() / np.abs(theirs).max()))
    tracemalloc.start()
    phase.work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Measured(workload, size, phase.name, phase.operations, seconds, peak, ratios, apart, apart <= phase.near)


def _timed(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Return the least processor time of some calls, and what the last returned; the first call is not counted."""
    answer = work() if times > 1 else None
    best = float("inf")
    for _ in range(times):
        before = time.process_time()
        answer = work()
        best = min(best, time.process_time() - before)
    return max(best, 1e-9), answer
