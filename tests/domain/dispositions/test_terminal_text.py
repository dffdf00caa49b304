"""The text for the terminal: what a template may hold, and what it comes to."""

import pytest

from alpr_edge.domain.dispositions.terminal_text import CHARACTERS_MAX, DEFAULT, template_fault, terminal_text


@pytest.mark.parametrize(
    ("template", "state", "expected"),
    [
        (DEFAULT, "CA", "QV.LIC/7ABC123.LIS/CA"),
        (DEFAULT, None, "QV.LIC/7ABC123.LIS/"),
        ("{plate}", "CA", "7ABC123"),
        ("{plate} {plate}", "CA", "7ABC123 7ABC123"),
    ],
)
def test_a_template_is_filled_in(template: str, state: str | None, expected: str) -> None:
    assert template_fault(template) == ""
    assert terminal_text(template, "7ABC123", state) == expected


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("QV", "expected {plate} in it"),
        ("", "expected {plate} in it"),
        ("{plate}{make}", "{make}: expected {plate} or {state}"),
        ("{plate}{", "{: expected {plate} or {state}"),
        ("{plate}\n", f"expected at most {CHARACTERS_MAX} printable characters"),
        ("{plate}" + "x" * CHARACTERS_MAX, f"expected at most {CHARACTERS_MAX} printable characters"),
    ],
)
def test_a_template_that_will_not_do_says_why(template: str, fault: str) -> None:
    assert template_fault(template) == fault
