"""What an update asks the unit's own command: whether the unit is fit, and which model files it runs."""

from pathlib import Path

import pytest

from scripts.deploy.update.daemons import SystemdDaemons

COMMAND = """#!/bin/sh
echo "$*" >>"$0.calls"
case "$*" in
{cases}
esac
"""


def daemons(folder: Path, codes: dict[str, int]) -> SystemdDaemons:
    """Those of a unit whose command ends with a code each for some words; others it does not know."""
    command = folder / "alpr-edge"
    cases = [f'"{words}") exit {code} ;;' for words, code in codes.items()]
    command.write_text(COMMAND.format(cases="\n".join([*cases, "*) exit 2 ;;"])), encoding="ascii")
    command.chmod(0o755)
    return SystemdDaemons(command)


@pytest.mark.parametrize(
    ("codes", "is_fit"),
    [
        ({}, True),
        ({"unit check --help": 0, "unit check": 0}, True),
        ({"unit check --help": 0, "unit check": 1}, False),
        ({"unit check --help": 0, "unit check": 2}, False),
        ({"unit check --help": 1, "unit check": 1}, False),
    ],
)
def test_a_unit_is_unfit_also_where_its_check_is_broken(tmp_path: Path, codes: dict[str, int], is_fit: bool) -> None:
    assert daemons(tmp_path, codes).is_fit() is is_fit


def test_a_unit_whose_command_is_gone_is_unfit(tmp_path: Path) -> None:
    assert not SystemdDaemons(tmp_path / "gone").is_fit()


@pytest.mark.parametrize(
    ("codes", "has_choice", "is_measured"),
    [
        ({}, True, False),
        ({"models choice --help": 0, "models choice": 0}, True, False),
        ({"models choice --help": 0, "models choice": 1, "models choose": 0}, True, True),
        ({"models choice --help": 0, "models choice": 1, "models choose": 1}, False, True),
        ({"models choice --help": 1, "models choice": 1, "models choose": 1}, False, True),
    ],
)
def test_model_files_are_measured_unless_the_release_has_no_choice_of_them(
    tmp_path: Path, codes: dict[str, int], has_choice: bool, is_measured: bool
) -> None:
    assert daemons(tmp_path, codes).choose_models() is has_choice
    calls = (tmp_path / "alpr-edge.calls").read_text(encoding="ascii").splitlines()
    assert ("models choose" in calls) is is_measured
