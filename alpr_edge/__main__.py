"""``python -m alpr_edge``: the command line, where the console script is not on the path."""

from alpr_edge.cli import main

if __name__ == "__main__":
    main()
