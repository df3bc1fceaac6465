"""Writes a report folder: everything aside first, renamed at the end, so a failure leaves nothing half-written."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import OptionError, ResourceError
from bench.options import LANGUAGES, one_of
from bench.typing import Progress

if TYPE_CHECKING:
    from bench.results import RunResult

#: Called with (stage, done, total) while the files are written.

MANIFEST = "manifest.json"

#: Packages whose version decides the bytes of the files.
_WRITERS = ("stykkpris", "vl-convert-python", "jinja2", "babel", "xlsxwriter", "pandas")


def save(
    run: RunResult,
    directory: str | Path,
    *,
    language: str = "nb",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write page, workbook, tables, charts, price book, unit sheets and manifest to a folder.

    The same run gives the same bytes on the same machine.

    Parameters
    ----------
    run : RunResult
    directory : path
        Must not exist or be empty, unless ``overwrite``; then only an earlier report is replaced.
    language : {"nb", "en"}
    overwrite : bool
        Replace an earlier report in the folder.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OptionError
        When the folder is taken, or the language is unknown.
    ResourceError
        When the folder cannot be made.
    """
    chosen = one_of(language, LANGUAGES, "language")
    with folder_aside(directory, overwrite) as aside:
        _write_all(run, aside, chosen, progress)
    return resolved(directory)


def resolved(directory: str | Path) -> Path:
    """Return a folder's full path."""
    return Path(directory).expanduser().resolve()


@contextmanager
def folder_aside(directory: str | Path, overwrite: bool) -> Iterator[Path]:
    """Give a folder to write to that takes its name when all went well, so that a failure leaves nothing half-written.

    Raises
    ------
    OptionError
        When the name is taken.
    ResourceError
        When the folder cannot be written.
    """
    target = resolved(directory)
    _refuse_taken(target, overwrite)
    made = _make_parents(target)
    aside = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    try:
        aside.mkdir()
        yield aside
        _put_in_place(aside, target)
    except OSError as error:
        raise ResourceError(f"cannot write {target}: {error}; choose a folder that can be written") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        _remove_empty(made)


def _refuse_taken(target: Path, overwrite: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise OptionError(f"{target} is a file; choose another folder")
    if not any(target.iterdir()):
        return
    if not overwrite:
        raise OptionError(
            f"the folder {target} exists; choose another, or pass overwrite=True to replace the report in it"
        )
    if not (target / MANIFEST).is_file():
        raise OptionError(f"the folder {target} holds no earlier report ({MANIFEST} is missing); choose another folder")


def _make_parents(target: Path) -> list[Path]:
    """Make the folders above the target; return those that were made, the innermost first."""
    missing = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(f"cannot make the folder {target.parent}: {error}; choose another folder") from error
    return missing


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _put_in_place(aside: Path, target: Path) -> None:
    """Rename the finished folder to its name; an earlier report comes back if that fails."""
    if not target.exists():
        aside.rename(target)
        return
    old = target.parent / f"{aside.name}.old"
    target.rename(old)
    try:
        aside.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old)


def _write_all(run: RunResult, folder: Path, language: str, progress: Progress | None) -> None:
    from bench.report.contents import run_files
    from bench.report.edition import Edition

    edition = Edition.of(run, language)
    total = 6 + len(edition.facts.units)
    hashes: dict[str, str] = {}
    for done, (stage, name, data) in enumerate(run_files(edition)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        hashes[name] = hashlib.sha256(data).hexdigest()
        if progress is not None:
            progress(stage, done + 1, max(total, done + 1))
    (folder / MANIFEST).write_text(_manifest(run, language, hashes), encoding="utf-8")


def _manifest(run: RunResult, language: str, hashes: Mapping[str, str]) -> str:
    content = {
        **run.manifest,
        "synthetic": run.synthetic,
        "report": {"language": language, "versions": _versions(), "files": dict(sorted(hashes.items()))},
    }
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"


def _versions() -> dict[str, str]:
    found = {}
    for package in _WRITERS:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
