"""That a department's power cut is survived with all that it stored, on either database."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.prove.department.__main__ import _of_an_engine
from scripts.prove.department.machine import ALARMS_PORT, COMMAND, DepartmentMachine
from scripts.prove.department.proofs import a_kill_and_a_power_cut_are_survived
from scripts.prove.host import ProofError
from tests.scripts.prove.machines import FolderCar


@dataclass
class StoredItems:
    """What a department stored, as its commands say it."""

    reads: int = 7
    images: int = 3
    is_whole: bool = True
    process_id: int = 10
    takes_alarms: bool = True

    def answer(self, words: tuple[str, ...]) -> str:
        if words[:2] == ("systemctl", "kill"):
            self.process_id += 1
        if words[0] == "systemd-run":
            self.takes_alarms = True
        if words[:2] == (COMMAND, "verify") and not self.is_whole:
            raise ProofError("1 body is damaged")
        answers: dict[tuple[str, ...], str] = {
            (COMMAND, "status"): json.dumps(
                {"reads": self.reads, "hits": 2, "items": {"read": self.reads}, "units": {"proof-1": self.reads}}
            ),
            (COMMAND, "verify"): json.dumps({"bodies": self.reads + 2, "images": self.images, "ok": self.is_whole}),
            ("systemctl", "show"): str(self.process_id) if "--property=MainPID" in words else "active",
            ("ss", "-ltn"): f":{ALARMS_PORT}" if self.takes_alarms else "",
        }
        return answers.get(words[:2], "")

    def lose_nothing(self) -> None:
        self.takes_alarms = False

    def lose_reads(self) -> None:
        self.reads = 1

    def lose_a_picture(self) -> None:
        self.images -= 1

    def damage(self) -> None:
        self.is_whole = False


def machine_of(tmp_path: Path, stored: StoredItems, at_cut: str) -> DepartmentMachine:
    return DepartmentMachine(
        FolderCar(tmp_path / "car", stored.answer, at_cut=getattr(stored, at_cut)), has_bundle=True
    )


def test_all_that_was_stored_is_there_and_alarms_are_taken_again(tmp_path: Path) -> None:
    stored = StoredItems()
    found = a_kill_and_a_power_cut_are_survived(machine_of(tmp_path, stored, "lose_nothing"))
    assert found.endswith("with all of 7 reads, 9 bodies and 3 pictures")
    assert stored.takes_alarms


@pytest.mark.parametrize("at_cut", ["lose_reads", "lose_a_picture", "damage"])
def test_reads_or_pictures_that_are_gone_and_bodies_that_are_damaged_are_noticed(at_cut: str, tmp_path: Path) -> None:
    with pytest.raises(ProofError, match=r"before the kill and the power cut|damaged"):
        a_kill_and_a_power_cut_are_survived(machine_of(tmp_path, StoredItems(), at_cut))


def test_each_database_has_its_power_cut_as_the_last_proof(tmp_path: Path) -> None:
    names = [name for name, _ in _of_an_engine(machine_of(tmp_path, StoredItems(), "lose_nothing"), "on SQLite")]
    assert names[-1] == "on SQLite: a kill and a power cut are survived"
