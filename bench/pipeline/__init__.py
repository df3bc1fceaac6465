"""The whole engine in order: units → frontier → norms → stykkpris → one result.

:func:`run` takes a model and units; :func:`run_file` takes a model and a client's file and remembers both, so that
:func:`rerun` can make the same result again.
"""

from __future__ import annotations

from bench.pipeline.files import rerun, run_file
from bench.pipeline.stages import run

__all__ = ["rerun", "run", "run_file"]
