"""A sound card made of software: stands in for ``aplay`` and takes samples at a card's pace.

So a real ``alpr-edge run`` hands its tones over as to a card, on a machine that has none.
"""

import sys
import time
from pathlib import Path

PERIOD_MS = 20
PERIOD_BYTES = 44_100 * 2 * PERIOD_MS // 1000
"""Of 16-bit mono samples, as ``alpr_edge.alerts.players`` asks for."""


def main() -> None:
    """Take a period whenever one was played, until there is no more."""
    due_s = time.monotonic()
    with open(0, "rb", buffering=0) as samples:
        while samples.read(PERIOD_BYTES):
            due_s = max(due_s + PERIOD_MS / 1000, time.monotonic() - PERIOD_MS / 1000)
            time.sleep(max(0.0, due_s - time.monotonic()))


def install(folder: Path) -> Path:
    """Write a program ``aplay`` that is this card into a folder for PATH; returns the folder."""
    folder.mkdir()
    program = folder / "aplay"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{Path(__file__).resolve()}"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


if __name__ == "__main__":
    main()
