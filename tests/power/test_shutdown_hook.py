"""What runs last of all before the power goes: the hook as it is laid, with a folder in the place of the computer's."""

import subprocess
import sys
from pathlib import Path

import pytest

from alpr_edge.domain.power import Phase
from alpr_edge.power.files import write_word
from alpr_edge.runtime.health import Health, write_health

HOOK = Path(__file__).parents[2] / "config/system/usr/lib/systemd/system-shutdown/alpr-edge"
UNIT_USER = "setpriv --reuid=alpr-edge --regid=alpr-edge --init-groups"
RESTART = "systemctl reboot --force --force"


def restarts(folder: Path, *words: str) -> bool:
    """Run the hook with what systemd says; whether it starts the computer again."""
    (folder / "alpr-edge.toml").write_text(
        f'[unit]\nruntime_directory = "{folder}"\n[power]\nignition = "file"\n', encoding="utf-8"
    )
    hook, mark = HOOK.read_text(encoding="utf-8"), folder / "restarted"
    for text, in_its_place in (
        ("/run/alpr-edge/", f"{folder}/"),
        ("/etc/alpr-edge/", f"{folder}/"),
        ("/opt/alpr-edge/current/.venv/bin/", f"{Path(sys.executable).parent}/"),
        (UNIT_USER, "env"),
        (RESTART, f"touch {mark}"),
    ):
        assert hook.count(text) == 1, text
        hook = hook.replace(text, in_its_place)
    subprocess.run(["sh", "-s", "--", *words], input=hook, text=True, check=True, timeout=60, cwd="/")
    return mark.exists()


def write_phase(folder: Path, phase: Phase) -> None:
    """Leave what the unit wrote last."""
    write_health(folder, Health("run", ready=False, troubles=(), figures={"power": phase.value, "ignition": "off"}))


@pytest.mark.parametrize(("is_on", "restarted"), [(True, True), (False, False)])
def test_ignition_that_came_back_after_the_order_starts_the_computer_again(
    is_on: bool, restarted: bool, tmp_path: Path
) -> None:
    write_phase(tmp_path, Phase.OFF)
    write_word(tmp_path, is_on=is_on)
    assert restarts(tmp_path, "poweroff") is restarted


@pytest.mark.parametrize("phase", [Phase.WATCHING, Phase.SHUTTING_DOWN, None])
def test_a_person_may_power_it_off_with_the_key_on(phase: Phase | None, tmp_path: Path) -> None:
    if phase is not None:
        write_phase(tmp_path, phase)
    write_word(tmp_path, is_on=True)
    assert not restarts(tmp_path, "poweroff")


@pytest.mark.parametrize("words", [("reboot",), ("halt",), ()])
def test_what_does_not_power_off_stays_as_it_is(words: tuple[str, ...], tmp_path: Path) -> None:
    write_phase(tmp_path, Phase.OFF)
    write_word(tmp_path, is_on=True)
    assert not restarts(tmp_path, *words)


def test_an_ignition_that_cannot_be_read_holds_no_power_off_up(tmp_path: Path) -> None:
    write_phase(tmp_path, Phase.OFF)
    (tmp_path / "ignition").write_text("?")
    assert not restarts(tmp_path, "poweroff")
