"""Where compiled code is kept: only in folders that nobody else can write, and found again by every process."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numba
import numpy as np
import pytest

from bench import jit
from bench.lp import boundary


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


def test_numba_falls_back_to_the_private_folder(temporary, monkeypatch):
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
    assert jit.jit(square)(3.0) == 9.0
    assert tried[-1][0]
    assert str(temporary) in tried[-1][1]
    assert before == numba.config.CACHE_DIR
    monkeypatch.setattr(jit, "private_folder", lambda: None)
    assert jit.jit(square)(3.0) == 9.0
    assert tried[-1][0] is False


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
        compiled = jit.jit(module.run)
        assert compiled(1.0) == 2.0
        return sum(compiled.stats.cache_hits.values())

    assert hits() == 0
    assert hits() == 1
    (tmp_path / "part.py").write_text("value = 2  # another size\n")
    jit._stamps.cache_clear()  # a process does not see its own sources change
    assert hits() == 0


SCRIPT = """
import sys
import bench
units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]])
print(bench.dea(units, rts='crs').efficiency.tolist(), 'numba' in sys.modules)
"""


def run(script, **environment):
    """Return what a fresh process prints, and its warnings."""
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr


@pytest.mark.parametrize("switch", ["NUMBA_DISABLE_JIT", "BENCH_NO_COMPILER"])
def test_without_compilation_programs_are_solved_in_numpy(switch):
    out, warnings = run(SCRIPT, **{switch: "1"})
    assert out == "[1.0, 0.5] False"
    assert not warnings


def test_a_leaf_is_not_called_from_python():
    from bench.lp.pricing import first_bit

    with pytest.raises(NotImplementedError, match="compiled"):
        first_bit(3)


@pytest.fixture(scope="module")
def code():
    """The kernel's code as it is kept by now on this machine; compiled when it is not."""
    boundary.kernel()
    sources = boundary.sources()
    key = jit._key("stykkpris_kernel", sources)
    for folder in jit._folders():
        content = jit._read(folder / f"stykkpris_kernel-{key}.o", key)
        if content is not None:
            return key, content
    pytest.skip("no folder to keep code in")
    return None


def test_a_process_that_finds_the_code_does_not_import_the_compiler(code, tmp_path):
    key, content = code
    assert jit._write(tmp_path / "kept", f"stykkpris_kernel-{key}.o", key, content)
    out, warnings = run(SCRIPT, NUMBA_CACHE_DIR=str(tmp_path / "kept"))
    assert out == "[1.0, 0.5] False"
    assert not warnings


@pytest.mark.parametrize("how", ["cut", "changed", "other key", "no code", "written by others", "folder of others"])
def test_code_that_is_not_whole_and_ours_is_not_loaded(code, tmp_path, how):
    key, content = code
    folder = tmp_path / "kept"
    name = f"stykkpris_kernel-{key}.o"
    assert jit._write(folder, name, key, content)
    path = folder / name
    whole = path.read_bytes()
    assert jit._read(path, key) == content
    if how == "cut":
        path.write_bytes(whole[:-1])
    elif how == "changed":
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif how == "other key":
        path.write_bytes(whole.replace(key.encode(), b"0" * len(key), 1))
    elif how == "no code":
        path.write_bytes(b"")
    elif not hasattr(os, "getuid"):
        pytest.skip("permissions are POSIX")
    elif how == "written by others":
        path.chmod(0o666)
    else:
        folder.chmod(0o777)
    assert jit._read(path, key) is None


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links")
def test_a_link_to_code_is_not_followed(code, tmp_path):
    key, content = code
    assert jit._write(tmp_path, "real.o", key, content)
    (tmp_path / "link.o").symlink_to(tmp_path / "real.o")
    assert jit._read(tmp_path / "real.o", key) == content
    assert jit._read(tmp_path / "link.o", key) is None


def test_the_key_changes_with_every_source(tmp_path):
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("1")
    second.write_text("2")
    before = jit._key("x", [first, second])
    assert before == jit._key("x", [second, first])
    second.write_text("3")
    assert jit._key("x", [first, second]) != before
    assert jit._key("y", [first, second]) != jit._key("x", [first, second])


def test_every_file_the_kernel_is_made_of_is_part_of_the_key():
    """A process that compiles imports these modules of the core, and no others of ours that hold code."""
    script = (
        "import sys; from bench.lp import kernel; "
        "print(sorted(name.split('.')[-1] for name in sys.modules if name.startswith('bench.lp.')))"
    )
    loaded = set(eval(run(script)[0]))
    assert loaded <= {path.stem for path in boundary.sources()}


READ_ONLY = """
import os
import tempfile

def refusing(function, place):
    def guarded(*args, **named):
        folder = str(args[0]) if place is None else str(named.get('dir') or tempfile.gettempdir())
        if not folder.startswith(tempfile.gettempdir()):
            raise PermissionError(13, 'Permission denied', folder)
        return function(*args, **named)
    return guarded

os.makedirs, os.mkdir = refusing(os.makedirs, None), refusing(os.mkdir, None)
tempfile.TemporaryFile, tempfile.mkstemp = refusing(tempfile.TemporaryFile, 'dir'), refusing(tempfile.mkstemp, 'dir')

import numpy as np
import bench

rng = np.random.default_rng(0)
x = rng.uniform(1, 9, (60, 1))
y = x * np.exp(0.1 * rng.normal(size=(60, 1)) - np.abs(0.4 * rng.normal(size=(60, 1))))
units = bench.Units.from_arrays(x, y)
"""


@pytest.mark.parametrize("method", ["dea", "sfa"])
def test_a_read_only_installation_and_a_user_without_a_home(code, tmp_path, method):
    """Nothing can be written but the system's temporary folder: both methods run, and keep their code there."""
    key, content = code
    private = tmp_path / "tmp" / f"stykkpris-kernel-{os.getuid() if hasattr(os, 'getuid') else 0}"
    private.parent.mkdir()
    assert jit._write(private, f"stykkpris_kernel-{key}.o", key, content)
    source = Path(tmp_path / "source")
    shutil.copytree(Path(jit.__file__).parent, source / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    last = {
        "dea": "print(bench.dea(units, rts='crs').certificate.worst < 1e-9)",
        "sfa": "from bench.jit import COMPILED; print(COMPILED and bench.sfa(units) is not None)",
    }[method]
    environment = {"HOME": "/nonexistent", "PYTHONPATH": str(source), "TMPDIR": str(tmp_path / "tmp")}
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", READ_ONLY + last],
        env={**kept, **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "True"
    assert "no folder" not in done.stderr
    if method == "sfa":
        assert list(private.rglob("*.nbi"))


def _one_more(addresses, numbers):
    numbers[0] = addresses[0] + 1


@pytest.fixture
def packed(tmp_path):
    """A small function as bitcode, the file it is said to be made of, and where it is packed."""
    source = tmp_path / "source.py"
    source.write_text("one more", encoding="utf-8")
    kinds = (numba.types.CPointer(numba.types.int64),) * 2
    shipped = tmp_path / "kernel.bitcode"
    shipped.write_bytes(jit.packed_bitcode(jit.inner(_one_more), kinds, [source]))
    return source, shipped


def _not_compiled():
    raise AssertionError("compiled, though bitcode was shipped")


def test_shipped_bitcode_needs_no_compiler(packed, tmp_path, monkeypatch):
    import ctypes

    import numpy as np

    source, shipped = packed
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    address = jit.kept_code("one_more", [source], _not_compiled, shipped=shipped)
    call = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 4)(address)
    outcome, numbers = np.zeros(2, dtype=np.int64), np.array([41, 0], dtype=np.int64)
    call(outcome.ctypes.data, outcome.ctypes.data + 8, numbers.ctypes.data, numbers.ctypes.data + 8)
    assert numbers.tolist() == [41, 42]
    assert list((tmp_path / "kept").glob("one_more-*.o"))


def test_bitcode_of_other_sources_of_another_machine_or_damaged_is_passed_by(packed, monkeypatch):
    source, shipped = packed
    assert jit._emitted(shipped, [source]) is not None
    with monkeypatch.context() as other:
        other.setattr(sys, "platform", "another")
        assert jit._emitted(shipped, [source]) is None
    whole = shipped.read_bytes()
    shipped.write_bytes(whole[:-40])
    assert jit._emitted(shipped, [source]) is None
    shipped.write_bytes(whole)
    source.write_text("two more", encoding="utf-8")
    assert jit._emitted(shipped, [source]) is None
    assert jit._emitted(shipped.with_name("none"), [source]) is None


def test_what_is_kept_is_found_by_its_key_and_the_oldest_goes(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    made = []

    def make(name):
        def work():
            made.append(name)
            return name.encode()

        return jit.kept_bytes(f"{name:0>64}", work, most=4)

    assert [make(name) for name in ("a", "b", "a")] == [b"a", b"b", b"a"]
    assert made == ["a", "b"]
    path = tmp_path / f"{'a':0>64}.kept"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert make("a") == b"a", "damaged: made again"
    for k, name in enumerate("abcdef"):
        make(name)
        os.utime(tmp_path / f"{name:0>64}.kept", (k, k))
    assert len(list(tmp_path.glob("*.kept"))) <= 4


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A room of the package with one function, packed, and a way to load it as a process does."""
    if not jit.COMPILED:
        pytest.skip("compilation is switched off")
    monkeypatch.setattr(jit, "_PACKAGE", tmp_path)
    (tmp_path / "part").mkdir()
    source = tmp_path / "part" / "sums.py"
    source.write_text("def run(x, y):\n    for i in range(len(x)):\n        y[0] += x[i] / 3.0\n", encoding="utf-8")

    def loaded(folder):
        monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / folder))
        jit._stamps.cache_clear()
        jit._overloads.cache_clear()
        spec = importlib.util.spec_from_file_location("sums", source)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "sums", module)
        spec.loader.exec_module(module)
        return jit.jit(module.run)

    function = loaded("built")
    packed = jit.packed_overloads([(function, "(float64[::1], float64[::1])")], tmp_path / "part")
    (tmp_path / "part" / jit.OVERLOADS).write_bytes(packed)
    return source, loaded


def _compiles(function, monkeypatch):
    """Tell whether a call compiles; what it gives is the same either way."""
    from numba.core import dispatcher

    compiled = []
    plain = dispatcher._FunctionCompiler.compile
    x = np.linspace(0.0, 1.0, 101)
    with monkeypatch.context() as here:
        here.setattr(dispatcher._FunctionCompiler, "compile", lambda self, *a: (compiled.append(1), plain(self, *a))[1])
        y = np.zeros(1)
        function(x, y)
    truth = np.zeros(1)
    function.py_func(x, truth)
    assert y[0] == truth[0]
    return bool(compiled)


def test_packed_functions_are_not_compiled_and_then_kept(room, monkeypatch):
    source, loaded = room
    assert not _compiles(loaded("empty"), monkeypatch)
    assert list((source.parents[1] / "empty").rglob("*.nbc")), "kept for the next process"
    (source.parent / jit.OVERLOADS).unlink()
    assert not _compiles(loaded("empty"), monkeypatch)
    assert _compiles(loaded("other"), monkeypatch)


@pytest.mark.parametrize("how", ["sources", "version", "machine", "damaged", "signature"])
def test_packed_functions_of_something_else_are_passed_by(room, monkeypatch, how):
    source, loaded = room
    packed = source.parent / jit.OVERLOADS
    if how == "sources":
        (source.parent / "more.py").write_text("value = 1\n", encoding="utf-8")
    elif how == "version":
        monkeypatch.setattr(jit.importlib.metadata, "version", lambda name: "0.0")
    elif how == "machine":
        monkeypatch.setattr(jit, "_kind_of_machine", lambda triple: "another")
    elif how == "damaged":
        packed.write_bytes(packed.read_bytes()[:-20])
    if how == "signature":
        function = loaded("empty")
        y = np.zeros(1)
        function(np.arange(4), y)
        assert y[0] == pytest.approx(2.0)
        return
    assert _compiles(loaded("empty"), monkeypatch)
