"""Ctrl-C is held back where files belong together, and a process ends by its code though a thread is in native code."""

import signal
import subprocess
import sys

import pytest

from alpr_edge.runtime.interrupts import Interrupts

PATIENCE_S = 60
HANGING_THREAD = """
import sys, threading, time
from alpr_edge.runtime.interrupts import run_to_exit
threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
def program():
    print("done")
    sys.exit(7)
run_to_exit(program)
"""


def test_an_interrupt_comes_at_the_end_of_the_block() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:  # noqa: PT012 - its steps are the test
        signal.raise_signal(signal.SIGINT)
        steps.append(interrupts.is_pending)
    assert steps == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_it_is_allowed_it_comes_at_once_and_only_once() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:  # noqa: PT012 - its steps are the test
        try:
            with interrupts.allowed():
                signal.raise_signal(signal.SIGINT)
                steps.append("never")
        finally:
            signal.raise_signal(signal.SIGINT)
            steps.append("cleaned up")
    assert steps == ["cleaned up"]


def test_one_that_came_before_ends_the_next_block_that_allows_it() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:  # noqa: PT012 - its steps are the test
        signal.raise_signal(signal.SIGINT)
        with interrupts.allowed():
            steps.append("never")
    assert steps == []


def test_an_error_of_the_block_goes_before_the_interrupt() -> None:
    with pytest.raises(ValueError, match="wrong"), Interrupts():  # noqa: PT012 - as above
        signal.raise_signal(signal.SIGINT)
        raise ValueError("wrong")


def test_a_process_ends_by_its_code_though_a_thread_hangs() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGING_THREAD], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "done\n", "")
