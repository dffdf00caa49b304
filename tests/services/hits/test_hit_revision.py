"""Pages are told of what they show, and of nothing else that is committed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.domain.page_requests.corrections import Correction
from alpr_edge.domain.page_requests.request import CORRECTION_S_MAX, PageRequest
from alpr_edge.services.hits.hit_revision import HitRevision
from alpr_edge.settings import load
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.reads.dispositions import add_disposition
from alpr_edge.store.requests.page_requests import add_request
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.department.waits import wait_until
from tests.store.records import (
    amended,
    closed,
    decided,
    decided_record,
    disposition,
    heard,
    hit,
    instant,
    plate_read,
    withdrawn,
)
from tests.units import write_bare_unit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnitStore]:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as store:
        yield store


def add_hit(store: UnitStore, number: int, *, covert: bool = False) -> None:
    made = hit(f"hit-{number}", f"read-{number}")
    made = replace(made, entry=replace(made.entry, covert=covert))
    alerts = [] if covert else [heard(made.hit_id, made.read_id)]
    store.reads.commit([decided(plate_read(made.read_id), (made,), alerts)])


def test_it_grows_with_what_is_shown_of_hits_alone(store: UnitStore) -> None:
    revision = HitRevision(store.database, instant)
    seen = [revision.current()]

    def is_told() -> bool:
        """Whether pages are told of what came since."""
        seen.append(revision.current())
        return seen[-1] > seen[-2]

    assert not is_told()
    add_hit(store, 1)
    assert is_told()
    add_hit(store, 2, covert=True)
    store.reads.commit([decided_record("read-3")])
    clock_pairs.record(store.database, instant())
    assert not is_told(), "a covert hit, a read that is no hit, and a pair of the clock"
    store.reads.commit([closed(replace(plate_read("read-1"), last_frame=30))])
    assert is_told(), "its pass ended"
    with store.database.write() as connection:
        add_disposition(connection, disposition(), "unit-1")
    assert is_told(), "somebody answered"
    store.reads.commit([amended(plate_read("read-1"), alerts=[withdrawn(heard())])])
    assert is_told(), "its alert was taken back"


def test_it_grows_once_a_request_has_waited_for_too_long_though_nothing_is_committed(store: UnitStore) -> None:
    moments = [instant()]
    revision = HitRevision(store.database, lambda: moments[-1])
    add_hit(store, 1)
    asked = PageRequest(
        "unit-1:1", Correction("hit-1", "read-1", "7ABC128", "CA"), "ana", "Ana Ruiz", "2f1c", instant()
    )
    with store.database.write() as connection:
        add_request(connection, asked)
    before = revision.current()
    moments.append(instant(CORRECTION_S_MAX * 1000 + 1))
    wait_until(lambda: revision.current() == before + 1)
    assert revision.current() == before + 1
