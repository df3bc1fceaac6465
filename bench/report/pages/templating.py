"""The HTML templates of every page, with escaping on and unknown names refused."""

from __future__ import annotations

import functools
import hashlib
import marshal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.jit import kept_bytes
from bench.report.pages.table_html import table_html

if TYPE_CHECKING:
    from jinja2 import Environment

#: Compiled templates that are kept, some kilobytes each.
_KEPT = 256


@functools.lru_cache(maxsize=1)
def environment() -> Environment:
    """Return where the templates are found, and how they are filled in."""
    from jinja2 import PackageLoader, StrictUndefined, select_autoescape

    found = _environment_class()(
        loader=PackageLoader("bench.report.pages", "templates"),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["table_html"] = table_html
    return found


@functools.cache
def _environment_class() -> type[Environment]:
    """Return the library's environment, which finds a template again that was compiled before.

    A page's templates take a tenth of a second to compile, as long as the page itself.
    """
    import jinja2

    # What the code depends on beside the text: who compiles, by which settings, and for which Python.
    setting = "\n".join((jinja2.__version__, sys.version, Path(__file__).read_text(encoding="utf-8")))

    class Kept(jinja2.Environment):
        def compile(self, source: Any, name: Any = None, filename: Any = None, *more: Any, **options: Any) -> Any:
            if more or options or not isinstance(source, str):
                return super().compile(source, name, filename, *more, **options)
            key = hashlib.sha256("\0".join((setting, str(name), str(filename), source)).encode()).hexdigest()
            plain = super().compile
            return marshal.loads(kept_bytes(key, lambda: marshal.dumps(plain(source, name, filename)), most=_KEPT))

    return Kept
