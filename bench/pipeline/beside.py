"""What is made beside a run and is saved like one: letters, data to be checked, and the tables of every choice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench.pipeline.jobs import Job
from bench.pipeline.specs import curves_of, specification_curve
from bench.pipeline.stages import ran
from bench.report.faces import LettersFace, PlainFace
from bench.results import ReadData, RunResult, Specifications
from bench.typing import Progress


def lettered(job: Job, *, workers: int = 1, progress: Progress | None = None) -> RunResult:
    """Run a job whose folder holds the decision memo and a letter to every unit."""
    result = ran(job, workers=workers, progress=progress)
    return replace(result, face=LettersFace(curves=curves_of(result)))


def read_back(job: Job, *, progress: Progress | None = None) -> ReadData:
    """Return the accounts of a job as its model reads them; its folder holds every unit's own numbers as a letter.

    It is done too soon for any progress to be told.
    """
    return ReadData(job.model, job.units, job.record.manifest(), job.record.files, job.synthetic, PlainFace())


def specified(job: Job, *, workers: int = 1, progress: Progress | None = None) -> Specifications:
    """Score a job's units under every combination of the choices in its record."""
    choices: dict[str, Any] = dict(job.record.options["choices"])
    curves = specification_curve(job.model, job.units, **choices, workers=workers, progress=progress)
    return Specifications(tuple(curves), job.record.manifest(), job.record.files, job.synthetic, PlainFace())
