"""From a saved folder back to what its result was made from; the folder may come from anyone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bench.errors import OptionError, ResourceError, nearest
from bench.manifest.record import Kept, Record, plain_inside, sha256
from bench.manifest.schema import Manifest, Options

#: Bytes of the largest file that is read: no result holds one like it.
LARGEST_FILE = 4_000_000_000


def saved_record(folder: Path, manifest: Manifest, given: Mapping[str, str | Path] | None = None) -> Record:
    """Return what a saved result was made from, with every source read once and held against its hash.

    Parameters
    ----------
    folder : path
    manifest : Manifest
    given : mapping of str to path, optional
        Files the folder keeps no copy of, by their names in the manifest.

    Raises
    ------
    ResourceError
        When a source is missing, a link, or changed.
    """
    given = given or {}
    left_out = manifest.report.left_out
    unknown = [name for name in given if name not in left_out]
    if unknown:
        raise ResourceError(
            f"{folder} lacks no source called {', '.join(map(repr, unknown))}{nearest(unknown[0], left_out)}"
        )
    missing = [name for name in left_out if name not in given]
    if missing:
        raise ResourceError(
            f"{folder} withholds small counts and keeps no copy of {', '.join(missing)}: whoever has the files makes "
            f"it again with 'bench verify DIR {' '.join(f'--source {name}=PATH' for name in missing)}'; trace and "
            "appeal need a folder made with report.small_counts = 0"
        )
    sources = {}
    for role, source in manifest.sources.items():
        path = Path(given[source.name]) if source.name in given else None
        if path is not None and not path.is_file():
            raise ResourceError(f"{path} is missing")
        path = path or plain_inside(folder, [manifest.report.sources, source.name])
        # Its size is looked at first: a copy that has grown is not taken into memory.
        data = path.read_bytes() if path.stat().st_size == source.bytes <= LARGEST_FILE else b""
        if len(data) != source.bytes or sha256(data) != source.sha256:
            raise ResourceError(
                f"{path} is not the file of the run: the result cannot be made again from it"
                if source.name in given
                else f"{path} was changed after the run: the result cannot be made again from it"
            )
        sources[role] = Kept(source.name, source.title, data)
    return Record(manifest.kind, sources, manifest.options.given())


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of a manifest that anyone may have written, held against their schema.

    Raises
    ------
    OptionError
        With every key that is unknown or not of its type.

    Examples
    --------
    >>> plain_options({"roles": {"id": "unit"}, "seed": 1})
    {'roles': {'id': 'unit'}, 'seed': 1}
    """
    try:
        return Options.model_validate(dict(options)).given()
    except ValidationError as error:
        said = [
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise OptionError(f"these are not the options of a manifest: {'; '.join(said)}") from None
