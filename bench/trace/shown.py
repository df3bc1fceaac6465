"""`Tracing`: the trees of many numbers of one result, for pages that open a number's tree where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.errors import BenchError
from bench.pipeline.jobs import Job
from bench.results import RunResult
from bench.trace.numbers import Numbers
from bench.trace.places import Places
from bench.trace.tree import Node

#: A number that is asked for: ``"frame.column"`` and what it is of.
Asked = tuple[str, Mapping[str, Any]]


@dataclass(slots=True)
class Tracing:
    """The trees of the numbers of a job's result; what two numbers share is one node.

    Attributes
    ----------
    job : Job
        What the result was made from.
    """

    job: Job
    _numbers: list[Numbers] = field(default_factory=list)

    def __call__(self, result: RunResult, asked: Sequence[Asked]) -> list[Node | None]:
        """Return each number's tree, as :func:`bench.trace.trace` gives it; None where there is none."""
        if not self._numbers or self._numbers[0].result is not result:
            places = Places(self.job, result.units, result.model, result.assumptions)
            self._numbers[:] = [Numbers(result, places)]
        return [self._one(name, at) for name, at in asked]

    def _one(self, name: str, at: Mapping[str, Any]) -> Node | None:
        frame, column = name.split(".", 1)
        if frame == "data":  # a cell of the client's own file
            return self._numbers[0].places.cell(column, str(at["unit"]), at["year"])
        try:
            return self._numbers[0].number(frame, column, at)
        except (BenchError, LookupError):
            return None
