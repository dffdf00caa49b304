"""``--break-glass``: root alone, who says who they are and why; on record, and not for covert entries."""

import os

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import Statement
from alpr_edge.domain.errors import AccessError
from alpr_edge.store.unit_store import open_store
from tests.staff import Staff
from tests.store.records import decided, plate_read
from tests.units import write_bare_unit

WHY = ("--break-glass", "the roster has ended", "--purpose", "stolen_vehicle")
WHO = "Ana Ruiz\nModesto PD\n"


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    """A unit with a read, and nobody signed in."""
    staff = Staff(write_bare_unit(tmp_path_factory.mktemp("glass")))
    with open_store(staff.unit, migrate=True) as store:
        store.reads.commit([decided(plate_read("read-1", "7ABC123"))])
    return staff


def run(staff: Staff, *words: str, typed: str = WHO) -> Result:
    settings = staff.unit.unit.data_directory.parent / "alpr-edge.toml"
    return CliRunner().invoke(app, [*words, "--settings", str(settings)], input=typed)


def test_it_shows_reads_and_names_who_looked_and_why(staff: Staff) -> None:
    done = run(staff, "reads", *WHY)
    assert done.exit_code == 0, done.stderr
    assert "7ABC123" in done.stdout
    record = staff.records()[-1]
    assert (record.break_glass, record.person, record.organisation) == (True, "Ana Ruiz", "Modesto PD")
    assert record.reason.endswith(": the roster has ended")
    assert (record.purpose, record.shown) == ("stolen_vehicle", 1)


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        (("reads", "--break-glass", "x", "--purpose", "stolen_vehicle"), WHO, "10 characters at least"),
        (("reads", *WHY), "\n\n", "name: expected"),
        (("reads", *WHY), "", "no answer on standard input"),
        (("reads", "--break-glass", "the roster has ended"), WHO, "purpose: expected"),
        (("hotlist", "status", "--covert", *WHY), WHO, "break-glass does not open this"),
    ],
)
def test_what_is_missing_or_not_opened_is_refused(staff: Staff, words: tuple[str, ...], typed: str, says: str) -> None:
    if words[0] == "hotlist":
        (staff.unit.unit.data_directory / "hotlists").mkdir(mode=0o700, exist_ok=True)
    done = run(staff, *words, typed=typed)
    assert (done.exit_code, done.stdout) == (3, "")
    assert says in done.stderr


def test_nobody_but_root_breaks_it(staff: Staff) -> None:
    """Asked in a child that is no longer root; it opens nothing before it is refused."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            with open_access(staff.unit, Statement("stolen_vehicle", break_glass="the roster has ended")):
                code = 0
        except AccessError:
            code = AccessError.exit_code
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == AccessError.exit_code
