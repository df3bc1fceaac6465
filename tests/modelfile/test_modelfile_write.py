"""Tables written as TOML read back to the same values: bundled models, and any table TOML can hold."""

from __future__ import annotations

import datetime
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import resources
from bench.modelfile.texts.write import to_toml

scalars = (
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.dates(min_value=datetime.date(1900, 1, 1))
)
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", resources.model_names())
def test_bundled_models_read_back(name):
    tables = tomllib.loads(resources.model_path(name).read_text(encoding="utf-8"))
    assert tomllib.loads(to_toml(tables)) == tables


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(keys, values, max_size=4))
def test_any_table_reads_back(tables):
    assert tomllib.loads(to_toml(tables)) == tables


def test_what_toml_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="no value"):
        to_toml({"a": None})
