"""`verify`: run a saved result again from its own sources and compare every file.

Three questions, each answered for itself: is every file as it was written, are the sources those of the manifest, and
does the same engine make the same files from them again?
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.errors import ResourceError
from bench.manifest import file_sha256, versions

MANIFEST = "manifest.json"

#: Where a saved result keeps what it was made from, by language.
SOURCE_FOLDERS = {"nb": "kilder", "en": "sources"}

Finding = Literal["same", "changed", "missing", "extra", "differs"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    Attributes
    ----------
    stored : Mapping of str to {"same", "changed", "missing", "extra"}
        Every file in the folder against the hash in its manifest.
    remade : Mapping of str to {"same", "differs", "missing", "extra"}
        Every file against the one made again from the stored sources.
    version_changes : Mapping of str to (str, str)
        Packages whose version is now another, with the version then and now.
    """

    stored: Mapping[str, Finding]
    remade: Mapping[str, Finding]
    version_changes: Mapping[str, tuple[str, str]]

    @property
    def ok(self) -> bool:
        """Whether every file is as written and is made again byte for byte."""
        return all(found == "same" for found in (*self.stored.values(), *self.remade.values()))

    def summary(self) -> str:
        """Return the findings as text, the good ones counted and the others named."""
        lines = []
        for title, findings in (("as written", self.stored), ("made again", self.remade)):
            good = sum(found == "same" for found in findings.values())
            lines.append(f"{title}: {good} of {len(findings)} files the same")
            lines += [f"  {found}: {name}" for name, found in findings.items() if found != "same"]
        lines += [f"version of {name}: {then} then, {now} now" for name, (then, now) in self.version_changes.items()]
        lines.append("verified" if self.ok else "NOT verified")
        return "\n".join(lines)


def verify(directory: str | Path) -> Verification:
    """Check a saved result against its manifest, run it again and compare.

    Parameters
    ----------
    directory : path
        A folder written by :meth:`bench.results.RunResult.save`.

    Raises
    ------
    ResourceError
        When the folder has no manifest, or its sources are gone or changed, so that it cannot be run again.
    """
    folder = Path(directory)
    manifest = _read_manifest(folder)
    stored = _against_manifest(folder, manifest["report"]["files"])
    with tempfile.TemporaryDirectory() as work:
        again = _run_again(folder, manifest, Path(work) / "result")
        remade = _compare(folder, again, sorted({*_files(folder), *_files(again)}))
    now = versions()
    moved = {
        name: (then, now.get(name, "not installed"))
        for name, then in manifest["versions"].items()
        if then != now.get(name, "not installed")
    }
    return Verification(stored=stored, remade=remade, version_changes=moved)


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise ResourceError(f"{folder} holds no {MANIFEST}: give a folder written by 'bench run --out'")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ResourceError(f"{path} is not a manifest: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != 1 or "report" not in manifest:
        raise ResourceError(f"{path} is not a manifest of this engine")
    return manifest


def _files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]


def _against_manifest(folder: Path, listed: Mapping[str, Any]) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for name, entry in listed.items():
        path = folder / name
        found[name] = "missing" if not path.is_file() else "same" if file_sha256(path) == entry else "changed"
    found.update({name: "extra" for name in _files(folder) if name not in listed and name != MANIFEST})
    return found


def _run_again(folder: Path, manifest: Mapping[str, Any], target: Path) -> Path:
    from bench.pipeline import rerun

    language = manifest["report"]["language"]
    sources = folder / SOURCE_FOLDERS[language]
    for name, entry in manifest["sources"].items():
        path = sources / name
        if not path.is_file() or file_sha256(path) != entry["sha256"]:
            raise ResourceError(
                f"{path} is missing or was changed after the run: the result cannot be made again from it"
            )
    return rerun(sources, manifest["options"]).save(target, language=language)


def _compare(first: Path, second: Path, names: Iterable[str]) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for name in names:
        one, two = first / name, second / name
        if not two.is_file():
            found[name] = "extra"
        elif not one.is_file():
            found[name] = "missing"
        else:
            found[name] = "same" if one.read_bytes() == two.read_bytes() else "differs"
    return found
