"""The console script, and ``python -m alpr_edge``."""

from alpr_edge.runtime.interrupts import InterruptGuard, end_at_once


def main() -> None:
    """Run the command line; an interrupt ends it in silence from the first import on."""
    with InterruptGuard():
        with end_at_once():
            from alpr_edge.cli import main as run  # noqa: PLC0415 - after the handler
        run()


if __name__ == "__main__":
    main()
