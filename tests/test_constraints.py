"""The tested versions cover everything the README's commands install, and are among those the project allows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import settings
from packaging.requirements import Requirement

REPO = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = dict(
    line.split("==")
    for line in (REPO / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


WANTED = [
    line
    for lines in (PROJECT["dependencies"], *(PROJECT["optional-dependencies"][name] for name in ("test", "app")))
    for line in lines
    if not line.startswith("stykkpris[")
]


@pytest.mark.parametrize("line", WANTED)
def test_every_dependency_has_a_tested_version_that_is_allowed(line: str) -> None:
    wanted = Requirement(line)
    pinned = {_key(name): version for name, version in PINNED.items()}
    assert wanted.specifier.contains(pinned[_key(wanted.name)])


def test_the_readme_installs_the_tested_versions() -> None:
    text = (REPO / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    (python3 -m venv .*)$", text, re.MULTILINE)
    assert len(commands) == 2
    assert all(".venv/bin/pip install -c .ci/constraints.txt " in command for command in commands)


def test_properties_try_the_same_examples_every_time() -> None:
    assert settings.get_profile("gate").derandomize
    assert not settings.get_profile("long").derandomize
