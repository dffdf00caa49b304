"""Wrong values of options and arguments are told in plain words, without those of the validation library."""

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.services.officer_entries import OWN_REASONS
from alpr_edge.settings.validation_words import plain_words

WRONG = [
    (("reads", "--limit", "0"), "Invalid value for '--limit': must be 1 or more"),
    (("reads", "--limit", "1001"), "Invalid value for '--limit': must be 1000 or less"),
    (("reads", "--limit", "many"), "Invalid value for '--limit': must be a whole number"),
    (("drive", "--source", "x", "--fps", "fast"), "Invalid value for '--fps': must be a number"),
    (("unit", "ignition", "maybe"), "Invalid value for 'state': 'maybe' is not one of 'on', 'off'."),
    (
        ("audit", "report", "--from", "x", "--to", "2026-05-01"),
        "Invalid value for '--from': 'x' is no day; it looks like 2026-11-30.",
    ),
    (("audit", "prove", str(2**63)), "Invalid value for 'SEQUENCE': must be 9223372036854775807 or less"),
    *(
        (("department", *words, str(2**63), "--directory", "nowhere"), "must be 9223372036854775807 or less")
        for words in (("audit", "prove"), ("audit", "show"), ("incident", "show"), ("people", "changes", "--from"))
    ),
    (
        ("hotlist", "add", "--reason", "immigration_violator", "--case", "1", "--expires", "1d"),
        "Invalid value for '--reason': 'immigration_violator' is not one of 'amber_alert', 'felony_vehicle',",
    ),
    (("department", "code", "u", "--valid-hours", "900"), "Invalid value for '--valid-hours': must be 168 or less"),
]


@pytest.mark.parametrize(("words", "says"), WRONG, ids=str)
def test_a_wrong_value_is_told_in_plain_words(words: tuple[str, ...], says: str) -> None:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Input should" not in done.stderr
    assert "Value error" not in done.stderr


def test_other_messages_of_the_library_lose_its_words() -> None:
    assert plain_words("Input should be greater than 0") == "must be more than 0"
    assert plain_words("Input should be less than 9") == "must be less than 9"
    assert plain_words("Input should be a valid boolean, unable to interpret input") == "must be true or false"
    assert plain_words("Input should be a file") == "must be a file"
    assert plain_words("of our own making") == "of our own making"


def test_the_reasons_of_an_entry_that_help_offers_are_those_that_are_taken() -> None:
    words = CliRunner().invoke(app, ["hotlist", "add", "--help"]).stdout.split()
    assert words[words.index("--reason") + 1] == f"<{'|'.join(OWN_REASONS)}>"


def test_usage_and_errors_name_arguments_as_the_documents_do() -> None:
    assert "Missing argument 'FILE'" in CliRunner().invoke(app, ["hotlist", "import", "--source", "bolo"]).stderr
    for words, usage in {
        ("department", "init"): "[DIR]",
        ("hotlist", "add"): "[-]",
        ("outbox", "requeue"): "[ITEM]...",
    }.items():
        assert CliRunner().invoke(app, [*words, "--help"]).stdout.splitlines()[0].endswith(f"[OPTIONS] {usage}")
