"""Reading a client's file: any dialect in, a validated table or every problem at its cell out."""

from __future__ import annotations

from bench.reading.file_check import Report, check_file
from bench.reading.load import Readable, read_table, source_bytes
from bench.reading.profile import ColumnProfile
from bench.reading.reader import ACCEPTABLE_RULES, read_units
from bench.reading.table import Table
from bench.reading.values.numbers import NumberColumn, parse_numbers

__all__ = [
    "ACCEPTABLE_RULES",
    "ColumnProfile",
    "NumberColumn",
    "Readable",
    "Report",
    "Table",
    "check_file",
    "parse_numbers",
    "read_table",
    "read_units",
    "source_bytes",
]
