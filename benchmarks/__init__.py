"""Benchmarks of the engine: workload × size × phase, beside a fixed naive route and peers, in one process."""
