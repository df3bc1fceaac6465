"""The README keeps its promises: two set-up commands, examples that run, commands that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bench.cli import _COMMANDS

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def test_two_commands_set_everything_up():
    commands = re.findall(r"^    (python3 -m venv .*)$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("bench run stykkpris-malestokk --out resultat")
    assert commands[1].endswith("pytest")


def test_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert (tmp_path / "resultat" / "manifest.json").is_file()
    assert "Nord" in capsys.readouterr().out


def test_every_extra_that_is_named_exists_and_is_in_the_line_that_installs_them():
    project = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (listed,) = re.findall(r'"\.\[(app[a-z,]*)\]"', README)
    named = set(re.findall(r"\(extra ([a-z]+)\)", README))
    assert named <= set(listed.split(",")) <= set(project["project"]["optional-dependencies"])
    assert len(named) == 3


@pytest.mark.parametrize("command", sorted(set(re.findall(r"\bbench ([a-z]+)\b", README))))
def test_commands_exist(command):
    assert command in _COMMANDS
