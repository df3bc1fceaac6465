"""Compiled templates are found again, and only those of the same text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest

from bench.report.pages import templating


def _environment(texts: dict[str, str]) -> Any:
    return templating._environment_class()(loader=jinja2.DictLoader(texts))


def test_a_compiled_template_is_found_again_and_a_changed_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    compiled: list[str] = []
    plain = jinja2.Environment._generate

    def generate(self: Any, source: Any, name: Any, *more: Any, **options: Any) -> Any:
        compiled.append(str(name))
        return plain(self, source, name, *more, **options)

    monkeypatch.setattr(jinja2.Environment, "_generate", generate)
    one = {"page": "{% include 'part' %} {{ x + 1 }}", "part": "{{ x }}"}
    for _ in range(2):
        assert _environment(one).get_template("page").render(x=2) == "2 3"
    assert sorted(compiled) == ["page", "part"]
    assert _environment({**one, "part": "{{ x * 10 }}"}).get_template("page").render(x=2) == "20 3"
    assert sorted(compiled) == ["page", "part", "part"]
    for path in tmp_path.glob("*.kept"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert _environment(one).get_template("page").render(x=4) == "4 5", "damaged: compiled again"


def test_a_fault_in_a_template_names_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the template was compiled before: the code found again has its places."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    texts = {"page": "one\ntwo\n{{ 1 // x }}"}
    for _ in range(2):
        with pytest.raises(ZeroDivisionError) as caught:
            _environment(texts).get_template("page").render(x=0)
        assert caught.traceback[-1].lineno + 1 == 3
    with pytest.raises(jinja2.TemplateSyntaxError):
        _environment({"page": "{% if %}"}).get_template("page")
