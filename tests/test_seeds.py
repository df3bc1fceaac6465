"""From a seed to random numbers: the streams of numpy, and words for what is no seed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import bench
from bench.cli import main
from bench.envelopment import (
    bootstrap_efficiency,
    compare_groups,
    heterogeneous_bootstrap,
    mean_efficiency,
    returns_to_scale_test,
    subsampling_efficiency,
    technology_test,
)
from bench.errors import OptionError
from bench.report.words.findings import in_language
from bench.seeds import sequence

WRONG = (-1, 1.5, "1", None, True)


@pytest.mark.parametrize("seed", [0, 1, 2**70, np.uint32(7)])
def test_the_streams_are_those_of_numpy(seed: int) -> None:
    ours, theirs = (np.random.default_rng(one).normal(size=5) for one in (sequence(seed), np.random.default_rng(seed)))
    assert (ours == theirs).all()
    child = np.random.default_rng(sequence(seed, (3, 1))).normal()
    assert child == np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(3, 1))).normal()


@pytest.mark.parametrize("seed", WRONG)
def test_what_is_no_seed_is_refused_in_words(seed: object) -> None:
    with pytest.raises(OptionError, match="whole number of at least 0") as refused:
        sequence(seed)
    assert in_language(str(refused.value), "nb").startswith("frøet (seed)")


def test_there_is_no_other_way() -> None:
    """No file makes a stream of a seed by itself: it would answer a negative one by an error of numpy's."""
    own = re.compile(r"SeedSequence\(\s*seed|default_rng\(\s*seed\b")
    for path in Path(bench.__file__).parent.rglob("*.py"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if ">>>" not in line]
        assert path.name == "seeds.py" or not own.search("\n".join(lines)), path


@pytest.mark.parametrize(
    "method",
    [
        lambda units, seed: bootstrap_efficiency(units, rts="crs", seed=seed, replicates=100),
        lambda units, seed: heterogeneous_bootstrap(units, rts="crs", seed=seed, replicates=100),
        lambda units, seed: subsampling_efficiency(units, rts="crs", seed=seed, replicates=100),
        lambda units, seed: returns_to_scale_test(units, seed=seed, replicates=100),
        lambda units, seed: technology_test(units, hypothesis="convexity", seed=seed),
        lambda units, seed: mean_efficiency(units, rts="crs", seed=seed),
        lambda units, seed: compare_groups(units, group=["a"] * 25 + ["b"] * 25, rts="crs", seed=seed),
    ],
)
def test_every_method_that_draws_refuses_a_negative_seed(method) -> None:
    rng = np.random.default_rng(0)
    units = bench.Units.from_arrays(rng.uniform(1, 2, (50, 2)), np.ones(50))
    with pytest.raises(OptionError, match="seed must be a whole number"):
        method(units, -1)


@pytest.mark.parametrize(
    "wrong", [["--seed", "-1"], ["--draws", "9" * 400], ["--draws", "0"], ["--workers", "1000000"]]
)
def test_the_command_line_says_what_is_out_of_range(wrong: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = CliRunner().invoke(main, ["simulate", "kristiansand", "--years", "2007:2008", *wrong, "--out", str(out)])
    assert told.exit_code == 2
    assert wrong[0] in told.output
    assert "range" in told.output
    assert not out.exists()
