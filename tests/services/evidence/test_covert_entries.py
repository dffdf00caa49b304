"""Records of officers' covert entries, which no hit tells of: in the packages of whoever has a clearance alone."""

from pathlib import Path

import pytest

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.case_records import ADD, SHOW_COVERT, RecordSubject
from alpr_edge.domain.hits import Reason
from alpr_edge.services.officer_entries import EntryRequest, add_entry, parse_entry, remove_entry, show_entries
from tests.services.evidence.case_rig import CASE, ROBBERY, UNIT, CaseRig, contents, json_of, open_rig
from tests.staff import Staff
from tests.units import write_unit


def add(rig: CaseRig, plate: str, *, is_covert: bool) -> str:
    """Add an entry for the case; returns its id."""
    now = rig.staff.clock.now().utc
    request = EntryRequest(plate, Reason.MAJOR_CRIME, CASE, "3h", covert=is_covert)
    with rig.staff.authoriser() as chief:
        return add_entry(rig.store.database, chief, ROBBERY, parse_entry(request, now), now).own.entry.record_id


def actions_in(files: dict[str, bytes]) -> list[tuple[str, tuple[str, ...]]]:
    """What the records of a package are of."""
    records = [json_of(body) for name, body in sorted(files.items()) if "/log-" in name and name.endswith(".json")]
    return [(str(each["action"]), tuple(map(str, each["objects"]))) for each in records]  # type: ignore[call-overload] # a list


def test_what_tells_of_a_covert_entry_is_in_no_package_of_somebody_without_a_clearance(
    tmp_path: Path, medium: Path
) -> None:
    with open_rig(Staff(write_unit(tmp_path, UNIT, ""))) as rig:
        rig.hold(rig.add_read(1))
        plain, secret = add(rig, "5PLN111", is_covert=False), add(rig, "5CVT222", is_covert=True)
        now = rig.staff.clock.now().utc
        with rig.staff.authoriser() as chief:
            show_entries(rig.store.database, chief, ROBBERY, now, covert=True)
            show_entries(rig.store.database, chief, ROBBERY, now)
            remove_entry(rig.store.database, chief, ROBBERY, secret, now)
        rig.sign_log()
        with rig.staff.authoriser("records") as clerk:
            files = contents(rig.export(medium, clerk))
        assert not any(text.encode() in body for text in (secret, "5CVT222", SHOW_COVERT) for body in files.values())
        assert {("add_entry", (f"entry:{plain}",)), ("show_entries", (f"entry:{plain}",))} <= set(actions_in(files))
        with rig.staff.authoriser() as chief:
            whole = actions_in(contents(rig.export(medium, chief)))
        assert {("add_entry", (f"entry:{secret}",)), ("remove_entry", (f"entry:{secret}",))} <= set(whole)
        assert [action for action, _ in whole if action == SHOW_COVERT]


@pytest.mark.parametrize(
    ("action", "objects", "may_tell"),
    [
        ("show_hit", ("unit-1:read",), False),
        ("show_entries", ("entry:plain",), False),
        ("show_entries", ("entry:plain", "entry:gone"), True),
        ("show_entries", ("unit-1/entry:gone",), True),
        (ADD, ("entry:plain",), False),
        (ADD, (), True),
        (SHOW_COVERT, (), True),
    ],
)
def test_an_entry_that_is_not_known_may_be_covert(action: str, objects: tuple[str, ...], may_tell: bool) -> None:
    assert RecordSubject("", objects, action).may_tell_covert({"entry:plain"}) is may_tell
    assert {ADD, SHOW_COVERT} == {Operation.ADD_ENTRY.value, Operation.SHOW_COVERT_ENTRIES.value}
