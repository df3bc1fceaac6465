"""Texts of the workbook."""

from __future__ import annotations

WORKBOOK: dict[str, tuple[str, str]] = {}
