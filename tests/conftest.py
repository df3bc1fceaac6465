"""Shared fixtures: where public reference numbers lie, and how a test skips without them."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import settings

#: The gate tries the same examples every time; HYPOTHESIS_PROFILE=long looks for new ones. Keep each found as @example.
settings.register_profile("gate", derandomize=True, deadline=None, database=None)
settings.register_profile("long", derandomize=False, deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

REPO = Path(__file__).resolve().parent.parent
#: The test functions of ``pytest --quick``, and the modules of which it takes none; ``tests/quick.py`` writes it.
QUICK = Path(__file__).parent / "quick.txt"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--quick``: one case of each test function that was measured to be done in a moment."""
    parser.addoption("--quick", action="store_true", help="one case of each test function that is done in a moment")


@functools.cache
def _chosen() -> dict[str, set[str]]:
    """Functions to run by module, none for a module that is left out; empty before anything was measured."""
    found: dict[str, set[str]] = {}
    for line in QUICK.read_text(encoding="utf-8").split() if QUICK.is_file() else ():
        module, _, function = line.partition("::")
        found.setdefault(module, set()).update({function} - {""})
    return found


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a module out before it is imported where the quick run takes nothing of it."""
    if not config.getoption("quick"):
        return None
    functions = _chosen().get(collection_path.relative_to(REPO).as_posix())
    return True if functions is not None and not functions else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the first case of each chosen function under ``--quick``, without browsers and offices.

    Of a module that was never measured the first function is kept, so that new tests cannot make the run slow.
    """
    if not config.getoption("quick"):
        return
    listed = _chosen()
    seen: set[str] = set()
    new: set[str] = set()
    kept, left = [], []
    for item in items:
        name = item.nodeid.split("[")[0]
        module, _, function = name.partition("::")
        taken = function in listed[module] if module in listed else not listed or module not in new
        if name in seen or not taken or item.get_closest_marker("office"):
            left.append(item)
        else:
            kept.append(item)
            new.add(module)
        seen.add(name)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder with public reference data and results; the test is skipped when it is not there."""
    folder = Path(os.environ.get("BENCH_REFERENCE", REPO.parent / "shared" / "reference"))
    if not folder.is_dir():
        pytest.skip("no reference folder; set BENCH_REFERENCE")
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(REPO)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory) -> dict[str, str]:
    """An environment in which ``bench`` is the unpacked wheel and nothing of the checkout is in sight."""
    target = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return {**os.environ, "PYTHONPATH": str(target), "WHEEL": str(target)}
