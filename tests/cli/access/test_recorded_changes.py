"""What people change by command stands in the access log with the value before and after: entries, keys and models.

Settings, lists and rosters have tests of their own (``tests/services/changes``, ``tests/app``).
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.access_log.changes import NONE
from alpr_edge.domain.access_log.records import AccessRecord, RecordedChange
from alpr_edge.store.unit_store import open_store
from tests.staff import Staff, stating
from tests.units import write_bare_unit

MODELS = Path(__file__).parents[3] / "models"
PLATE = "7ABC123"
DIGEST = r"sha256:[0-9a-f]{12,64}"


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    """A unit at which the chief is signed in."""
    staff = Staff(write_bare_unit(tmp_path_factory.mktemp("changed")))
    with open_store(staff.unit, migrate=True):
        pass
    staff.sign_in_here()
    return staff


def run(staff: Staff, *words: str) -> list[AccessRecord]:
    """The records that a command leaves."""
    before = len(staff.records())
    settings = str(staff.unit.unit.data_directory.parent / "alpr-edge.toml")
    done = CliRunner().invoke(app, stating(*words, "--settings", settings), input=f"{PLATE}\n")
    assert done.exit_code == 0, done.output
    return staff.records()[before:]


def changes(records: list[AccessRecord], action: str) -> list[RecordedChange]:
    assert {record.action for record in records} == {action}
    assert {(record.outcome, record.person_id) for record in records} == {("allowed", "chief")}
    assert PLATE not in "".join(str(record.changes) for record in records)
    return [change for record in records for change in record.changes]


def test_an_entry_of_an_officer_is_on_record_with_its_plate_as_a_digest(staff: Staff) -> None:
    end = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT00:00:00}"
    added = run(staff, "hotlist", "add", "--reason", "major_crime", "--case", "26-000123", "--expires", f"{end}Z")
    (change,) = changes(added, "add_entry")
    assert re.fullmatch(f"plate hmac:[0-9a-f]{{32}}, major_crime, until {end}.000Z", change.after), change.after
    assert change.before == NONE
    removed = run(staff, "hotlist", "remove", change.name.partition(":")[2])
    assert changes(removed, "remove_entry") == [RecordedChange(name=change.name, before=change.after, after=NONE)]


def test_a_key_that_is_made_anew_is_on_record_by_its_digest(staff: Staff) -> None:
    key = staff.unit.store.keys_directory / "lists.key"
    key.unlink()
    made = changes(run(staff, "keys", "create"), "create_keys")
    (change,) = [change for change in made if change.name == "key:lists"]
    assert re.fullmatch(DIGEST, change.after)
    assert key.read_bytes().hex() not in change.after
    key.unlink()
    (again,) = changes(run(staff, "keys", "create"), "create_keys")
    assert (again.name, again.before) == ("key:lists", change.after)
    assert again.after != change.after


def test_models_that_are_added_are_on_record_by_name_and_digest(staff: Staff) -> None:
    files = (str(MODELS / "detector.onnx"), str(MODELS / "reader.onnx"), "--config", str(MODELS / "reader.yaml"))
    made = changes(run(staff, "models", "add", *files, "--name", "added"), "change_models")
    assert {(change.name, change.before) for change in made} == {
        ("added_model:detector:added", NONE),
        ("added_model:reader:added", NONE),
    }
    assert all("sha256:" in change.after for change in made)
