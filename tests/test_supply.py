"""What the package is made with can be told: every licence is allowed, and the bill of materials holds every part."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("supply", ROOT / ".ci" / "supply.py")
supply = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(supply)


def test_every_licence_is_allowed(capsys):
    assert supply.main(["licences"]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert "numpy" in said
    assert "NOT ALLOWED" not in said


@pytest.mark.parametrize(
    ("licence", "good"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND 0BSD", True),
        ("GNU General Public License v3 (GPLv3)", False),
        ("MIT AND GPL-2.0-only", False),
        ("Apache-2.0 OR GPL-2.0-only", True),
        ("AGPL-3.0", False),
        ("not stated", False),
        ("Proprietary", False),
    ],
)
def test_which_licences_are_allowed(licence, good):
    assert supply.allowed("some-package", licence) is good


def test_the_bill_of_materials_holds_every_dependency_once(tmp_path):
    for name in ("one.json", "two.json"):
        assert supply.main(["sbom", str(tmp_path / name)]) == 0
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    bill = json.loads((tmp_path / "one.json").read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    refs = [part["bom-ref"] for part in bill["components"]]
    assert len(set(refs)) == len(refs)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = {text.split(">")[0] for text in project["dependencies"]}
    (own,) = [one for one in bill["dependencies"] if one["ref"] == bill["metadata"]["component"]["bom-ref"]]
    assert {ref.split("/")[1].split("@")[0] for ref in own["dependsOn"]} == direct
    known = {*refs, own["ref"]}
    assert all(ref in known for one in bill["dependencies"] for ref in (one["ref"], *one["dependsOn"]))


def test_an_audit_that_cannot_look_says_so():
    """Without pip-audit, or without a network, the gate goes on and says that nothing was looked at."""
    script = ROOT / ".ci" / "supply.py"
    blocked = (
        f"import runpy, sys, subprocess; sys.argv = ['supply', 'audit']; sys.path.insert(0, {str(script.parent)!r});"
    )
    blocked += (
        "real = subprocess.run;"
        "subprocess.run = lambda *a, **k: subprocess.CompletedProcess(a, 1, '', 'No module named pip_audit');"
        f"runpy.run_path({str(script)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "not audited: pip-audit is not installed" in done.stdout


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ('{"dependencies": [{"name": "a", "skip_reason": "not found"}]}', 0, "not audited: 0 of 1 looked up"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', 0, "1 of 1 looked up, 0 known holes"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}]}', 1, "a 1: PYSEC-1"),
    ],
)
def test_what_was_not_looked_up_is_not_audited(answer, code, said, capsys):
    assert supply._audited(answer, ["a==1"]) == code
    assert said in capsys.readouterr().out
