"""Files that follow from the tables of the package are what the tables say, word for word."""

from __future__ import annotations

import pytest
from written import REPO, WRITTEN

from bench.catalogue import methods_with
from bench.modelfile.methods.keys import METHOD_KEYS


@pytest.mark.parametrize("name", WRITTEN)
def test_what_follows_from_the_tables_is_written(name):
    text = (REPO / name).read_text(encoding="utf-8")
    assert text == WRITTEN[name](text), "write it anew: python tests/written.py"


def test_the_page_of_methods_has_their_keys():
    page = (REPO / "bench/guide/analyses.md").read_text(encoding="utf-8")
    assert "| `fdh-plus` | Free disposal with scaling |  | `scaling` | yes | fdh_plus |" in page


def test_a_key_that_no_method_takes_is_no_key():
    assert all(methods_with(key) for key in METHOD_KEYS)
