"""The font that pictures and letters are drawn with: ours, so that they look the same whatever a machine has installed.

Stykkpris Sans is a subset of Arimo (SIL Open Font License 1.1, ``OFL.txt``), as wide as Arial letter by letter, under a
name that no machine has. Signs that it lacks are taken from the fonts of the machine.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FAMILY = "Stykkpris Sans"
FOLDER = Path(__file__).parent


@cache
def fonts() -> dict[str, str]:
    """Return the bundled font files with the hashes of their bytes.

    Examples
    --------
    >>> sorted(fonts())
    ['StykkprisSans-Bold.ttf', 'StykkprisSans-Regular.ttf']
    """
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(FOLDER.glob("*.ttf"))}
