"""``python -m bench``: the command where scripts are not on the path."""

from bench.cli import main

if __name__ == "__main__":
    main()
