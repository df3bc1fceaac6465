"""Puts a finished folder or file in its place: written aside, exchanged in one step, and nothing but ours replaced.

A failure, an interrupt or a kill leaves what stood there before. Folders that a killed process left behind are swept
when the next one writes beside them.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.errors import OptionError, ResourceError
from bench.manifest import LARGEST_FILE, MANIFEST, file_sha256, listed_files

#: Folders that are being written, and earlier reports between two renames where no exchange exists.
_ASIDE = re.compile(r"\.bench-aside-[0-9a-f]{8}")
_OLD = re.compile(r"(?P<name>.+)\.bench-old-[0-9a-f]{8}")

#: Seconds before a folder without a living owner may be swept: its owner locks it as soon as it is made. A day where a
#: lock cannot tell.
_FRESH, _UNKNOWN = 2.0, 86_400.0

#: So many names of foreign files are shown.
_SHOWN = 5


def resolved(directory: str | Path) -> Path:
    """Return a folder's full path."""
    try:
        return Path(directory).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise OptionError(f"{str(directory)!r} is not the name of a folder: {error}") from None


@contextmanager
def folder_aside(directory: str | Path, overwrite: bool, inputs: Iterable[str | Path] = ()) -> Iterator[Path]:
    """Give a folder to write to that takes its name when all went well, so that a failure leaves nothing half-written.

    Parameters
    ----------
    directory : path
    overwrite : bool
        Whether an earlier report there may be replaced; see :func:`refuse_taken`.
    inputs : iterable of path
        Files the report is made from.

    Raises
    ------
    OptionError
        When the name is taken.
    ResourceError
        When the folder cannot be written.
    """
    target = resolved(directory)
    refuse_taken(target, overwrite, inputs)
    with _beside(target) as aside:
        yield aside
        _sync(aside)
        refuse_taken(target, overwrite, inputs)
        _put_in_place(aside, target)


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A place for one file, which is written whole or not at all.

    Parameters
    ----------
    path : path
    overwrite : bool
        Whether an earlier file may be replaced.
    inputs : tuple of path
        Files that are read; none of them is replaced, whatever name or link it goes by.
    ours : callable, optional
        Tells from the bytes whether a file is of the kind that is written; only such a file is replaced.
    """

    path: str | Path
    overwrite: bool = False
    inputs: tuple[str | Path, ...] = ()
    ours: Callable[[bytes], bool] | None = None

    def refuse_taken(self) -> Path:
        """Return the full path, unless something stands there that is not to be replaced.

        Raises
        ------
        ResourceError
            When something stands there and ``overwrite`` is false.
        OptionError
            When what stands there is read, or is of another kind.
        """
        target = resolved(self.path)
        if any(resolved(one) == target or _one_file(Path(one), target) for one in self.inputs):
            raise OptionError(f"{self.path} is read by this command and would be replaced: choose another --out")
        if not target.exists() and not Path(self.path).is_symlink():
            return target
        if not self.overwrite:
            raise ResourceError(f"{self.path} exists already: choose another file with --out, or give --overwrite")
        if not (target.is_file() and target.stat().st_size <= LARGEST_FILE and self.ours is not None) or not self.ours(
            target.read_bytes()
        ):
            raise OptionError(
                f"{self.path} holds something else than this command writes: move it away, or choose another --out"
            )
        return target

    def put(self, data: bytes) -> Path:
        """Write the file in one step; return its full path.

        Raises
        ------
        OptionError, ResourceError
            When the name is taken; when the file cannot be written.
        """
        target = self.refuse_taken()
        with _beside(target) as aside:
            whole = aside / "whole"
            whole.write_bytes(data)
            _sync_path(str(whole))
            self.refuse_taken()
            whole.replace(target)
        return target


def _one_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except (OSError, ValueError):
        return False


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a folder of our own beside the target, which is gone afterwards."""
    made = _make_parents(target)
    sweep(target.parent)
    aside = target.parent / f".bench-aside-{secrets.token_hex(4)}"
    lock = None
    try:
        aside.mkdir()
        lock = _locked(aside)
        yield aside
        _sync_folder(target.parent)
    except OSError as error:
        raise ResourceError(f"cannot write {target}: {error}; choose a folder that can be written") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if lock is not None:
            os.close(lock)
        _remove_empty(made)


def refuse_taken(target: Path, overwrite: bool, inputs: Iterable[str | Path] = ()) -> None:
    """Refuse a place that holds anything but an earlier report, as it was written.

    Raises
    ------
    OptionError
        When a file stands there; when a report stands there and ``overwrite`` is false; when a file in the folder is
        not listed in its manifest, or was changed, or is an input; those are named.
    """
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise OptionError(f"{target} is a file; choose another folder")
    if not any(target.iterdir()):
        return
    if not overwrite:
        raise OptionError(
            f"the folder {target} exists; choose another, or pass overwrite=True to replace the report in it"
        )
    inside = [str(path) for path in inputs if resolved(path).is_relative_to(target)]
    if inside:
        raise OptionError(f"{_some(inside)} lies in the folder that would be replaced, {target}; choose another folder")
    kept = [place for place, _, _ in os.walk(target) if not os.access(place, os.W_OK)]
    if kept:
        raise OptionError(f"the folder {_some(kept)} is kept from being written; choose another folder")
    foreign = strangers(target)
    if foreign:
        raise OptionError(
            f"the folder {target} holds what the report did not write, or was changed since: {_some(foreign)}; "
            "move it away, or choose another folder"
        )


def strangers(target: Path) -> list[str]:
    """Return the names in a report's folder that its manifest does not list, or that were changed since.

    Raises
    ------
    OptionError
        When the folder holds no earlier report.
    """
    try:
        listed = listed_files(target)
    except ResourceError as error:
        raise OptionError(f"the folder {target} holds no earlier report: {error}; choose another folder") from None
    folders = {str(parent) for name in listed for parent in Path(name).parents}
    found = []
    for place, names, files in os.walk(target):
        base = Path(place).relative_to(target)
        said = {name: (base / name).as_posix() for name in [*names, *files]}
        found += [said[name] for name in names if (target / said[name]).is_symlink() or said[name] not in folders]
        found += [said[name] for name in files if said[name] != MANIFEST and not _ours(target, said[name], listed)]
    return sorted(found)


def _ours(target: Path, name: str, listed: Mapping[str, str]) -> bool:
    path = target / name
    return name in listed and path.is_file() and not path.is_symlink() and file_sha256(path) == listed[name]


def sweep(parent: Path) -> None:
    """Remove folders that a killed process was writing, and give a report back its name where a rename was cut off."""
    with suppress(OSError):
        for path in list(parent.iterdir()):
            if path.is_symlink() or not path.is_dir():
                continue
            if _ASIDE.fullmatch(path.name) and _left_behind(path):
                shutil.rmtree(path, ignore_errors=True)
            elif (cut := _OLD.fullmatch(path.name)) and _left_behind(path):
                _give_back(path, parent / cut["name"])


def _give_back(old: Path, target: Path) -> None:
    if not target.exists():
        old.rename(target)
        return
    if _as_written(old):
        shutil.rmtree(old, ignore_errors=True)


def _left_behind(folder: Path) -> bool:
    """Whether no living process writes the folder: its lock is free, or, where locks cannot tell, it is a day old."""
    age = time.time() - folder.stat().st_mtime
    if age < _FRESH:
        return False
    if os.name == "nt":
        return age > _UNKNOWN
    try:
        lock = _locked(folder)
    except BlockingIOError:
        return False
    if lock is None:
        return age > _UNKNOWN
    os.close(lock)
    return True


def _locked(folder: Path) -> int | None:
    """Lock a folder for as long as its descriptor is open; the system frees it when the process is gone."""
    if sys.platform == "win32":
        return None
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:
        os.close(handle)
        return None
    return handle


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
    """Give the finished folder its name; an earlier report takes the name of the one aside, in the same step."""
    if not target.exists():
        aside.rename(target)
    elif not any(target.iterdir()):
        target.rmdir()
        aside.rename(target)
    elif exchange(aside, target):
        if not _as_written(aside):  # somebody wrote into the earlier report at the last moment
            exchange(aside, target)
            refuse_taken(target, True)
    else:
        _by_two_renames(aside, target)


def _as_written(folder: Path) -> bool:
    try:
        return not strangers(folder)
    except OptionError:
        return False


def _by_two_renames(aside: Path, target: Path) -> None:
    """Rename where the system has no exchange; whatever happens in between, the earlier report comes back."""
    old = target.parent / f"{target.name}.bench-old-{aside.name[-8:]}"
    target.rename(old)
    try:
        aside.rename(target)
    except BaseException:
        if not target.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def exchange(first: Path, second: Path) -> bool:
    """Exchange two names in one step; return whether the system can."""
    one, two = os.fsencode(first), os.fsencode(second)
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            at_working_folder, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE: renameat2(2)
            return bool(library.renameat2(at_working_folder, one, at_working_folder, two, swap) == 0)
        if sys.platform == "darwin":
            return bool(library.renamex_np(one, two, 2) == 0)  # RENAME_SWAP: renamex_np(2)
    return False


def _sync(folder: Path) -> None:
    """Wait until the disk has every file of a folder, so that the name never stands for less than the content."""
    for place, _, names in os.walk(folder):
        for name in names:
            _sync_path(os.path.join(place, name))
        _sync_folder(Path(place))


def _sync_folder(folder: Path) -> None:
    if os.name != "nt":
        _sync_path(str(folder))


def _sync_path(path: str) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
