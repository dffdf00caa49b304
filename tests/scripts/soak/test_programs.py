"""Programs that are killed and started again: which of their ends count, and which do not."""

from pathlib import Path

import pytest

from scripts.soak.department.programs import RestartedProgram, unexpected_ends
from tests.department.waits import wait_until

READY = "serving"
GOES_ON = f"print('{READY}', flush=True); import time; time.sleep(600)"
BREAKS = f"print('{READY}', flush=True); raise SystemExit('alpr-edge: the database went away')"
BREAKS_SILENTLY = f"print('{READY}', flush=True); import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
REFUSES = "raise SystemExit('alpr-edge: the database does not answer')"
RAISES = "raise ValueError"


def program_of(code: str, log: Path, ready_text: str = READY) -> RestartedProgram:
    return RestartedProgram(lambda: ["-c", code], log, ready_text)


def run_twice(program: RestartedProgram) -> None:
    """Let it end by itself once, and start again."""

    def starts_again() -> bool:
        program.tend()
        return program.starts == 2

    wait_until(starts_again)
    program.kill()


@pytest.mark.parametrize("code", [BREAKS, BREAKS_SILENTLY, RAISES])
def test_an_end_after_the_start_by_a_signal_or_with_a_traceback_is_a_failure(code: str, tmp_path: Path) -> None:
    server = program_of(code, tmp_path / "server.log")
    run_twice(server)
    assert (server.failures >= 1, server.refusals) == (True, [])
    assert unexpected_ends({"a server": [server], "a car": []}) == [
        f"a server ended by itself {server.failures} times with an error"
    ]


def test_a_start_that_is_refused_in_words_is_told_and_no_failure(tmp_path: Path) -> None:
    server = program_of(REFUSES, tmp_path / "server.log")
    run_twice(server)
    assert set(server.refusals) == {"alpr-edge: the database does not answer"}
    assert (server.failures, unexpected_ends({"a server": [server]})) == (0, [])


def test_a_program_that_says_nothing_once_it_started_may_not_refuse(tmp_path: Path) -> None:
    car = program_of(REFUSES, tmp_path / "car.log", ready_text="")
    run_twice(car)
    assert (car.failures >= 1, car.refusals) == (True, [])


def test_what_an_earlier_start_said_does_not_count_and_a_kill_is_no_failure(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    server = program_of(GOES_ON, log)
    server.tend()
    wait_until(lambda: READY in log.read_text(encoding="utf-8"))
    server.kill()
    assert (server.failures, server.refusals, server.is_done) == (0, [], False)
    refused = program_of(REFUSES, log)
    run_twice(refused)
    assert (refused.failures, len(refused.refusals) >= 1) == (0, True)


def test_a_program_that_is_done_stays_so(tmp_path: Path) -> None:
    car = program_of("pass", tmp_path / "car.log", ready_text="")
    car.tend()
    wait_until(lambda: car.is_done)
    car.tend()
    car.kill()
    assert (car.starts, car.failures, car.is_done) == (1, 0, True)
