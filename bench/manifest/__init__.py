"""What a saved result was made from and which files it is; what may be believed of a manifest that anyone may send.

:class:`Record` describes a result by its sources and options and becomes the manifest; :func:`read_manifest` reads one
back against its schema; every name in it is plain (:mod:`bench.manifest.names`).
"""

from __future__ import annotations

from bench.manifest.names import file_name, is_plain, is_plain_path
from bench.manifest.record import (
    FORMAT,
    MANIFEST,
    PACKAGES,
    Kept,
    Record,
    file_sha256,
    kept,
    listed_files,
    machine,
    plain_inside,
    read_manifest,
    sha256,
    versions,
)
from bench.manifest.saved import LARGEST_FILE, plain_options, saved_record
from bench.manifest.schema import Manifest

__all__ = [
    "FORMAT",
    "LARGEST_FILE",
    "MANIFEST",
    "PACKAGES",
    "Kept",
    "Manifest",
    "Record",
    "file_name",
    "file_sha256",
    "is_plain",
    "is_plain_path",
    "kept",
    "listed_files",
    "machine",
    "plain_inside",
    "plain_options",
    "read_manifest",
    "saved_record",
    "sha256",
    "versions",
]
