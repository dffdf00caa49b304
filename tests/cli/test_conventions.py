"""What all commands have in common, checked over the whole tree of them."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge import cli
from alpr_edge.cli import app
from tests.cli.tree import Command, Words, commands, groups

PRINT_NO_DATA = {
    ("run",): "works until it is stopped; its log tells",
    ("uplink",): "likewise",
    ("console",): "likewise",
    ("department", "serve"): "likewise",
    ("department", "page"): "likewise",
    ("department", "metrics"): "likewise",
    ("unit", "metrics"): "likewise",
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


def test_the_readme_names_every_command_and_no_other(tree: dict[Words, Command]) -> None:
    text = (Path(cli.__file__).parent / "README.md").read_text(encoding="utf-8")
    lines = [re.split("  +", line)[0] for line in text.splitlines() if line.startswith("alpr-edge ")]
    assert {name for line in lines for name in _names(line)} == {" ".join(words) for words in tree}


def _names(line: str) -> list[str]:
    """The commands of a line such as ``alpr-edge settings init|check [FILE]``."""
    *nouns, verbs = [word for word in line.split()[1:] if re.fullmatch("[a-z][a-z|-]*", word)]
    return [" ".join([*nouns, verb]) for verb in verbs.split("|")]


def _options(command: Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}
