"""Every command line that is printed anywhere runs: README, help, guide, remedies; collected here, none listed by hand.

Whole lines run from a folder with a client's own file and own model, by the installed wheel. Parts of lines, as they
stand in remedies, name commands and options that exist.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from fetch.office import office

import bench
from bench.cli import _COMMANDS, main
from bench.modelfile import load_model

REPO = Path(__file__).resolve().parents[2]
PACKAGE = Path(bench.__file__).parent
NAMES = "|".join(_COMMANDS)

#: What stands for a name of the reader's own in a printed line.
MEANT = {
    "FILE": "klient.csv",
    "DIR": "mappe",
    "MODEL": "kristiansand",
    "NAME": "kristiansand",
    "OTHER": "hamar",
    "A,B": "timer,besok",
    "NUMBER": "40000",
    "UNIT": "Enhet 01",
}
#: What an ellipsis leaves to the reader, by the file of the line.
LEFT = {
    "klient.csv": ["--id", "enhet", "--cost", "kostnad", "--outputs", "timer"],
    "homes.csv": ["--id", "home"],
}  # fmt: skip

#: Processes that share the lines, and the seconds from which a line's time is shown with -s.
PROCESSES, SLOW = 2, 5.0

COLUMNS = {"--id": "enhet", "--period": "aar", "--cost": "kostnad"}

#: Runs lines one after the other, each in its own copy of the folder, in a process of the installed wheel.
RUNNER = """
import contextlib, io, json, os, shutil, subprocess, sys, time, urllib.error, urllib.request
from bench.cli import main
import bench
def opened():
    code = "import sys; from bench.cli import main; main(sys.argv[1:])"
    server = subprocess.Popen(
        [sys.executable, "-c", code, "open", "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    address = server.stdout.readline().strip()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())  # the address hands over a cookie
    try:
        for _ in range(120):
            try:
                with browser.open(address, timeout=60) as page:
                    return (0 if page.status == 200 and b"<html" in page.read() else 1), address
            except urllib.error.URLError:  # the address is written before the server answers at it
                time.sleep(0.5)
        return 1, f"{address} does not answer"
    finally:
        server.terminate()
        server.communicate()

lines, home = json.load(sys.stdin), sys.argv[1]
answers = []
for number, words in lines:
    began = time.perf_counter()
    place = os.path.join(home, f"line-{number}")
    shutil.copytree(os.path.join(home, "folder"), place)
    os.chdir(place)
    if "--id" in words and "--period" not in words:  # a table of one year
        shutil.copy("klient-ett-aar.csv", "klient.csv")
    if "--out" in words:
        target = words[words.index("--out") + 1]
        os.remove(target) if os.path.isfile(target) else shutil.rmtree(target, ignore_errors=True)
    elif words[0] == "map":
        os.remove("mapping.toml")
    said = io.StringIO()
    code = 0
    if words == ["open"]:  # it answers until it is ended: one page is asked for
        answers.append([number, *opened(), bench.__file__, time.perf_counter() - began])
        continue
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main(words, prog_name="bench")
        except SystemExit as end:
            code = end.code or 0
    answers.append([number, code, said.getvalue()[-2000:], bench.__file__, time.perf_counter() - began])
print(json.dumps(answers))
"""


def whole_lines() -> dict[str, str]:
    """Return every whole command line that is printed, by where it stands."""
    found: dict[str, str] = {}
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    for block in re.findall(r"```text\n(.*?)```", readme, re.DOTALL):
        for line in block.splitlines():
            for part in line.split("·"):
                if part.strip().startswith("bench "):
                    found[re.split(r"\s{3,}", part.strip())[0]] = "README"
    for path in [REPO / "README.md", *sorted((PACKAGE / "guide").glob("*.md"))]:
        for text in re.findall(r"`(bench [^`]+)`", path.read_text(encoding="utf-8")):
            found.setdefault(" ".join(text.split()), path.name)
    for name in (None, *_COMMANDS):
        shown = CliRunner().invoke(main, [*([name] if name else []), "--help"], terminal_width=200).output
        for text in re.findall(r"``(bench [^`]+)``", shown):
            found.setdefault(text, f"help of {name}")
        for line in shown.splitlines():
            if line.strip().startswith("bench "):
                found.setdefault(re.split(r"\s{3,}", line.strip())[0], f"help of {name}")
    return found


def runnable(line: str) -> list[str] | None:
    """Return a line's words with names of the reader's own filled in; None for a bare mention of a command."""
    printed = shlex.split(line)[1:]
    words = [MEANT.get(word, word) for word in printed]
    if {"MODEL", "FILE"} <= set(printed):  # a file of one's own goes with a model of one's own
        words = ["min-modell.toml" if word == "MODEL" else MEANT.get(word, word) for word in printed]
    words = [COLUMNS[words[k - 1]] if word == "COLUMN" else word for k, word in enumerate(words)]
    if words[0] == "explain":
        words = ["dea" if word == "kristiansand" else word for word in words]
    if words[-1].strip(".…") == "" and len(words) > 1:
        if "--formula" in words:  # the formula names the columns of the other table
            words = ["homes.csv" if word == "klient.csv" else word for word in words]
        rest = LEFT["homes.csv" if "--formula" in words else "klient.csv"]
        pairs = zip(rest[::2], rest[1::2], strict=True)
        words = words[:-1] + [one for pair in pairs if pair[0] not in words for one in pair] + ["--out", "analyse"]
    elif words[0] in ("dea", "sfa") and "--out" not in words and len(words) > 1:
        words += ["--out", "analyse"]
    needs_more = any(
        isinstance(parameter, click.Argument) and parameter.required
        for parameter in main.get_command(click.Context(main), words[0]).params  # type: ignore[attr-defined]
    )
    return None if len(words) == 1 and needs_more else words


LINES = whole_lines()


@pytest.fixture(scope="module")
def answers(installed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """Run every line by the installed wheel; by line: exit code, what was said, and where the package lies.

    Two processes share the lines; what asks a statistical office asks one on the loopback address.
    """
    openpyxl = pytest.importorskip("openpyxl")
    home = tmp_path_factory.mktemp("printed")
    folder = home / "folder"
    folder.mkdir()
    head = ["enhet", "aar", "kostnad", "timer", "besok", "innbyggere"]
    rng = np.random.default_rng(4)
    rows = []
    # The cell that the printed appeal corrects, C7, is of the unit it names.
    numbers = [*range(20, 25), *range(1, 20)]
    volumes = {k: (int(rng.uniform(12_000, 30_000)), int(rng.uniform(600, 1_600))) for k in numbers}
    for year in (2022, 2023, 2024):
        for k in numbers:
            hours, visits = volumes[k]
            cost = int((350 * hours + 900 * visits) * np.exp(abs(rng.normal(0, 0.2)) + rng.normal(0, 0.05)))
            rows.append([f"Enhet {k:02d}", year, cost, hours, visits, 40_000])
    for name, part, names in (
        ("klient.csv", rows, head),
        ("data.csv", rows, head),
        ("klient-ett-aar.csv", [row for row in rows if row[1] == 2024], head),
        ("homes.csv", [row for row in rows if row[1] == 2024], ["home", "year", "cost", "days", "visits", "people"]),
    ):
        text = "\n".join(";".join(map(str, row)) for row in [names, *part])
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    book = openpyxl.Workbook()
    for row in [head, *rows]:
        book.active.append(row)
    book.save(folder / "klient.xlsx")
    model = load_model("average-cost").source.decode().replace('id = "output"', 'id = "timer"', 1)
    columns = 'id = "enhet"\nperiod = "aar"\ncost = "kostnad"'
    own = model.replace('id = "unit"\ncost = "cost"', columns, 1)
    for name in ("min-modell.toml", "modell.toml"):
        (folder / name).write_text(own, encoding="utf-8")
    code = "import sys; from bench.cli import main; main(sys.argv[1:])"
    for first in (
        ["run", "min-modell.toml", "data.csv", "--out", "resultat"],
        ["map", "klient.xlsx", "--yes", "--cost", "kostnad", "--out", "mapping.toml"],
    ):
        subprocess.run([sys.executable, "-c", code, *first], cwd=folder, env=installed, check=True, capture_output=True)
    lines = list(
        {_but_for_the_folder(words): words for line in LINES if (words := runnable(line)) is not None}.values()
    )
    numbered = list(enumerate(lines))
    found: dict[int, tuple[int, str, str]] = {}
    with office() as server, ThreadPoolExecutor(PROCESSES) as pool:
        asked = {
            "STYKKPRIS_PXWEB": server.pxweb,
            "STYKKPRIS_KLASS": server.klass,
            "STYKKPRIS_CACHE": str(home / "kept"),
        }

        def shared(part: list[tuple[int, list[str]]]) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-c", RUNNER, str(home)],
                input=json.dumps(part), capture_output=True, text=True, env={**installed, **asked}, cwd=home,
                check=False,
            )  # fmt: skip

        for done in pool.map(shared, [numbered[k::PROCESSES] for k in range(PROCESSES)]):
            assert done.returncode == 0, done.stderr[-3000:]
            for number, code, said, where, seconds in json.loads(done.stdout.splitlines()[-1]):
                found[number] = (code, said, where)
                if seconds > SLOW:
                    print(f"{seconds:.0f} s: bench {shlex.join(lines[number])}")
    return {_but_for_the_folder(words): found[number] for number, words in numbered}


def _but_for_the_folder(words: list[str]) -> str:
    """Return a line without the name of its folder: the same job is not run twice."""
    kept = [word for k, word in enumerate(words) if k == 0 or words[k - 1] != "--out"]
    return shlex.join(kept)


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_a_printed_line_runs(line: str, answers: dict[str, tuple[int, str, str]], installed: dict[str, str]) -> None:
    words = runnable(line)
    if words is None:
        assert line.split()[1] in _COMMANDS
        return
    code, said, where = answers[_but_for_the_folder(words)]
    assert where.startswith(installed["WHEEL"])
    assert code == 0, f"{LINES[line]}: {line}\n{said}"


def test_the_lines_of_the_readme_are_all_here() -> None:
    assert len([line for line, place in LINES.items() if place == "README"]) >= 8


def mentions() -> list[tuple[str, str]]:
    """Return every mention of a command in the program's own texts: remedies, headings, examples."""
    found = []
    for path in [*sorted(PACKAGE.rglob("*.py")), *sorted(PACKAGE.rglob("*.toml"))]:
        if "_bundled" in path.parts:
            continue
        for text in re.findall(rf"\bbench ((?:{NAMES})\b[^'\"`\n;)»]*)", path.read_text(encoding="utf-8")):
            found.append((str(path.relative_to(PACKAGE)), text.strip()))
    return found


@pytest.mark.parametrize(("place", "text"), mentions())
def test_a_mention_names_options_that_exist(place: str, text: str) -> None:
    name = text.split()[0].rstrip(".,:")
    command = main.get_command(click.Context(main), name)  # type: ignore[attr-defined]
    known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    for flag in re.findall(r"(?<!\S)--[a-z][a-z-]*", text):
        assert flag in known | {"--help"}, f"{place}: bench {text}"
    if name == "explain" and len(text.split()) > 1 and re.fullmatch(r"[a-z_]+", text.split()[1]):
        assert (PACKAGE / "guide" / f"{text.split()[1]}.md").is_file(), f"{place}: bench {text}"
