"""The HTML templates of every page, with escaping on and unknown names refused."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from bench.report.pages.table_html import table_html

if TYPE_CHECKING:
    from jinja2 import Environment


@functools.lru_cache(maxsize=1)
def environment() -> Environment:
    """Return where the templates are found, and how they are filled in."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    found = Environment(
        loader=PackageLoader("bench.report.pages", "templates"),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["table_html"] = table_html
    return found
