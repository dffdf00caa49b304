"""``alpr-edge unit card``: the test card, to print."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Paper(StrEnum):
    """Sheets, laid across."""

    A4 = "a4"
    LETTER = "letter"


def card_command(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="File to write: NAME.pdf or NAME.png.")],
    paper: Annotated[Paper, typer.Option("--paper", help="Size of the sheet.")] = Paper.A4,
) -> None:
    """Write the card that "unit check" reads. Print it at 100 %: a line on it shows whether it was."""
    from alpr_edge.domain.diagnostics.test_card import CARD_MM, CARD_SCALE
    from alpr_edge.simulation.card import write_card

    write_card(out, paper.value)
    typer.echo(
        f"{out}: print it at 100 %, then its plate is {CARD_MM:g} mm wide and at 5 m looks like a real plate at "
        f"{5 * CARD_SCALE:.1f} m"
    )
