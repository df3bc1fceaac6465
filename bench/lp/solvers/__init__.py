"""Other routes to an optimum than the compiled kernel: HiGHS, PuLP, batched numpy, and whole numbers."""
