"""The whole engine in order: units → frontier → norms → stykkpris → one result.

:func:`run` takes a model and units; :func:`run_file` takes a model and a client's file and remembers both, so that
:func:`remake` can make the same result again. :func:`simulate`, :func:`compare` and :func:`advise` look forward.
"""

from __future__ import annotations

from bench.pipeline.chain_cases import run_cases
from bench.pipeline.files import remake, run_file
from bench.pipeline.outlook.advise import advise
from bench.pipeline.outlook.forward import compare, simulate
from bench.pipeline.stages import run

__all__ = ["advise", "compare", "remake", "run", "run_cases", "run_file", "simulate"]
