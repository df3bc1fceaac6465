"""workbook"""
from __future__ import annotations
from bench.report.voice import Voice
def workbook_bytes(voice: Voice) -> bytes:
    return b""
