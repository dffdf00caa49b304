"""What all commands have in common, checked over the whole tree of them."""

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from tests.cli.tree import Command, Words, commands, groups

PRINT_NO_DATA = {
    ("run",): "works until it is stopped; its log tells",
    ("uplink",): "likewise",
    ("department", "serve"): "likewise",
    ("department", "key"): "prints a key in PEM form",
    ("unit", "card"): "writes a picture to be printed",
}
SUMMARY_MAX = 58
"""Characters of a command's line in the help of its group, beside its name in 80 columns."""


@pytest.fixture(scope="module")
def tree() -> dict[Words, Command]:
    return commands()


def test_every_command_that_prints_data_takes_json(tree: dict[Words, Command]) -> None:
    assert len(tree) > 40
    without = [words for words, command in tree.items() if "--json" not in _options(command)]
    assert sorted(set(without) - set(PRINT_NO_DATA)) == []
    assert sorted(set(PRINT_NO_DATA) - set(tree)) == []


def test_every_command_has_short_help() -> None:
    for words in (*commands(), *groups()):
        done = CliRunner().invoke(app, [*words, "-h"])
        assert (done.exit_code, "Usage: " in done.stdout) == (0, True), words
        assert done.stdout == CliRunner().invoke(app, [*words, "--help"]).stdout


def test_no_summary_in_the_help_of_a_group_is_cut_off() -> None:
    for words, group in groups().items():
        for name, command in group.commands.items():
            summary = command.get_short_help_str(SUMMARY_MAX)
            assert summary, (*words, name)
            assert not summary.endswith("..."), (*words, name, summary)
            assert len(summary) <= SUMMARY_MAX, (*words, name, summary)


def _options(command: Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}
