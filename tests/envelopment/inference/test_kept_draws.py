"""Draws that outlive their process: killed in mid-run, cut off, damaged or of another job, the bytes are the same.

The truth is the same call without a folder, in one go.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import bench
from bench.cli import main
from bench.envelopment import bootstrap_efficiency, heterogeneous_bootstrap, kept_draws, subsampling_efficiency
from bench.errors import ResourceError

RNG = np.random.default_rng(5)
UNITS = bench.Units.from_arrays(RNG.uniform(1, 2, (30, 1)), RNG.uniform(1, 2, (30, 2)))


def _found(units=UNITS, seed=3, workers=1, **options):
    return bootstrap_efficiency(
        units, rts="vrs", seed=seed, replicates=200, workers=workers, **options
    ).values.replicates


def _counted(folder, **options):
    """Return the replicates and how many blocks of 48 were drawn beside the first."""
    told = []
    with kept_draws(folder, progress=lambda *step: told.append(step)):
        found = _found(**options)
    return found, len(told)


def test_kept_draws_are_taken_and_are_the_same_bytes(tmp_path):
    whole = _found()
    first, drawn = _counted(tmp_path)
    again, left = _counted(tmp_path)
    threads, none = _counted(tmp_path, workers=2)
    assert (drawn, left, none) == (4, 0, 0)  # 200 replicates are five blocks, the first of which is always drawn
    assert whole.tobytes() == first.tobytes() == again.tobytes() == threads.tobytes()


def test_threads_write_what_one_process_reads(tmp_path):
    assert _counted(tmp_path, workers=2)[0].tobytes() == _counted(tmp_path)[0].tobytes() == _found().tobytes()


@pytest.mark.parametrize("other", [{"seed": 4}, {"convention": "nve"}, {"bandwidth": 0.2}, {"units": "moved"}])
def test_another_job_takes_nothing(tmp_path, other):
    _counted(tmp_path)
    if "units" in other:
        X = UNITS.X.copy()
        X[7, 0] *= 1.0 + 1e-12
        other = {"units": bench.Units.from_arrays(X, UNITS.Y)}
    found, drawn = _counted(tmp_path, **other)
    assert drawn == 4
    assert found.tobytes() == _found(**other).tobytes()


@pytest.mark.parametrize("harm", ["cut", "one byte", "only the head", "empty"])
def test_what_is_damaged_is_drawn_again(tmp_path, harm):
    whole = _counted(tmp_path)[0]
    (path,) = tmp_path.glob("*.draws")
    data = bytearray(path.read_bytes())
    if harm == "one byte":
        data[len(data) // 2] ^= 1
    kept = {"cut": len(data) - 100, "one byte": len(data), "only the head": 10, "empty": 0}[harm]
    path.write_bytes(data[:kept])
    found, drawn = _counted(tmp_path)
    assert drawn == {"cut": 1, "one byte": 3, "only the head": 4, "empty": 4}[harm]
    assert found.tobytes() == whole.tobytes()
    assert _counted(tmp_path)[1] == 0  # and it is whole again


def test_what_is_no_file_of_draws_is_left_alone(tmp_path):
    _counted(tmp_path)
    (path,) = tmp_path.glob("*.draws")
    path.write_bytes(b"minutes of a meeting")
    with pytest.raises(ResourceError, match="no file of draws"):
        _counted(tmp_path)
    assert path.read_bytes() == b"minutes of a meeting"
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResourceError, match="draws cannot be kept"):
        _counted(tmp_path / "file")


@pytest.mark.parametrize("method", [heterogeneous_bootstrap, subsampling_efficiency])
def test_every_resampling_method_keeps_its_draws(tmp_path, method):
    options = {"rts": "vrs", "seed": 2, "replicates": 100}
    whole = method(UNITS, **options)
    with kept_draws(tmp_path):
        method(UNITS, **options)
    told = []
    with kept_draws(tmp_path, progress=lambda *step: told.append(step)):
        again = method(UNITS, **options)
    assert told == []
    assert again.frame.equals(whole.frame)


def test_nothing_is_kept_outside(tmp_path):
    with kept_draws(tmp_path):
        pass
    _found()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system kills otherwise")
def test_a_process_killed_in_mid_run_loses_a_block_at_most(tmp_path):
    """The process is killed as soon as some blocks are written; what it wrote is taken, the rest drawn."""
    code = (
        "import numpy as np, bench\n"
        "from bench.envelopment import bootstrap_efficiency, kept_draws\n"
        "rng = np.random.default_rng(5)\n"
        "units = bench.Units.from_arrays(rng.uniform(1, 2, (30, 1)), rng.uniform(1, 2, (30, 2)))\n"
        f"with kept_draws({str(tmp_path)!r}):\n"
        "    bootstrap_efficiency(units, rts='vrs', seed=3, replicates=20_000)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], env={**os.environ})
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until and sum(p.stat().st_size for p in tmp_path.glob("*.draws")) < 40_000:
            assert child.poll() is None
            time.sleep(0.01)
    finally:
        child.kill()
        child.wait()
    told = []
    with kept_draws(tmp_path, progress=lambda *step: told.append(step)):
        found = bootstrap_efficiency(UNITS, rts="vrs", seed=3, replicates=20_000).values.replicates
    assert 0 < len(told) < 1250 - 5
    assert told[-1] == ("draws", 20_000, 20_000)
    whole = bootstrap_efficiency(UNITS, rts="vrs", seed=3, replicates=20_000).values.replicates
    assert found.tobytes() == whole.tobytes()


def test_the_command_line_goes_on(tmp_path, capsys):
    file = tmp_path / "own.csv"
    lines = [f"U{k:02d},{x:.6f},{y[0]:.6f}" for k, (x, y) in enumerate(zip(UNITS.X[:, 0], UNITS.Y, strict=True))]
    file.write_text("\n".join(["unit,cost,days", *lines]), "utf-8")
    words = [
        "dea",
        str(file),
        "--method",
        "bootstrap-efficiency",
        "--rts",
        "crs",
        "--key",
        "seed=1",
        "--key",
        "replicates=100",
    ]
    words += ["--key", "replicates=100", "--id", "unit", "--cost", "cost", "--outputs", "days"]
    words += ["--resume", str(tmp_path / "draws")]
    for name in ("one", "two"):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--out", str(tmp_path / name)])
        assert not ended.value.code, capsys.readouterr().err
    assert len(list((tmp_path / "draws").glob("*.draws"))) == 1
    tables = [sorted((tmp_path / name).rglob("*.csv")) for name in ("one", "two")]
    assert [path.read_bytes() for path in tables[0]] == [path.read_bytes() for path in tables[1]]
