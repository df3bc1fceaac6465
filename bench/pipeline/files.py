"""From files to results, and from what was kept of them to the same results again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import ResourceError, nearest
from bench.manifest import Record, kept, plain_inside, plain_options, read_manifest, saved_record
from bench.modelfile import Model
from bench.pipeline.asking.file_analysis import KINDS, remade
from bench.pipeline.jobs import Job, file_job, job_of
from bench.pipeline.stages import ran
from bench.typing import Progress

if TYPE_CHECKING:
    from bench.results import Result, RunResult


#: Kinds of result that are made of a job, for a word that is like one of them.
_KINDS = ("run", "simulate", "compare", "advise", "letters", "validate-pack", "specs")


def _maker(kind: str) -> Callable[..., Result]:
    """Return what makes a kind of result; what a run does not need is imported when it is asked for."""
    match kind:
        case "simulate":
            from bench.pipeline.outlook.forward import simulated

            return simulated
        case "compare":
            from bench.pipeline.outlook.forward import compared

            return compared
        case "advise":
            from bench.pipeline.outlook.advise import advised

            return advised
        case "letters":
            from bench.pipeline.beside import lettered

            return lettered
        case "validate-pack":
            from bench.pipeline.beside import read_back

            return read_back
        case "specs":
            from bench.pipeline.beside import specified

            return specified
        case "run":
            return ran
    raise ResourceError(f"this engine makes no result of the kind {kind!r}{nearest(kind, (*_KINDS, *KINDS))}")


def run_file(
    model: str | Path | Model,
    file: str | Path | None = None,
    *,
    roles: Mapping[str, Any] | None = None,
    read: Mapping[str, Any] | None = None,
    tables: Mapping[str, str | Path] | None = None,
    settings: Mapping[str, str] | None = None,
    mapping: str | Path | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> RunResult:
    """Run a model on a client's file and keep both as the result's sources.

    Parameters
    ----------
    model : str, path or Model
        A bundled name or the path of a model file.
    file : path, optional
        CSV, Excel or ODS; the model's own bundled data set when omitted.
    roles : mapping, optional
        ``id``, ``period``, ``scheme``, ``cost``, ``inputs``, ``outputs``, ``environment``: columns of the file, for a
        model that takes any table (see :meth:`bench.modelfile.Model.with_roles`); ``year`` for a table without one.
    read : mapping, optional
        Keywords of :func:`bench.read_units` that describe the file: sheet, decimal sign, accepted rules.
    tables : mapping of str to path, optional
        Further tables, by the names in the model's ``[data.tables]``.
    settings : mapping of str to str, optional
        Values to set, by dotted key, as text: ``{"scheme.*.price.gain": "0.5"}``.
    mapping : path, optional
        The mapping file that ``roles`` and ``read`` were taken from; it is kept with the result.
    workers, progress
        As for :func:`bench.run`.

    Raises
    ------
    ModelError
        When the model has no data set of its own and no file is given.
    """
    if progress is not None:
        progress("reading", 0, 1)
    job = file_job("run", [model], file, roles=roles, read=read, tables=tables, settings=settings, mapping=mapping)
    if progress is not None:
        progress("reading", 1, 1)
    return ran(job, workers=workers, progress=progress)


def rerun(folder: str | Path, options: Mapping[str, Any], *, progress: Progress | None = None) -> RunResult:
    """Run saved sources again, with the options of their manifest or with others.

    Nothing is written. The folder may come from anyone: only plain files in it are read, and those a manifest lists
    must have the hashes it states.

    Parameters
    ----------
    folder : path
        Folder with the sources a run was saved with: ``kilder`` or ``sources`` in the folder of the result.
    options : mapping
        ``options`` of the result's manifest. Where they name the files themselves (``data``, and ``tables`` by name),
        the folder needs no manifest beside it: its model is ``model.toml``.
    progress : callable, optional
        Called with (stage, done, total).

    Raises
    ------
    ResourceError
        When a source is missing, a link or changed, or when the folder keeps the sources of another kind of result.
    OptionError
        When an option is unknown or not of its type.

    Examples
    --------
    >>> import tempfile, bench
    >>> from bench.pipeline import rerun
    >>> roles = {"id": "home", "cost": "cost", "outputs": ["days"]}
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = Path(place, "model.toml").write_bytes(bench.load_model("average-cost").source)
    ...     _ = Path(place, "a.csv").write_text("home,cost,days\\nA,900,3\\nB,600,2\\nC,800,2\\n")
    ...     again = rerun(place, {"data": "a.csv", "roles": roles})
    >>> round(float(again.schemes["unit_cost"].iloc[0]), 2)  # 2300 of cost over 7 days
    328.57
    """
    base, said = Path(os.path.abspath(folder)), dict(options)
    said.pop("language", None)
    if "data" in said:
        names = {"model": "model.toml", "data": said.pop("data")}
        names |= {f"table.{name}": file for name, file in (said.pop("tables", None) or {}).items()}
        synthetic = bool(said.get("synthetic", False))
        files = {role: (name, plain_inside(base, [name]).read_bytes()) for role, name in names.items()}
        record = Record("run", kept(files), plain_options(said))
    else:
        manifest = read_manifest(base.parent)
        if (base.name, manifest.kind) != (manifest.report.sources, "run"):
            raise ResourceError(
                f"{base} does not hold the sources of a run: {base.parent} is the folder of a result of the kind "
                f"{manifest.kind!r}, with its sources in {manifest.report.sources!r}"
            )
        synthetic = manifest.synthetic
        record = replace(saved_record(base.parent, manifest), options=plain_options(said))
    return ran(job_of(record, synthetic=synthetic), progress=progress)


def remake(record: Record, *, synthetic: bool, progress: Progress | None = None) -> Result:
    """Make a result again from what it was made from.

    Parameters
    ----------
    record : Record
        Kind, sources and options, as :meth:`bench.manifest.Record.manifest` wrote them.
    synthetic : bool
        Whether the data are made up, as the manifest says.

    Raises
    ------
    ResourceError
        When this engine makes no results of this kind.
    """
    if record.kind in KINDS:
        return remade(record)
    make = _maker(record.kind)
    return make(job_of(record, synthetic=synthetic), progress=progress)


def made_from(job: Job, **options: Any) -> Result:
    """Return the result of a job by its kind; ``options`` are those of the function of that name."""
    return _maker(job.record.kind)(job, **options)
