"""A folder that anyone may send: verifying it reads nothing outside it, writes nothing at all, and never crashes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import bench
from bench.cli import main
from bench.errors import BenchError
from bench.manifest.schema import Options
from bench.verification import verify

SECRET = "hemmelig-linje"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small saved result."""
    units = bench.Units.from_arrays([[9.0], [11.0], [8.0]], [[3.0], [4.0], [2.0]], names=list("ABC"))
    model = bench.load_model("average-cost").with_roles(id=units.id, cost=units.inputs[0], outputs=units.outputs)
    folder: Path = bench.run(model, units).save(tmp_path_factory.mktemp("good") / "r", language="en")
    assert verify(folder).ok
    return folder


@pytest.fixture
def place(good: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the result to spoil, beside files of the user's that must stay as they are and unread."""
    shutil.copytree(good, tmp_path / "received" / "r")
    (tmp_path / ".bashrc").write_text(f"unit,input1,output1\n{SECRET},1,1\n", encoding="utf-8")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data.csv").write_text(SECRET, encoding="utf-8")
    return tmp_path / "received" / "r", tmp_path


def _everything(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.stat().st_size < 10**9 else b"large" for path in files
    }


def _rename_source(name: str) -> Callable[[Path, dict[str, Any]], None]:
    def spoil(folder: Path, manifest: dict[str, Any]) -> None:
        source = manifest["sources"]["data"]
        files = manifest["report"]["files"]
        files[f"sources/{name}"] = files.pop(f"sources/{source['name']}")
        source["name"] = name

    return spoil


def _put(*path_and_value: Any) -> Callable[[Path, dict[str, Any]], None]:
    *path, value = path_and_value

    def spoil(folder: Path, manifest: dict[str, Any]) -> None:
        here: Any = manifest
        for part in path[:-1]:
            here = here[part]
        here[path[-1]] = value

    return spoil


def _grown(name: str) -> Callable[[Path, dict[str, Any]], None]:
    """Twenty gigabytes that take no room: reading them would take minutes, keeping them all memory."""

    def spoil(folder: Path, manifest: dict[str, Any]) -> None:
        os.truncate(folder / name, 20_000_000_000)

    return spoil


def _listed_and_grown(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / "big.bin").touch()
    _grown("big.bin")(folder, manifest)
    manifest["report"]["files"]["big.bin"] = "0" * 64


def _pipe(name: str) -> Callable[[Path, dict[str, Any]], None]:
    def spoil(folder: Path, manifest: dict[str, Any]) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return spoil


def _link(name: str, to: str) -> Callable[[Path, dict[str, Any]], None]:
    def spoil(folder: Path, manifest: dict[str, Any]) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        path.symlink_to(to)

    return spoil


def _link_with_its_hash(folder: Path, manifest: dict[str, Any]) -> None:
    """The link's target is listed with its true hash and size: only the link itself is wrong."""
    data = (folder.parent.parent / ".bashrc").read_bytes()
    _link("sources/units.csv", "../../../.bashrc")(folder, manifest)
    digest = hashlib.sha256(data).hexdigest()
    manifest["sources"]["data"] |= {"sha256": digest, "bytes": len(data)}
    manifest["report"]["files"]["sources/units.csv"] = digest


SPOILED = {
    **{
        f"source called {name[:20]!r}": _rename_source(name)
        for name in (
            "../../.bashrc", "/etc/passwd", "..", ".", "", "C:evil", "C:\\evil", "a\\b", "nul", "com1.csv", "x\x00y",
            "a/b.csv", "x ", "x.", "\u202egpj.csv", "x" * 5000,
        )
    },
    "sources elsewhere": _put("report", "sources", "../.."),
    "sources absolute": _put("report", "sources", "/etc"),
    "listed file outside": _put("report", "files", {"../../.bashrc": "0" * 64}),
    "listed file absolute": _put("report", "files", {"/etc/passwd": "0" * 64}),
    "hash no hash": _put("report", "files", {"a": "zz"}),
    "files no table": _put("report", "files", []),
    "no languages": _put("report", "languages", []),
    "language outside": _put("report", "languages", ["../x"]),
    "huge draws": _put("options", "draws", 10**30),
    "huge span": _put("options", "years", [1, 9999]),
    "wrong years": _put("options", "years", ["2024", None]),
    "kind unknown": _put("kind", "destroy"),
    "kind with path": _put("kind", "../run"),
    "unknown key": _put("options", "exec", "rm"),
    "read key unknown": _put("options", "read", {"converters": "os.system"}),
    "read wrong type": _put("options", "read", {"sheet": {"a": 1}}),
    "roles wrong type": _put("options", "roles", {"id": ["a"]}),
    "roles of nobody": _put("options", "roles", {"id": "x", "cost": "y", "outputs": ["z"]}),
    "set of nobody": _put("options", "set", {"scheme.x.y": "1"}),
    "set no value": _put("options", "set", {"norm.tolerance": "[[[["}),
    "role of a source": _put("sources", "../x", {"name": "a", "sha256": "0" * 64, "bytes": 1}),
    "size negative": _put("sources", "data", "bytes", -1),
    "size huge": _put("sources", "data", "bytes", 10**18),
    "size a truth": _put("sources", "data", "bytes", True),
    "no sources": _put("sources", {}),
    "format unknown": _put("format", 3),
    "synthetic a word": _put("synthetic", "no"),
    "source is a link": _link("sources/units.csv", "../../../.bashrc"),
    "source is a link with its hash": _link_with_its_hash,
    "source folder is a link": _link("sources", "../../home"),
    "source folder is a link to root": _link("sources", "/"),
    "source grown beyond any memory": _grown("sources/units.csv"),
    "deliverable grown beyond any memory": _grown("price-book.csv"),
    "listed file beyond any memory": _listed_and_grown,
    "source is a pipe": _pipe("sources/units.csv"),
    "manifest's model missing": lambda folder, manifest: (folder / "sources" / "model.toml").unlink(),
}  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_folder_reads_and_writes_nothing_outside(
    place: tuple[Path, Path], spoil: Callable[[Path, dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, home = place
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    spoil(folder, manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    before = _everything(home)
    with monkeypatch.context() as watched:
        opened = _watch(watched)
        shown = CliRunner().invoke(main, ["verify", str(folder)])
    assert shown.exit_code in (2, 3, 4, 6), shown.output
    assert shown.exception is None or isinstance(shown.exception, SystemExit)
    assert "Traceback" not in shown.output
    assert SECRET not in shown.output
    assert len(shown.output) < 5_000
    assert _everything(home) == before
    outside = [path for path in opened if path.startswith(str(home)) and not path.startswith(str(folder))]
    assert not [path for path in outside if Path(path).name in (".bashrc", "data.csv")]
    assert "/etc/passwd" not in opened


def _watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every file that is opened by its name."""
    opened: list[str] = []
    plain = Path.open

    def noted(self: Path, *args: Any, **options: Any) -> Any:
        opened.append(os.path.realpath(self))
        return plain(self, *args, **options)

    monkeypatch.setattr(Path, "open", noted)
    return opened


def test_a_link_among_the_deliverables_is_not_followed(place: tuple[Path, Path]) -> None:
    folder, home = place
    (folder / "report.html").unlink()
    (folder / "report.html").symlink_to(home / ".bashrc")
    (folder / "more").symlink_to("/")
    found = verify(folder)
    assert not found.ok
    assert found.stored["report.html"] == "link"
    assert found.stored["more"] == "extra"


@pytest.mark.parametrize("key", sorted(Options.model_fields))
def test_nothing_stated_as_an_option_is_refused_in_words(good: Path, tmp_path: Path, key: str) -> None:
    """``null`` is no table, no list and no question; only data that have no name may be said to have none."""
    shutil.copytree(good, tmp_path / "received")
    manifest = json.loads((good / "manifest.json").read_text(encoding="utf-8"))
    manifest["options"][key] = None
    (tmp_path / "received" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if key == "dataset":
        verify(tmp_path / "received")
        return
    with pytest.raises(BenchError, match=key):
        verify(tmp_path / "received")


WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_value_anywhere_in_the_manifest_is_refused_or_verified(
    good: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    manifest = json.loads((good / "manifest.json").read_text(encoding="utf-8"))
    paths = [path for path in _paths(manifest, ()) if path[:1] != ("versions",)]
    path = data.draw(st.sampled_from(paths))
    here = manifest
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = data.draw(WORDS)
    folder = tmp_path_factory.mktemp("any")
    os.symlink(good / "sources", folder / "sources")  # a folder that is a link is refused before anything is run
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BenchError):
        verify(folder)


def _paths(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict):
        return [path]
    return [*([path] if path else []), *(found for key, part in value.items() for found in _paths(part, (*path, key)))]
