"""Tells people that they are not signed in at whole steps of time alone, so that the time does not tell why.

An account that is there takes some milliseconds longer to read than one that is not: measured, that would tell which
badges exist. Argon2 and the databases together take less than a step on every machine that a unit is built on.
"""

import time

ANSWER_STEP_S = 0.5


def wait_for_answer_step(begun_s: float) -> None:
    """Sleep until a whole number of steps has passed."""
    time.sleep(seconds_to_answer_step(begun_s))


def seconds_to_answer_step(begun_s: float) -> float:
    """Seconds until a whole number of steps has passed."""
    return (begun_s - time.monotonic()) % ANSWER_STEP_S
