"""The board of hits on each engine: who sees which hit, what is told of it as it comes, what is on record."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.inquiries.hits.arrivals import HitArrivals
from alpr_edge.department.inquiries.hits.board_rows import BoardHit
from alpr_edge.department.inquiries.hits.hit_board import WithheldLine
from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.dispositions.hit_objection import HitObjection
from alpr_edge.domain.dispositions.hit_state import HitVerification
from alpr_edge.domain.errors import AccessError, LostError, SearchError, StoreError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.hits import alert_item_id, alert_payload
from alpr_edge.domain.protocol.items import ItemKind, encode
from tests.department.engines import EngineUnderTest, query
from tests.department.inquiries.hits.board_office import (
    FAR,
    FEDERAL,
    HIDDEN,
    HITS,
    STOLEN,
    WANTED,
    answer_item,
    deliver,
    deliver_hits,
    name_lists,
    now,
    said_of,
)
from tests.department.inquiries.inquirers import (
    PASSWORDS,
    Inquirers,
    StillClock,
    authoriser_of,
    changed_person,
    records_of,
)
from tests.department.interchange.exchange_office import LIST, UNIT, hit_item_of, read_item_of, read_now, withdrawal_of
from tests.store.records import alert
from tests.uplink.items import item, jpeg

CROP = jpeg("crop")


@pytest.fixture(scope="module")
def inquirers(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    some = Inquirers.make(tmp_path_factory.mktemp("board") / "department", engine, now())
    name_lists(some.directory)
    deliver_hits(some.directory, CROP)
    return some


@pytest.fixture
def office(inquirers: Inquirers) -> Iterator[InquiryOffice]:
    clock = StillClock(Instant("boot", 10**12, now(), UtcSource.NTP))
    with open_office(inquirers.directory, clock, PASSWORDS) as some:
        yield some


def plates(office: InquiryOffice, authoriser: Authoriser) -> list[str]:
    """The plates of the board; of a hit that is withheld its list."""
    lines = office.hits.lines(authoriser)
    return [line.source if isinstance(line, WithheldLine) else line.plate for line in lines]


def board_hit(office: InquiryOffice, authoriser: Authoriser, plate: str) -> BoardHit:
    return office.hits.hit(authoriser, UNIT, f"hit-of-{HITS[plate]}")[0]


def test_whoever_may_see_hits_sees_those_of_their_lists_and_each_is_on_record_once_an_hour(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    first, authoriser = office.log.size(), authoriser_of(office, inquirers.ids["officer"])
    assert plates(office, authoriser) == [FEDERAL, WANTED, STOLEN]
    records = records_of(office, first)
    assert sorted((each.action, each.purpose, each.objects) for each in records) == [
        ("show_hit", "stolen_vehicle", (f"{UNIT}/hit-of-b3", f"{UNIT}/hit-of-b1")),
        ("show_hit", "wanted_or_missing", (f"{UNIT}/hit-of-b2",)),
    ]
    assert not any(plate in each.model_dump_json() for plate in HITS for each in records)
    assert plates(office, authoriser) == [FEDERAL, WANTED, STOLEN]
    assert office.log.size() == first + len(records)
    late = read_now("b5", "7LAT462")
    deliver(inquirers.directory, read_item_of(late), said_of(STOLEN, 1, DispositionPart.READ, "correct"))
    assert plates(office, authoriser) == [FEDERAL, WANTED, STOLEN]
    assert office.log.size() == first + len(records)
    office.hits.forget(authoriser.caller.token)
    assert plates(office, authoriser) == [FEDERAL, WANTED, STOLEN]
    assert office.log.size() == first + 2 * len(records)


def test_a_technician_sees_no_hit_and_the_refusal_is_on_record(office: InquiryOffice, inquirers: Inquirers) -> None:
    first, authoriser = office.log.size(), authoriser_of(office, inquirers.ids["technician"])
    with pytest.raises(AccessError, match="none of your roles"):
        plates(office, authoriser)
    with pytest.raises(AccessError, match="none of your roles"):
        board_hit(office, authoriser, STOLEN)
    assert {each.outcome.value for each in records_of(office, first)} == {"refused"}


def test_a_covert_hit_is_there_for_whoever_is_cleared_alone(office: InquiryOffice, inquirers: Inquirers) -> None:
    person_id = inquirers.ids["supervisor"]
    authoriser = authoriser_of(office, person_id)
    assert HIDDEN not in plates(office, authoriser)
    with pytest.raises(SearchError, match="no such hit"):
        board_hit(office, authoriser, HIDDEN)
    with changed_person(office, person_id, has_covert_clearance=True, sources=["department", "state", "federal"]):
        cleared = authoriser_of(office, person_id)
        assert plates(office, cleared) == [HIDDEN, FAR, WANTED, STOLEN]
        assert board_hit(office, cleared, HIDDEN).is_covert
    with pytest.raises(SearchError, match="no such hit"):
        board_hit(office, cleared, HIDDEN)
    assert HIDDEN not in plates(office, cleared)


def test_answers_verification_and_withdrawal_come_as_they_are_delivered(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    authoriser, part = authoriser_of(office, inquirers.ids["commander"]), DispositionPart
    database = DepartmentDatabase(inquirers.directory, create=False)
    arrivals, seen = HitArrivals(database), list[HitVerification]()
    counts = [arrivals.current().plain, arrivals.current().plain]
    for number, (each, answer) in enumerate(
        [(part.READ, "correct"), (part.INQUIRY, "still_on_file"), (part.CONFIRMATION, "confirmed")], 2
    ):
        deliver(inquirers.directory, said_of(WANTED, number, each, answer))
        counts.append(arrivals.current().plain)
        seen.append(board_hit(office, authoriser, WANTED).hit_state.verification)
    assert seen == [HitVerification.NOT_CONFIRMED, HitVerification.ON_FILE, HitVerification.CONFIRMED]
    assert counts == [counts[0], *range(counts[0], counts[0] + 4)]
    deliver(inquirers.directory, withdrawal_of(read_now(HITS[WANTED], WANTED)))
    assert (arrivals.current().plain, arrivals.current().plain) == (counts[-1] + 1, counts[-1] + 1)
    hit = board_hit(office, authoriser, WANTED)
    assert (hit.is_withdrawn, [said.answer for said in hit.said]) == (True, ["correct", "still_on_file", "confirmed"])
    deliver(inquirers.directory, read_item_of(read_now("b6", "7WAN46Z", supersedes=HITS[WANTED])))
    assert board_hit(office, authoriser, WANTED).correction == "7WAN46Z"
    database.close()


@pytest.mark.review2(7)
def test_what_arrives_of_covert_hits_is_counted_apart(inquirers: Inquirers) -> None:
    database = DepartmentDatabase(inquirers.directory, create=False)
    arrivals = HitArrivals(database)
    before, read, old = arrivals.current(), read_now("c7", "7APA462"), read_now("c8", "7APA463")
    for number, item_of_hit in enumerate(
        (
            hit_item_of(read, covert=True),
            answer_item("c7", 70, DispositionPart.READ, "correct"),
            withdrawal_of(read),
            hit_item_of(old, covert=None),  # of a release that does not say
        ),
        1,
    ):
        deliver(inquirers.directory, item_of_hit)
        counts = arrivals.current()
        assert (counts.all, counts.plain) == (before.all + number, before.plain)
    deliver(inquirers.directory, said_of(STOLEN, 71, DispositionPart.OUTCOME, "recovered"))
    assert arrivals.current().plain == before.plain + 1
    database.close()


def test_whoever_has_no_permission_for_the_list_sees_neither_hit_nor_picture(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    authoriser = authoriser_of(office, inquirers.ids["officer"])
    with pytest.raises(AccessError, match="source"):
        board_hit(office, authoriser, FAR)
    hit, pictures = office.hits.hit(authoriser, UNIT, f"hit-of-{HITS[STOLEN]}")
    record = records_of(office)[-1]
    assert (record.objects, record.shown) == (hit.objects, 2), "as the car puts it on record"
    with pytest.raises(SearchError, match="no such hit"):
        office.hits.picture(authoriser, hit, "0" * 64)
    assert [each.kind.value for each in pictures] == ["crop"]
    with pytest.raises(LostError, match="cannot be shown"):  # it has not come yet
        office.hits.picture(authoriser, hit, pictures[0].sha256)


def test_what_cannot_be_put_on_record_is_not_shown(office: InquiryOffice, inquirers: Inquirers) -> None:
    authoriser = authoriser_of(office, inquirers.ids["officer"])
    query(inquirers.directory, "ALTER TABLE access_nodes RENAME TO elsewhere")
    try:
        with pytest.raises(StoreError, match="nothing is shown"):
            office.hits.lines(authoriser)
    finally:
        query(inquirers.directory, "ALTER TABLE elsewhere RENAME TO access_nodes")
    first = office.log.size()
    assert office.hits.lines(authoriser)
    assert office.log.size() > first


def test_the_hits_of_a_plate_are_for_a_case_and_covert_ones_for_whoever_is_cleared(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    person_id, for_case = inquirers.ids["supervisor"], Purpose("stolen_vehicle", case="26-123456")
    authoriser, first = authoriser_of(office, person_id), office.log.size()
    for purpose, plate, told in ((Purpose("stolen_vehicle"), STOLEN, "for a case alone"), (for_case, "?", "one whole")):
        with pytest.raises(SearchError, match=told):
            office.hits.history(authoriser, purpose, plate)
    assert office.log.size() == first
    found = {plate: [type(line) for line in office.hits.history(authoriser, for_case, plate)] for plate in HITS}
    assert found == {STOLEN: [BoardHit], WANTED: [BoardHit], FAR: [], HIDDEN: []}
    with changed_person(office, person_id, has_covert_clearance=True, sources=["department", "state", "federal"]):
        (line,) = office.hits.history(authoriser_of(office, person_id), for_case, HIDDEN)
        assert isinstance(line, BoardHit)
    assert [each.query for each in records_of(office, first)] == [canonical(plate) for plate in (*HITS, HIDDEN)]


def test_a_hit_whose_reason_the_profile_bars_is_withheld_and_keeps_none_of_the_others_back(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    read, authoriser = read_now("b9", "7IMM462"), authoriser_of(office, inquirers.ids["officer"])
    before = plates(office, authoriser)
    deliver(inquirers.directory, read_item_of(read), hit_item_of(read, reason=Reason.IMMIGRATION_VIOLATOR))
    assert plates(office, authoriser) == [LIST, *before]
    first = office.log.size()
    with pytest.raises(AccessError, match="barred"):
        office.hits.hit(authoriser, UNIT, "hit-of-b9")
    (record,) = records_of(office, first)
    assert (record.purpose, record.outcome.value) == ("immigration_enforcement", "refused")


def test_a_hit_that_sounded_as_a_possible_one_is_confirmed_once_its_plate_was_compared(
    office: InquiryOffice, inquirers: Inquirers
) -> None:
    authoriser, read = authoriser_of(office, inquirers.ids["commander"]), read_now("b8", "7POS462")
    acts = (DispositionPart.INQUIRY, "still_on_file"), (DispositionPart.CONFIRMATION, "confirmed")
    said = [answer_item(read.read_id, number, *act) for number, act in enumerate(acts)]
    deliver(inquirers.directory, read_item_of(read), hit_item_of(read), *said)

    def objection() -> HitObjection | None:
        return office.hits.hit(authoriser, UNIT, "hit-of-b8")[0].objection

    assert objection() is None
    possible = alert_payload(replace(alert("hit-of-b8", read.read_id), tone=Tone.POSSIBLE), None, UNIT)
    deliver(inquirers.directory, item(alert_item_id("hit-of-b8"), ItemKind.ALERT, encode(possible)))
    assert objection() is HitObjection.NOT_COMPARED
    deliver(inquirers.directory, answer_item(read.read_id, 2, DispositionPart.READ, "correct"))
    assert objection() is None
