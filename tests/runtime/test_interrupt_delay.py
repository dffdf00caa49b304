"""Ctrl-C is held back where files belong together."""

import signal

import pytest

from alpr_edge.runtime.interrupts import InterruptDelay


def test_an_interrupt_comes_at_the_end_of_the_block() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), InterruptDelay() as interrupts:  # noqa: PT012 - its steps are the test
        signal.raise_signal(signal.SIGINT)
        steps.append(interrupts.is_pending)
    assert steps == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_it_is_allowed_it_comes_at_once_and_only_once() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), InterruptDelay() as interrupts:  # noqa: PT012 - its steps are the test
        try:
            with interrupts.allow_interrupts():
                signal.raise_signal(signal.SIGINT)
                steps.append("never")
        finally:
            signal.raise_signal(signal.SIGINT)
            steps.append("cleaned up")
    assert steps == ["cleaned up"]


def test_one_that_came_before_ends_the_next_block_that_allows_it() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), InterruptDelay() as interrupts:  # noqa: PT012 - its steps are the test
        signal.raise_signal(signal.SIGINT)
        with interrupts.allow_interrupts():
            steps.append("never")
    assert steps == []


def test_an_error_of_the_block_goes_before_the_interrupt() -> None:
    with pytest.raises(ValueError, match="wrong"), InterruptDelay():  # noqa: PT012 - as above
        signal.raise_signal(signal.SIGINT)
        raise ValueError("wrong")
