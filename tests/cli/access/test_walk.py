"""Every command and every operation by every role: what is allowed is a file that people review; all else is refused.

A command that is not in ``allowed_verbs.txt`` fails here, and so does one that needs another thing than stands there.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.access.authorisation.operations import RULES, Operation
from alpr_edge.cli import app
from alpr_edge.cli.access.session_file import remove_token
from alpr_edge.cli.caller import caller
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.table import BREAK_GLASS_ACTIONS
from alpr_edge.settings import load
from alpr_edge.store.keys import load_key
from alpr_edge.store.unit_store import open_store
from tests.cli.tree import commands
from tests.staff import FOR_STOLEN, Staff, stating
from tests.store.records import SCENE, decided, hit, plate_read
from tests.units import write_bare_unit

pytestmark = pytest.mark.walk

PLATE = "7ABC123"
NAMED = "read-1"


@dataclass(frozen=True)
class Row:
    """A line of the reviewed file."""

    name: str
    need: str
    operation: str
    roles: frozenset[str]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.name.split())


def rows() -> dict[str, Row]:
    """The reviewed file."""
    text = (Path(__file__).parent / "allowed_verbs.txt").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, need, operation, *who = [cell for cell in line.split("  ") if cell]
            roles = frozenset(" ".join(who).split()) - {"-"}
            found[name.strip()] = Row(name.strip(), need.strip(), operation.strip(), roles)
    return found


ROWS = rows()
FOR_CANVASS = ("--offense", "homicide", "--case", "26-001234")
ARGUMENTS = {
    "reads picture": (NAMED, "{folder}/picture.jpg"),
    "hotlist add": ("--reason", "major_crime", "--case", "26-000123", "--expires", "2026-12-31T00:00"),
    "hotlist list": ("none",),
    "hotlist list --covert": ("none",),
    "hotlist remove": ("none",),
    "holds place": (NAMED, "--reason", "case", "--case", "26-123456"),
    "holds release": (NAMED, "--reason", "case closed"),
    "canvass start": FOR_CANVASS,
    "canvass list": FOR_CANVASS,
    "canvass end": ("none", *FOR_CANVASS),
    "canvass show": ("none", *FOR_CANVASS),
    "canvass result": ("none", *FOR_CANVASS),
    "evidence export": ("26-123456", "--to", "{folder}"),
    "audit prove": ("0",),
    "audit report": ("--from", "2026-05-01", "--to", "2026-05-31"),
    "report transparency": ("--month", "2026-05"),
    "report precision": ("--month", "2026-05"),
    "report quality": ("--month", "2026-05"),
    "audit review": ("2026-W19", "--note", "nothing stood out"),
    "hotlist import": ("{folder}/feed.csv", "--source", "bolo", "--format", "generic-csv"),
    "hotlist rollback": ("none",),
    "hotlist drop": ("none", "--yes"),
    "hotlist dismiss": ("none",),
    "outbox offload": ("{folder}/nowhere",),
    "outbox receipts": ("{folder}/nowhere",),
    "hotlist export": ("--source", "none", "--rejected"),
    "unit check": ("--skip", "all"),
    "unit support-bundle": ("--to", "{folder}/bundle.zip", "--skip", "all"),
    "accounts add": ("--badge", "1", "--name", "Bo", "--agency", "PD"),
    "accounts change": ("Bofficer", "--title", "Patrol officer"),
    "accounts change --alpr-until": ("2090-01-01", "Bofficer"),
    "accounts import": ("{folder}/people.csv",),
    "accounts invite": ("Bofficer",),
    "accounts suspend": ("Bofficer",),
    "accounts unlock": ("Bofficer",),
    "models add": ("{folder}/none", "{folder}/none", "--config", "{folder}/none"),
}
"""What a command is given to get as far as to ask whether it is allowed."""
WITHOUT_UNIT = {
    "unit handover": "needs the unit to be stopped",
    "accounts unlock --code": "needs a locked account",
    "models choose": "measures for seconds",
    "keys create": "records the keys that it makes, and there are all",
    "unit init": "makes a unit of its own: tests/cli/unit/test_init.py",
    "settings apply": "needs other settings: tests/cli/test_settings_apply.py",
}
"""Commands of upkeep that are walked by tests of their own."""
SHOW_NO_PLATE = (
    "audit deletions", "audit key", "audit verify", "hotlist status", "hotlist export", "outbox quarantined",
    "outbox status", "unit status",
    "unit disk", "unit refused", "sign-out",
)  # fmt: skip
"""Free commands that read what the unit stored."""


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    """A unit with a read, a hit and people, of whom nobody is signed in."""
    folder = tmp_path_factory.mktemp("walked")
    settings = write_bare_unit(folder)
    (folder / "drop").mkdir()
    with settings.open("a", encoding="utf-8") as file:
        file.write('[[hotlist.source]]\nname = "state"\nformat = "generic-csv"\nfolder = "drop"\n')
    staff = Staff(settings)
    (folder / "feed.csv").write_text(f"Plate Number,Description,State/Province\n{PLATE},Stolen,CA\n", encoding="utf-8")
    (folder / "people.csv").write_text("badge,title\nBofficer,Patrol officer\n", encoding="utf-8")
    with open_store(load(settings), migrate=True) as store:
        record = decided(plate_read(NAMED, PLATE), hits=(hit("hit-1", NAMED, PLATE),), images=((SCENE, b"jpeg"),))
        store.reads.commit([record])
    assert load_key("lists", folder / "keys")
    return staff


def run(staff: Staff, row: Row, *more: str, person_id: str = "") -> Result:
    """Run a command of the file as somebody, or as nobody."""
    folder = staff.unit.unit.data_directory.parent
    if person_id:
        staff.sign_in_here(person_id)
    else:
        remove_token(staff.unit.unit.runtime_directory, caller())
    given = [word.format(folder=folder) for word in ARGUMENTS.get(row.name, ())]
    words = stating(*row.words, *given, *more, "--settings", str(folder / "alpr-edge.toml"))
    return CliRunner().invoke(app, words, input=f"{PLATE}\n")


def rows_of(need: str) -> list[Row]:
    return [row for row in ROWS.values() if row.need == need]


def test_the_file_names_every_command_and_no_other() -> None:
    known = {" ".join(words) for words in commands()}
    assert {name for name in ROWS if "--" not in name} == known
    assert {name.partition(" --")[0] for name in ROWS if "--" in name} <= known
    assert {row.need for row in ROWS.values()} == {
        "session", "upkeep", "people", "own", "free", "department", "inquiry", "request",
    }  # fmt: skip


def test_every_command_that_asks_for_a_session_says_what_for_and_no_other_does() -> None:
    """``--break-glass`` stands where it opens something alone."""
    tree = {" ".join(words): command for words, command in commands().items()}
    asking = {name for name, command in tree.items() if "--purpose" in _options(command)}
    inquiries = {row.name for row in rows_of("inquiry")}
    assert asking == {row.name.partition(" --")[0] for row in rows_of("session")} | inquiries
    for name in asking - inquiries:
        assert {"--offense", "--case"} <= _options(tree[name])
    opened = {
        row.name.partition(" --")[0]
        for row in rows_of("session")
        if RULES[Operation(row.operation)].action in BREAK_GLASS_ACTIONS
    }
    assert {name for name in asking - inquiries if "--break-glass" in _options(tree[name])} == opened


def _options(command: object) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}  # type: ignore[attr-defined] # typer's


@pytest.mark.parametrize("row", rows_of("session"), ids=lambda row: row.name)
def test_without_a_session_nothing_is_shown_and_that_is_on_record(staff: Staff, row: Row) -> None:
    before = len(staff.records())
    done = run(staff, row)
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == "alpr-edge: sign in first: alpr-edge sign-in\n" or "sign in first" in done.stderr
    (record,) = staff.records()[before:]
    assert (record.action, record.outcome, record.reason) == (row.operation, "refused", "session_ended")


@pytest.mark.parametrize("row", rows_of("session"), ids=lambda row: row.name)
def test_a_technician_sees_nothing_and_that_is_on_record(staff: Staff, row: Row) -> None:
    before = len(staff.records())
    done = run(staff, row, person_id="technician")
    assert (done.exit_code, done.stdout) == (3, "")
    (record,) = staff.records()[before:]
    assert (record.action, record.outcome, record.reason) == (row.operation, "refused", "not_granted")


@pytest.mark.parametrize("row", rows_of("people"), ids=lambda row: row.name)
def test_people_are_managed_by_their_roles_alone_and_that_is_on_record(staff: Staff, row: Row) -> None:
    """This unit's people come from a department, so that whoever may is told to change them there."""
    before = len(staff.records())
    for person_id in ("", "technician", "officer"):
        done = run(staff, row, person_id=person_id)
        assert (done.exit_code, done.stdout) == (3, ""), person_id
    for role in row.roles:
        run(staff, row, person_id=role.replace("_", "-"))
    made = [(record.person_id, record.outcome, record.reason) for record in staff.records()[before:]]
    assert made[:3] == [
        (f"login:{caller()}", "refused", "session_ended"),
        ("technician", "refused", "not_granted"),
        ("officer", "refused", "not_granted"),
    ]
    allowed = {(person_id, outcome) for person_id, outcome, _ in made[3:]}
    assert allowed == {(role.replace("_", "-"), "allowed") for role in row.roles}


@pytest.mark.parametrize("row", rows_of("session"), ids=lambda row: row.name)
def test_whoever_may_gets_through_and_is_on_record_by_name(staff: Staff, row: Row) -> None:
    before = len(staff.records())
    done = run(staff, row, person_id="chief")
    assert done.exit_code != 3, done.stderr
    allowed = [record for record in staff.records()[before:] if record.action == row.operation]
    assert {(record.person_id, record.outcome) for record in allowed} == {("chief", "allowed")}


@pytest.mark.parametrize("row", rows_of("upkeep"), ids=lambda row: row.name)
def test_upkeep_is_on_record_by_the_login_and_shows_no_plate(staff: Staff, row: Row) -> None:
    if row.name in WITHOUT_UNIT:
        return
    before = len(staff.records())
    done = run(staff, row)
    assert done.exit_code != 3, done.stderr
    assert PLATE not in done.output
    made = [record for record in staff.records()[before:] if record.action == row.operation]
    assert made, done.stderr
    assert {(record.person_id, record.purpose) for record in made} == {(f"login:{caller()}", "maintenance")}


@pytest.mark.parametrize("name", SHOW_NO_PLATE)
def test_what_is_free_shows_no_plate(staff: Staff, name: str) -> None:
    assert ROWS[name].need == "free"
    done = run(staff, ROWS[name])
    assert done.exit_code != 3, done.stderr
    assert PLATE not in done.output


def test_a_copied_session_is_worth_nothing_to_another_login(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    staff.sign_in_here("chief")
    folder = staff.unit.unit.runtime_directory / "sessions"
    (folder / "session-thief").write_bytes((folder / f"session-{caller()}").read_bytes())
    monkeypatch.setenv("ALPR_EDGE_CALLER", "thief")
    words = ["reads", *FOR_STOLEN, "--settings", str(staff.unit.unit.data_directory.parent / "alpr-edge.toml")]
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (3, "")
    assert staff.records()[-1].person_id == "login:thief"


def test_the_roles_of_the_file_are_roles() -> None:
    roles = {role.value for role in Role} | {"owner"}
    for row in (*rows_of("session"), *rows_of("upkeep"), *rows_of("people")):
        assert row.roles, row.name
        assert row.roles <= roles, row.name
