"""How long a refused sign-in takes to be answered: for an unknown name, a locked account and a wrong password alike."""

import itertools
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from alpr_edge.access.attempts import PasswordAttempt
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.authorisation.opening import load_policy
from alpr_edge.settings import parse
from alpr_edge.store.access_log.log import open_access_log
from scripts.benchmarks.access.car import bench_car
from scripts.benchmarks.figures import figure

TRIES = 200
TRIES_A_PERSON = 4
"""One more would lock the account."""
LOCKING_TRIES = 5
_LOCKED = "badge-p-0"


def run() -> None:
    """Print the mean of each way, and the largest difference between two of them with its standard error."""
    with tempfile.TemporaryDirectory() as name, bench_car(Path(name), TRIES, Argon2Passwords()) as car:
        raw = {"unit": {"data_directory": f"{name}/data"}, "store": {"keys_directory": f"{name}/keys"}}
        settings = parse(raw, Path(name))
        with open_access_log(settings, migrate=True) as log:
            sign_ins = SignInService(
                car.store, car.passwords, log, load_policy(settings), SystemClock(), Caller("bench")
            )
            for _ in range(LOCKING_TRIES):
                _refused_ms(sign_ins, _LOCKED)
            wrong = itertools.chain.from_iterable([f"badge-p-{number}"] * TRIES_A_PERSON for number in range(1, TRIES))
            names = {"unknown": itertools.repeat("nobody"), "locked": itertools.repeat(_LOCKED), "wrong": wrong}
            times = {way: list[float]() for way in names}
            for _ in range(TRIES):
                for way, of_way in names.items():
                    times[way].append(_refused_ms(sign_ins, next(of_way)))
    means = {way: float(np.mean(values)) for way, values in times.items()}
    errors = [float(np.std(values)) / TRIES**0.5 for values in times.values()]
    by_way: dict[str, Any] = {f"mean_{way}_ms": round(mean, 3) for way, mean in means.items()}
    figure(
        "access.refusal_difference_ms",
        max(means.values()) - min(means.values()),
        "ms",
        of=TRIES,
        standard_error_ms=round(sum(error**2 for error in sorted(errors)[-2:]) ** 0.5, 4),
        **by_way,
    )


def _refused_ms(sign_ins: SignInService, name: str) -> float:
    began = time.perf_counter()
    result = sign_ins.sign_in(PasswordAttempt(name, "wrong", "000000"), is_acknowledged=True)
    assert result.session is None
    return (time.perf_counter() - began) * 1000
