"""The cases of a model file: those with data of their own, and those about the data set the model is shown on."""

from __future__ import annotations

from bench.modelfile import Model
from bench.pipeline.jobs import file_job
from bench.pipeline.stages import run
from bench.stykkpris.cases import CaseReport
from bench.stykkpris.cases import run_cases as settled_cases


def run_cases(model: Model) -> CaseReport:
    """Run every case of a model: those with data of their own, and those about the data set it is shown on.

    Examples
    --------
    >>> import bench
    >>> run_cases(bench.load_model("bodo-dea")).ok
    True
    """
    about_own = model.meta.dataset is not None and any(case.data is None for case in model.case)
    if not about_own:
        return settled_cases(model, runner=run)
    job = file_job("run", [model], None)
    return settled_cases(model, job.units, tables=job.tables, runner=run)
