"""A flame graph by sampling: another thread looks a thousand times a second at where the main thread is."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable
from html import escape
from typing import Any

_EVERY = 0.001
_WIDTH, _HEIGHT = 1200, 17


def flame_graph(work: Callable[[], Any], title: str) -> str:
    """Return an SVG picture of where a call spends its time: callers below, callees above, width is time."""
    stacks: Counter[tuple[str, ...]] = Counter()
    main, done = threading.get_ident(), threading.Event()

    def look() -> None:
        while not done.wait(_EVERY):
            frame, stack = sys._current_frames().get(main), []
            while frame is not None:
                code = frame.f_code
                stack.append(f"{code.co_qualname} ({code.co_filename.rpartition('/')[2]}:{code.co_firstlineno})")
                frame = frame.f_back
            stacks[tuple(reversed(stack))] += 1

    thread = threading.Thread(target=look)
    thread.start()
    try:
        work()
    finally:
        done.set()
        thread.join()
    return _drawn(stacks, title)


def _drawn(stacks: Counter[tuple[str, ...]], title: str) -> str:
    total, deepest = max(1, sum(stacks.values())), max((len(stack) for stack in stacks), default=1)
    height = (deepest + 2) * _HEIGHT
    parts = [f'<text x="4" y="13">{escape(title)}: {total} looks, one every millisecond</text>']

    def draw(some: Counter[tuple[str, ...]], depth: int, x: float) -> None:
        groups: dict[str, Counter[tuple[str, ...]]] = {}
        for stack, count in some.items():
            if len(stack) > depth:
                groups.setdefault(stack[depth], Counter())[stack] += count
        for name, inner in sorted(groups.items()):
            width = _WIDTH * sum(inner.values()) / total
            y = height - (depth + 1) * _HEIGHT
            colour = f"hsl({sum(map(ord, name)) % 40 + 15} 80% 65%)"
            label = escape(name[: max(0, int(width / 6.5))])
            parts.append(
                f'<g><title>{escape(name)}: {sum(inner.values()) / total:.1%}</title><rect x="{x:.1f}" y="{y}" '
                f'width="{max(width - 0.5, 0.3):.1f}" height="{_HEIGHT - 1}" fill="{colour}"/>'
                f'<text x="{x + 2:.1f}" y="{y + 12}">{label}</text></g>'
            )
            draw(inner, depth + 1, x)
            x += width

    draw(stacks, 0, 0.0)
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="11">\n{body}\n</svg>\n'
