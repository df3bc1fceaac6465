"""The whole engine in order: units → frontier → norms → stykkpris → one result.

:func:`run` takes a model and units; :func:`run_file` takes a model and a client's file and remembers both, so that
:func:`rerun` can run the saved sources again, and :func:`remake` make any result from its record. :func:`simulate`,
:func:`compare` and :func:`advise` look forward; they are loaded when first used, so that a run does not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bench.pipeline.chain_cases import run_cases
from bench.pipeline.files import remake, rerun, run_file
from bench.pipeline.stages import run

if TYPE_CHECKING:
    from bench.pipeline.outlook.advise import advise as advise
    from bench.pipeline.outlook.forward import compare as compare
    from bench.pipeline.outlook.forward import simulate as simulate

__all__ = ["advise", "compare", "remake", "rerun", "run", "run_cases", "run_file", "simulate"]

_LATER = {
    "advise": "bench.pipeline.outlook.advise",
    "compare": "bench.pipeline.outlook.forward",
    "simulate": "bench.pipeline.outlook.forward",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _LATER:
        value = getattr(import_module(_LATER[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'bench.pipeline' has no attribute {name!r}")
