"""The manifest: what a result was made from and which files it is, so that anyone can make it again.

It holds hashes and versions and no clock time: the same file, model and versions give the same manifest. A manifest
that is read may come from anyone. It has a schema, its size is bounded, and every name in it is a plain name.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench.errors import ResourceError
from bench.manifest.names import file_name, is_plain
from bench.manifest.schema import Manifest, Written

MANIFEST = "manifest.json"
FORMAT = 2

#: A manifest lists some hundred files; one of this size was not written by this engine.
_LARGEST = 64_000_000

#: Packages whose version can move a number or a byte of the output.
PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "highspy",
    "pulp",
    "numba",
    "formulaic",
    "pydantic",
    "python-calamine",
    "xlsxwriter",
    "altair",
    "vl-convert-python",
    "jinja2",
    "typst",
    "python-docx",
)


def sha256(data: bytes) -> str:
    """Return the hash of bytes as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: str | Path) -> str:
    """Return the hash of a file's bytes."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of the engine, of Python and of every package that can move a number."""
    from bench import __version__

    found = {"stykkpris": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> dict[str, Any]:
    """Return what of the machine can move the last digit of a number: system, processor and its arithmetic."""
    import numpy as np

    built: Any = np.show_config(mode="dicts")
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu": _cpu_features(built),
        "blas": _matrix_kernel(built),
    }


def _cpu_features(built: Mapping[str, Any]) -> list[str]:
    """Return the vector and fused instructions that numpy found and may use."""
    extensions = built.get("SIMD Extensions", {})
    return sorted({*extensions.get("baseline", ()), *extensions.get("found", ())})


def _matrix_kernel(built: Mapping[str, Any]) -> str:
    """Return the library that multiplies matrices, and which of its kernels it chose on this processor.

    Two processors with the same instructions may get different ones, and so may one that was told which to take.
    """
    import numpy as np

    blas = built.get("Build Dependencies", {}).get("blas", {})
    name = f"{blas.get('name', '')} {blas.get('version', '')}".strip()
    # A symbol is looked up in what numpy's own library was linked with; other libraries than OpenBLAS have none.
    library = ctypes.CDLL(np.linalg._umath_linalg.__file__)
    for symbol in ("scipy_openblas_get_corename64_", "openblas_get_corename64_", "openblas_get_corename"):
        try:
            chosen = getattr(library, symbol)
        except AttributeError:
            continue
        chosen.restype = ctypes.c_char_p
        return f"{name} {(chosen() or b'').decode('ascii', 'replace')}".strip()
    return name


@dataclass(frozen=True, slots=True)
class Kept:
    """A source as it is kept with its result.

    Attributes
    ----------
    name : str
        Plain name of the copy; no two sources of a result share one, whatever the case of their letters.
    title : str
        Name its owner gave it; only ever shown.
    data : bytes
    """

    name: str
    title: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What a result is made from: sources by their role, and everything else the job depends on.

    Attributes
    ----------
    kind : str
        ``"run"``, ``"simulate"``, ``"compare"``: what makes the result from the sources.
    sources : Mapping of str to Kept
        ``"model"`` (``"model.2"`` … where several are compared), ``"data"``, ``"table.budget"`` …, ``"mapping"``.
    options : Mapping
        Plain JSON values: ``roles``, ``read``, ``set``, ``dataset``, ``synthetic``, years, draws and seed.
    """

    kind: str
    sources: Mapping[str, Kept]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, bytes]:
        """The sources' bytes by the names under which they are kept."""
        return {kept.name: kept.data for kept in self.sources.values()}

    def manifest(self) -> dict[str, Any]:
        """Return the record as plain JSON values: sources by hash, options as given, versions, machine.

        Examples
        --------
        >>> record = Record("run", kept({"model": ("min.toml", b""), "data": ("a.csv", b"")}), {"seed": 1})
        >>> sorted(record.manifest())
        ['format', 'kind', 'machine', 'options', 'sources', 'versions']
        >>> record.manifest()["sources"]["model"]["name"]
        'model.toml'
        """
        return {
            "format": FORMAT,
            "kind": self.kind,
            "sources": {
                role: {"name": one.name, "title": one.title, "sha256": sha256(one.data), "bytes": len(one.data)}
                for role, one in self.sources.items()
            },
            "options": dict(self.options),
            "versions": versions(),
            "machine": machine(),
        }


def kept(given: Mapping[str, tuple[str, bytes]]) -> dict[str, Kept]:
    """Give every source a plain name of its own; equal names are numbered.

    Parameters
    ----------
    given : mapping of str to (str, bytes)
        Name and content by role. A single model is always kept as ``model.toml``.

    Examples
    --------
    >>> made = kept({"model": ("min.toml", b""), "data": ("data.csv", b"1"), "table.budget": ("Data.csv", b"2")})
    >>> [one.name for one in made.values()]
    ['model.toml', 'data.csv', 'Data-2.csv']
    """
    alone = "model.2" not in given
    taken: set[str] = set()
    made = {}
    for role, (title, data) in given.items():
        name = file_name("model.toml" if role == "model" and alone else title, taken)
        taken.add(name.casefold())
        made[role] = Kept(name, title.encode("utf-8", "replace").decode(), data)
    return made


def read_manifest(folder: str | Path) -> Manifest:
    """Return the manifest of a saved result, validated.

    Raises
    ------
    ResourceError
        When the folder has none, or it is not one of this engine's: what is wrong with it, and where.
    """
    raw = _raw(Path(folder))
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        raise _refused(Path(folder), error) from None


def listed_files(folder: str | Path) -> dict[str, str]:
    """Return the files an earlier result in a folder consists of, with their hashes.

    Raises
    ------
    ResourceError
        When the folder has no manifest of this engine.
    """
    raw = _raw(Path(folder))
    try:
        return Written.model_validate(raw).report.files
    except ValidationError as error:
        raise _refused(Path(folder), error) from None


def _raw(folder: Path) -> Any:
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise ResourceError(f"{folder} holds no {MANIFEST}: give a folder written by 'bench run --out'")
    if path.stat().st_size > _LARGEST:
        raise ResourceError(f"{path} is not a manifest of this engine: it has {path.stat().st_size} bytes")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise ResourceError(f"{path} is not a manifest: {error}") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        found = raw.get("format") if isinstance(raw, dict) else None
        raise ResourceError(
            f"{path} is not a manifest of this engine: it has format {found!r}, this engine writes {FORMAT}; "
            "make the result again with 'bench run'"
        )
    return raw


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of pairs; a key that stands twice means one thing to one reader and another to the next."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice")
    return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _refused(folder: Path, error: Any) -> ResourceError:
    problems = error.errors(include_url=False, include_input=False)
    first = problems[0]
    place = ".".join(str(part) for part in first["loc"]) or "the manifest"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ResourceError(f"{folder / MANIFEST} is not a manifest of this engine: {place}: {first['msg']}{more}")


def plain_inside(folder: Path, names: Iterable[str]) -> Path:
    """Return the path of a listed file: every name plain, no link on the way, a regular file at the end.

    The one door through which a name that was read goes to the disk.

    Raises
    ------
    ResourceError
        When a name is not plain, a part is a link, or there is no regular file.
    """
    parts = [part for name in names for part in name.split("/")]
    if not parts or not all(is_plain(part) for part in parts):
        raise ResourceError(f"{'/'.join(parts)!r} is not a name inside the folder")
    path = folder
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise ResourceError(f"{path} is a link; only files inside the folder are read")
    if not path.is_file():
        raise ResourceError(f"{path} is missing")
    return path
