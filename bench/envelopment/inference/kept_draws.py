"""Draws that outlive their process: long resampling goes on where it was stopped, with the same bytes.

A hundred thousand draws may take hours. Inside :func:`kept_draws` every resampling method writes its replicates to a
folder as they are made; the same call with the same folder reads them and draws the rest. Each replicate has a
generator of its own, so what is drawn later does not depend on what was drawn before.

A job is told from another by what it draws: its first block is always drawn anew, and names the job's file together
with seed, number and version. Other data, options or arithmetic have another first block, and another file.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from bench import __version__
from bench.errors import ResourceError
from bench.typing import FloatArray, Progress

_MAGIC = b"stykkpris draws 1\n"
#: Bytes of a record's head: number of the block, length of its array, and the hash of both and the array.
_HEAD = 8 + 8 + 32
#: Seconds of work that a loss of power may cost; a killed process loses the block it was drawing.
_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where draws are kept, and who is told how far they are.

    Attributes
    ----------
    folder : Path or None
        None: nothing is kept.
    progress : callable, optional
        Called with (stage, done, total), in replicates.
    """

    folder: Path | None
    progress: Progress | None = None


_KEEPING: ContextVar[Keeping | None] = ContextVar("keeping", default=None)


@contextmanager
def kept_draws(folder: str | Path | None, progress: Progress | None = None) -> Iterator[None]:
    """Keep the draws of every resampling method that is called inside, and take those that are kept already.

    Parameters
    ----------
    folder : path or None
        Made when it is not there. Holds one file per job, which may be thrown away when the job is done. None keeps
        nothing, and only tells ``progress``.
    progress : callable, optional
        Called with ``("draws", done, total)``, in replicates.

    Raises
    ------
    ResourceError
        When the folder cannot be made or written to.

    Examples
    --------
    >>> import bench, numpy as np, tempfile
    >>> from bench.envelopment import bootstrap_efficiency
    >>> units = bench.Units.from_arrays(np.linspace(1, 2, 30), np.ones(30))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with kept_draws(folder):
    ...         first = bootstrap_efficiency(units, rts="crs", seed=1, replicates=100)
    ...     with kept_draws(folder):
    ...         again = bootstrap_efficiency(units, rts="crs", seed=1, replicates=100)
    >>> bool((first.values.replicates == again.values.replicates).all())
    True
    """
    token = _KEEPING.set(Keeping(None if folder is None else Path(folder), progress))
    try:
        yield
    finally:
        _KEEPING.reset(token)


def keeping() -> Keeping:
    """Return what holds here: nothing is kept outside :func:`kept_draws`."""
    return _KEEPING.get() or Keeping(None)


@dataclass(slots=True)
class Blocks:
    """The blocks of one job, in memory and, where a folder is given, in its file.

    Attributes
    ----------
    found : dict of int to array
        Blocks that are there, by number.
    """

    found: dict[int, FloatArray]
    _file: BinaryIO | None = None
    _synced: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, first: FloatArray, seed: int, count: int) -> Blocks:
        """Open the job that begins with this block; other blocks of the same job are read."""
        folder = keeping().folder
        if folder is None:
            return cls({0: first})
        digest = hashlib.sha256(f"{__version__} {np.__version__} {seed} {count} {first.shape}".encode())
        digest.update(np.ascontiguousarray(first).tobytes())
        path = folder / f"{digest.hexdigest()[:32]}.draws"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            found, good = _read(path)
            file = path.open("r+b" if path.exists() else "w+b")
            file.truncate(good)
            file.seek(good)
            if good == 0:
                file.write(_MAGIC)
        except OSError as error:
            raise ResourceError(f"draws cannot be kept in {folder}: {error.strerror or error}") from None
        made = cls(found, file)
        if 0 not in found:
            made.add(0, first)
        return made

    def add(self, number: int, block: FloatArray) -> None:
        """Take a block, and write it down."""
        self.found[number] = block
        if self._file is None:
            return
        content = io.BytesIO()
        np.save(content, block, allow_pickle=False)
        data = content.getvalue()
        head = number.to_bytes(8, "little") + len(data).to_bytes(8, "little")
        self._file.write(head + hashlib.sha256(head + data).digest() + data)
        self._file.flush()
        if time.monotonic() - self._synced > _EVERY:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _read(path: Path) -> tuple[dict[int, FloatArray], int]:
    """Return the whole blocks of a file and where they end; what follows was cut off while it was written."""
    if not path.exists():
        return {}, 0
    if path.is_symlink() or not path.is_file():
        raise ResourceError(f"{path} is no file of draws: give another folder")
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        if data and not _MAGIC.startswith(data):
            raise ResourceError(f"{path} is no file of draws: give another folder")
        return {}, 0
    found: dict[int, FloatArray] = {}
    at = len(_MAGIC)
    while at + _HEAD <= len(data):
        head, digest = data[at : at + 16], data[at + 16 : at + _HEAD]
        end = at + _HEAD + int.from_bytes(head[8:], "little")
        content = data[at + _HEAD : end]
        if end > len(data) or hashlib.sha256(head + content).digest() != digest:
            break
        found[int.from_bytes(head[:8], "little")] = np.load(io.BytesIO(content), allow_pickle=False)
        at = end
    return found, at
