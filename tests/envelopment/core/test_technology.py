"""Technology: known answers, another solver, and what is refused."""

from __future__ import annotations

import pytest

from bench.envelopment.core.technology import Technology
from bench.errors import OptionError


def test_technology_names_what_it_does_not_have() -> None:
    with pytest.raises(OptionError, match="weak disposability"):
        Technology.of([[1.0]], [[1.0]], "fdh", equal=[False, True])
