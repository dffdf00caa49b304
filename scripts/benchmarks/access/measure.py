"""How long signing in, asking for a permission and taking in a roster take.

``access.permission_us`` is one decision by the rules alone, ``access.authorise_ms`` the same with the session, the
person and the roster read from the encrypted database. ``access.sign_in_ms`` is a whole sign-in; its other ways stand
beside it, since none may be told from another by its time. A figure ``..._without_argon2_ms`` is of a sign-in with
Argon2 at its lowest cost.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import argon2
import numpy as np

from alpr_edge.access.attempts import SignInResult
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.sessions import SessionPlace, find_standing
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.decision import AccessRequest, AccessTime, decide
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.settings import PolicySettings
from alpr_edge.settings.profiles import load_profile
from scripts.benchmarks.access import log, people, refusals, suspension
from scripts.benchmarks.access.car import CJIS, DAY, NOW, PASSWORD, BenchCar, bench_car, bench_person
from scripts.benchmarks.figures import figure, milliseconds

PARTS = ("permission", "sign_in", "refusals", "roster", "people", "log", "suspension")
ROSTER_PEOPLE = 5000
TRIES = 200
DECISIONS, ROUNDS = 20_000, 7
_CALIFORNIA = load_profile(PolicySettings())
_REQUEST = AccessRequest(
    Action.SEARCH, Purpose("criminal_investigation", "robbery", "26-123456", "blue sedan"), SourcePermission.DEPARTMENT
)


def run(parts: tuple[str, ...]) -> None:
    """Measure the parts, and print each figure."""
    if "permission" in parts:
        _measure_permission()
    if "log" in parts:
        log.run()
    if "people" in parts:
        people.run()
    if "refusals" in parts:
        refusals.run()
    if "suspension" in parts:
        suspension.run()
    with tempfile.TemporaryDirectory() as folder:
        if "sign_in" in parts:
            with bench_car(Path(folder) / "sign-in", 100, Argon2Passwords()) as car:
                _measure_sign_in(car)
                _measure_authorise(car)
            with bench_car(Path(folder) / "rest", 100, _cheap_passwords()) as car:
                _measure_rest(car)
        if "roster" in parts:
            with bench_car(Path(folder) / "roster", 1, _cheap_passwords()) as car:
                _measure_roster(car, ROSTER_PEOPLE)


def _cheap_passwords() -> Argon2Passwords:
    return Argon2Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def _measure_permission() -> None:
    person, at = bench_person("p-1"), AccessTime(NOW, NOW + DAY)
    assert decide(person, SessionState.OPEN, _REQUEST, at, _CALIFORNIA).is_allowed
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(DECISIONS):
            decide(person, SessionState.OPEN, _REQUEST, at, _CALIFORNIA)
        rounds.append((time.perf_counter() - began) / DECISIONS * 1e6)
    figure("access.permission_us", float(np.median(rounds)), "us", of=DECISIONS * ROUNDS, slowest=round(max(rounds), 4))


def _measure_sign_in(car: BenchCar) -> None:
    """Sign in, and fail to, by every way in turn; each has an account of its own, so that none is locked by another."""
    person_names = iter(f"badge-p-{number}" for number in range(2, 100))
    wrong_name = next(person_names)
    locked_name = "badge-p-1"
    for _ in range(5):
        car.sign_in(locked_name, "wrong")
    ways: dict[str, Callable[[], SignInResult]] = {
        "right": lambda: car.sign_in("badge-p-0", PASSWORD),
        "unknown": lambda: car.sign_in("nobody", PASSWORD),
        "locked": lambda: car.sign_in(locked_name, PASSWORD),
        "wrong": lambda: car.sign_in(wrong_name, "wrong"),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(TRIES):
        if number % 4 == 3:
            wrong_name = next(person_names)
        for way, attempt in ways.items():
            times[way].append(_milliseconds(attempt))
    means = {f"mean_{way}_ms": round(float(np.mean(values)), 3) for way, values in times.items()}
    milliseconds("access.sign_in_ms", times["right"], **means)


def _measure_rest(car: BenchCar) -> None:
    """Sign in with Argon2 at its lowest cost: what is left is the databases and the code."""
    times = [_milliseconds(lambda: car.sign_in("badge-p-0", PASSWORD)) for _ in range(TRIES)]
    milliseconds("access.sign_in_without_argon2_ms", times)


def _measure_authorise(car: BenchCar) -> None:
    result = car.sign_in("badge-p-0", PASSWORD)
    place = SessionPlace(result.token, "bench", "local", car.now)
    times = [_milliseconds(lambda: _decide(car, place)) for _ in range(TRIES)]
    milliseconds("access.authorise_ms", times)


def _decide(car: BenchCar, place: SessionPlace) -> None:
    standing = find_standing(car.store, place, CJIS.sessions)
    assert standing is not None
    assert standing.decide(_REQUEST, _CALIFORNIA).is_allowed


def _measure_roster(car: BenchCar, people: int) -> None:
    """Take in a roster of so many people, and sign in with it and without, with Argon2 at its lowest cost."""
    before = [_milliseconds(lambda: car.sign_in("badge-p-0", PASSWORD)) for _ in range(20)]
    contents = [car.roster(people) for _ in range(5)]
    seconds = [_milliseconds(partial(car.install, content)) / 1000 for content in contents]
    figure(
        "access.roster_import_s",
        float(np.median(seconds)),
        "s",
        people=people,
        bytes=len(contents[0]),
        slowest=round(max(seconds), 4),
    )
    after = [_milliseconds(lambda: car.sign_in("badge-p-0", PASSWORD)) for _ in range(20)]
    one_person_ms = round(float(np.median(before)), 4)
    milliseconds("access.sign_in_large_roster_without_argon2_ms", after, against_one_person_ms=one_person_ms)


def _milliseconds(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return (time.perf_counter() - began) * 1000
