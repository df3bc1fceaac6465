"""The names of `bench.stochastic`: all load, none hides a module, and none is loaded before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bench.stochastic as stochastic


@pytest.mark.parametrize("name", stochastic.__all__)
def test_every_name_is_the_object_of_that_name(name):
    assert getattr(stochastic, name).__name__ == name


def test_no_name_hides_a_module():
    """Importing a module binds its name in the package, so a function of that name would come and go."""
    folder = Path(stochastic.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} | {path.name for path in folder.iterdir() if path.is_dir()}
    assert not modules & set(stochastic.__all__)


def test_every_name_is_callable_and_listed():
    assert set(dir(stochastic)) == set(stochastic.__all__)
    assert all(callable(getattr(stochastic, name)) for name in dir(stochastic))


def test_no_folder_holds_more_than_25_modules():
    folder = Path(stochastic.__file__).parent
    for place in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        assert len(list(place.glob("*.py"))) <= 25, place


def test_names_load_lazily():
    code = "import sys, bench.stochastic; print(sorted(m for m in sys.modules if m.startswith('bench.stochastic.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'ols'"):
        getattr(stochastic, "ols")  # noqa: B009 — the lookup is the test
