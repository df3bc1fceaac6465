"""One run and its saved reports, made once for all tests of the reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from report.report_builder import build_run

from bench.results import RunResult


@pytest.fixture(scope="session")
def run() -> RunResult:
    return build_run()


@pytest.fixture(scope="session", params=["nb", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def folders(run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("reports")
    return {language: run.save(base / language, language=language) for language in ("nb", "en")}
