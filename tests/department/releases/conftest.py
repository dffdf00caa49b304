from collections.abc import Iterator

import pytest

from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.domain.instants import Instant, UtcSource
from tests.department.engines import EngineUnderTest
from tests.department.inquiries.desk import PASSWORDS, Inquirers, StillClock
from tests.department.people.office import START


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    """A department with one person of each role, on each engine."""
    return Inquirers.make(tmp_path_factory.mktemp("releases") / "department", engine)


@pytest.fixture
def office(people: Inquirers) -> Iterator[InquiryOffice]:
    clock = StillClock(Instant("boot", 10**12, START.replace(hour=9), UtcSource.NTP))
    with open_office(people.directory, clock, PASSWORDS) as some:
        yield some
