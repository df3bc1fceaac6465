"""`verify`: make a saved result again from its own sources and compare every file.

Three questions, each answered for itself: is every file as it was written, are the sources those of the manifest, and
does the same engine make the same files from them again?

The folder may come from anyone. Its manifest has a schema, every name passes :func:`bench.manifest.plain_inside`, the
sources are read once and checked against their hashes, and nothing is written but in a temporary folder of our own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.errors import ResourceError
from bench.manifest import (
    LARGEST_FILE,
    MANIFEST,
    Manifest,
    file_sha256,
    machine,
    plain_inside,
    read_manifest,
    saved_record,
    versions,
)
from bench.report.fonts import fonts
from bench.verification.alike import PICTURES, same_numbers

Finding = Literal["same", "same numbers", "changed", "missing", "extra", "differs", "link"]

#: More files than this in a folder were not written by one run.
_MOST_FILES = 1_000_000

#: So many files that are not the same are named.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    Attributes
    ----------
    stored : Mapping of str to {"same", "changed", "missing", "extra", "link"}
        Every file in the folder against the hash in its manifest.
    remade : Mapping of str to {"same", "same numbers", "differs", "missing", "extra"}
        Every file against the one made again from the stored sources; ``"same numbers"`` where only bytes differ.
    version_changes : Mapping of str to (str, str)
        Packages whose version is now another, with the version then and now.
    machine_changes : Mapping of str to (str, str)
        What of the machine is now another: system, processor, its arithmetic.
    font_changes : Mapping of str to (str, str)
        Fonts that pictures are drawn with whose bytes are now others, with the hash then and now.
    """

    stored: Mapping[str, Finding]
    remade: Mapping[str, Finding]
    version_changes: Mapping[str, tuple[str, str]]
    machine_changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    font_changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every file is as written and is made again byte for byte."""
        return all(found == "same" for found in (*self.stored.values(), *self.remade.values()))

    @property
    def same_numbers(self) -> bool:
        """Whether every file is as written and every number is made again, on another machine or by other versions.

        Bytes may then differ, in pictures and in the last digits; on the same machine with the same versions they
        must not.
        """
        moved = bool(self.version_changes or self.machine_changes or self.font_changes)
        made = all(found in ("same", "same numbers") for found in self.remade.values())
        return made and all(found == "same" for found in self.stored.values()) and (self.ok or moved)

    def summary(self) -> str:
        """Return the findings as text, the good ones counted and the others named."""
        lines = []
        for title, findings in (("as written", self.stored), ("made again", self.remade)):
            good = sum(found == "same" for found in findings.values())
            lines.append(f"{title}: {good} of {len(findings)} files the same")
            other = [f"  {found}: {name}" for name, found in findings.items() if found != "same"]
            lines += other[:_SHOWN]
            if len(other) > _SHOWN:
                lines.append(f"  and {len(other) - _SHOWN} more")
        lines += [f"version of {name}: {then} then, {now} now" for name, (then, now) in self.version_changes.items()]
        lines += [
            f"{name} of the machine: {then} then, {now} now" for name, (then, now) in self.machine_changes.items()
        ]
        lines += [f"font {name}: {then[:12]} then, {now[:12]} now" for name, (then, now) in self.font_changes.items()]
        if self.ok:
            lines.append("verified")
        elif self.same_numbers:
            lines.append(f"same numbers; {self._reasons()}")
        else:
            lines.append("NOT verified")
        return "\n".join(lines)

    def _reasons(self) -> str:
        """Say which bytes differ, pictures by themselves, and what is other than then."""
        other = [name for name, found in self.remade.items() if found == "same numbers"]
        pictures = [name for name in other if name.endswith(PICTURES)]
        fonts = ["the fonts"] if self.font_changes else []
        rest = [*(f"the {name}" for name in self.machine_changes), *self.version_changes]
        said = []
        if pictures:
            said.append(f"{_count(len(pictures), 'picture')} because other than then: {', '.join(fonts + rest)}")
        if len(other) > len(pictures):
            count = _count(len(other) - len(pictures), "other file")
            said.append(f"{count} in last digits because other than then: {', '.join(rest + fonts)}")
        return "; ".join(said)


def _count(number: int, what: str) -> str:
    return f"1 {what} differs" if number == 1 else f"{number} {what}s differ"


def verify(directory: str | Path, sources: Mapping[str, str | Path] | None = None) -> Verification:
    """Check a saved result against its manifest, make it again and compare.

    Parameters
    ----------
    directory : path
        A folder written by ``bench run``, ``bench simulate`` or ``bench compare``, or by a result's ``save``.
    sources : mapping of str to path, optional
        Files the folder keeps no copy of, by their names in the manifest: it withholds small counts.

    Raises
    ------
    ResourceError
        When the folder has no manifest, the manifest is wrong, or its sources are gone or changed, so that it cannot
        be made again.
    """
    folder = Path(directory)
    manifest = read_manifest(folder)
    stored = _against_manifest(folder, manifest.report.files)
    with tempfile.TemporaryDirectory(prefix="bench-verify-") as work:
        again = _made_again(folder, manifest, Path(work) / "result", sources or {})
        remade = _compare(folder, again, sorted({*_files(folder), *_files(again)}))
    return Verification(
        stored=stored,
        remade=remade,
        version_changes=_moved(manifest.versions, versions()),
        machine_changes=_moved(_machine(manifest.machine.model_dump()), _machine(machine())),
        font_changes=_moved(manifest.report.fonts, fonts()),
    )


def _files(folder: Path) -> list[str]:
    """Return every file, link and empty folder below a folder; links are not followed, and folders end in ``/``."""
    found = []
    for place, names, files in os.walk(folder):
        links = [name for name in names if (Path(place) / name).is_symlink()]
        found += [(Path(place) / name).relative_to(folder).as_posix() for name in (*files, *links)]
        if not names and not files and Path(place) != folder:
            found.append(f"{Path(place).relative_to(folder).as_posix()}/")
        if len(found) > _MOST_FILES:
            raise ResourceError(f"{folder} holds more than {_MOST_FILES} files: give the folder of one result")
    return sorted(found)


def _against_manifest(folder: Path, listed: Mapping[str, str]) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for name, digest in listed.items():
        try:
            path = plain_inside(folder, [name])
        except ResourceError:
            found[name] = "link" if (folder / name).is_symlink() else "missing"
            continue
        same = path.stat().st_size <= LARGEST_FILE and file_sha256(path) == digest
        found[name] = "same" if same else "changed"
    found.update({name: "extra" for name in _files(folder) if name not in listed and name != MANIFEST})
    return found


def _made_again(folder: Path, manifest: Manifest, target: Path, sources: Mapping[str, str | Path]) -> Path:
    from bench.pipeline import remake

    result = remake(saved_record(folder, manifest, sources), synthetic=manifest.synthetic)
    return result.save(target, language=manifest.report.languages, formats=manifest.report.formats)


def _compare(first: Path, second: Path, names: Iterable[str]) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for name in names:
        if name.endswith("/"):
            found[name] = "extra"
            continue
        one, two = first / name, second / name
        if not two.is_file():
            found[name] = "extra"
        elif one.is_symlink() or not one.is_file():
            found[name] = "missing"
        else:
            large = one.stat().st_size > LARGEST_FILE
            found[name] = "differs" if large else _alike(name, one.read_bytes(), two.read_bytes())
    return found


def _alike(name: str, one: bytes, two: bytes) -> Finding:
    if one == two:
        return "same"
    return "same numbers" if same_numbers(name, one, two) else "differs"


def _moved(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        name: (was, now.get(name, "not installed"))
        for name, was in then.items()
        if was != now.get(name, "not installed")
    }


def _machine(stated: Mapping[str, object]) -> dict[str, str]:
    """Return a machine's description as text by name."""
    return {
        name: " ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in stated.items()
    }
