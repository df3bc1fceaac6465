"""Rows that are sums or means of units: by what they are called, by their code, and by what they add up to."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.errors import Issue
from bench.reading.table import Table
from bench.typing import FloatArray, IndexArray

#: Rows and columns from which a row that equals the sum of the others is no coincidence.
TOTAL_ROWS, TOTAL_COLUMNS = 4, 2
#: A sum of this size or more, in whole numbers, is not met by chance in two columns at once.
_LARGE = 10_000
_TOLERANCE = 1e-9

_WORDS = (
    r"sum|delsum|subtotal|total|totalt|totalsum|totals|grand total|i alt|ialt|til sammen|tilsammen|samlet|samla|"
    r"alle enheter|alle kommuner|hele kommunen|hele landet|heile landet|all units|gjennomsnitt|gj\.?\s?snitt|"
    r"gjsn|snitt|avg|hovedsum|average|mean|median|summe|gesamt|insgesamt|summa|totalsumma|hela landet|overall"
)
_TOTAL = re.compile(rf"({_WORDS})\b[\s:.]*(?P<rest>.*)", re.IGNORECASE)
_ENDS = re.compile(
    r".*\S\s+(?:samlet|samla|totalt|i alt|ialt|til sammen|tilsammen|total|totalsum|\(?sum|gjennomsnitt|snitt|"
    r"insgesamt|gesamt)[\s:.)]*",
    re.IGNORECASE,
)
#: Regions of Statistics Norway that are sums or means of municipalities: codes and names.
_REGIONS = re.compile(r"(?:EAF?K(?:UO?|XO\w*)?|EKA|E?KG(?=\d))[0-9]{0,4}(?:\s.*)?")
#: Signs around a name: brackets, stars, footnotes, a year.
_MARKS = re.compile(r"^[\s(*†]+|[\s)*†:¹²³⁴]*(?:\s?\d{1,2}\)|(?<=[^\W\d])(?:19|20)\d\d)?[\s)*†:.¹²³⁴]*$")
_REGION_NAMES = re.compile(
    r"landet(?: ut[ea]n oslo)?|norge|noreg|riket|fylket|kommunen|0+\s+(?:hele )?landet|[Σ∑]|"
    r"(?:kommune|lands?|fylkes?|bydels?|gruppe|by|region|sone|tjeneste)s?(?:gjennom)?snitt(?:et)?|"
    r"(?:gjennomsnitt(?:et)?\s+)?(?:kostra-?gruppe|kommunegruppe)\s*\d+\b.*",
    re.IGNORECASE,
)


def is_total(label: str) -> bool:
    """Tell whether a label names a total: ``Sum``, ``I alt``, ``Kommunen samlet``, ``EAKUO Landet uten Oslo``.

    Examples
    --------
    >>> is_total("Sum ordning 1"), is_total("I alt"), is_total("Totalen bosenter"), is_total("Sumatra")
    (True, True, False, False)
    >>> is_total("EKG11 Kostragruppe 11"), is_total("EAK"), is_total("Eksempelsone"), is_total("Kommunen samlet")
    (True, True, False, True)
    """
    text = _MARKS.sub("", label)
    return any(pattern.fullmatch(text) is not None for pattern in (_TOTAL, _ENDS, _REGIONS, _REGION_NAMES))


#: Names that begin as a sum does and go on: ``Sum Omsorg AS`` can be a firm, ``Sum sykehjem`` a subtotal.
_BEGINS = re.compile(r"(?:sum|summa|total|samlet)\s+(?P<rest>[^\W\d].*)", re.IGNORECASE)
_FIRM = re.compile(
    r".*\s(?:AS|ASA|SA|BA|DA|ANS|KF|FKF|IKS|HF|RHF|AB|A/S|ApS|GmbH|AG|Ltd|Limited|Inc|LLC|plc|Oy|stiftelse|stiftinga?)\.?",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?:K-)?(\d+)(?:\s|$)")
#: A sum of rounded numbers differs by at most half a unit for each, and by less than this share.
_ROUNDED = 1e-3
#: A row this near a sum of others is taken for one when its name says so.
_NEAR = 5e-3


def _remedy(label: str) -> str:
    return f"leave it out with leave_out={label!r}, or accept 'total-row' if it is a unit"


def total_rows(
    table: Table, column: str, labels: Sequence[str], values: FloatArray | None = None, groups: IndexArray | None = None
) -> list[Issue]:
    """Rows whose label says that they are a sum or a mean of units.

    Parameters
    ----------
    table : Table
    column : str
        The column of the labels.
    labels : sequence of str
    values : array (n, k), optional
        Costs and volumes. A name that begins as a sum and goes on as a firm's (``Sum Omsorg AS``) is a unit, with a
        warning, when its values are no sum of others.
    groups : array (n,) of int, optional
        Code of each row's period.
    """
    totals = {label for label in set(labels) if is_total(label)}
    codes = _shorter_codes(labels)
    if not totals and not codes:
        return []
    units = {label for label in totals if _own_unit(label, labels, values, groups)}
    issues = []
    for row, label in enumerate(labels):
        if label in units:
            message = "the name begins as that of a sum, but its values are no sum of others: read as a unit"
            remedy = f"leave it out with leave_out={label!r} if it is a sum"
            issues.append(table.issue("total-name", message, remedy, row, column, severity="warning", unit=label))
        elif label in totals or label in codes:
            message = "the row is a sum or a mean, not a unit"
            if label not in totals:
                message = f"the code is the beginning of {codes[label]} other rows' codes: a county or a group of units"
            issues.append(table.issue("total-row", message, _remedy(label), row, column, unit=label))
    return issues


def _shorter_codes(labels: Sequence[str]) -> dict[str, int]:
    """Labels with a code of two digits among codes of four (or four among six), with how many codes begin with it."""
    codes = {label: match[1] for label in dict.fromkeys(labels) if (match := _CODE.match(label)) is not None}
    lengths = sorted(set(map(len, codes.values())))
    if lengths not in ([2, 4], [4, 6]):
        return {}
    long = [code for code in codes.values() if len(code) == lengths[1]]
    short = {
        label: sum(code.startswith(own) for code in long) for label, own in codes.items() if len(own) == lengths[0]
    }
    return {label: count for label, count in short.items() if count > 1}


def _own_unit(label: str, labels: Sequence[str], values: FloatArray | None, groups: IndexArray | None) -> bool:
    """Whether a label that begins as a sum names a unit: it goes on as a name, and its values are no sum of others.

    A firm by its legal form needs no more. Any other name must also belong to no other row, and be no larger than the
    largest of the others in some period and column, which a sum of everything cannot be.
    """
    match = _BEGINS.fullmatch(_MARKS.sub("", label))
    if match is None or not match["rest"][0].isupper() or label.isupper():
        return False  # a name of its own has a capital: «Sum alt» and «SUM SYKEHJEM» have none
    if re.fullmatch(_WORDS, match["rest"], re.IGNORECASE) or values is None or not values.shape[1]:
        return False
    rest = match["rest"].casefold()
    firm = _FIRM.fullmatch(label) is not None
    others = {one for one in labels if one != label and one and not is_total(one)}
    if not firm and any(one.casefold().startswith(rest) or rest.startswith(one.casefold()) for one in others):
        return False
    names = np.array(labels, dtype=object)
    kept = np.array([one == label or not is_total(one) for one in labels], dtype=bool)
    for group in np.unique(groups) if groups is not None else [0]:
        rows = np.flatnonzero(kept if groups is None else kept & (groups == group))
        for k in np.flatnonzero(names[rows] == label).tolist():
            block = np.nan_to_num(values[rows])
            alone = np.delete(block, k, axis=0)
            if _adds_up(block, k) or (not firm and (len(alone) < 3 or not (block[k] < alone.max(axis=0)).all())):
                return False
    return True


def _adds_up(block: FloatArray, k: int) -> bool:
    """Whether a row is near the sum of all others, or of a run of rows right above or right below it, in any column."""
    own = np.abs(block[k])
    sums = [np.delete(block, k, axis=0).sum(axis=0)]
    for part in (block[:k][::-1], block[k + 1 :]):
        sums += list(np.cumsum(part, axis=0)[1:])
    return any(bool(((np.abs(total - block[k]) <= _NEAR * own) & (own > 0)).any()) for total in sums)


def sum_rows(
    table: Table, frame: pd.DataFrame, id: str, columns: Sequence[str], groups: IndexArray, known: set[int]
) -> list[Issue]:
    """Rows that equal the sum of others in every column, whatever they are called.

    Either of all the others of their period, or of the rows right below or right above: subtotals. Rows of ``known``
    are totals by their name, and are left out of what the others are compared with.
    """
    if not columns:
        return []
    values = np.nan_to_num(frame[list(columns)].to_numpy(dtype=np.float64))
    labels = frame[id].astype(str).to_numpy()
    depth = _depths(table, id)
    issues = []
    for group in np.unique(groups):
        rows = np.array([row for row in np.flatnonzero(groups == group) if row not in known], dtype=np.intp)
        block = values[rows][:, (values[rows] != 0).any(axis=0)]
        if not block.size:
            continue
        whole = _sum_of_all(block)
        for k, members in {**_subtotals(block, depth[rows]), **whole}.items():
            row = int(rows[k])
            if all(labels[rows[one]] == labels[row] for one in members):
                continue  # rows of one unit: its total and its parts, or one row too many
            if len(members) == len(rows) - 1:
                what = "the sum of all the other rows"
            else:
                ends = [labels[rows[k]] for k in (members[0], members[-1])]
                what = f"the sum of {len(members)} rows, from {ends[0]!r} to {ends[1]!r}"
            message = f"every value of the row is {what}, so it is no unit of its own"
            issues.append(table.issue("total-row", message, _remedy(labels[row]), row, id, unit=str(labels[row])))
    return issues


def _depths(table: Table, id: str) -> IndexArray:
    """How far each label is indented, by leading spaces or by the cell's format."""
    cells = table.column(id)
    spaces = np.array([len(cell) - len(cell.lstrip()) if isinstance(cell, str) else 0 for cell in cells], dtype=np.intp)
    return spaces + np.array(table.indents, dtype=np.intp) if table.indents else spaces


def _sum_of_all(block: FloatArray) -> dict[int, list[int]]:
    if len(block) < TOTAL_ROWS or block.shape[1] < TOTAL_COLUMNS:
        return {}
    rest = block.sum(axis=0) - block
    rounded = np.minimum(0.5 * len(block), _ROUNDED * np.abs(rest))
    off = np.abs(rest - block)
    exact = off <= _TOLERANCE * np.abs(rest)
    found = np.flatnonzero(
        (off <= np.maximum(rounded, _TOLERANCE * np.abs(rest))).all(axis=1) & exact.any(axis=1)
    ).tolist()
    return {k: [j for j in range(len(block)) if j != k] for k in found}


def _subtotals(block: FloatArray, depth: IndexArray) -> dict[int, list[int]]:
    """Rows that are the sum of the run right below (or right above) them, with the rows of the run.

    A match counts when the run is indented under its row, or when it is in two columns or more and too large to be
    chance.
    """
    found: dict[int, list[int]] = {}
    for step in (1, -1):
        lengths = _runs(block, _possible(block, step), step)
        for k, length in sorted(lengths.items(), reverse=step < 0):
            members = [k + step * place for place in range(1, length + 1)]
            if length < 2 or k in found:
                continue
            indented = step == 1 and bool((depth[members] > depth[k]).all())
            telling = block.shape[1] >= TOTAL_COLUMNS and float(np.abs(block[k]).max()) >= _LARGE
            if indented or telling:
                found[k] = sorted(members)
    return found


def _possible(block: FloatArray, step: int) -> list[int]:
    """Rows that are at least the sum of the next two rows in every column; only these are worth a look."""
    ordered = block[::step]
    if len(block) < 3:
        return []
    enough = (ordered[:-2] * (1.0 + _TOLERANCE) >= ordered[1:-1] + ordered[2:]).all(axis=1)
    places = np.flatnonzero(enough)
    return (places if step == 1 else len(block) - 1 - places).tolist()


def _runs(block: FloatArray, rows: Sequence[int], step: int) -> dict[int, int]:
    """The length of the run of rows next to each row that adds up to it, for those that have one."""
    at = np.array([k for k in rows if (block[k] >= 0).all()], dtype=np.intp)
    total = np.zeros((at.size, block.shape[1]))
    found: dict[int, int] = {}
    length = 0
    while at.size:  # all runs grow by a row at a time
        length += 1
        ahead = at + step * length
        inside = (ahead >= 0) & (ahead < len(block))
        at, total = at[inside], total[inside] + block[ahead[inside]]
        target = block[at]
        over = (total > target * (1.0 + _TOLERANCE)).any(axis=1)
        equal = ~over & (np.abs(total - target) <= _TOLERANCE * np.abs(target)).all(axis=1)
        found |= dict.fromkeys(at[equal].tolist(), length)
        at, total = at[~(over | equal)], total[~(over | equal)]
    return found
