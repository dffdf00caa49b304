from collections.abc import Iterator
from contextlib import closing

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.domain.instants import Instant, UtcSource
from tests.department.engines import EngineUnderTest
from tests.department.inquiries.inquirers import PASSWORDS, Inquirers, StillClock
from tests.department.people.office import START
from tests.department.search.traffic import make_traffic, store_traffic

TRAFFIC = make_traffic(120)


@pytest.fixture(scope="module")
def inquirers(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    """A department with reads and people, on each engine."""
    some = Inquirers.make(tmp_path_factory.mktemp("inquiries") / "department", engine)
    with closing(Storage(some.directory, create=False)) as storage:
        store_traffic(storage, TRAFFIC)
    return some


@pytest.fixture
def clock() -> StillClock:
    return StillClock(Instant("boot", 10**12, START.replace(hour=9), UtcSource.NTP))


@pytest.fixture
def office(inquirers: Inquirers, clock: StillClock) -> Iterator[InquiryOffice]:
    with open_office(inquirers.directory, clock, PASSWORDS) as some:
        yield some
