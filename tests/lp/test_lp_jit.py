"""Where compiled code is kept: only in folders that nobody else can write."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numba
import pytest

from bench.lp import jit
from bench.lp.scaling import neighbour_order, power_of_two


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path


def test_private_folder_is_private(temporary):
    folder = jit.private_folder()
    assert folder is not None
    assert folder.parent == temporary
    assert folder.stat().st_mode & 0o077 == 0
    assert jit.private_folder() == folder


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions are POSIX")
def test_a_folder_that_others_can_write_is_refused(temporary):
    folder = jit.private_folder()
    folder.chmod(0o777)
    assert jit.private_folder() is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions are POSIX")
def test_a_link_in_its_place_is_refused(temporary):
    Path(temporary / f"stykkpris-kernel-{os.getuid()}").symlink_to(temporary)
    assert jit.private_folder() is None


def square(x):
    return x * x


def test_entry_falls_back_when_numba_finds_no_folder(temporary, monkeypatch):
    real = numba.njit
    tried = []

    def njit(*args, **options):
        if options.get("nogil"):  # compiling makes numba compile helpers of its own, through this same name
            tried.append((options.get("cache", False), numba.config.CACHE_DIR))
        if options.get("cache") and str(temporary) not in numba.config.CACHE_DIR:
            raise RuntimeError("cannot cache function: no locator available")
        options.pop("cache", None)
        return real(*args, **options)

    before = numba.config.CACHE_DIR
    monkeypatch.setattr(numba, "njit", njit)
    assert jit.entry(square)(3.0) == 9.0
    assert tried[-1][0]
    assert str(temporary) in tried[-1][1]
    assert before == numba.config.CACHE_DIR
    monkeypatch.setattr(jit, "private_folder", lambda: None)
    assert jit.entry(square)(3.0) == 9.0
    assert tried[-1][0] is False


def test_powers_of_two_round_nothing():
    import numpy as np

    values = np.array([0.0, 0.3, 1.0, 7.0, 1e-6, 1e9])
    scaled = values * power_of_two(values)
    assert ((scaled[1:] >= 0.5) & (scaled[1:] < 1.0)).all()
    assert (scaled / power_of_two(values) == values).all()


def test_order_is_a_permutation_that_puts_neighbours_together():
    import numpy as np

    rng = np.random.default_rng(0)
    points = np.exp(rng.normal(size=(400, 3)))
    order = neighbour_order(points)
    assert sorted(order.tolist()) == list(range(400))
    ratios = np.log(points[:, :2] / points[:, 2:])

    def steps(rows):
        return np.abs(np.diff(ratios[rows], axis=0)).sum()

    assert steps(order) < 0.5 * steps(np.arange(400))


def test_compiled_code_is_thrown_away_when_a_file_beside_it_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    (tmp_path / "part.py").write_text("value = 1\n")
    source = tmp_path / "whole.py"
    source.write_text("def run(x):\n    return x + 1.0\n")

    def hits():
        spec = importlib.util.spec_from_file_location("whole", source)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "whole", module)
        spec.loader.exec_module(module)
        compiled = jit.entry(module.run)
        assert compiled(1.0) == 2.0
        return sum(compiled.stats.cache_hits.values())

    assert hits() == 0
    assert hits() == 1
    (tmp_path / "part.py").write_text("value = 2  # another size\n")
    assert hits() == 0


def test_without_compilation_programs_are_solved_in_numpy():
    script = (
        "import bench; units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]]);"
        "print(bench.dea(units, rts='crs').efficiency.tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[1.0, 0.5]"


def test_a_leaf_is_not_called_from_python():
    from bench.lp.pricing import first_bit

    with pytest.raises(NotImplementedError, match="compiled"):
        first_bit(3)
