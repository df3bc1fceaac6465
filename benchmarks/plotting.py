"""Time against size of every phase, both in logarithms: a straight line is a power of the size."""

from __future__ import annotations

from math import log10

from benchmarks.measuring import Measured

_WIDTH, _HEIGHT, _EDGE = 720, 420, 60
_COLOURS = ("#00456e", "#b3541e", "#2b7a4b", "#7b3f8c", "#8a6d00", "#4a5560")


def scaling_plot(found: list[Measured]) -> str:
    """Return an SVG picture with one line per phase, its name and its exponent between first and last size."""
    lines: dict[str, list[Measured]] = {}
    for one in found:
        lines.setdefault(f"{one.workload}: {one.phase}", []).append(one)
    sizes, times = [log10(one.size) for one in found], [log10(one.seconds) for one in found]
    low_x, high_x, low_y, high_y = min(sizes), max(sizes), min(times), max(times)

    def at(one: Measured) -> tuple[float, float]:
        x = _EDGE + (log10(one.size) - low_x) / ((high_x - low_x) or 1) * (_WIDTH - 2 * _EDGE)
        y = _HEIGHT - _EDGE - (log10(one.seconds) - low_y) / ((high_y - low_y) or 1) * (_HEIGHT - 2 * _EDGE)
        return x, y

    parts = []
    for place, (name, row) in enumerate(lines.items()):
        colour, points = _COLOURS[place % len(_COLOURS)], [at(one) for one in row]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        said = name
        if len(row) > 1:
            power = (log10(row[-1].seconds) - log10(row[0].seconds)) / (log10(row[-1].size) - log10(row[0].size))
            said += f" (n^{power:.2f})"
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(f'<text x="{_EDGE}" y="{16 + 14 * place}" fill="{colour}">{said}</text>')
    for one in found:
        x, y = at(one)
        parts.append(f'<text x="{x + 5:.1f}" y="{y + 12:.1f}" font-size="9">{one.size:,}: {one.seconds:.3g} s</text>')
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n{body}\n</svg>\n'
