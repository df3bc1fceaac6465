"""How sure is it: bootstraps, tests, partial and conditional frontiers."""
