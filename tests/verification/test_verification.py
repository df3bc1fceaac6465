"""A result made on another machine: the same numbers, and a word for every byte that is not the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from bench.report.fonts import FAMILY, FOLDER, fonts
from bench.verification import verify
from bench.verification.alike import same_numbers

SMALL = "unit;year;cost;days\nA;2021;1000000;900\nB;2021;1300000;1000\nC;2021;2000000;1700\nA;2022;1100000;950\n"
SMALL += "B;2022;1250000;1010\nC;2022;2100000;1690\n"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    (folder / "homes.csv").write_text(SMALL, encoding="utf-8")
    run(folder, {})
    return folder / "out"


def run(folder, environment, name="out"):
    line = [sys.executable, "-m", "bench", "run", "average-cost", str(folder / "homes.csv"), "--id", "unit"]
    line += ["--period", "year", "--cost", "cost", "--outputs", "days", "--out", str(folder / name)]
    done = subprocess.run(line, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def elsewhere(saved, tmp_path, change, spoil=()):
    """Return a copy as another machine would have made it: its manifest changed, some of its files with other bytes."""
    copy = shutil.copytree(saved, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    for name, data in spoil:
        (copy / name).write_bytes(data)
        manifest["report"]["files"][name] = hashlib.sha256(data).hexdigest()
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return copy


def picture(saved):
    return next(path.relative_to(saved).as_posix() for path in sorted(saved.rglob("*.png")))


def other_font(manifest):
    manifest["report"]["fonts"]["StykkprisSans-Bold.ttf"] = "0" * 64


def other_processor(manifest):
    manifest["machine"]["cpu"] = ["SSE2"]


def test_the_manifest_records_processor_and_fonts(saved):
    manifest = json.loads((saved / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["report"]["fonts"] == fonts()
    assert manifest["machine"]["cpu"]
    # Every wheel of numpy for Linux brings OpenBLAS, which says the kernel it chose: two differ in what they write.
    assert manifest["machine"]["blas"]
    assert verify(saved).ok


def test_pictures_by_another_font_are_said_to_be_that(saved, tmp_path):
    name = picture(saved)
    found = verify(elsewhere(saved, tmp_path, other_font, [(name, b"another picture")]))
    assert not found.ok
    assert found.same_numbers
    assert found.remade[name] == "same numbers"
    assert "1 picture differs because other than then: the fonts" in found.summary()


def test_last_digits_by_another_processor_are_said_to_be_that(saved, tmp_path):
    table = next(path for path in sorted((saved / "tabeller").glob("*.csv")) if b"0,9" in path.read_bytes())
    longer = table.read_bytes().split(b"0,9", 1)
    digits = longer[1].split(b";")[0].split(b"\r")[0]
    # One unit further behind the twelfth digit of a number that is there.
    data = longer[0] + b"0,9" + digits + b"0000000000001"[: max(1, 14 - len(digits))] + longer[1][len(digits) :]
    name = table.relative_to(saved).as_posix()
    found = verify(elsewhere(saved, tmp_path, other_processor, [(name, data)]))
    assert found.same_numbers, found.summary()
    assert "in last digits because other than then: the cpu" in found.summary()


@pytest.mark.parametrize("change", [other_font, other_processor])
def test_no_machine_excuses_another_number(saved, tmp_path, change):
    table = next(path for path in sorted((saved / "tabeller").glob("*.csv")) if b"2022" in path.read_bytes())
    data = table.read_bytes().replace(b"2022", b"2023", 1)
    found = verify(elsewhere(saved, tmp_path, change, [(table.relative_to(saved).as_posix(), data)]))
    assert not found.same_numbers
    assert "NOT verified" in found.summary()


def test_on_the_same_machine_another_picture_is_no_excuse(saved, tmp_path):
    found = verify(elsewhere(saved, tmp_path, lambda manifest: None, [(picture(saved), b"another picture")]))
    assert not found.same_numbers


def test_an_empty_folder_is_named(saved, tmp_path):
    copy = shutil.copytree(saved, tmp_path / "copy")
    (copy / "left behind" / "inner").mkdir(parents=True)
    found = verify(copy)
    assert found.stored["left behind/inner/"] == "extra"
    assert "left behind/inner/" in found.summary()
    assert not found.ok


def test_a_processor_without_fused_products_writes_the_same_tables(saved):
    """numpy without its wider instructions and another matrix kernel: tables, pages and pictures are the same bytes."""
    folder = saved.parent
    run(folder, {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4", "OPENBLAS_CORETYPE": "Nehalem"}, "other")
    manifests = [json.loads((folder / name / "manifest.json").read_text(encoding="utf-8")) for name in ("out", "other")]
    mine, other = (manifest["report"]["files"] for manifest in manifests)
    assert mine.keys() == other.keys()
    for name in mine:
        if mine[name] != other[name]:
            # A workbook calculates on: it holds every digit there is.
            assert name.endswith(".xlsx"), name
            assert same_numbers(name, (folder / "out" / name).read_bytes(), (folder / "other" / name).read_bytes())


def test_another_matrix_kernel_is_another_machine(saved):
    """OpenBLAS told to take the kernel of an old processor: the reason is there for verify to give."""
    kernels = set()
    for kernel in ("Prescott", "Haswell"):
        script = "from bench.manifest import machine; print(machine())"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "OPENBLAS_CORETYPE": kernel},
            capture_output=True,
            text=True,
        )
        kernels.add(done.stdout)
    assert len(kernels) == 2 or "openblas" not in "".join(kernels)


def other_kernel(manifest):
    manifest["machine"]["blas"] = "another 1.0"


def test_last_digits_by_another_kernel_are_said_to_be_that(saved, tmp_path):
    found = verify(elsewhere(saved, tmp_path, other_kernel, []))
    assert found.same_numbers, found.summary()
    assert "because other than then: the blas" in found.summary()


def test_pictures_do_not_depend_on_installed_fonts(tmp_path):
    """With an empty font configuration, and with the machine's own, the same bytes."""
    config = tmp_path / "fonts.conf"
    config.write_text('<?xml version="1.0"?><fontconfig></fontconfig>', encoding="utf-8")
    script = (
        "import hashlib; from bench.report.charts.images import to_png;"
        "from bench.report.fonts import FAMILY;"
        "svg = f'<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"90\" height=\"30\" font-family=\"{FAMILY}, Arial\">"
        "<text x=\"2\" y=\"20\">Sør-Fron θ ≤ 1</text></svg>';"
        "print(hashlib.sha256(to_png(svg)).hexdigest())"
    )  # fmt: skip
    hashes = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for environment in ({}, {"FONTCONFIG_FILE": str(config), "HOME": str(tmp_path)})
    }
    assert len(hashes) == 1


def test_the_font_brings_its_licence_and_its_own_name():
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "OFL.txt").read_text(encoding="utf-8")
    for name in fonts():
        data = (FOLDER / name).read_bytes()
        assert FAMILY.encode("utf-16-be") in data
        assert "Arimo".encode("utf-16-be") not in data
