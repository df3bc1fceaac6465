"""The manifest: what a result was made from, so that anyone can make it again.

It holds hashes and versions and no clock time: the same file, model and versions give the same manifest.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

#: Packages whose version can move a number or a byte of the output.
PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "highspy",
    "pulp",
    "numba",
    "pydantic",
    "python-calamine",
    "xlsxwriter",
    "altair",
    "vl-convert-python",
    "jinja2",
    "babel",
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


def manifest(sources: Mapping[str, bytes], options: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a run: source files by hash, options as given, versions.

    Parameters
    ----------
    sources : mapping of str to bytes
        The model file and every data file, by the name under which the result keeps a copy.
    options : mapping
        Everything else the run depends on, as plain JSON values.

    Examples
    --------
    >>> sorted(manifest({"model.toml": b""}, {"seed": 1}))
    ['format', 'options', 'platform', 'sources', 'versions']
    """
    return {
        "format": 1,
        "sources": {name: {"sha256": sha256(data), "bytes": len(data)} for name, data in sorted(sources.items())},
        "options": dict(options),
        "versions": versions(),
        "platform": {"system": platform.system(), "machine": platform.machine()},
    }
