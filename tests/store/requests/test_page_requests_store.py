"""Requests of the page as they are stored: answered once, bounded, gone with their read; which mute is in force."""

from dataclasses import replace

import pytest

from alpr_edge.domain.errors import DispositionError, RefusedError, StoreError
from alpr_edge.domain.page_requests.corrections import Correction
from alpr_edge.domain.page_requests.mute import EndOfMute, Mute, MuteOrder
from alpr_edge.domain.page_requests.request import Content, PageRequest, RequestAnswer, RequestOutcome
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.queries import newest_of_pass
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.requests.page_requests import (
    PER_READ_MAX,
    WAITING_MAX,
    WITHOUT_READ_MAX,
    add_request,
    answer_request,
    mute_in_force,
    request_of,
    requests_about,
    waiting_requests,
)
from tests.store.records import decided, hit, instant, plate_read

DONE = RequestAnswer(RequestOutcome.DONE, ("unit-1:hit",))
CORRECTION = Correction("hit-1", "read-1", "7ABO128", None)


def request(number: int = 1, content: Content = CORRECTION, at_ms: float = 0.0) -> PageRequest:
    return PageRequest(f"unit-1:{number}", content, "ana", "Ana Ruiz", "2f1c", instant(at_ms))


def add(database: Database, *some: PageRequest) -> None:
    with database.write() as connection:
        for each in some:
            add_request(connection, each)


def answer(database: Database, number: int, answer: RequestAnswer = DONE) -> None:
    with database.write() as connection:
        answer_request(connection, f"unit-1:{number}", answer, instant(number))


@pytest.fixture
def with_hit(store: ReadStore, database: Database) -> Database:
    """A database with a hit."""
    store.commit([decided(plate_read(), hits=(hit(),))])
    return database


def test_a_request_comes_back_as_it_was_and_waits_until_it_is_answered_once(with_hit: Database) -> None:
    add(with_hit, request(), request(2, MuteOrder(15)), request(3, EndOfMute()))
    with with_hit.read() as connection:
        mutes = [request(2, MuteOrder(15)), request(3, EndOfMute())]
        assert waiting_requests(connection) == [*mutes, request()], "mutes wait for no correction"
    answer(with_hit, 1)
    with pytest.raises(RefusedError):
        answer(with_hit, 1, RequestAnswer(RequestOutcome.REFUSED))
    with pytest.raises(StoreError), with_hit.write() as connection:
        connection.exec_driver_sql("UPDATE requests SET answer = '{}' WHERE request_id = 'unit-1:1'")
    answered = replace(request(), answer=DONE, answered=instant(1))
    with with_hit.read() as connection:
        assert [each.request_id for each in waiting_requests(connection)] == ["unit-1:2", "unit-1:3"]
        assert requests_about(connection, ["read-1"]) == [answered]
        assert request_of(connection, "unit-1:1") == answered
        assert request_of(connection, "unit-1:9") is None


def test_what_a_later_release_asks_for_is_left_alone_and_takes_no_place(with_hit: Database) -> None:
    add(with_hit, *(request(number, MuteOrder(5)) for number in range(WAITING_MAX)))
    with with_hit.write() as connection:
        connection.exec_driver_sql("UPDATE requests SET kind = 'later'")
    with with_hit.read() as connection:
        assert waiting_requests(connection) == []
    add(with_hit, request(1000))


def test_a_request_goes_with_its_read(with_hit: Database) -> None:
    add(with_hit, request(), request(2, MuteOrder(5)))
    with with_hit.write() as connection:
        connection.exec_driver_sql("DELETE FROM hits")
        connection.exec_driver_sql("DELETE FROM reads")
    with with_hit.read() as connection:
        assert [each.request_id for each in waiting_requests(connection)] == ["unit-1:2"]


def test_requests_are_bounded(with_hit: Database) -> None:
    for number in range(PER_READ_MAX):
        add(with_hit, request(number))
        answer(with_hit, number)
    with pytest.raises(DispositionError, match="50 times"):
        add(with_hit, request(PER_READ_MAX))
    add(with_hit, *(request(1000 + number, MuteOrder(5)) for number in range(WAITING_MAX)))
    with pytest.raises(StoreError, match="answers nothing"):
        add(with_hit, request(5000, MuteOrder(5)))
    with with_hit.write() as connection:
        connection.exec_driver_sql("UPDATE requests SET answered_boot_id = 'b' WHERE answered_boot_id IS NULL")
        connection.exec_driver_sql(
            "INSERT INTO requests (request_id, kind, content, person_id, person, session, made_boot_id,"
            " made_boottime_ns, made_utc_source, answered_boot_id)"
            " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            f" WHERE i < {WITHOUT_READ_MAX}) SELECT 'many-' || i, 'end_mute', '{{}}', '', '', '', '', 0, '', 'b' FROM n"
        )
    add(with_hit, request(6000, EndOfMute()))
    with with_hit.read() as connection:
        left = connection.exec_driver_sql("SELECT count(*), count(read_id) FROM requests").one()
    assert tuple(left) == (WITHOUT_READ_MAX + 1 + PER_READ_MAX, PER_READ_MAX)


def test_the_newest_mute_that_was_begun_holds_until_it_is_ended_or_over(database: Database) -> None:
    def in_force(at_ms: float) -> Mute | None:
        with database.read() as connection:
            return mute_in_force(connection, instant(at_ms))

    add(database, request(1, MuteOrder(10)))
    assert in_force(1000) is None, "the unit has not answered"
    answer(database, 1)
    mute = Mute("Ana Ruiz", instant(), 10)
    assert (in_force(1000), in_force(600_000)) == (mute, None)
    add(database, request(2, MuteOrder(30), 2000))
    answer(database, 2, RequestAnswer(RequestOutcome.TOO_LATE))
    assert in_force(3000) == mute
    add(database, request(3, EndOfMute(), 4000))
    answer(database, 3)
    assert in_force(5000) is None


def test_what_counts_of_a_pass_is_what_a_person_said_last(store: ReadStore, database: Database) -> None:
    store.commit([
        decided(plate_read("a")),
        decided(replace(plate_read("b", supersedes="a"), corrected_by="ana")),
        decided(plate_read("vote", supersedes="a")),
        decided(replace(plate_read("c", supersedes="b"), corrected_by="ben")),
    ])  # fmt: skip
    with database.read() as connection:
        found = [newest_of_pass(connection, read_id) for read_id in ("a", "b", "c", "none")]
    assert [each and each.read.read_id for each in found] == ["c", "c", "c", None]
    assert found[0] is not None
    assert found[0].read.corrected_by == "ben"
