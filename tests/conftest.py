"""Shared fixtures: where public reference numbers lie, and how a test skips without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder with public reference data and results; the test is skipped when it is not there."""
    folder = Path(os.environ.get("BENCH_REFERENCE", REPO.parent / "shared" / "reference"))
    if not folder.is_dir():
        pytest.skip("no reference folder; set BENCH_REFERENCE")
    return folder
