"""``[releases]`` in ``department.toml``: how the letters of other agencies are treated."""

from typing import Annotated

from pydantic import AfterValidator, Field, Strict

from alpr_edge.settings.base import Section

WORDS_MAX = 32


def _check_program(command: tuple[str, ...]) -> tuple[str, ...]:
    if command and not command[0].startswith("/"):
        raise ValueError("begin with the whole path of the program, such as /usr/bin/clamdscan")
    return command


class LetterTable(Section):
    """[releases]: requests of other agencies for data (policy 462.7)."""

    scan_command: Annotated[
        tuple[Annotated[str, Strict(), Field(min_length=1, max_length=500)], ...],
        Strict(strict=False),
        Field(max_length=WORDS_MAX),
        AfterValidator(_check_program),
    ] = ()
    """A scanner for viruses and its arguments, run without a shell; it gets a letter on standard input before it is
    handed out, and ends with 0 where it found nothing. Empty: letters are handed out as they came, which is said."""
