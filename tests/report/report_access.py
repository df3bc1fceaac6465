"""What a page owes those who see little, see no colours, use no mouse or hear it read: rules of WCAG 2, in the browser.

The rules are those of the common checkers (names and roles, contrast, order of headings, labels, landmarks, ids, heads
of tables, languages, focus), written here so that they run without a network.
"""

from __future__ import annotations

import json
from pathlib import Path

from report.report_browser import Browser

AUDIT = Path(__file__).with_name("access.js").read_text(encoding="utf-8")


def violations(page: Browser) -> list[tuple[str, str, str]]:
    """Return every break of a rule in the open page: (rule, element, more)."""
    return [(rule, element, more) for rule, element, more in json.loads(page.run(AUDIT))]
