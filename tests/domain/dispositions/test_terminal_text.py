"""The text for the terminal: what a template may hold, and what it comes to."""

from dataclasses import replace

import pytest

from alpr_edge.domain.dispositions.terminal_text import (
    CHARACTERS_MAX,
    CONFIRMATION,
    INQUIRY,
    confirmation_obstacle,
    template_fault,
    terminal_text,
)
from alpr_edge.domain.hits import OWN_SOURCE
from tests.store.records import hit


@pytest.mark.parametrize(
    ("template", "state", "expected"),
    [
        (INQUIRY, "CA", "QV.LIC/7ABC123.LIS/CA"),
        (INQUIRY, None, "QV.LIC/7ABC123.LIS/"),
        (INQUIRY, "NE", "QV.LIC/7ABC123.LIS/NB"),
        (INQUIRY, "QC", "QV.LIC/7ABC123.LIS/PQ"),
        (INQUIRY, "NB", "QV.LIC/7ABC123.LIS/"),
        (CONFIRMATION, "NB", "YQ.RNO/1.PRI/U.NIC/V123.LIC/7ABC123.LIS/"),
        (CONFIRMATION, "CA", "YQ.RNO/1.PRI/U.NIC/V123.LIC/7ABC123.LIS/CA"),
        ("{plate}", "CA", "7ABC123"),
        ("{plate} {plate}", "CA", "7ABC123 7ABC123"),
    ],
)
def test_a_template_is_filled_in(template: str, state: str | None, expected: str) -> None:
    assert template_fault(template) == ""
    assert terminal_text(template, "7ABC123", state, "V123") == expected


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("QV", "expected {plate} in it"),
        ("", "expected {plate} in it"),
        ("{plate}{make}", "{make}: expected {plate}, {state}, {record}"),
        ("{plate}{", "{: expected {plate}, {state}, {record}"),
        ("{plate}\n", f"expected at most {CHARACTERS_MAX} printable characters"),
        ("{plate}" + "x" * CHARACTERS_MAX, f"expected at most {CHARACTERS_MAX} printable characters"),
    ],
)
def test_a_template_that_will_not_do_says_why(template: str, fault: str) -> None:
    assert template_fault(template) == fault


def test_a_list_cannot_put_fields_into_the_text() -> None:
    """What a record is called is a value, never a template."""
    assert terminal_text("{record}.{plate}", "7ABC123", "CA", "{state}") == "{state}.7ABC123"


def test_a_confirmation_is_of_a_whole_plate_of_a_list_that_has_the_number_of_the_record() -> None:
    of_list = hit()
    own = replace(of_list, generation=replace(of_list.generation, source=OWN_SOURCE))
    partial = replace(of_list, entry=replace(of_list.entry, plate="7AB?123"))
    unnumbered = replace(of_list, entry=replace(of_list.entry, record_id=""))
    assert confirmation_obstacle(of_list) == ""
    assert "no record of an agency" in confirmation_obstacle(own)
    assert "a part of a plate" in confirmation_obstacle(partial)
    assert "no number" in confirmation_obstacle(unnumbered)
