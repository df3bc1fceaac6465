"""Where a number of a saved result comes from: rule, inputs down to their cells, parameters with their sources."""

from __future__ import annotations

from bench.trace.folder import trace
from bench.trace.tree import Node

__all__ = ["Node", "trace"]
