"""That a proof of a restart waits for a read that was made after it: one that lay in the outbox proves nothing."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer

import pytest

from scripts.prove import updates
from scripts.prove.scenario import Setup, a_power_cut_is_survived, a_stall_is_survived, kills_are_survived
from tests.scripts.prove.machines import Answer, FolderCar, FolderDepot, nothing

WAITED_S, NEW_S = 0.2, 1.5
"""After a restart the read that waited arrives, and later one of what the camera sees now."""
START_S = 0.7


@pytest.fixture
def depot(tmp_path: Path) -> FolderDepot:
    depot = FolderDepot(tmp_path / "depot")
    depot.store("before", datetime.now(UTC) - timedelta(minutes=2))
    return depot


class RestartedUnit:
    """A unit whose daemons get another process id, and which sends what it had before it sends what is new."""

    def __init__(self, depot: FolderDepot) -> None:
        self.depot = depot
        self.process_id = 10

    def restart(self) -> None:
        self.process_id += 1
        waited = datetime.now(UTC) - timedelta(minutes=1)
        for after_s, store in ((WAITED_S, lambda: self.depot.store("waited", waited)), (NEW_S, self._read)):
            timer = Timer(after_s, store)
            timer.daemon = True
            timer.start()

    def _read(self) -> None:
        self.depot.store("new")

    def start(self) -> None:
        time.sleep(START_S)
        self.restart()

    def answer(self, words: tuple[str, ...]) -> str:
        if words[:2] == ("systemctl", "kill"):
            self.restart()
        if words[0] == "cat":
            return json.dumps({"ready": True})
        if words[0] == "journalctl":
            return "Watchdog timeout"
        if words[:3] == ("systemctl", "show", "--value"):
            return str(self.process_id) if "--property=MainPID" in words else "active"
        return ""


def setup_of(tmp_path: Path, depot: FolderDepot, answer: Answer, at_start: Callable[[], None] = nothing) -> Setup:
    return Setup(FolderCar(tmp_path / "car", answer, at_start=at_start), depot, bundle=True)


@pytest.mark.parametrize("proof", [kills_are_survived, a_stall_is_survived])
def test_daemons_are_back_once_what_the_camera_sees_now_is_read(
    proof: Callable[[Setup], str], depot: FolderDepot, tmp_path: Path
) -> None:
    unit = RestartedUnit(depot)
    assert proof(setup_of(tmp_path, depot, unit.answer))
    assert depot.reads() == {"before", "waited", "new"}


def test_a_power_cut_counts_from_the_start_to_the_first_new_read(depot: FolderDepot, tmp_path: Path) -> None:
    unit = RestartedUnit(depot)
    found = a_power_cut_is_survived(setup_of(tmp_path, depot, unit.answer, unit.start))
    assert depot.reads() == {"before", "waited", "new"}
    seconds = re.fullmatch(r"a new read arrives (\d+) s after the power came back", found)
    assert seconds is not None
    assert int(seconds[1]) >= int(START_S + NEW_S)


def test_a_power_cut_in_an_update_likewise(depot: FolderDepot, tmp_path: Path) -> None:
    unit, folder = RestartedUnit(depot), tmp_path / "car" / "opt" / "alpr-edge"
    folder.mkdir(parents=True)
    current, trial = folder / "current", folder / "trial.json"
    current.symlink_to(f"releases/{updates.NEXT}")

    def use(version: str) -> None:
        current.unlink()
        current.symlink_to(f"releases/{version}")

    def answer(words: tuple[str, ...]) -> str:
        if "--unit=update" in words:
            use(updates.BROKEN)
            trial.touch()
        if words[1:2] == ("reads",):
            return "\n".join(json.dumps({"read_id": read_id}) for read_id in ("before", "waited"))
        if "alpr-edge-trial.service" in words:
            return "inactive"
        return unit.answer(words)

    def start() -> None:
        unit.start()
        trial.unlink()
        use(updates.NEXT)

    found = updates.power_cut_in_an_update_is_decided_at_the_start(setup_of(tmp_path, depot, answer, start))
    assert depot.reads() == {"before", "waited", "new"}
    seconds = re.match(r"(\d+) s after the power came back .* with all 2 reads; a new one arrived after (\d+) s", found)
    assert seconds is not None
    assert (int(seconds[1]) >= round(START_S), int(seconds[2]) >= int(START_S + NEW_S)) == (True, True)
