from collections.abc import Iterator
from datetime import timedelta

import pytest

from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.domain.instants import Instant, UtcSource
from tests.department.engines import EngineUnderTest
from tests.department.inquiries.inquirers import PASSWORDS, Inquirers, StillClock
from tests.department.releases.cases import NOW, Roles


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    """A department with one person of each role, on each engine."""
    return Inquirers.make(tmp_path_factory.mktemp("releases") / "department", engine, NOW)


@pytest.fixture
def clock() -> StillClock:
    return StillClock(Instant("boot", 10**12, NOW + timedelta(minutes=1), UtcSource.NTP))


@pytest.fixture
def of(office: InquiryOffice, people: Inquirers) -> Roles:
    return Roles(office, people)


@pytest.fixture
def office(people: Inquirers, clock: StillClock) -> Iterator[InquiryOffice]:
    with open_office(people.directory, clock, PASSWORDS) as some:
        yield some
