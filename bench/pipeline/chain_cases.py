"""The cases of a model file, those of models that end with their norms among them: the chain runs on their data."""

from __future__ import annotations

from bench.modelfile import Model
from bench.pipeline.jobs import file_job
from bench.pipeline.stages import run
from bench.stykkpris.cases import CaseReport
from bench.stykkpris.cases import run_cases as settled_cases


def run_cases(model: Model) -> CaseReport:
    """Run every case of a model: those with data of their own, and those about its bundled data where the chain runs.

    Examples
    --------
    >>> import bench
    >>> run_cases(bench.load_model("bodo-dea")).ok
    True
    """
    about_own = model.meta.stage == "norms" and any(case.data is None for case in model.case)
    units = file_job("run", [model], None).units if about_own else None
    return settled_cases(model, units, runner=run)
