"""A signal stops a daemon, whatever its main thread does at that moment."""

import signal
import threading

from alpr_edge.runtime.interrupts import stop_at


def test_a_signal_that_comes_while_the_main_thread_holds_the_lock_of_the_event_sets_it() -> None:
    stop = stop_at(signal.SIGTERM, signal.SIGINT)
    condition: threading.Condition = vars(stop)["_cond"]
    with condition:  # as the main thread does for a moment in each wait
        signal.raise_signal(signal.SIGTERM)
    assert stop.wait(30)
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
    assert stop.is_set()
