"""What a unit says of its settings travels whole in headers, and what is none of it is passed over."""

import pytest

from alpr_edge.domain.department_settings.exchange import (
    HELD_HEADER,
    IN_FORCE_HEADER,
    REASON_CHARACTERS_MAX,
    REFUSAL_HEADER,
    REFUSED_HEADER,
    SettingsStatement,
    read_statement,
)

NAMES = (HELD_HEADER, IN_FORCE_HEADER, REFUSED_HEADER, REFUSAL_HEADER)


def read_again(said: SettingsStatement) -> SettingsStatement | None:
    headers = said.headers()
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    return read_statement(*(headers.get(name, "") for name in NAMES))


@pytest.mark.parametrize(
    "said",
    [
        SettingsStatement(0),
        SettingsStatement(3, 2),
        SettingsStatement(3, 0, 4, "decision.timeout_ms: expected more than 0, not „-1“"),
        SettingsStatement(0, None, 1, "\N{BUG}" * REASON_CHARACTERS_MAX),
    ],
)
def test_a_statement_travels_whole(said: SettingsStatement) -> None:
    assert read_again(said) == said


def test_a_reason_is_one_line_and_bounded() -> None:
    read = read_again(SettingsStatement(1, 1, 2, "a\nb\x00" + "c" * 1000))
    assert read is not None
    assert read.reason == "ab" + "c" * (REASON_CHARACTERS_MAX - 2)


@pytest.mark.parametrize("held", ["", "-1", "x", "1" * 10, "٣"])
def test_who_says_nothing_of_its_settings_has_said_nothing(held: str) -> None:
    assert read_statement(held, "1", "1", "why") is None
