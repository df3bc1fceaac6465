"""The manifest names every source by role and hash, every version, no clock time; and is read back strictly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import __version__
from bench.errors import ResourceError
from bench.manifest import (
    MANIFEST,
    PACKAGES,
    Record,
    file_name,
    file_sha256,
    is_plain,
    is_plain_path,
    kept,
    read_manifest,
    sha256,
)


def test_known_hash(tmp_path: Path) -> None:
    # FIPS 180-2, appendix B.1: SHA-256 of "abc"
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(b"abc") == expected
    file = tmp_path / "abc.txt"
    file.write_bytes(b"abc")
    assert file_sha256(file) == expected


def test_a_record_is_plain_json_and_repeatable() -> None:
    record = Record("run", kept({"model": ("min.toml", b"1"), "data": ("klient.csv", b"2")}), {"seed": 7})
    first = record.manifest()
    assert json.loads(json.dumps(first)) == first == record.manifest()
    assert first["sources"]["data"] == {"name": "klient.csv", "title": "klient.csv", "sha256": sha256(b"2"), "bytes": 1}
    assert first["versions"]["stykkpris"] == __version__
    assert set(PACKAGES) <= set(first["versions"])


def test_sources_that_share_a_name_are_numbered() -> None:
    given = {"model": ("a.toml", b"0"), "data": ("a/data.csv", b"1"), "table.budget": ("model.toml", b"2")}
    given |= {"table.index": ("MODEL.toml", b"3"), "table.months": ("a/data.csv", b"4")}
    made = kept(given)
    assert [one.name for one in made.values()] == [
        "model.toml",
        "a_data.csv",
        "model-2.toml",
        "MODEL-3.toml",
        "a_data-2.csv",
    ]
    record = Record("run", made)
    assert record.files["a_data-2.csv"] == b"4"
    assert len(record.files) == len(given)


ANYTHING = st.text(max_size=300) | st.sampled_from(
    [
        "",
        ".",
        "..",
        "../x",
        "/etc/passwd",
        "C:\\x",
        "con",
        "NUL.txt",
        "a\x00b",
        "\udcff.csv",
        "x" * 400,
        ".csv",
        " ",
        "a.",
    ]
)


@given(ANYTHING, st.sets(ANYTHING, max_size=3))
def test_any_name_becomes_a_plain_one_of_its_own(name: str, others: set[str]) -> None:
    taken = {file_name(other).casefold() for other in others}
    made = file_name(name, taken)
    assert is_plain(made)
    assert "/" not in made
    assert made.casefold() not in taken
    assert Path("/folder", made).parent == Path("/folder")


@given(st.text(max_size=60))
def test_a_plain_path_never_leaves_the_folder(name: str) -> None:
    if is_plain_path(name):
        assert (Path("/folder") / name).resolve().is_relative_to("/folder")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b"null",
        b'{"format": 1}',
        b'{"format": 2}',
        b'{"format": 1, "format": 2}',
        b'{"format": 2, "report": 3}',
    ],
)
def test_what_is_no_manifest_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(ResourceError, match="manifest") as refused:
        read_manifest(tmp_path)
    assert len(str(refused.value)) < 1_000
