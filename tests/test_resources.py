"""Bundled models and data sets are found in a checkout and in a wheel, and wrong ones are refused."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bench
from bench import ResourceError, resources
from bench.resources import dataset, dataset_names, model_names, model_path, read_dataset, resource_folder

PACKAGE = Path(bench.__file__).parent

WELL_FORMED = """
licence = "CC0"
source = "made up"
synthetic = true
title = { nb = "Prøve", en = "Trial" }
description = { nb = "Tre tall", en = "Three numbers" }

[table.data]
file = "data.csv"
sha256 = "{hash}"
column = [
  { name = "unit", measure = "label", description = { nb = "Enhet", en = "Unit" } },
  { name = "cost", measure = "NOK", description = { nb = "Kostnad", en = "Cost" } },
]

[table.data.roles]
id = "unit"
inputs = ["cost"]
"""


@pytest.fixture
def folder(tmp_path):
    """A well-formed data set of one table."""
    (tmp_path / "data.csv").write_bytes(b"unit;cost\nA;1\n")
    sha256 = hashlib.sha256((tmp_path / "data.csv").read_bytes()).hexdigest()
    (tmp_path / "dataset.toml").write_text(WELL_FORMED.replace("{hash}", sha256), encoding="utf-8")
    return tmp_path


def test_names_are_sorted_and_paths_exist():
    assert {"econ2006", "kristiansand", "sio"} <= set(dataset_names())
    assert dataset_names() == sorted(dataset_names())
    assert model_names() == sorted(model_names())
    for name in model_names():
        assert model_path(name).is_file()
    for name in dataset_names():
        dataset(name).verify()


@pytest.mark.parametrize("name", ["", "kristiansan", "../kristiansand", "Kristiansand"])
def test_unknown_names_list_what_there_is(name):
    with pytest.raises(ResourceError, match=r"there are: .*kristiansand") as caught:
        dataset(name)
    if name == "kristiansan":
        assert "did you mean 'kristiansand'" in str(caught.value)
    with pytest.raises(ResourceError, match="no bundled model"):
        model_path(name)


def test_unknown_table_names_the_nearest():
    with pytest.raises(ResourceError, match="did you mean 'budsjett'"):
        dataset("kristiansand").path("budsjet")


def test_well_formed_folder_is_read(folder):
    found = read_dataset(folder)
    assert found.title == {"nb": "Prøve", "en": "Trial"}
    assert found.tables["data"].roles == {"id": "unit", "inputs": ("cost",)}
    assert [column.measure for column in found.tables["data"].columns] == ["label", "NOK"]
    found.verify()


def test_changed_file_is_named(folder):
    (folder / "data.csv").write_bytes(b"unit;cost\nA;2\n")
    with pytest.raises(ResourceError, match=r"changed since it was published: data\.csv"):
        read_dataset(folder).verify()


def test_missing_file_is_named(folder):
    (folder / "data.csv").unlink()
    with pytest.raises(ResourceError, match=r"data\.csv is missing"):
        read_dataset(folder).verify()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("synthetic = true", "", "missing synthetic"),
        ("synthetic = true", 'synthetic = "yes"', "synthetic must be true or false"),
        ("synthetic = true", "synthetic = true\nsyntetic = true", "unknown key 'syntetic'.*did you mean 'synthetic'"),
        ('en = "Trial"', 'de = "Versuch"', "title needs a text in nb and in en"),
        ('measure = "NOK", ', "", r"table\.data\.column\[1\]: missing measure"),
        ('inputs = ["cost"]', 'inputs = ["costs"]', r"table\.data\.roles\.inputs names 'costs'.*did you mean 'cost'"),
        ('inputs = ["cost"]', 'input = ["cost"]', "unknown key 'input'.*did you mean 'inputs'"),
        ('file = "data.csv"', "", r"table\.data: missing file"),
        ("[table.data]", "[table.data", "dataset.toml"),
        ('id = "unit"', 'id = "name"', "names 'name'.*no such column"),
    ],
)
def test_wrong_description_is_refused_with_the_place(folder, old, new, message):
    text = (folder / "dataset.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "dataset.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ResourceError, match=message):
        read_dataset(folder)


def test_folder_without_description_is_refused(tmp_path):
    with pytest.raises(ResourceError, match=r"dataset\.toml"):
        read_dataset(tmp_path)


def test_wheel_layout_comes_first_and_a_stranger_beside_the_package_is_not_taken(tmp_path, monkeypatch):
    """Beside an installed package lies site-packages, where another project may have put ``datasets``."""
    package, real = tmp_path / "site-packages" / "bench", dataset("econ2006").folder
    (tmp_path / "site-packages" / "datasets" / "mine").mkdir(parents=True)
    (tmp_path / "site-packages" / "datasets" / "mine" / "dataset.toml").write_text("", encoding="utf-8")
    package.mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    with pytest.raises(ResourceError, match="install the package again"):
        resource_folder("datasets")
    shutil.copytree(real, package / "_bundled" / "datasets" / "econ2006")
    assert dataset_names() == ["econ2006"]
    dataset("econ2006").verify()


def test_installed_copy_finds_its_own_data_from_an_empty_folder(tmp_path):
    """The wheel's layout, run by a fresh interpreter that sees only that copy."""
    site = tmp_path / "site"
    shutil.copytree(PACKAGE, site / "bench", ignore=shutil.ignore_patterns("__pycache__", "_bundled"))
    for kind in ("models", "datasets"):
        shutil.copytree(resource_folder(kind), site / "bench" / "_bundled" / kind)
    empty = tmp_path / "empty"
    empty.mkdir()
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "from bench.resources import dataset, dataset_names, model_names\n"
        "for name in dataset_names(): dataset(name).verify()\n"
        "print(dataset('kristiansand').path()); print(len(model_names()))\n"
        "assert 'pandas' not in sys.modules and 'numpy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=empty, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    path, count = done.stdout.split()
    assert Path(path).is_relative_to(site)
    assert int(count) == len(model_names())
