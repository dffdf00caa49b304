"""What an update asks the unit's own command: whether the unit is fit, and which model files it runs."""

import json
from pathlib import Path

import pytest

from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.services import CAPTURE, CONSOLE, METRICS
from scripts.deploy.update.daemons import (
    UNIT_CHECK,
    SettingsRefusedError,
    SystemdDaemons,
    open_database,
    restarted_units,
)

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
    faults = daemons(tmp_path, codes).faults()
    assert (not faults) is is_fit
    assert is_fit or list(faults) == [UNIT_CHECK]


def test_a_unit_whose_command_is_gone_is_unfit(tmp_path: Path) -> None:
    assert list(SystemdDaemons(tmp_path / "gone").faults()) == [UNIT_CHECK]


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


@pytest.mark.parametrize("enabled", [(CAPTURE, CONSOLE), (CAPTURE, CONSOLE, METRICS)])
def test_figures_for_a_prometheus_are_restarted_where_people_enabled_them(
    tmp_path: Path, enabled: tuple[str, ...]
) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(
        f'#!/bin/sh\n[ "$1" = is-enabled ] && case $3 in {"|".join(enabled)}) exit 0 ;; esac\nexit 1\n'
    )
    systemctl.chmod(0o755)
    assert restarted_units(systemctl) == list(enabled)


CHECKING = """#!/bin/sh
echo "$*" >>"$0.calls"
test "$*" = "unit check --json" || exit 0
echo "a warning" >&2
test "$(grep -c 'unit check --json$' "$0.calls")" -gt {red_times} || {{ echo '{report}'; exit 1; }}
"""


def checking_daemons(folder: Path, red_times: int, settling_s: float) -> SystemdDaemons:
    """Those of a unit whose check finds department and sound red for some times, and nothing from then on."""
    found = {"department": "red", "sound": "red", "disk": "amber", "clock": "green"}
    checks = [{"name": name, "verdict": verdict, "said": "down"} for name, verdict in found.items()]
    command = folder / "alpr-edge"
    command.write_text(CHECKING.format(red_times=red_times, report=json.dumps({"checks": checks})), encoding="ascii")
    command.chmod(0o755)
    return SystemdDaemons(command, settling_s, again_s=0.0)


def check_count(folder: Path) -> int:
    calls = (folder / "alpr-edge.calls").read_text(encoding="ascii").splitlines()
    return calls.count("unit check --json")


def test_red_checks_are_named_also_beside_a_warning(tmp_path: Path) -> None:
    assert checking_daemons(tmp_path, 1, 0.0).faults() == {"department": "down", "sound": "down"}


def test_what_is_red_after_a_start_is_checked_again(tmp_path: Path) -> None:
    assert checking_daemons(tmp_path, 3, 600.0).lasting_faults(["department"]) == {}
    assert check_count(tmp_path) == 4


def test_what_stays_red_is_named_and_what_was_red_before_is_not_waited_for(tmp_path: Path) -> None:
    assert checking_daemons(tmp_path, 9, 0.0).lasting_faults(["department"]) == {"sound": "down"}
    assert checking_daemons(tmp_path, 9, 600.0).lasting_faults(["department", "sound"]) == {}
    assert check_count(tmp_path) == 2


@pytest.mark.parametrize(("code", "is_of_settings"), [(2, True), (3, False)])
def test_refused_settings_are_told_from_an_unreadable_database(tmp_path: Path, code: int, is_of_settings: bool) -> None:
    daemons(tmp_path, {"outbox status": code})
    with pytest.raises(ProvisioningError) as error:
        open_database(tmp_path / "alpr-edge", "outbox", "status")
    assert isinstance(error.value, SettingsRefusedError) is is_of_settings
