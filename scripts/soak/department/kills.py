"""Kills parts of a department at random moments while cars deliver, one after the other or while another is down."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from random import Random

from alpr_edge.domain.errors import StoreError
from scripts.soak.department.stand import DepartmentStand

BETWEEN_S = 0.5, 3.0
"""Time from one kill to the next."""
DOWN_S_MAX = 2.0
"""How long something stays down."""
FINISH_S_MAX = 900.0
SERVED_S_MAX = 120.0
"""How long it may take until a department is served again by its database."""
TICK_S = 0.1


class DepartmentKill(StrEnum):
    """What is killed."""

    SERVER = "a server"
    FIRST_PROCESS = "PostgreSQL's first process"
    CONNECTION = "a process of PostgreSQL"
    AT_ONCE = "PostgreSQL, stopped at once"
    BUCKET = "the bucket's server"
    CAR = "a car"


def plan_kills(rounds: int, random: Random) -> list[DepartmentKill]:
    """So many kills, of each kind alike, in random order."""
    kinds = list(DepartmentKill)
    kills = [kinds[number % len(kinds)] for number in range(rounds)]
    random.shuffle(kills)
    return kills


class KillCampaign:
    """Kills parts of a stand.

    Args:
        stand: the department and its cars, which run.
        random: draws the moments.
    """

    def __init__(self, stand: DepartmentStand, random: Random) -> None:
        self._stand = stand
        self._random = random
        self.counts: Counter[DepartmentKill] = Counter()
        """How often each was killed."""
        self._strikes: dict[DepartmentKill, Callable[[], None]] = {
            DepartmentKill.SERVER: lambda: self._random.choice(stand.servers).kill(self._down_s()),
            DepartmentKill.FIRST_PROCESS: self._kill_postgresql,
            DepartmentKill.CONNECTION: self._kill_connection,
            DepartmentKill.AT_ONCE: stand.postgresql.crash,
            DepartmentKill.BUCKET: self._kill_bucket,
            DepartmentKill.CAR: lambda: self._random.choice(stand.cars).kill(self._down_s()),
        }

    def run(self, kills: list[DepartmentKill]) -> Iterator[DepartmentKill]:
        """Kill one after the other; yields each."""
        for kill in kills:
            self._tend_for(self._random.uniform(*BETWEEN_S))
            self._strikes[kill]()
            self.counts[kill] += 1
            yield kill

    def finish(self) -> list[str]:
        """Let the cars deliver what they have; a line for each that does not end."""
        self._stand.finish()
        deadline_s = time.monotonic() + FINISH_S_MAX
        while not all(car.is_done for car in self._stand.cars) and time.monotonic() < deadline_s:
            self._tend_for(TICK_S)
        named = zip(self._stand.units, self._stand.cars, strict=True)
        return [f"{unit_id} does not get rid of all that it has" for unit_id, car in named if not car.is_done]

    def _tend_for(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while True:
            self._stand.tend()
            if time.monotonic() >= end_s:
                return
            time.sleep(TICK_S)

    def _down_s(self) -> float:
        return self._random.uniform(0.0, DOWN_S_MAX)

    def _kill_postgresql(self) -> None:
        self._stand.postgresql.kill()
        self._tend_while_down()
        self._stand.postgresql.restart()

    def _kill_connection(self) -> None:
        deadline_s = time.monotonic() + SERVED_S_MAX
        while not self._stand.kill_connection():
            if time.monotonic() > deadline_s:
                raise StoreError("no process of PostgreSQL serves the department")
            self._tend_for(TICK_S)

    def _kill_bucket(self) -> None:
        self._stand.bucket.kill()
        self._tend_while_down()
        self._stand.bucket.restart()

    def _tend_while_down(self) -> None:
        """Leave something down for a while, half of the time with a server killed as well."""
        if self._random.random() < 0.5:
            self._random.choice(self._stand.servers).kill()
        self._tend_for(self._down_s())
