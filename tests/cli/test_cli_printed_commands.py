"""Every command line that is printed anywhere runs: README, help, guide, remedies; collected here, none listed by hand.

Whole lines run from a folder with a client's own file and own model, by the installed wheel. What is typed of a mention
in the program's own texts runs too: as it stands, or as an example that fills in what it leaves to the reader.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from fetch.office import office

import bench
from bench import resources
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


#: A word of a mention that is typed: an option, a reader's own name, a file, a number, a value, ⟨what is put in⟩.
_ARGUMENT = re.compile(
    r"--[a-z][a-z-]*|(?:⟨[^⟩]*⟩)+|\{\d\}|[A-Z,]{3,}|[\w-]+\.(?:toml|csv|xlsx|json)|\d+|[\d:,]+|\S+=\S+|'[^']*'"
)
_MENTION = re.compile(rf"\bbench ((?:{NAMES})\b(?![-_])(?:(?!\bbench )[^\n`;»\"])*)")
#: Mentions that leave something to the reader, ⟨ ⟩ for what the program takes in, and the same as a whole line.
EXAMPLES = {
    "run average-cost 'min fil.csv' --map 'min fil.csv.mapping.toml' --out": (
        "run average-cost 'min fil.csv' --map 'min fil.csv.mapping.toml' --out resultat"
    ),
    "run ⟨⟩ ⟨⟩⟨⟩⟨⟩ --out ⟨⟩": "run modell.toml klient.xlsx --map mapping.toml --out resultat",
    "run ⟨⟩ FIL --out": "run min-modell.toml klient.csv --out resultat",
    "run ⟨⟩ FILE --out": "run min-modell.toml klient.csv --out resultat",
    "run ⟨⟩ --out ⟨⟩": "run hamar --out resultat",
    "run --out": "run hamar --out resultat",
    "run ⟨⟩": "run hamar --out resultat",
    "check ⟨⟩": "check klient.csv",
    "check ⟨⟩ --map ⟨⟩": "check klient.xlsx --map mapping.toml",
    "map ⟨⟩": "map klient.csv",
    "map {0}": "map klient.csv",
    "new ⟨⟩ --map ⟨⟩ --out ⟨⟩": "new klient.xlsx --map mapping.toml --out modell.toml",
    "new FILE --out modell.toml": "new klient-ett-aar.csv --out modell.toml",
    "new FILE --scheme COLUMN --out modell.toml": "new ordninger.csv --scheme ordning --out modell.toml",
    "new FILE --scheme KOLONNE --out modell.toml": "new ordninger.csv --scheme ordning --out modell.toml",
    "models ⟨⟩": "models hamar",
    "models NAME --against OTHER": "models kristiansand --against hamar",
    "explain ⟨⟩": "explain sfa",
    "dea --method": "dea homes.csv --method fdh-plus --id home --cost cost --outputs days --out analysis",
    "sfa --formula": "sfa homes.csv --id home --formula 'log(cost) ~ log(days) + log(visits)' --out analysis",
    "trace --format json": "trace resultat --format json --unit 'Enhet 01' --number settlement.kept",
    "verify DIR ⟨⟩": "verify lukket --source faa.csv=faa.csv",
    "verify DIR {2}": "verify lukket --source faa.csv=faa.csv",
}


def _strings(path: Path) -> Iterator[str]:
    """Yield every text of a source or a table of texts; ⟨ ⟩ stand around what a text takes in."""
    if path.suffix == ".toml":
        yield from _inside(tomllib.loads(path.read_text(encoding="utf-8")))
        return
    parts: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"⟨{''.join(ast.unparse(part).split())}⟩"
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def _inside(table: object) -> Iterator[str]:
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict):
        yield from table
        for value in table.values():
            yield from _inside(value)
    elif isinstance(table, list):
        for value in table:
            yield from _inside(value)


def _typed(text: str) -> str:
    """Return what a reader types of a mention: the command, its options and what they take, and no word of prose."""
    command = main.get_command(click.Context(main), re.split(r"[^a-z-]", text)[0])  # type: ignore[attr-defined]
    assert command is not None, text
    options = {flag: one for one in command.params for flag in (*one.opts, *one.secondary_opts)}
    kept: list[str] = []
    for word in re.findall(r"⟨[^⟩]*⟩\S*|'[^']*'|\S+", text)[1:]:
        choices = getattr(options.get(kept[-1] if kept else ""), "type", None)
        bare = word if word.startswith("'") else word.rstrip(".,:)'")
        if not (
            _ARGUMENT.fullmatch(bare)
            or (isinstance(choices, click.Choice) and bare in choices.choices)
            or (command.name == "explain" and (PACKAGE / "guide" / f"{bare}.md").is_file())
            or (command.name in ("run", "compare") and bare in resources.model_names())
        ):
            break
        kept.append(bare)
        if bare != word:
            break
    return " ".join([str(command.name), *kept])


def mentions() -> list[tuple[str, str]]:
    """Return every mention of a command in the program's own texts, as it is typed: remedies, headings, examples."""
    found = []
    for path in [*sorted(PACKAGE.rglob("*.py")), *sorted(PACKAGE.rglob("*.toml"))]:
        if "_bundled" not in path.parts:
            place = path.relative_to(PACKAGE).as_posix()
            for text in _strings(path):
                found += [(place, _typed(one)) for one in _MENTION.findall(text)]
    return list(dict.fromkeys(found))


def spelled(typed: str) -> list[str] | None:
    """Return the words of what is typed, filled in where it leaves something to the reader; None for a bare command."""
    whole = [line for line in LINES if f"{line} ".startswith(f"bench {typed} ")]
    if " " not in typed:
        return None
    return runnable(whole[0]) if whole else shlex.split(EXAMPLES.get(_without_names(typed), typed))


def _without_names(typed: str) -> str:
    return re.sub(r"⟨[^⟩]*⟩", "⟨⟩", typed)


LINES = whole_lines()
MENTIONS = mentions()


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
    # The cell that the printed appeal corrects, C7, is of the unit it names, and the number it gives is of that size.
    numbers = [*range(20, 25), *range(1, 20)]
    volumes = {k: (int(rng.uniform(96_000, 240_000)), int(rng.uniform(4_800, 12_800))) for k in numbers}
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
    (folder / "min fil.csv").write_bytes((folder / "klient.csv").read_bytes())
    schemes = [("hjemme" if k % 2 else "heim", row) for k, row in enumerate(rows)]
    for name, lines_of in (
        (
            "ordninger.csv",
            ["enhet;aar;ordning;kostnad;timer", *(f"{u};{y};{s};{c};{h}" for s, (u, y, c, h, *_) in schemes)],
        ),
        ("faa.csv", ["unit;year;cost;users", *(f"U{k};2024;{90_000 * k + 7_000};{k + 1}" for k in range(1, 15))]),
    ):
        (folder / name).write_text("\n".join([*lines_of, ""]), encoding="utf-8")
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
        ["map", "min fil.csv", "--yes", "--cost", "kostnad", "--out", "min fil.csv.mapping.toml"],
        shlex.split(
            "run average-cost faa.csv --id unit --period year --cost cost --outputs users --set report.small_counts=5 "
            "--out lukket"
        ),
    ):
        subprocess.run([sys.executable, "-c", code, *first], cwd=folder, env=installed, check=True, capture_output=True)
    asked_for = [*map(runnable, LINES), *(spelled(typed) for _, typed in MENTIONS)]
    lines = list({_but_for_the_folder(words): words for words in asked_for if words is not None}.values())
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


@pytest.mark.slow
@pytest.mark.parametrize(("place", "typed"), [one for one in MENTIONS if " " in one[1]])
def test_what_is_typed_of_a_mention_runs(
    place: str, typed: str, answers: dict[str, tuple[int, str, str]], installed: dict[str, str]
) -> None:
    words = spelled(typed)
    assert words is not None, f"{place}: bench {typed}"
    code, said, where = answers[_but_for_the_folder(words)]
    assert where.startswith(installed["WHEEL"])
    assert code == 0, f"{place}: bench {typed}, as bench {shlex.join(words)}\n{said}"


@pytest.mark.parametrize(("place", "typed"), MENTIONS)
def test_a_mention_names_a_command_and_options_that_exist(place: str, typed: str) -> None:
    name = typed.split()[0]
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0, f"{place}: bench {typed}"
    for flag in re.findall(r"(?<!\S)--[a-z][a-z-]*", typed):
        assert flag in shown.output, f"{place}: bench {typed}"


def test_an_example_is_the_mention_filled_in_and_each_is_of_a_mention() -> None:
    typed = {_without_names(one) for _, one in MENTIONS}
    assert not set(EXAMPLES) - typed
    for mention, example in EXAMPLES.items():
        words, place = shlex.split(example), 0
        for word in shlex.split(mention):
            if "⟨⟩" not in word and not re.fullmatch(r"\{\d\}|[A-ZÆØÅ,]{3,}", word):
                assert word in words[place:], f"{mention}: {example}"
                place = words.index(word, place) + 1
    left = {one for one in typed if " " in one and re.search(r"⟨|\{\d|\b[A-Z]{3,}\b", one)} - set(EXAMPLES)
    assert {one for one in left if not any(f"{line} ".startswith(f"bench {one} ") for line in LINES)} == set()
