"""A command that is killed shows nothing that is not on record, whatever the moment."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.store.unit_store import open_store
from tests.staff import FOR_STOLEN, Staff
from tests.store.records import decided, plate_read
from tests.units import write_bare_unit

PLATE = "7ABC123"
DIES = """
import json, os, signal, sys
from alpr_edge.__main__ import main
import alpr_edge.cli.access.opening, alpr_edge.cli.reads, alpr_edge.services.authorisation.opening
import alpr_edge.services.reads, alpr_edge.runtime.logs, alpr_edge.settings, alpr_edge.store.unit_store

def run_until(moment, function, output):
    def die(frame, event, argument):
        if event == moment and frame.f_code.co_qualname == function:
            os.kill(os.getpid(), signal.SIGKILL)

    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT, 0o600), 1)
    sys.argv = ["alpr-edge", *{arguments!r}]
    sys.setprofile(die)
    main()

for line in sys.stdin:
    child = os.fork()
    if not child:
        run_until(*json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""For each line a process that is killed at the call of a function, or as it returns; its modules are loaded before."""
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
        store.reads.commit([decided(plate_read("read-1", PLATE))])
    staff.sign_in_here("officer")
    return staff


@pytest.fixture(scope="module")
def program(staff: Staff) -> "Iterator[subprocess.Popen[str]]":
    arguments = ["reads", *FOR_STOLEN, "--settings", str(staff.unit.unit.data_directory.parent / "alpr-edge.toml")]
    command = [sys.executable, "-c", DIES.format(arguments=arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        yield running


@pytest.mark.parametrize(("event", "function", "records"), MOMENTS)
def test_what_is_shown_is_on_record(
    staff: Staff, program: "subprocess.Popen[str]", tmp_path: Path, event: str, function: str, records: int
) -> None:
    before = len(staff.records())
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(json.dumps([event, function, str(tmp_path / "shown")]) + "\n")
    program.stdin.flush()
    assert program.stdout.readline() == f"{-signal.SIGKILL}\n"
    made = staff.records()[before:]
    assert [record.action for record in made] == ["show_reads"] * records
    if PLATE in (tmp_path / "shown").read_text(encoding="utf-8"):
        assert [record.shown for record in made] == [1]
