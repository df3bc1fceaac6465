"""Financing systems: ten rule blocks, the year cycle, the settlement, and what can be proved about them."""

from __future__ import annotations

from bench.stykkpris.cases import CaseReport, run_cases
from bench.stykkpris.engine import settle
from bench.stykkpris.result import StykkprisResult

__all__ = ["CaseReport", "StykkprisResult", "run_cases", "settle"]
