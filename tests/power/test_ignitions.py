"""Each ignition as the unit asks it; a GPIO chip is no part of the machines that test, so its failures stand here."""

import stat
import time
from pathlib import Path

import pytest

from alpr_edge.domain.errors import PowerError
from alpr_edge.power.commands import CommandIgnition, order_off, run
from alpr_edge.power.files import FileIgnition, write_word
from alpr_edge.power.gpio import GpioIgnition
from alpr_edge.settings import PowerSettings


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(stat.S_IRWXU)
    return str(path)


@pytest.mark.parametrize(("word", "is_on"), [("on", True), ("off", False)])
def test_a_command_says_on_or_off_by_a_word(word: str, is_on: bool, tmp_path: Path) -> None:
    assert CommandIgnition(script(tmp_path / "ask", f"echo {word}"), 5).is_on() is is_on


@pytest.mark.review(6)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("exit 1", "ended with 1"),
        ("exit 2", "ended with 2"),
        ("cat /nonexistent", "ended with 1"),
        ("python3 -c 'raise OSError(\"no such gpio chip\")'", "ended with 1"),
        ("echo off; exit 1", "ended with 1"),
        ("exit 0", "printed nothing"),
        ("echo off course", "printed another word"),
        ("echo on; echo off", "printed another word"),
        ("kill -9 $$", "ended with -9"),
        ("sleep 30", "no answer within 1 s"),
        ("yes", "no answer within 1 s"),
    ],
)
def test_a_command_that_says_neither_word_is_an_error(text: str, says: str, tmp_path: Path) -> None:
    began_s = time.monotonic()
    with pytest.raises(PowerError, match=says):
        CommandIgnition(script(tmp_path / "ask", text), 1 if "no answer" in says else 20).is_on()
    assert time.monotonic() - began_s < 20


def test_a_word_counts_though_something_that_was_left_behind_holds_the_pipe(tmp_path: Path) -> None:
    began_s = time.monotonic()
    assert not CommandIgnition(script(tmp_path / "ask", "sleep 60 & echo off"), 20).is_on()
    assert time.monotonic() - began_s < 20


def test_what_a_command_started_ends_with_it(tmp_path: Path) -> None:
    left, started = tmp_path / "left", tmp_path / "started"
    command = script(tmp_path / "ask", f"(sleep 1; touch {left}) & echo $! >{started}; sleep 30")
    for timeout_s in (0.3, 3, 20):  # a slow machine starts it later
        with pytest.raises(PowerError):
            run(command, timeout_s)
        if started.exists() and started.read_text():
            break
    time.sleep(1.2)  # no condition: it must not come
    assert not runs(int(started.read_text()))
    assert not left.exists()


def runs(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_command_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PowerError, match=r"cannot be run: No such file or directory; check \[power\]"):
        run(str(tmp_path / "none"), 1)


def test_an_order_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PowerError, match=r"power.power_off_command ended with 3: the power stays on"):
        order_off(script(tmp_path / "off", "exit 3"))


def test_a_word_in_a_file(tmp_path: Path) -> None:
    ignition = FileIgnition(tmp_path)
    assert ignition.is_on()  # none yet
    write_word(tmp_path, is_on=False)
    assert not ignition.is_on()
    write_word(tmp_path, is_on=True)
    assert ignition.is_on()


@pytest.mark.parametrize("content", [b"", b"yes", b"\xff\xfe", b"off" * 100])
def test_another_word_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "ignition").write_bytes(content)
    with pytest.raises(PowerError, match="holds neither on nor off"):
        FileIgnition(tmp_path).is_on()


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PowerError, match="cannot be written: No such file or directory"):
        write_word(tmp_path / "none", is_on=True)


@pytest.mark.parametrize("chip", ["/dev/no-such-chip", "/dev/null"])
def test_a_gpio_chip_that_is_none_is_an_error_each_time(chip: str) -> None:
    ignition = GpioIgnition(PowerSettings(gpio_chip=chip, gpio_bias="pull-up"))
    for _ in range(2):
        with pytest.raises(PowerError, match=f"{chip} line 17: cannot be read: .*; check .power. and wiring"):
            ignition.is_on()


def test_gpio_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gpiod", None)
    with pytest.raises(PowerError, match=r'pip install "alpr-edge\[gpio\]"'):
        GpioIgnition(PowerSettings()).is_on()
