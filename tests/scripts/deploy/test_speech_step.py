"""Provisioning makes a unit's phrases once, and not where it is not to speak."""

from pathlib import Path

import pytest

from scripts.deploy.provision.speech import RENDER, SpeechStep
from scripts.deploy.provision.steps import State, provision

COMMAND = """#!/bin/sh
case "$*" in
    "sound render") touch "$0.made"; test ! -e "$0.broken" ;;
    "sound phrases") test -e "$0.made" ;;
esac
"""


@pytest.fixture
def command(tmp_path: Path) -> Path:
    path = tmp_path / "alpr-edge"
    path.write_text(COMMAND, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_phrases_are_made_once_by_the_units_own_command(tmp_path: Path, command: Path) -> None:
    step = SpeechStep(command, tmp_path / "none.toml")
    (dry,) = provision([step], dry_run=True)
    assert (dry.state, dry.changes) == (State.WOULD_CHANGE, [RENDER])
    assert [outcome.state for outcome in provision([step], dry_run=False)] == [State.CHANGED]
    assert [outcome.state for outcome in provision([step], dry_run=False)] == [State.SAME]
    assert SpeechStep(tmp_path / "none", tmp_path / "none.toml").pending() == [RENDER]


@pytest.mark.parametrize("text", ["[alerts]\nspeech = false\n", '[alerts]\nplayer = "none"\n'])
def test_a_unit_that_is_not_to_speak_needs_none(tmp_path: Path, command: Path, text: str) -> None:
    settings = tmp_path / "alpr-edge.toml"
    settings.write_text(text, encoding="utf-8")
    assert SpeechStep(command, settings).pending() == []


def test_phrases_that_cannot_be_made_are_told(tmp_path: Path, command: Path) -> None:
    (tmp_path / "alpr-edge.broken").touch()
    (outcome,) = provision([SpeechStep(command, tmp_path / "none.toml")], dry_run=False)
    assert (outcome.state, "sound render: exit code 1" in outcome.error) == (State.FAILED, True)
