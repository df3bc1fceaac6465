"""The five signs that XML writes as entities; the standard library's way to them brings its web client along."""

from __future__ import annotations

#: The ampersand last, so that ``&amp;lt;`` becomes ``&lt;`` and no more.
_SIGNS = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


def unescaped(text: str) -> str:
    """Return text or an attribute as it was before it was written as XML.

    Examples
    --------
    >>> unescaped("A &amp;lt; B &quot;C&apos;"), unescaped("R&D")
    ('A &lt; B "C\\'', 'R&D')
    """
    if "&" in text:
        for entity, sign in _SIGNS:
            text = text.replace(entity, sign)
    return text
