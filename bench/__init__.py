"""Efficiency benchmarking of service units: DEA, SFA, benchmark prices and self-adjusting unit-price financing.

The public names are loaded when they are first used, so that ``import bench`` and ``bench --help`` stay quick.

Examples
--------
>>> import bench
>>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B"])
>>> bench.dea(units, rts="crs", orientation="input").efficiency.round(6).tolist()
[1.0, 0.5]
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

#: Public name -> module that defines it.
_PUBLIC = {
    "Units": "bench.units",
    "read_units": "bench.reading",
    "dea": "bench.envelopment.dea",
    "sfa": "bench.stochastic",
    "load_model": "bench.modelfile",
    "run": "bench.pipeline",
    "simulate": "bench.pipeline",
    "compare": "bench.pipeline",
    "advise": "bench.pipeline",
    "BenchError": "bench.errors",
    "DataError": "bench.errors",
    "ModelError": "bench.errors",
    "OptionError": "bench.errors",
    "SolverError": "bench.errors",
    "InfeasibleError": "bench.errors",
    "CertificateError": "bench.errors",
    "EstimationError": "bench.errors",
    "ConvergenceError": "bench.errors",
    "WrongSkewError": "bench.errors",
    "SettlementError": "bench.errors",
    "ResourceError": "bench.errors",
}

__all__ = ["__version__", *_PUBLIC]

logging.getLogger("bench").addHandler(logging.NullHandler())

if TYPE_CHECKING:
    from bench.units import Units as Units


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    if name in (
        "errors",
        "options",
        "units",
        "lp",
        "envelopment",
        "stochastic",
        "norms",
        "stykkpris",
        "report",
        "reading",
        "modelfile",
    ):
        return import_module(f"bench.{name}")
    raise AttributeError(f"module 'bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
