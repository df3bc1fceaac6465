"""CPU seconds from starting Python to scores: nothing compiled yet, then compiled and kept, from arrays and a CSV.

python benchmarks/bench_first_call.py

Byte code is cached as an installation's is. CPU is counted, not time by the clock, so that a busy machine prints much
the same.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

ARRAYS = """
import numpy as np, bench
rng = np.random.default_rng(1)
units = bench.Units.from_arrays(rng.uniform(1, 10, (200, 2)), rng.uniform(1, 10, (200, 2)))
assert len(bench.dea(units, rts="vrs").scores) == 200
"""
FILE = """
import bench, sys
units = bench.read_units(sys.argv[1], id="unit", inputs=["a", "b"], outputs=["c", "d"])
assert len(bench.dea(units, rts="vrs").efficiency) == 200
"""


def seconds(code, environment, *arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    with tempfile.TemporaryDirectory() as empty:
        table = Path(empty) / "units.csv"
        rows = [f"u{k},{1 + k % 7},{2 + k % 11},{3 + k % 5},{1 + k % 3}" for k in range(200)]
        table.write_text("\n".join(["unit,a,b,c,d", *rows]), encoding="utf-8")
        kept = {"NUMBA_CACHE_DIR": str(Path(empty) / "code"), "PYTHONPYCACHEPREFIX": str(Path(empty) / "bytes")}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **kept, "PYTHONDONTWRITEBYTECODE": ""}
        print("| from start to 200 scores | CPU s |")
        print("| --- | --- |")
        print(f"| first process, nothing compiled | {seconds(ARRAYS, environment):.2f} |")
        print(f"| from arrays | {min(seconds(ARRAYS, environment) for _ in range(5)):.2f} |")
        seconds(FILE, environment, str(table))
        print(f"| from a CSV | {min(seconds(FILE, environment, str(table)) for _ in range(5)):.2f} |")


if __name__ == "__main__":
    main()
