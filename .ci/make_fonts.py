"""Make the bundled fonts from Arimo (Debian's fonts-croscore 20201225; fonttools 4.68).

    python .ci/make_fonts.py Arimo-Regular.ttf Arimo-Bold.ttf


Letters of European languages and the signs that reports use are kept, hinting for screens is not, and the family gets
a name that no machine has installed, so that no other font takes its place. No clock time is written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-not-found]
from fontTools.ttLib import TTFont  # type: ignore[import-not-found]

FAMILY = "Stykkpris Sans"
RANGES = ((0x20, 0x24F), (0x300, 0x52F), (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x20A0, 0x23FF), (0x2500, 0x25FF))
FOLDER = Path(__file__).parents[1] / "bench" / "report" / "fonts"
#: Copyright, licence and its address stay as they are; everything that names the family is written anew.
NAMES = {1: FAMILY, 16: FAMILY}


def make(source: Path, style: str) -> None:
    """Write one style into the package."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(hinting=False, layout_features=["kern", "mark", "mkmk", "ccmp", "tnum"], name_IDs=["*"])
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=[code for low, high in RANGES for code in range(low, high + 1)])
    chosen.subset(font)
    names = {
        **NAMES,
        2: style,
        17: style,
        4: f"{FAMILY} {style}",
        6: f"StykkprisSans-{style}",
        3: f"{FAMILY} {style} 1",
    }
    for record in list(font["name"].names):
        if record.nameID in (7, 10, 18, 21, 22):
            font["name"].names.remove(record)
        elif record.nameID in names:
            record.string = names[record.nameID]
    font.save(FOLDER / f"StykkprisSans-{style}.ttf")


if __name__ == "__main__":
    make(Path(sys.argv[1]), "Regular")
    make(Path(sys.argv[2]), "Bold")
