"""Corpora of broken files, models, manifests and command lines: one line and the right exit code, nothing outside.

Each is made from a whole one by a few seeded harms: bytes and cells exchanged, cut, doubled, taken from a list of words
that break programs. Short here; ``BENCH_FUZZ=2000 pytest tests/test_fuzz.py`` makes as many of each, and
``BENCH_FUZZ_SEED=7`` others. A seed that finds something goes into ``FOUND`` and stays.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

import bench
from bench.cli import main
from bench.modelfile import load_model

COUNT = int(os.environ.get("BENCH_FUZZ", "0"))
SEED = int(os.environ.get("BENCH_FUZZ_SEED", "1"))

#: Exit codes that a refusal has; see :mod:`bench.errors`. 1 and 70 are faults of the program's own.
CODES = (0, 2, 3, 4, 5, 6)

#: Seeds that once found something, by corpus.
FOUND: dict[str, tuple[int, ...]] = {"files": (77_000_335,), "models": (), "manifests": (79_000_288,), "lines": ()}

#: Words that break programs.
WORDS = [
    *("", " ", "\t", "\x00", "\ufeff", "\u202e", "\u2028", "nan", "inf", "-inf", "1e999", "-0", "0x10", "1_000", "٣"),
    *(
        "1e-320",
        "9" * 400,
        "true",
        "null",
        "None",
        "=1+1",
        "+cmd|' /C calc'!A0",
        "../../x",
        "/etc/passwd",
        "C:\\x",
        "~",
    ),
    *("%s%n", "{0}", "${HOME}", "<script>", "'", '"', "\\", ";", ",", "\n", "\r", "#", "[", "]]", "=", "1.234,5", "−5"),
    *("2024-13-45", "31.02.2024", "å" * 300, "𝔘", "\ud7ff", "a\u0300", "Sum", "(45 000)", "1 000 kr", "<5", ":", "*"),
]


def seeds(corpus: str, short: int) -> list[int]:
    """Return the seeds of a corpus: those that found something, and as many more as asked for."""
    return [*FOUND[corpus], *(SEED * 1_000_000 + k for k in range(COUNT or short))]


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a file beside it that nobody may touch."""
    (tmp_path / "outside.txt").write_text("mine", "utf-8")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def tree(top: Path) -> set[str]:
    """Return every path below a folder."""
    return {path.relative_to(top).as_posix() for path in top.rglob("*")}


def answered(inside: Path, *words: str) -> int:
    """Run a command line; return its exit code once it is sure that it answered in lines and stayed inside."""
    before = tree(inside.parent)
    shown = CliRunner().invoke(main, list(words))
    assert shown.exit_code in CODES, (words, shown.exit_code, shown.output[-1500:])
    assert "Traceback" not in shown.output, words
    assert "a fault in the program" not in shown.output, (words, shown.output[-1500:])
    made = {name for name in tree(inside.parent) - before if not name.startswith("work/out")}
    assert made == set(), (words, made)
    assert (inside.parent / "outside.txt").read_text("utf-8") == "mine"
    if shown.exit_code:
        assert not (inside / "out").exists(), words  # nothing half-written
    shutil.rmtree(inside / "out", ignore_errors=True)
    return int(shown.exit_code)


# -- files -------------------------------------------------------------------------------------------------------

ROLES = ("--id", "unit", "--period", "year", "--cost", "cost", "--outputs", "days,visits")


def cells() -> list[list[str]]:
    """Return a small whole table."""
    head = ["unit", "year", "cost", "days", "visits"]
    rows = [
        [f"U{k}", str(y), str(1000 + 37 * k + y), str(100 + 11 * k), str(40 + 3 * k)]
        for y in (2022, 2023)
        for k in range(6)
    ]
    return [head, *rows]


def harmed_cells(rng: random.Random) -> list[list[str]]:
    """Return the table with one to four cells, rows or columns harmed."""
    table = cells()
    for _ in range(rng.randint(1, 4)):
        row = rng.randrange(len(table))
        column = rng.randrange(max(1, len(table[row])))
        how = rng.randrange(7)
        if how < 3 and table[row]:
            table[row][min(column, len(table[row]) - 1)] = rng.choice(WORDS)
        elif how == 3:
            table.insert(row, list(table[rng.randrange(len(table))]))
        elif how == 4:
            table[row] = table[row][:column]
        elif how == 5:
            table[row] = [*table[row], rng.choice(WORDS)]
        elif len(table) > 1:
            del table[row]
    return table


def harmed_bytes(rng: random.Random, data: bytes) -> bytes:
    """Return bytes with some exchanged, cut out or doubled."""
    made = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(max(1, len(made)))
        how = rng.randrange(4)
        if how == 0 and made:
            made[at] = rng.randrange(256)
        elif how == 1:
            del made[at : at + rng.randint(1, 40)]
        elif how == 2:
            made[at:at] = rng.choice(WORDS).encode("utf-8", "surrogatepass")
        else:
            made[at:at] = made[at : at + rng.randint(1, 40)]
    return bytes(made)


def a_file(rng: random.Random) -> tuple[str, bytes]:
    """Return a name and the bytes of a broken file: text, workbook, JSON, or bytes of these harmed."""
    table, kind = harmed_cells(rng), rng.randrange(4)
    if kind == 0:
        sign = rng.choice([";", ",", "\t", "|"])
        text = rng.choice(["\n", "\r\n", "\r"]).join(sign.join(row) for row in table)
        return "f.csv", text.encode(rng.choice(["utf-8", "utf-8-sig", "utf-16", "latin-1"]), "replace")
    if kind == 1:
        book = openpyxl.Workbook()
        for row in table:
            book.active.append([_cell(word) for word in row])
        out = io.BytesIO()
        book.save(out)
        return "f.xlsx", harmed_archive(rng, out.getvalue()) if rng.random() < 0.5 else out.getvalue()
    if kind == 2:
        records = [dict(zip(table[0], row, strict=False)) for row in table[1:]]
        return "f.json", json.dumps(records, ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace")
    text = "\n".join(";".join(row) for row in cells()).encode()
    return rng.choice(["f.csv", "f.xlsx", "f.ods", "f.px", "f.dta", "f.parquet", "f"]), harmed_bytes(rng, text)


def _cell(word: str) -> Any:
    clean = "".join(sign for sign in word if sign.isprintable())
    try:
        return float(clean)
    except ValueError:
        return clean.lstrip("=")


def harmed_archive(rng: random.Random, data: bytes) -> bytes:
    """Return a workbook with one of its parts harmed, in an archive that is whole; or the archive itself harmed."""
    if rng.random() < 0.4:
        return harmed_bytes(rng, data)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        chosen = rng.choice(names)
        for name in names:
            part = old.read(name)
            new.writestr(name, harmed_bytes(rng, part) if name == chosen else part)
    return out.getvalue()


def test_any_file_is_answered(inside: Path) -> None:
    codes: dict[int, int] = {}
    for seed in seeds("files", 60):
        rng = random.Random(seed)
        name, data = a_file(rng)
        (inside / name).write_bytes(data)
        command = rng.choice([("check",), ("map",), ("dea", "--rts", "vrs", "--out", "out")])
        words = [command[0], name, *command[1:], *(ROLES if command[0] != "map" else ())]
        if command[0] == "map":
            words += ["--out", "out-map.toml"]
        code = answered(inside, *words)
        codes[code] = codes.get(code, 0) + 1
        (inside / name).unlink()
        (inside / "out-map.toml").unlink(missing_ok=True)
    assert codes.get(3, 0) > 0  # some are refused for what stands in them
    assert len(codes) > 1


#: Values of TOML that a key rarely takes.
VALUES = ["1", "-1", "0", "1e9", "nan", "inf", "true", "[]", "{}", '"x"', "[1, 2]", "1979-05-27", '"../x"']

# -- models ------------------------------------------------------------------------------------------------------


def a_model(rng: random.Random) -> bytes:
    """Return a bundled model file with its lines or bytes harmed."""
    name = rng.choice(["average-cost", "kristiansand", "gp-salary", "stykkpris-malestokk"])
    text = load_model(name).source.decode()
    if rng.random() < 0.3:
        return harmed_bytes(rng, text.encode())
    lines = text.splitlines()
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        how = rng.randrange(4)
        if how == 0:
            del lines[at]
        elif how == 1:
            lines.insert(at, lines[rng.randrange(len(lines))])
        elif " = " in lines[at]:
            key = lines[at].split(" = ", 1)[0]
            value = rng.choice(
                ["1", "-1", "0", "1e9", "nan", "inf", "true", "[]", "{}", '"x"', "[1, 2]", "1979-05-27", '"../x"']
            )
            lines[at] = f"{key} = {value}" if how == 2 else f"{rng.choice(WORDS)}{lines[at]}"
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def test_any_model_is_answered(inside: Path) -> None:
    (inside / "f.csv").write_text("\n".join(";".join(row) for row in cells()), "utf-8")
    codes: dict[int, int] = {}
    for seed in seeds("models", 60):
        (inside / "m.toml").write_bytes(a_model(random.Random(seed)))
        code = answered(inside, "run", "m.toml", "f.csv", "--out", "out")
        codes[code] = codes.get(code, 0) + 1
    assert codes.get(4, 0) > 10  # most are refused by file, key and line


# -- manifests ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small saved result."""
    top = tmp_path_factory.mktemp("whole") / "whole"
    units = bench.Units.from_arrays([[2.0], [3.0], [4.0]], [[1.0], [2.0], [2.0]])
    model = load_model("average-cost").with_roles(id="unit", cost="x1", outputs=["y1"])
    model = model.with_values({"data.year": 2024})
    bench.run(model, units).save(top, language="en")
    return top


def harmed_value(rng: random.Random, value: Any) -> Any:
    """Return a JSON value with one place in it exchanged, deep or shallow."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        made = dict(value)
        if rng.random() < 0.15:
            made[rng.choice(WORDS)] = made.pop(key)
        else:
            made[key] = harmed_value(rng, value[key])
        return made
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = rng.randrange(len(value))
        return [*value[:at], harmed_value(rng, value[at]), *value[at + 1 :]]
    return rng.choice([*WORDS, None, True, -1, 10**30, 1.5, [], {}, [[]], {"a": {}}, "../../outside.txt", "x" * 5000])


def test_any_manifest_is_answered(inside: Path, whole: Path) -> None:
    text = (whole / "manifest.json").read_text("utf-8")
    codes: dict[int, int] = {}
    for seed in seeds("manifests", 40):
        rng = random.Random(seed)
        shutil.copytree(whole, inside / "saved")
        content = harmed_value(rng, json.loads(text))
        data = json.dumps(content).encode("utf-8", "surrogatepass")
        data = harmed_bytes(rng, text.encode()) if rng.random() < 0.3 else data
        (inside / "saved" / "manifest.json").write_bytes(data)
        before = {path: path.read_bytes() for path in (inside / "saved").rglob("*") if path.is_file()}
        words = rng.choice(
            [("verify", "saved"), ("trace", "saved", "--unit", "1"), ("verify", "saved", "--source", "a=b")]
        )
        code = answered(inside, *words)
        codes[code] = codes.get(code, 0) + 1
        assert before == {path: path.read_bytes() for path in (inside / "saved").rglob("*") if path.is_file()}
        shutil.rmtree(inside / "saved")
    assert codes.get(2, 0) > 5


# -- command lines -----------------------------------------------------------------------------------------------


def a_line(rng: random.Random) -> list[str]:
    """Return a command line with some of its words exchanged, dropped, doubled or strange."""
    lines = [
        ["run", "average-cost", "f.csv", *ROLES, "--out", "out"],
        ["dea", "f.csv", "--rts", "crs", *ROLES, "--out", "out"],
        ["sfa", "f.csv", *ROLES, "--out", "out"],
        ["check", "f.csv", *ROLES],
        ["models", "kristiansand"],
        ["explain", "dea"],
        ["simulate", "kristiansand", "--years", "2007:2008", "--draws", "2", "--seed", "1", "--out", "out"],
        ["appeal", "out", "--unit", "A", "--cell", "f.csv!!C2=1"],
        ["trace", "out", "--unit", "A"],
        ["new", "f.csv", "--out", "out.toml"],
        ["run", "kristiansand", "--set", "report.small_counts=5", "--out", "out"],
    ]
    line = list(rng.choice(lines))
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(line))
        how = rng.randrange(5)
        if how == 0:
            line[at] = rng.choice(WORDS)
        elif how == 1 and len(line) > 1:
            del line[at]
        elif how == 2:
            line.insert(at, line[rng.randrange(len(line))])
        elif how == 3:
            line.insert(
                at, rng.choice(["--set", "--key", "--where", "--scale", "--sheet", "--year", "--help", "--language"])
            )
        else:
            line[at] = line[at][: rng.randint(0, len(line[at]))] + rng.choice(WORDS)
    return line


def test_any_line_is_answered(inside: Path) -> None:
    (inside / "f.csv").write_text("\n".join(";".join(row) for row in cells()), "utf-8")
    codes: dict[int, int] = {}
    for seed in seeds("lines", 60):
        rng = random.Random(seed)
        line = a_line(rng)
        if (
            any("out" not in word for word in line[-1:]) and "--out" in line
        ):  # it would be written where it is asked for
            line[line.index("--out") + 1 :] = ["out"]
        code = answered(inside, *line)
        codes[code] = codes.get(code, 0) + 1
        for left in inside.glob("out*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    assert codes.get(2, 0) > 10


def test_the_corpora_hold_whole_ones_too() -> None:
    """What is harmed is whole to begin with, so a refusal is the harm's."""
    assert tomllib.loads(load_model("kristiansand").source.decode())
    assert len({len(row) for row in cells()}) == 1
