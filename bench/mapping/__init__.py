"""A mapping: how a client's file becomes the table a model reads, written down once and kept with every result."""

from __future__ import annotations

from bench.mapping.mapping import Mapping, load_mapping, read_mapping, with_lines
from bench.mapping.proposal import Proposal, propose

__all__ = ["Mapping", "Proposal", "load_mapping", "propose", "read_mapping", "with_lines"]
