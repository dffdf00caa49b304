"""Audits on each engine: drawn by a recorded seed over all logs, reviewed by others, signed off, sealed, on record."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.department.alarms.alarm import AlarmKind, alarms_of
from alpr_edge.department.audits.audit_register import AuditRegister
from alpr_edge.department.audits.step_rows import add_audit_step
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, encode_record, record_moment
from alpr_edge.domain.audits.audit import Audit, AuditState, RecordFinding, SampleReview
from alpr_edge.domain.audits.flags import FlagKind
from alpr_edge.domain.audits.incident import IncidentFacts, IncidentKind
from alpr_edge.domain.audits.shifts import parse_shift
from alpr_edge.domain.errors import AccessError, AuditError, StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.protocol.access_log import record_item_id
from alpr_edge.domain.protocol.items import digest
from tests.department.engines import AUDIT_TABLES, ROWS_STAY, EngineUnderTest, query
from tests.department.inquiries.inquirers import PASSWORDS, Inquirers, StillClock, authoriser_of, records_of
from tests.department.people.office import START
from tests.domain.access_log.entries import LOG_ID
from tests.domain.audits.accesses import search

AUDIT = Purpose(PurposeCode.AUDIT.value)
NOW = START.replace(hour=18)
"""Some days before this the searches were made."""
PLATE, OWN = "8XYZ987", "7ABC123"
SEED = bytes(range(32))


def instant(moment: datetime) -> Instant:
    return Instant("boot", 10**12, moment, UtcSource.NTP)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    """A department whose log, and whose car's log, have searches of some days."""
    entered = NOW - timedelta(days=20)
    some = Inquirers.make(tmp_path_factory.mktemp("audits") / "department", engine, entered)
    with open_office(some.directory, StillClock(instant(NOW)), PASSWORDS) as office:
        desk = office.declarations
        for number in range(24):
            plate = OWN if number == 7 else f"8XYZ{number:03}"
            role = "supervisor" if number % 4 else "officer"
            moment = NOW - timedelta(days=9) + timedelta(minutes=20 * number)
            office.log.append(entry(some.ids[role if number != 7 else "officer"], plate, moment), instant(moment))
        assert desk.declare_household(authoriser_of(office, some.ids["officer"]), AUDIT, (OWN, "9AAA111")) == 2
    with closing(Storage(some.directory, create=False)) as storage:
        assert storage.store("unit-1", car_parts(some.ids["officer"]))[0].outcome == "receipt"
    return some


def entry(person_id: str, plate: str, moment: datetime) -> AccessEntry:
    return AccessEntry(
        person_id=person_id,
        person=person_id[-4:],
        component="department",
        action="search_reads",
        query=plate,
        purpose="stolen_vehicle",
        outcome=AccessOutcome.ALLOWED,
        shown=1,
        happened=record_moment(instant(moment)),
    )


def car_parts(person_id: str) -> list[Part]:
    """Records of a car in which the officer looked for one plate on three days."""
    parts = []
    for number in range(3):
        after = NOW - timedelta(days=8 - number) - datetime(2026, 11, 24, 20, tzinfo=UTC)
        record = search(number, after, PLATE, person_id=person_id).model_copy(update={"log_id": LOG_ID})
        body = encode_record(record)
        parts.append(Part(record_item_id(LOG_ID, number), "access_record", body, digest(body)))
    return parts


@pytest.fixture(scope="module")
def office(people: Inquirers) -> Iterator[InquiryOffice]:
    clock = StillClock(instant(NOW))
    with open_office(people.directory, clock, PASSWORDS) as some:
        yield some


@pytest.fixture
def of(office: InquiryOffice, people: Inquirers) -> Callable[[str], Authoriser]:
    return lambda role: authoriser_of(office, people.ids[role])


def tick(done: int, total: int) -> None:
    assert 0 < done <= total


def review(audit: Audit, person_id: str, finding: RecordFinding) -> SampleReview:
    """A review of all that is not the person's own."""
    assert audit.sample is not None
    numbers = tuple(n for n in audit.unreviewed_numbers if audit.sample.sampled[n - 1].person_id != person_id)
    return SampleReview(numbers, finding, "looked at the case file")


def test_days_with_too_many_records_are_refused_before_anything_is_on_file(
    office: InquiryOffice, of: Callable[[str], Authoriser]
) -> None:
    register = office.audits
    parts = register._database, register._logs, register._profile, register.rules, register._clock
    with pytest.raises(AuditError, match="14 records are too many for one audit; take fewer days"):
        AuditRegister(*parts, records_max=13).draw(of("auditor"), AUDIT, "2026-11-01/2026-11-18", SEED, tick)
    assert register.read_all() == (), "fewer days can be drawn"


def test_an_audit_goes_its_way(office: InquiryOffice, people: Inquirers, of: Callable[[str], Authoriser]) -> None:
    register, before = office.audits, len(records_of(office))
    audit = register.draw(of("auditor"), AUDIT, "2026-11-01/2026-11-18", SEED, tick)
    sample = audit.sample
    assert sample is not None
    assert (audit.number, audit.state, sample.records, sample.missing) == (1, AuditState.IN_REVIEW, 27, 0)
    assert {span.unit_id: span.end - span.first for span in audit.draw.spans} == {"department": 24, "unit-1": 3}
    assert {(flag.kind, flag.person_id) for flag in sample.flags} == {
        (FlagKind.HOUSEHOLD, people.ids["officer"]),
        (FlagKind.REPEAT, people.ids["officer"]),
    }
    assert (len(sample.sampled), sum(not each.flags for each in sample.sampled)) == (14, 10)
    seeded, first, _ = [record for record in records_of(office, before) if record.action == "draw_audit"]
    assert seeded.objects == ("audit:1", f"seed:{SEED.hex()}"), "before the sample is drawn"
    assert first.objects == ("audit:1", f"sha256:{audit.steps[0].sha256}")
    with pytest.raises(AuditError, match="in an audit already"):
        register.draw(of("auditor"), AUDIT, "2026-11-10/2026-11-18", None, tick)

    with pytest.raises(AuditError, match="have no finding yet"):
        register.sign_off(of("commander"), AUDIT, 1, "")
    own = next(n for n, each in enumerate(sample.sampled, 1) if each.person_id == people.ids["supervisor"])
    with pytest.raises(AuditError, match="a record of your own"):
        register.review(of("supervisor"), AUDIT, 1, SampleReview((own,), RecordFinding.IN_ORDER, ""))
    whole = register.review(of("auditor"), AUDIT, 1, review(audit, people.ids["auditor"], RecordFinding.EXPLAINED))
    assert (whole.state, len(whole.reviews)) == (AuditState.REVIEWED, 14)
    signed = register.sign_off(of("commander"), AUDIT, 1, "as reported")
    assert signed.state is AuditState.SIGNED_OFF
    view = register.view(of("auditor"), AUDIT, 1, tick)
    assert (view.audit, view.is_on_record, view.is_reproduced) == (signed, True, True)
    assert {record.query for record in view.records if record is not None} >= {OWN, PLATE}


def test_a_part_of_a_sample_and_the_plan_are_shown_on_record(
    office: InquiryOffice, of: Callable[[str], Authoriser]
) -> None:
    register = office.audits
    signed, view = register.read_all()[0], register.view(of("auditor"), AUDIT, 1, tick)
    part, count = register.part(of("auditor"), AUDIT, 1, 11, 3), len(records_of(office))
    assert (part.audit, part.first, part.records) == (signed, 11, view.records[10:13])
    assert (records_of(office)[-1].action, records_of(office)[-1].shown) == ("show_audits", 3)
    with pytest.raises(AuditError, match="the numbers 1 to 14"):
        register.part(of("auditor"), AUDIT, 1, 15, 3)
    with pytest.raises(AccessError):
        register.part(of("officer"), AUDIT, 1, 1, 3)
    schedule, audits = register.plan(of("auditor"), AUDIT)
    assert (audits, schedule.begin) == ((signed,), date(2026, 11, 19))
    with pytest.raises(AccessError):
        register.plan(of("officer"), AUDIT)
    assert [each.outcome.value for each in records_of(office)[count:]] == ["allowed", "refused", "allowed", "refused"]


def test_what_comes_late_is_in_the_next_audit(
    office: InquiryOffice, people: Inquirers, of: Callable[[str], Authoriser]
) -> None:
    late = [
        search(3, timedelta(days=-30), PLATE, person_id=people.ids["officer"]).model_copy(update={"log_id": LOG_ID})
    ]
    part = Part(record_item_id(LOG_ID, 3), "access_record", encode_record(late[0]), digest(encode_record(late[0])))
    with closing(Storage(people.directory, create=False)) as storage:
        storage.store("unit-1", [part])
    audit = office.audits.draw(of("commander"), AUDIT, "", None, tick)
    assert (audit.number, audit.draw.begin, audit.draw.until) == (2, date(2026, 11, 19), date(2026, 11, 19))
    (span,) = audit.draw.spans
    assert (span.unit_id, span.first, span.end) == ("unit-1", 3, 4)
    assert office.audits.schedule().unsigned == (2,)
    with pytest.raises(AuditError, match="no days that are over"):
        office.audits.draw(of("commander"), AUDIT, "", None, tick)


def test_a_draw_that_broke_off_goes_on_by_its_own_seed(office: InquiryOffice, of: Callable[[str], Authoriser]) -> None:
    second = office.audits.read_all()[1]
    draw = replace(second.draw, seed="cd" * 32, begin=date(2026, 11, 20), until=date(2026, 11, 20))
    with office.audits._database.writing() as connection:
        add_audit_step(connection, 3, 0, replace(second.steps[0], draw=draw))
    assert office.audits.read_all()[2].state is AuditState.DRAWN
    audit = office.audits.draw(of("supervisor"), AUDIT, "", SEED, tick)
    assert (audit.number, audit.draw, audit.state) == (3, draw, AuditState.IN_REVIEW)
    view = office.audits.view(of("auditor"), AUDIT, 3, tick)
    assert (view.is_on_record, view.is_reproduced) == (False, True), "this draw came past the commands"


def test_a_sample_that_was_changed_does_not_fit_the_log(office: InquiryOffice) -> None:
    register, audit = office.audits, office.audits._require(1)
    assert audit.sample is not None
    assert register._is_on_record(audit)
    fewer = replace(audit.steps[1], sample=replace(audit.sample, sampled=audit.sample.sampled[1:]))
    assert not register._is_on_record(Audit(1, (audit.steps[0], fewer, *audit.steps[2:])))
    assert not register._is_on_record(Audit(1, (replace(audit.steps[0], person_id="p-0"), *audit.steps[1:])))


def test_overdue_audits_are_alarms(people: Inquirers) -> None:
    with closing(Storage(people.directory, create=False)) as storage:
        for days, count in ((0, 0), (31, 2), (100, 3)):
            found = [each for each in alarms_of(storage, NOW + timedelta(days=days)) if each.kind is AlarmKind.AUDIT]
            assert len({each.subject for each in found}) == count, found
            later = {each.subject for each in alarms_of(storage, NOW + timedelta(days=days + 1))}
            assert later.issuperset({each.subject for each in found}), "each is told as one for as long as it lasts"


def test_an_incident_is_entered_followed_up_and_closed(office: InquiryOffice, of: Callable[[str], Authoriser]) -> None:
    register, known = office.incidents, NOW - timedelta(hours=2)
    facts = IncidentFacts(
        "a medium was lost", IncidentKind.BREACH, known - timedelta(hours=1), known, "Sgt. Doe", reads=9
    )
    incident = register.enter(of("supervisor"), AUDIT, facts)
    with pytest.raises(AuditError, match="once its notices are on file"):
        register.close(of("commander"), AUDIT, incident.number, IncidentFacts("found again"))
    register.follow_up(of("auditor"), AUDIT, 1, IncidentFacts("letters sent", people=4, notices=("4 owners, by post",)))
    closed = register.close(of("commander"), AUDIT, 1, IncidentFacts("found again"))
    assert register.show(of("auditor"), AUDIT, 1) == closed
    assert register.list(of("auditor"), AUDIT) == (closed,)
    assert (closed.is_open, closed.facts.people, closed.facts.reads, len(closed.steps)) == (False, 4, 9, 3)
    with pytest.raises(AuditError, match="no such incident"):
        register.follow_up(of("auditor"), AUDIT, 2, IncidentFacts("and more"))


@pytest.mark.review2(13)
def test_the_register_of_incidents_does_not_tell_which_plates_were_searched_for(
    office: InquiryOffice, of: Callable[[str], Authoriser]
) -> None:
    register, known = office.incidents, NOW - timedelta(hours=2)
    facts = IncidentFacts("somebody looked for a neighbour", IncidentKind.MISUSE, known=known, told_by="Sgt. Doe")
    answers = set[str]()
    for plate in (OWN, PLATE, "9AAA111"):
        for text in (f"was {plate} looked for?", f"was {plate[:4]} {plate[4:]} looked for?"):
            with pytest.raises(AuditError) as refused:
                register.enter(of("auditor"), AUDIT, replace(facts, text=text))
            answers.add(str(refused.value))
    assert len(answers) == 1


def test_nobody_declares_their_own_shift_and_a_household_has_whole_plates(
    office: InquiryOffice, people: Inquirers, of: Callable[[str], Authoriser]
) -> None:
    shift = parse_shift("08:00-17:00", "mon", date(2026, 11, 1))
    office.declarations.declare_shift(of("supervisor"), AUDIT, people.ids["officer"], shift)
    with pytest.raises(AuditError, match="somebody else declares your shift"):
        office.declarations.declare_shift(of("supervisor"), AUDIT, people.ids["supervisor"], shift)
    for plates in ((), ("7ABC1?",), ("",), tuple(f"8XYZ{number:03}" for number in range(21))):
        with pytest.raises(AuditError, match="whole plates"):
            office.declarations.declare_household(of("officer"), AUDIT, plates)
    with pytest.raises(AuditError, match="holds a letter or digit beside A to Z"):
        office.declarations.declare_household(of("officer"), AUDIT, ("7ABC123", "\u00d6BB12"))


def test_nothing_is_changed_or_deleted_and_the_database_alone_tells_nobody(
    people: Inquirers, office: InquiryOffice
) -> None:
    del office
    content = b""
    for table in AUDIT_TABLES:
        for statement in (f"UPDATE {table} SET kind = kind", f"DELETE FROM {table}"):
            with pytest.raises(StoreError, match=ROWS_STAY):
                query(people.directory, statement)
        rows = query(people.directory, f"SELECT * FROM {table}")
        assert rows, table
        values = [value for row in rows for value in row]
        content += b"".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in values)
    assert not any(text in content for text in (OWN.encode(), PLATE.encode(), b"Commander", b"lost", b"case file"))
