"""The benchmark suite runs, its routes agree with each other, and it sees a route that became slower."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def suite(monkeypatch):
    """Import the suite from the repository, which is no installed package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.__main__")


def test_all_routes_of_all_workloads_agree():
    line = [sys.executable, "-m", "benchmarks", "--smoke"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("naive ×") == 7


def fake(suite, seconds):
    """Return a measure that takes this long by our route and one second by the naive one, per operation."""
    from benchmarks.measuring import Measured

    def measured(workload, size, phase, *, once=False):
        return Measured(workload, size, phase.name, 10, 10 * seconds, 1, {"naive": 1.0 / seconds}, 0.0, True)

    return measured


def test_a_route_that_became_slower_is_seen(suite, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(suite, "HERE", tmp_path)
    monkeypatch.setattr(suite, "measure", fake(suite, 0.01))
    assert suite.main(["--only", "dea", "--size", "20", "--write"]) == 0
    assert json.loads((tmp_path / "measured.json").read_text())["dea 20 scores"] == 100.0
    assert "python -m benchmarks" in (tmp_path / "measured.md").read_text()
    for seconds, code in ((0.015, 0), (0.025, 1)):
        monkeypatch.setattr(suite, "measure", fake(suite, seconds))
        assert suite.main(["--only", "dea", "--size", "20", "--check"]) == code
    assert "dea 20 scores: 40.0 times the naive route, 100.0 when it was kept" in capsys.readouterr().out


def test_wrong_numbers_stop_the_suite(suite, monkeypatch):
    from dataclasses import replace

    honest = fake(suite, 0.01)
    monkeypatch.setattr(suite, "measure", lambda *a, **k: replace(honest(*a, **k), apart=0.1, agrees=False))
    assert suite.main(["--only", "sfa", "--size", "20"]) == 1


def test_pictures_are_drawn(suite, tmp_path):
    flame, plot = tmp_path / "flame.svg", tmp_path / "plot.svg"
    line = ["--only", "general", "--size", "8", "--size", "16", "--smoke"]
    assert suite.main([*line, "--profile", str(flame), "--plot", str(plot)]) == 0
    tree = ElementTree.parse(flame)
    titles = [node.text or "" for node in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert any("cross_matrix" in title for title in titles)
    assert "general: cross-efficiency (n^" in plot.read_text()
