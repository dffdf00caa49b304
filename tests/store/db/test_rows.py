"""Values survive their way through a real encrypted database, to the bit."""

import dataclasses
import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.reads import Alternative, PlateRead
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import decided

numbers = st.floats(allow_nan=False, allow_infinity=False)
fractions = st.floats(0, 1)
counts = st.integers(0, 2**63 - 1)
# Surrogates are no text that UTF-8, and so SQLite, can hold.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
instants = st.builds(
    Instant, texts, counts, st.none() | moments, st.sampled_from(UtcSource), st.none() | st.floats(0, 1e9)
)
positions = st.builds(
    Position,
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(0, 1e9),
    st.none() | fractions,
    texts,
    st.none() | fractions,
    st.none() | fractions,
)
alternatives = st.lists(st.builds(Alternative, texts, fractions), max_size=3).map(tuple)
slot_votes = st.lists(st.lists(st.tuples(texts, fractions), max_size=3).map(tuple), max_size=3).map(tuple)
plate_reads = st.builds(
    PlateRead,
    read_id=texts,
    unit_id=texts,
    camera_id=texts,
    plate=texts,
    confidence=fractions,
    alternatives=alternatives,
    slot_votes=slot_votes,
    vote_count=counts,
    first_seen=instants,
    last_seen=instants,
    first_frame=counts,
    last_frame=counts,
    box=st.builds(Box, numbers, numbers, numbers, numbers),
    position=st.none() | positions,
    model_ids=st.lists(texts, max_size=3).map(tuple),
    state=st.none() | texts,
    evidence=st.just(()),
    supersedes=st.none() | texts,
)
entries = st.builds(
    HotlistEntry,
    source=texts,
    plate=texts,
    plate_raw=texts,
    state=st.none() | texts,
    reason=st.sampled_from(Reason),
    record_id=texts,
    vehicle=texts,
    remarks=texts,
    effective=st.none() | moments,
    expires=st.none() | moments,
)
generations = st.builds(Generation, texts, counts, st.none() | moments, st.none() | moments, counts)
hits = st.builds(
    Hit,
    hit_id=texts,
    read_id=texts,
    entry=entries,
    generation=generations,
    list_age_s=st.none() | numbers,
    kind=st.sampled_from(MatchKind),
    state_match=st.sampled_from(StateMatch),
    matched_at=instants,
)


@pytest.fixture(scope="module")
def serials() -> "itertools.count[int]":
    return itertools.count()


@given(read=plate_reads, read_hits=st.lists(hits, max_size=2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150)
def test_reads_and_hits_come_back_equal(
    store: ReadStore, serials: "itertools.count[int]", read: PlateRead, read_hits: list[Hit]
) -> None:
    read = dataclasses.replace(read, read_id=f"read {next(serials)}")
    read_hits = [dataclasses.replace(hit, hit_id=f"hit {next(serials)}", read_id=read.read_id) for hit in read_hits]
    store.commit([decided(read, hits=tuple(read_hits))])
    stored_read = store.get(read.read_id)
    assert stored_read is not None
    assert stored_read.read == read
    assert list(stored_read.hits) == read_hits
    assert not stored_read.closed
