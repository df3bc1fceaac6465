"""The wheel is whole: built here, unpacked into an empty folder and run from another one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent


def _bench(environment, folder, *arguments):
    code = "import sys; from bench.cli import main; main(sys.argv[1:], prog_name='bench')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
    )


def test_wheel_carries_models_data_guide_and_types(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for part in (
        "bench/_bundled/models/kristiansand.toml",
        "bench/_bundled/datasets/kristiansand/data.csv",
        "bench/_bundled/datasets/kristiansand/make_data.py",
        "bench/_bundled/datasets/sio/dataset.toml",
        "bench/guide/stykkpris.md",
        "bench/py.typed",
    ):
        assert part in names
    top = {name.split("/")[0] for name in names}
    assert top == {"bench", next(name for name in top if name.endswith(".dist-info"))}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_runs_from_an_empty_folder(installed, tmp_path):
    where = _bench(installed, tmp_path, "doctor")
    assert installed["WHEEL"] in where.stdout, where.stdout + where.stderr
    done = _bench(installed, tmp_path, "run", "kristiansand", "--out", "resultat")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "resultat" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"]["model"] == "kristiansand"


def test_editable_and_checkout_find_the_same_models(installed, tmp_path):
    here = {**os.environ, "PYTHONPATH": str(REPO)}
    listed = [_bench(environment, tmp_path, "models").stdout for environment in (installed, here)]
    assert listed[0] == listed[1] != ""


def test_first_call_of_an_installed_wheel_compiles_nothing(installed, tmp_path):
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np, bench\n"
        "from bench.lp import boundary\n"
        "assert boundary.SHIPPED.exists() and boundary.kernel()\n"
        "units = bench.Units.from_arrays(np.array([[2.0], [4.0]]), np.array([[1.0], [1.0]]))\n"
        "print(bench.dea(units, rts='crs').scores.round(9).tolist())\n"
    )
    empty = {**installed, "NUMBA_CACHE_DIR": str(tmp_path / "nothing")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=empty, check=False)
    assert done.stdout.strip() == "[1.0, 0.5]", done.stderr


def test_first_frontier_of_an_installed_wheel_compiles_nothing(installed, tmp_path):
    """Each family of compiled sums once; the second process finds what the first one kept."""
    code = (
        "from numba.core import dispatcher\n"
        "def refuse(self, *more): raise AssertionError(f'compiled {self.py_func.__name__}')\n"
        "dispatcher._FunctionCompiler.compile = refuse\n"
        "import numpy as np, pandas as pd, bench\n"
        "from bench.lp.proofs import enclosure\n"
        "assert enclosure.SHIPPED.exists() and enclosure._compiled_proof()\n"
        "rng = np.random.default_rng(1)\n"
        "x = rng.uniform(1, 9, (80, 1))\n"
        "effect = np.repeat(0.1 * rng.normal(size=20), 4)\n"
        "y = x[:, 0] ** 0.7 * np.exp(effect + 0.1 * rng.normal(size=80) - np.abs(0.3 * rng.normal(size=80)))\n"
        "frame = pd.DataFrame({'unit': np.repeat(np.arange(20), 4).astype(str), 'x': x[:, 0], 'y': y})\n"
        "frame['year'] = 2000 + np.arange(80) % 4\n"
        "units = bench.Units.from_frame(frame, id='unit', period='year', inputs=['x'], outputs=['y'])\n"
        "for options in ({}, {'distribution': 'exponential'}, {'distribution': 'weibull'},\n"
        "                {'panel': 'battese-coelli-1992'}, {'panel': 'true-random'}, {'panel': 'four-components'}):\n"
        "    print(repr(float(bench.sfa(units, form='cobb-douglas', **options).efficiency.sum())))\n"
    )
    empty = {**installed, "NUMBA_CACHE_DIR": str(tmp_path / "nothing")}
    command = [sys.executable, "-c", code]
    said = [
        subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=empty, check=False) for _ in range(2)
    ]
    assert [done.returncode for done in said] == [0, 0], said[0].stderr
    assert len(said[0].stdout.split()) == 6
    assert said[0].stdout == said[1].stdout
