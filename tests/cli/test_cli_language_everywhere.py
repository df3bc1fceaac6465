"""Every command in bokmål: what it prints and writes for reading has no word of English left in its sentences.

The words looked for are English and no Norwegian; names of files, options, keys and methods are none of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.cli import _COMMANDS, main

#: English words that stand in sentences, and are no words of bokmål.
ENGLISH = re.compile(
    r"\b(?:the|of|is|are|was|were|and|with|from|written|files|each|which|not|has|have|this|that|for every|where|other"
    r"|units|unit|years|rows|columns|sheet|cost is|warning|error|remedy|nothing|given|give|choose|several|because"
    r"|same|again|then|now|read|unchanged|known|answer|without|between|specifications|files|municipalities)\b",
    re.IGNORECASE,
)
#: What a reader types or finds in a file stays as it is called there.
NAMES = re.compile(  # also the source of a value, which is the model's own text
    r"bench [a-z-]+[^\n]*|--[a-z-]+|«[^»]*»|'[^']*'|\"[^\"]*\"|\[[a-z_.-]+\]|\S*[/\\]\S*"
    r"|\S+\.(?:toml|csv|xlsx|json|html)\b|\b\w+_\w+\b"
    r"|\b\w+(?:-\w+){2,}\b|\b(?:unit-price|user-choice)\b|← .*$|^\[\[?.*\]\]?$|^\S+ = .*$|^  ?- .*$"
)
ROWS = [
    (f"Sone {k}", year, 900_000 + 70_000 * k + 11_000 * (k * k % 7) + 20_000 * (year - 2022), 2_000 + 150 * k,
     300 + 20 * (k % 5))
    for year in (2022, 2023, 2024)
    for k in range(1, 11)
]  # fmt: skip
ROLES = ["--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "timer,besok"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made, before = tmp_path_factory.mktemp("bokmaal"), Path.cwd()
    lines = ["enhet;aar;kostnad;timer;besok", *(";".join(map(str, row)) for row in ROWS)]
    (made / "klient.csv").write_text("\n".join([*lines, "Kilde: regnskapet", ""]), encoding="utf-8")
    (made / "ett-aar.csv").write_text(
        "\n".join([lines[0].replace("aar;", ""), *(f"{u};{c};{h};{v}" for u, y, c, h, v in ROWS if y == 2024)]),
        encoding="utf-8",
    )
    (made / "tusen.csv").write_text(
        "\n".join([lines[0].replace("kostnad", "kostnad (1000 kr)"), *lines[1:], "Sum;2024;9;9;9"]), encoding="utf-8"
    )
    os.chdir(made)
    yield made
    os.chdir(before)


def english(text: str) -> list[str]:
    """Lines with an English word in a sentence of the program's own."""
    found = []
    for line in text.splitlines():
        bare = NAMES.sub(" ", line.strip())
        if (word := ENGLISH.search(bare)) is not None:
            found.append(f"{word[0]!r} in: {line}")
    return found


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == code, result.output
    return result.output


QUICK = {
    "map": ["map", "klient.csv", "--yes", "--out", "mapping.toml"],
    "map in thousands": ["map", "tusen.csv", "--yes", "--out", "tusen.toml"],
    "check": ["check", "klient.csv", "--accept", "note-row", *ROLES],
    "check refuses": ["check", "tusen.csv", "--id", "enhet", "--cost", "kostnad", "--outputs", "timer"],
    "new": ["new", "klient.csv", "--accept", "note-row", *ROLES, "--out", "modell.toml"],
    "new refuses": ["new", "tusen.csv", "--id", "enhet", "--cost", "kostnad", "--out", "annen.toml"],
    "dea": ["dea", "ett-aar.csv", "--rts", "vrs", *ROLES[:2], *ROLES[4:], "--out", "dea"],
    "models": ["models"],
    "datasets": ["datasets"],
    "no folder": ["verify", "finnes-ikke"],
    "no topic": ["explain", "deaa"],
    "taken": ["map", "klient.csv", "--yes", "--out", "klient.csv"],
}
REFUSED = {"check refuses": 3, "new refuses": 3, "no folder": 2, "no topic": 2, "taken": 2}
WRITTEN = {"map": "mapping.toml", "map in thousands": "tusen.toml", "new": "modell.toml"}


@pytest.mark.parametrize("name", QUICK)
def test_a_command_speaks_bokmaal(folder: Path, name: str) -> None:
    left = english(said(*QUICK[name], "--language", "nb", code=REFUSED.get(name, 0)))
    if name in WRITTEN:
        comments = [
            line
            for line in Path(WRITTEN[name]).read_text(encoding="utf-8").splitlines()
            if line.strip().startswith("# ")
        ]
        assert len(comments) > 2
        left += english("\n".join(line.strip()[2:] for line in comments if " = { value" not in line))
        reasons = re.findall(r'^reason = "(.*)"$', Path(WRITTEN[name]).read_text(encoding="utf-8"), re.MULTILINE)
        left += english("\n".join(reasons))
    assert left == []


SLOW = {
    "doctor": ["doctor"],
    "run": ["run", "average-cost", "klient.csv", "--accept", "note-row", *ROLES, "--out", "resultat"],
    "verify": ["verify", "resultat"],
    "trace": ["trace", "resultat", "--unit", "Sone 3", "--number", "settlement.kept"],
    "appeal": ["appeal", "resultat", "--unit", "Sone 3", "--column", "kostnad=1000000", "--year", "2024"],
    "simulate": ["simulate", "kristiansand", "--years", "2008:2009", "--draws", "2", "--out", "spill"],
    "compare": [
        "compare",
        "average-cost",
        "unit-price",
        "--file",
        "klient.csv",
        "--accept",
        "note-row",
        *ROLES,
        "--years",
        "2025:2026",
        "--draws",
        "2",
        "--out",
        "sammen",
    ],
    "specs": ["specs", "kristiansand", "--rts", "vrs"],
    "sfa": ["sfa", "ett-aar.csv", *ROLES[:2], *ROLES[4:6], "--outputs", "timer", "--out", "sfa"],
    "advise": ["advise", "klient.csv", "--accept", "note-row", *ROLES, "--out", "raad"],
    "validate-pack": ["validate-pack", "kristiansand", "--out", "pakke"],
}
#: Commands that print no sentence of their own in another language: an address, a page of a guide, a network's answer.
OTHERS = {"open", "explain", "fetch", "letters"}


@pytest.mark.slow
def test_the_commands_that_compute_speak_bokmaal(folder: Path) -> None:
    left = {}
    for name, words in SLOW.items():
        result = CliRunner().invoke(main, [*words, "--language", "nb"])
        if result.exit_code != 0:
            left[name] = [result.output[-300:]]
        elif found := english(result.output):
            left[name] = found
    assert left == {}


def test_every_command_is_tried() -> None:
    tried = {words[0] for words in (*QUICK.values(), *SLOW.values())}
    assert tried | OTHERS == set(_COMMANDS)
