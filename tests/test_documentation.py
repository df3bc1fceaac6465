"""Every example in a docstring and in the guide runs."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

import bench

PACKAGE = Path(bench.__file__).parent
MODULES = sorted(
    ".".join(("bench", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if "_bundled" not in path.parts and path.name != "__main__.py"
)
PAGES = sorted((PACKAGE / "guide").rglob("*.md"))
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_guide_examples(page, tmp_path, monkeypatch):
    """The fences of one page run in order in one namespace; those with prompts run as doctests."""
    monkeypatch.chdir(tmp_path)
    blocks = FENCE.findall(page.read_text(encoding="utf-8"))
    assert blocks, f"{page.name} has no example"
    names: dict[str, object] = {}
    for number, block in enumerate(blocks, 1):
        if ">>>" in block:
            test = doctest.DocTestParser().get_doctest(block, names, f"{page.name}, example {number}", str(page), 0)
            runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
            runner.run(test, clear_globs=False)
            names = test.globs
            assert runner.failures == 0
        else:
            exec(compile(block, f"{page.name}, example {number}", "exec"), names)
