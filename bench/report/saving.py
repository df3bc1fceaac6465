"""Writes a result's folder: every file in one language or both, the sources once, and the manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import OptionError, ResourceError
from bench.manifest import FORMAT, MANIFEST, is_plain_path, sha256
from bench.options import LANGUAGES, one_of
from bench.report.fonts import fonts
from bench.report.placing import folder_aside, resolved
from bench.report.small_counts import published
from bench.report.tables.parquet import parquet_bytes
from bench.report.words.texts import Texts
from bench.results import RunResult
from bench.typing import Progress

if TYPE_CHECKING:
    from bench.results import Result

#: How tables may be written.
FORMATS = ("csv", "parquet")

#: Packages whose version decides the bytes of the files.
_WRITERS = ("stykkpris", "vl-convert-python", "jinja2", "xlsxwriter", "pandas")


def save(
    result: Result,
    directory: str | Path,
    *,
    language: str | Sequence[str] = "nb",
    formats: Sequence[str] = ("csv",),
    overwrite: bool = False,
    inputs: Iterable[str | Path] = (),
    progress: Progress | None = None,
) -> Path:
    """Write a result's files, the sources it was made from and the manifest to a folder.

    The same result gives the same bytes on the same machine. In one language the files lie in the folder itself; in
    two, in ``nb`` and ``en`` below it, with the sources and one manifest at the top.

    Parameters
    ----------
    result : RunResult, SimulationResult or Comparison
    directory : path
        Must not exist or be empty, unless ``overwrite``; then only an earlier report, as it was written, is replaced.
    language : {"nb", "en"} or several of them
        ``"nb,en"`` and ``["nb", "en"]`` write both.
    formats : sequence of {"csv", "parquet"}
        Of the tables; ``"parquet"`` is written beside ``"csv"``, which is always there.
    overwrite : bool
        Replace an earlier report in the folder.
    inputs : iterable of path
        Files the result was made from; a folder that holds one is not replaced.
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
    languages = languages_of(language)
    given, result = result, published(result) if isinstance(result, RunResult) else result
    if "parquet" in formats and not result.frames():
        raise OptionError("this result keeps no tables that could be written as parquet: leave formats out")
    formats = tuple(dict.fromkeys(("csv", *(one_of(word, FORMATS, "format") for word in formats))))
    with folder_aside(directory, overwrite, inputs) as aside:
        hashes: dict[str, str] = {}
        total = len(languages) * result.size()
        sources = Texts(languages[0])("folder.sources")
        for done, (stage, name, data) in enumerate(_files(result, languages, sources, formats)):
            _write(aside, name, data)
            hashes[name] = sha256(data)
            if progress is not None:
                progress(stage, done + 1, max(total, done + 1))
        left_out = sorted({*given.sources} - {*result.sources})
        _write(aside, MANIFEST, _manifest(result, languages, sources, hashes, formats, left_out))
    return resolved(directory)


def languages_of(language: str | Sequence[str]) -> tuple[str, ...]:
    """Return the languages of a report, in the order given.

    Examples
    --------
    >>> languages_of("nb,en"), languages_of(["en"])
    (('nb', 'en'), ('en',))
    """
    words = language.split(",") if isinstance(language, str) else list(language)
    chosen = tuple(dict.fromkeys(one_of(word, LANGUAGES, "language") for word in words))
    if not chosen:
        raise OptionError(f"language must be one of {', '.join(LANGUAGES)}, or several of them")
    return chosen


def _files(
    result: Result, languages: tuple[str, ...], sources: str, formats: Sequence[str]
) -> Iterator[tuple[str, str, bytes]]:
    """Yield every file as (stage, path in the folder, bytes)."""
    frames = result.frames() if "parquet" in formats else {}
    for language in languages:
        below = f"{language}/" if len(languages) > 1 else ""
        for stage, name, data in result.files(language, languages):
            yield stage, f"{below}{name}", data
            table = name.removesuffix(".csv")
            if stage == "tables" and table != name and table.rsplit("/", 1)[-1] in frames:
                yield stage, f"{below}{table}.parquet", parquet_bytes(frames[table.rsplit("/", 1)[-1]])
    for name, data in result.sources.items():
        yield "sources", f"{sources}/{name}", data


def _write(folder: Path, name: str, data: bytes) -> None:
    if not is_plain_path(name):
        raise ResourceError(f"{name!r} is not a name inside the folder; nothing was written")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:  # two files of one name would be one file
        stream.write(data)


def _manifest(
    result: Result,
    languages: tuple[str, ...],
    sources: str,
    hashes: Mapping[str, str],
    formats: Sequence[str],
    left_out: Sequence[str],
) -> bytes:
    content = {
        **result.manifest,
        "format": FORMAT,
        "synthetic": result.synthetic,
        "report": {
            "languages": list(languages),
            "versions": _versions(("polars",) if "parquet" in formats else ()),
            **({"formats": list(formats)} if len(formats) > 1 else {}),
            "fonts": fonts(),
            "sources": sources,
            **({"left_out": list(left_out)} if left_out else {}),
            "files": dict(sorted(hashes.items())),
        },
    }
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False, default=_plain)
    return f"{text}\n".encode()


def _plain(value: Any) -> Any:
    """Return numbers of numpy as Python's; anything else that JSON lacks is a fault of ours."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"the manifest cannot hold a {type(value).__name__}")


def _versions(more: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for package in (*_WRITERS, *more):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
