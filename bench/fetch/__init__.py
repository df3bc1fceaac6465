"""Public statistics into one file: tables of a statistical office (PxWeb), municipalities and groups by year (Klass).

The only room that uses a network, and only when it is asked to; what was brought once is kept and read again offline.
"""

from __future__ import annotations

from bench.fetch.client import Client, default_cache
from bench.fetch.klass import KLASS, Klass
from bench.fetch.municipalities import Changes, bundled_changes
from bench.fetch.pxweb import STATBANK, PxWeb
from bench.fetch.statistics import Fetched, Wanted, fetch_table

__all__ = [
    "KLASS",
    "STATBANK",
    "Changes",
    "Client",
    "Fetched",
    "Klass",
    "PxWeb",
    "Wanted",
    "bundled_changes",
    "default_cache",
    "fetch_table",
]
