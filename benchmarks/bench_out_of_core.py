"""Scores of more rows than memory should hold: Parquet in, Parquet out, part by part, with a worker killed in mid-run.

    python benchmarks/bench_out_of_core.py --rows 1000000 --parts 20 --kill
    python benchmarks/bench_out_of_core.py --rows 10000000 --parts 200 --kill --folder /scratch --resume

With ``--resume`` the files stay in the folder, and a run that was stopped goes on from the parts that are whole.

Three inputs, three outputs, variable returns. A first pass keeps of each part what is efficient within it: whatever
another row of the same part dominates carries no weight anywhere (Barr & Durchholz 1997), so the efficient ones of all
that is kept are the whole frontier, exactly. A second pass measures each part against it and writes its scores under
its own name, whole or not at all. No process holds more than one part and the frontier. Dask hands a part that was lost
with its worker to another one; since a part's scores depend on nothing but the part and the frontier, the files have
the same bytes as those of one process that was left alone, which is run beside it for comparison.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import bench

INPUTS, OUTPUTS = ["x1", "x2", "x3"], ["y1", "y2", "y3"]
EFFICIENT = 1 - 1e-9


def write_data(folder: Path, rows: int, parts: int, seed: int = 1) -> list[Path]:
    """Write Cobb-Douglas data with half-normal inefficiency; every part has a generator of its own."""
    paths = []
    for number, places in enumerate(np.array_split(np.arange(rows), parts)):
        paths.append(folder / f"part-{number:04d}.parquet")
        if paths[-1].exists():
            continue
        rng = np.random.default_rng([seed, number])
        X = np.exp(rng.normal(0, 0.6, (len(places), 3)))
        mix = np.exp(rng.normal(0, 0.5, (len(places), 3)))
        level = np.exp(0.8 * np.log(X).mean(axis=1) - np.abs(rng.normal(0, 0.3, len(places))))
        Y = mix / np.linalg.norm(mix, axis=1, keepdims=True) * level[:, None]
        table = {"unit": [f"u{place}" for place in places], **dict(zip([*INPUTS, *OUTPUTS], [*X.T, *Y.T], strict=True))}
        begun = folder / f".{paths[-1].name}"
        pl.DataFrame(table).write_parquet(begun)
        begun.replace(paths[-1])
    return paths


def measures(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and outputs of a part."""
    frame = pl.read_parquet(path, columns=[*INPUTS, *OUTPUTS])
    return frame.select(INPUTS).to_numpy(), frame.select(OUTPUTS).to_numpy()


def efficient_rows(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return inputs and outputs of the efficient rows, side by side."""
    scores = bench.dea(bench.Units.from_arrays(X, Y), "vrs").scores
    return np.hstack([X, Y])[scores >= EFFICIENT]


def best_of(path: Path, folder: Path) -> np.ndarray:
    """Return what is efficient within a part, and keep it in the folder for a run that goes on from here."""
    done, begun = folder / f"{path.stem}.npy", folder / f".{path.stem}.{os.getpid()}.npy"
    if not done.exists():
        np.save(begun, efficient_rows(*measures(path)))
        begun.replace(done)
    return np.asarray(np.load(done))


def score_part(path: Path, folder: Path, frontier: np.ndarray) -> str:
    """Write a part's scores unless they are there, and return the hash of the file."""
    if (folder / path.name).exists():
        return hashlib.sha256((folder / path.name).read_bytes()).hexdigest()
    X, Y = measures(path)
    reference = bench.Units.from_arrays(frontier[:, :3], frontier[:, 3:])
    scores = bench.dea(bench.Units.from_arrays(X, Y), "vrs", reference=reference).scores
    target, begun = folder / path.name, folder / f".{path.name}.{os.getpid()}"
    pl.read_parquet(path, columns=["unit"]).with_columns(pl.Series("score", scores)).write_parquet(begun)
    begun.replace(target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def in_turn(call: Callable[..., Any], paths: Sequence[Path], *common: Any) -> Iterable[Any]:
    return [call(path, *common) for path in paths]


def whole(paths: Sequence[Path], folder: Path, run: Callable[..., Iterable[Any]]) -> tuple[list[str], int]:
    """Return the hashes of all parts' scores, and the number of rows on the frontier."""
    folder.mkdir(exist_ok=True)
    frontier = folder / "frontier.npy"
    if not frontier.exists():
        best = np.vstack(list(run(best_of, paths, folder)))
        np.save(folder / ".frontier.npy", efficient_rows(best[:, :3], best[:, 3:]))
        (folder / ".frontier.npy").replace(frontier)
    rows = np.load(frontier)
    hashes = list(run(score_part, paths, folder, rows))
    for begun in folder.glob(".*"):  # by a worker that died over it
        begun.unlink()
    return hashes, len(rows)


def kept(array: np.ndarray, paths: Sequence[Path]) -> Path:
    """Write an array beside the parts, where every worker finds it."""
    path = paths[0].with_name("common.npy")
    np.save(path, array)
    return path


def on_dask(client: Any, *, kill: bool, killed: list[int]) -> Callable[..., Iterable[Any]]:
    """Return what runs a pass on the cluster; with ``kill`` one worker dies in each pass, while others are at work."""

    def run(call: Callable[..., Any], paths: Sequence[Path], *common: Any) -> Iterable[Any]:
        # What is sent to workers is lost with them; what they read from a file is read again by the next one.
        common = tuple(
            client.submit(np.load, kept(one, paths)) if isinstance(one, np.ndarray) else one for one in common
        )
        futures = [client.submit(call, path, *common, pure=False, retries=3) for path in paths]
        if kill:
            futures[0].result()
            pids = sorted(client.run(os.getpid).values())
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])
        return client.gather(futures)

    return run


def timed(call: Callable[[], Any]) -> tuple[Any, float, float]:
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    mine = time.process_time()
    answer = call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() - mine + after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return answer, spent, time.perf_counter() - wall


def compared(rows: int, parts: int, kill: bool, folder: Path) -> dict[str, Any]:
    """Run it in turn and on two workers; return what was found."""
    import distributed

    (folder / "data").mkdir(exist_ok=True)
    paths = write_data(folder / "data", rows, parts)
    (alone, frontier), cpu, wall = timed(lambda: whole(paths, folder / "alone", in_turn))
    killed: list[int] = []

    def together() -> tuple[list[str], int]:
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        )
        with cluster, distributed.Client(cluster) as client:
            return whole(paths, folder / "dask", on_dask(client, kill=kill, killed=killed))

    (shared, same), dask_cpu, dask_wall = timed(together)
    names = sorted(path.name for path in (folder / "dask").glob("part-*.parquet"))
    return {
        "rows": rows, "parts": parts, "frontier": frontier, "killed": len(killed),
        "lost": parts - len(names), "same bytes": alone == shared and frontier == same,
        "cpu s, one process": cpu, "wall s": wall, "cpu s, dask": dask_cpu, "wall s, dask": dask_wall,
        "largest GB": max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        / 1e6,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parts", type=int, default=20)
    parser.add_argument("--kill", action="store_true", help="kill a worker in each pass")
    parser.add_argument("--folder", type=Path, help="where the files go; a temporary folder when omitted")
    parser.add_argument("--resume", action="store_true", help="keep the files, and go on from those that are there")
    args = parser.parse_args()
    if args.resume:
        if args.folder is None:
            parser.error("--resume needs --folder")
        folder = args.folder / f"out-of-core-{args.rows}-{args.parts}"
        folder.mkdir(parents=True, exist_ok=True)
        found = compared(args.rows, args.parts, args.kill, folder)
    else:
        with tempfile.TemporaryDirectory(dir=args.folder) as temporary:
            found = compared(args.rows, args.parts, args.kill, Path(temporary))
    print("| " + " | ".join(found) + " |\n" + "| --- " * len(found) + "|")
    shown = (f"{value:.2f}" if isinstance(value, float) else f"{value}" for value in found.values())
    print("| " + " | ".join(shown) + " |")
    if found["lost"] or not found["same bytes"]:
        raise SystemExit("something was lost or changed")


if __name__ == "__main__":
    main()
