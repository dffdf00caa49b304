"""Break-glass is for root, and asks for a name, an organisation, a purpose and a reason (Civil Code 1798.90.52)."""

from dataclasses import replace
from typing import Any

import pytest

from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.sessions.break_glass import CHARACTERS_MAX, BreakGlass, break_glass
from tests.domain.people.builders import at

RECORD = BreakGlass("Ana Ruiz", "Modesto PD", "emergency_alert", "no roster since the flood", "root", at())
FIELDS = ("name", "organisation", "purpose", "reason", "login")


def record(**changes: Any) -> BreakGlass:  # noqa: ANN401 - any field
    return replace(RECORD, **changes)


FIELDS = ("name", "organisation", "purpose", "reason", "login")


def test_a_whole_record_of_root_is_taken_without_outer_blanks() -> None:
    typed = replace(RECORD, name="  Ana Ruiz ", reason=" no roster since the flood\t")
    assert break_glass(typed, 0) == RECORD


def test_nobody_but_root_breaks_the_glass() -> None:
    with pytest.raises(AccessError, match=r"^break-glass works for root on the machine itself alone$"):
        break_glass(RECORD, 1000)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ["", "   ", "x" * (CHARACTERS_MAX + 1), "a\nb" * 5, "bell\x07" * 5])
def test_every_field_is_asked_for_bounded_and_printable(field: str, value: str) -> None:
    with pytest.raises(AccessError, match=f"^break-glass: {field}: expected 1 to 200 printable characters$"):
        break_glass(record(**{field: value}), 0)


@pytest.mark.parametrize("field", FIELDS)
def test_the_longest_text_is_taken(field: str) -> None:
    assert getattr(break_glass(record(**{field: "x" * CHARACTERS_MAX}), 0), field) == "x" * CHARACTERS_MAX


def test_a_reason_says_something() -> None:
    with pytest.raises(AccessError, match=r"^break-glass: reason: expected 10 characters at least$"):
        break_glass(replace(RECORD, reason="  short 9  "), 0)
    assert break_glass(replace(RECORD, reason="0123456789"), 0).reason == "0123456789"
