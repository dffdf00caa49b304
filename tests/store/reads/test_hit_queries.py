"""Which hits stand in the row of a page, and how many wait: none that waits falls out for newer ones."""

import random
from dataclasses import replace

import pytest

from alpr_edge.domain.alerting import AlertRecord, Level
from alpr_edge.domain.dispositions.disposition import ANSWERS, Disposition, DispositionPart
from alpr_edge.domain.dispositions.hit_state import HitState
from alpr_edge.domain.hits import Reason
from alpr_edge.services.hits.hit_views import is_waiting
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.reads.dispositions import add_disposition, dispositions_of
from alpr_edge.store.reads.hit_queries import count_of_waiting, hit_glances
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import alert, decided, disposition, hit, plate_read, withdrawn

NEWER = 7


@pytest.fixture
def with_hits(store: ReadStore) -> ReadStore:
    """An old hit of the gravest reason, a routine one, newer ones of a high level, a covert one, one taken back."""
    records = []
    for number in range(NEWER + 4):
        made = hit(f"hit-{number}", f"read-{number}")
        made = replace(made, level=int(Level.HIGH))
        if number == 0:
            made = replace(made, level=None, entry=replace(made.entry, reason=Reason.AMBER_ALERT))
        if number == 1:
            made = replace(made, level=int(Level.ROUTINE))
        if number == NEWER + 2:
            made = replace(made, entry=replace(made.entry, covert=True))
        record = AlertRecord(alert(made.hit_id, made.read_id))
        record = withdrawn(record) if number == NEWER + 3 else record
        records.append(decided(plate_read(made.read_id), [made], [] if made.entry.covert else [record]))
    store.commit(records)
    store.commit([decided(plate_read("read-more"))])
    return store


def say(database: Database, number: int, hit_number: int, **changes: object) -> None:
    with database.write() as connection:
        add_disposition(connection, disposition(number, hit_id=f"hit-{hit_number}", **changes), "unit-1")


def row(database: Database, limit: int, *, with_covert: bool = False) -> list[int]:
    with database.read() as connection:
        glances = hit_glances(connection, HotlistSettings(), limit, with_covert=with_covert)
        waiting = list(filter(is_waiting, glances))
        assert waiting == glances[: len(waiting)], "those that wait stand before the others"
        assert len(waiting) == min(limit, count_of_waiting(connection))
    return [int(glance.hit_id.removeprefix("hit-")) for glance in glances]


@pytest.mark.usefixtures("with_hits")
def test_the_gravest_that_waits_stands_first_however_old_it_is_and_all_are_counted(database: Database) -> None:
    with database.read() as connection:
        assert count_of_waiting(connection) == NEWER + 2
        assert hit_glances(connection, HotlistSettings(), 1)[0].level is Level.URGENT
    newer = list(range(NEWER + 1, 1, -1))
    assert row(database, 3) == [0, *newer[:2]]
    for number in newer[:4]:
        say(database, number, number, answer="dismissed")
    taken_back, covert = NEWER + 3, NEWER + 2
    assert row(database, 6) == [0, *newer[4:], 1, taken_back]
    assert row(database, 100) == [0, *newer[4:], 1, taken_back, *newer[:4]]
    assert row(database, 100, with_covert=True) == [0, *newer[4:], 1, taken_back, covert, *newer[:4]]


@pytest.mark.usefixtures("with_hits")
def test_an_answer_that_was_undone_and_one_to_another_question_leave_a_hit_waiting(database: Database) -> None:
    from_start = row(database, 1)
    say(database, 1, 0, answer="misread")
    assert row(database, 1) != from_start
    say(database, 2, 0, answer="", undoes="unit-1:1")
    assert row(database, 1) == from_start
    say(database, 3, 0, part=DispositionPart.INQUIRY, answer="still_on_file")
    assert row(database, 1) == from_start


@pytest.mark.usefixtures("with_hits")
def test_the_count_of_waiting_hits_follows_the_rule_of_the_domain_whatever_was_said(database: Database) -> None:
    chance = random.Random(47)
    for number in range(400):
        said = dispositions_of_hit(database, "hit-0")
        part = chance.choice(list(DispositionPart))
        newest = HitState.of(said).newest(part)
        if newest is not None and chance.random() < 0.4:
            say(database, number, 0, part=part, answer="", undoes=newest.disposition_id)
        else:
            say(database, number, 0, part=part, answer=chance.choice(sorted(ANSWERS[part])))
        is_done = HitState.of(dispositions_of_hit(database, "hit-0")).next_step is None
        with database.read() as connection:
            assert count_of_waiting(connection) == NEWER + 2 - is_done
        if number % 180 == 179:
            with database.write() as connection:
                connection.exec_driver_sql("DELETE FROM dispositions")


def dispositions_of_hit(database: Database, hit_id: str) -> list[Disposition]:
    with database.read() as connection:
        return dispositions_of(connection, [hit_id]).get(hit_id, [])
