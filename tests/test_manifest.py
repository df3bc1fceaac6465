"""The manifest names every source by hash and every version, and no clock time."""

from __future__ import annotations

import json

from bench import __version__
from bench.manifest import PACKAGES, file_sha256, manifest, sha256


def test_known_hash(tmp_path):
    # FIPS 180-2, appendix B.1: SHA-256 of "abc"
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(b"abc") == expected
    file = tmp_path / "abc.txt"
    file.write_bytes(b"abc")
    assert file_sha256(file) == expected


def test_manifest_is_plain_json_and_repeatable():
    first = manifest({"b": b"2", "a": b"1"}, {"seed": 7})
    assert json.loads(json.dumps(first)) == first == manifest({"a": b"1", "b": b"2"}, {"seed": 7})
    assert list(first["sources"]) == ["a", "b"]
    assert first["versions"]["stykkpris"] == __version__
    assert set(PACKAGES) <= set(first["versions"])
