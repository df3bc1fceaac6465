"""Every text of the reports as (bokmål, English), for tests that look both up."""

from __future__ import annotations

from bench.report.words.texts import text_table

NB, EN = text_table("nb"), text_table("en")

TEXTS = {key: (NB[key], EN[key]) for key in NB}
