"""Every small file of :mod:`kinds` is read to its right amount, recorded in the dialect, or refused by the right rule.

The right outcome of each was decided from the text of the file alone: costs are 1200, 980, 1010 and 1100 times the
factor the file states, and volumes are never multiplied.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from reading.kinds import KINDS, Case

from bench.reading import check_file
from bench.reading.files import other_formats
from bench.report.words.findings import is_known


def report_of(case: Case):
    roles = {"id": case.id, "inputs": [case.cost], "outputs": [case.hours], **case.options}
    return check_file(io.BytesIO(case.data), **roles)


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_read_right_or_refused_by_name(name):
    case, report = KINDS[name], report_of(KINDS[name])
    for issue in report.issues:
        assert is_known(issue.message, "nb"), issue
        assert is_known(issue.remedy, "nb"), issue
    if report.errors:
        assert {issue.rule for issue in report.errors} & case.rules, report.summary()
        assert all(issue.remedy for issue in report.errors)
        return
    units = report.units
    assert case.factor is not None, f"read in silence: {units.X.ravel().tolist()}"
    np.testing.assert_allclose(units.X.ravel(), np.multiply(case.costs, case.factor), rtol=1e-12)
    np.testing.assert_allclose(units.Y.ravel(), case.volumes, rtol=1e-12)
    warned = {issue.rule for issue in units.warnings}
    assert not case.warns or case.warns in warned
    if case.factor != 1.0 and not case.dialect:
        assert any(key.startswith("measure_of_") for key in units.source.dialect)
        assert "measure" in warned


@pytest.mark.parametrize("name", [name for name in KINDS if not name.startswith("years")][::4])
def test_a_file_without_roles_is_described(name):
    report = check_file(io.BytesIO(KINDS[name].data))
    assert report.columns or report.errors


@pytest.mark.parametrize("kind", other_formats.KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_file_has_a_case_that_is_read(kind):
    read = [case for case in KINDS.values() if case.factor is not None and kind.recognised(case.data[:4096])]
    assert [case for case in read if not report_of(case).errors]
