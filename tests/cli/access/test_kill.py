"""A command that is killed shows nothing that is not on record, whatever the moment."""

import subprocess
import sys
from pathlib import Path

import pytest

from alpr_edge.settings import load
from alpr_edge.store.reads.repository import DecidedRecord
from alpr_edge.store.unit_store import open_store
from tests.staff import FOR_STOLEN, Staff
from tests.store.records import plate_read
from tests.units import write_bare_unit

PLATE = "7ABC123"
DIES = """
import os, signal, sys

def die(frame, event, argument):
    if event == {event!r} and frame.f_code.co_qualname == {function!r}:
        os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(die)
sys.argv = ["alpr-edge", *{arguments!r}]
from alpr_edge.__main__ import main
main()
"""
"""A program that is killed at the call of a function, or as it returns."""
MOMENTS = [
    ("call", "Authoriser._append", 0),
    ("call", "_shown_read", 0),
    ("return", "Authoriser._append", 1),
    ("call", "_print_reads", 1),
    ("return", "_print_reads", 1),
]
"""The moment, and how many records of the look there are afterwards."""


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    """A unit with a read, and somebody who is signed in."""
    staff = Staff(write_bare_unit(tmp_path_factory.mktemp("killed")))
    with open_store(staff.unit, migrate=True) as store:
        store.reads.commit([DecidedRecord(plate_read("read-1", PLATE))])
    staff.sign_in_here("officer")
    return staff


@pytest.mark.parametrize(("event", "function", "records"), MOMENTS)
def test_what_is_shown_is_on_record(staff: Staff, event: str, function: str, records: int) -> None:
    settings: Path = staff.unit.unit.data_directory.parent / "alpr-edge.toml"
    assert load(settings)
    before = len(staff.records())
    code = DIES.format(event=event, function=function, arguments=["reads", *FOR_STOLEN, "--settings", str(settings)])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -9, done.stderr
    made = staff.records()[before:]
    assert [record.action for record in made] == ["show_reads"] * records
    if PLATE in done.stdout:
        assert [record.shown for record in made] == [1]
