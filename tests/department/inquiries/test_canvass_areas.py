"""The areas of a case's canvasses: for that case, that purpose and the roles that may see them, and on record."""

from contextlib import closing
from dataclasses import replace

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.domain.canvass.canvass import CanvassEnd, CanvassEnding
from alpr_edge.domain.holds.hold import HoldPerson
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.permissions.table import GRANTS
from alpr_edge.domain.protocol.canvass import (
    CanvassEndPayload,
    CanvassPayload,
    canvass_end_item_id,
    canvass_end_payload,
    canvass_item_id,
    canvass_payload,
)
from alpr_edge.domain.protocol.items import ItemKind, digest, encode
from tests.department.engines import query
from tests.department.inquiries.inquirers import Inquirers, authoriser_of, records_of
from tests.domain.canvass.builders import at, canvass

UNIT = "unit-1"
CASE = "26-001234"
FOR_CANVASS = Purpose("crime_scene_canvass", "homicide", CASE)
RUNS, EVERYWHERE = canvass(), replace(canvass(), canvass_id=f"{canvass().canvass_id}-b", area=None)
OTHER = replace(canvass(), canvass_id=f"{canvass().canvass_id}-c", incident="26-009999")
END = CanvassEnd(at(40), HoldPerson("bo", "Bo Chen", "77aa"), CanvassEnding.HAND)


def part(payload: CanvassPayload | CanvassEndPayload) -> Part:
    name = canvass_item_id if isinstance(payload, CanvassPayload) else canvass_end_item_id
    body = encode(payload)
    return Part(name(payload.canvass_id), ItemKind.ACCESS.value, body, digest(body))


def test_areas_of_the_case_are_shown_on_record(office: InquiryOffice, inquirers: Inquirers) -> None:
    parts = [part(canvass_payload(each, UNIT)) for each in (RUNS, EVERYWHERE, OTHER)]
    parts.append(part(canvass_end_payload(EVERYWHERE.canvass_id, END, UNIT, 3)))
    with closing(Storage(inquirers.directory, create=False)) as storage:
        assert {answer.status for answer in storage.store(UNIT, parts)} == {200}
    query(inquirers.directory, f"UPDATE canvasses SET started = 'soon' WHERE canvass_id = '{RUNS.canvass_id}'")
    first = office.log.size()
    for role, grants in GRANTS.items():
        authoriser = authoriser_of(office, inquirers.ids[role.value.replace("_", "-")])
        found = office.canvasses.of_case(authoriser, FOR_CANVASS)
        seen = [(each.canvass_id, each.area, each.is_over) for each in found]
        all_seen = [(RUNS.canvass_id, RUNS.area, False), (EVERYWHERE.canvass_id, None, True)]
        assert seen == (all_seen if Action.CANVASS in grants else []), role
        assert office.canvasses.of_case(authoriser, Purpose("stolen_vehicle", case=CASE)) == ()
        assert office.canvasses.of_case(authoriser, replace(FOR_CANVASS, case="26-777777")) == ()
    records = records_of(office, first)
    assert {(each.action, each.purpose) for each in records} == {("show_canvasses", "crime_scene_canvass")}
    assert {each.objects for each in records} == {(RUNS.canvass_id, EVERYWHERE.canvass_id), ()}
    assert all(each.query == "" for each in records)
