"""Seconds from starting Python to the first DEA result: nothing compiled yet, then compiled and cached.

python benchmarks/bench_first_call.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

FIRST = """
import bench
units = bench.Units.from_arrays([[1.0, 2.0], [2.0, 1.0], [3.0, 3.0]], [[1.0], [1.0], [1.0]])
assert bench.dea(units, rts="vrs").certificate.worst < 1e-9
"""


def seconds(environment):
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", FIRST], check=True, env={**os.environ, **environment})
    return time.perf_counter() - before


def main():
    with tempfile.TemporaryDirectory() as empty:
        print(f"first process, nothing compiled: {seconds({'NUMBA_CACHE_DIR': empty}):.2f} s")
        print(f"later process, cached: {min(seconds({'NUMBA_CACHE_DIR': empty}) for _ in range(3)):.2f} s")


if __name__ == "__main__":
    main()
