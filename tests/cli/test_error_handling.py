"""What a command raises ends as one line and an exit code, whichever command it is."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.cli.error_handling import ErrorHandlingGroup
from alpr_edge.domain.errors import AccessError, AlprEdgeError, SettingsError, StoreError

COMMANDS = (
    ("reads",),
    ("run",),
    ("hotlist", "status"),
    ("outbox", "status"),
    ("unit", "disk"),
    ("unit", "salvage"),
    ("keys", "create"),
)


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (StoreError("the key is gone"), 1, "alpr-edge: the key is gone\n"),
        (
            SettingsError(["unit.id: missing", "store: missing"]),
            2,
            "alpr-edge: unit.id: missing\nalpr-edge: store: missing\n",
        ),
        (AccessError("not yours"), 3, "alpr-edge: not yours\n"),
        (StoreError(""), 1, "alpr-edge: StoreError\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_of_a_nested_command_ends_as_its_lines(
    error: AlprEdgeError | KeyboardInterrupt, code: int, lines: str
) -> None:
    root, noun = typer.Typer(cls=ErrorHandlingGroup), typer.Typer()
    root.add_typer(noun, name="noun")

    @noun.callback()
    def _noun() -> None:
        """Keep the verb a subcommand."""

    @noun.command()
    def verb() -> None:
        raise error

    done = CliRunner().invoke(root, ["noun", "verb"])
    assert (done.exit_code, done.stderr, done.stdout) == (code, lines, "")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_settings_that_are_missing_are_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [*words, "--settings", str(tmp_path / "none.toml")])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("alpr-edge: ")
    assert done.stderr.count("\n") == 1


def test_an_interrupt_of_the_program_is_silence() -> None:
    code = "import os, signal, typer\nfrom alpr_edge.cli import app, main\n"
    code += "@app.command('wait')\ndef wait() -> None:\n    os.kill(os.getpid(), signal.SIGINT)\nmain()\n"
    command = [sys.executable, "-c", code, "wait"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, "", "")
