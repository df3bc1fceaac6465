"""Nothing is written to the screen: not by importing, not by any route of the LP core."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ROUTES = {
    "import": "import bench.lp.highs, bench.lp.engine, bench.lp.lockstep, bench.lp.pulp_model, highspy",
    "kernel": "bench.dea(units, rts='vrs')",
    "whole numbers": "bench.dea(bench.Units.from_arrays([[1e12], [1e-9], [3.0]], [[1e-9], [1e12], [2.0]]), rts='crs')",
    "many sets": (
        "from bench.lp import maximise_ray_repeated; "
        "maximise_ray_repeated([[[-2.0, 1.0], [-3.0, 1.0]]], [[-4.0, 1.0]], [[4.0, 0.0]], [False, False])"
    ),
    "sums": "from bench.lp import maximise_sum; maximise_sum([[-2.0, 1.0]], [[0.0, 1.0]], [3.0, 0.0])",
    "general": (
        "from bench.lp.highs import solve; from bench.lp.program import Program; "
        "solve(Program.build(c=[1.0, 1.0], A=[[1.0, 2.0]], row_upper=[4.0], column_upper=3.0, maximise=True))"
    ),
    "infeasible": (
        "from bench.lp.highs import solve; from bench.lp.program import Program; "
        "solve(Program.build(c=[1.0], A=[[1.0]], row_lower=[4.0], column_upper=3.0), allow=('infeasible',))"
    ),
    "branch and bound": "bench.dea(units, rts='frh')",
    "without a compiler": (
        "from bench.lp import backend; backend.compiled_engine = lambda: None; bench.dea(units, rts='vrs')"
    ),
}


@pytest.mark.parametrize("route", list(ROUTES))
def test_nothing_is_printed(route):
    """Of the process itself, not of Python's own stream: solvers write past that."""
    script = (
        "import bench; units = bench.Units.from_arrays([[2.0], [4.0], [3.0]], [[1.0], [3.0], [1.0]]);" + ROUTES[route]
    )
    done = subprocess.run([sys.executable, "-c", script], env=dict(os.environ), capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
