from collections.abc import Iterator
from contextlib import closing

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import make_media_key
from alpr_edge.domain.instants import Instant, UtcSource
from tests.department.engines import EngineUnderTest
from tests.department.evidence.test_bookings import OTHER, WITH_HITS, answer, booking
from tests.department.inquiries.inquirers import PASSWORDS, Inquirers, StillClock
from tests.department.people.office import START


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> Inquirers:
    """A department with people and packages, one of them without a passphrase and one with a hit, on each engine."""
    some = Inquirers.make(tmp_path_factory.mktemp("openings") / "department", engine)
    files = TlsFiles(some.directory)
    make_media_key(files)
    with closing(Storage(some.directory, create=False)) as storage:
        assert answer(storage, booking(files)) == ("receipt", "")
        assert answer(storage, booking(files, OTHER, sealed="")) == ("receipt", "")
        assert answer(storage, booking(files, WITH_HITS, hits=1, person_id=some.ids["supervisor"])) == ("receipt", "")
    return some


@pytest.fixture
def clock() -> StillClock:
    return StillClock(Instant("boot", 10**12, START.replace(hour=9), UtcSource.NTP))


@pytest.fixture
def office(people: Inquirers, clock: StillClock) -> Iterator[InquiryOffice]:
    with open_office(people.directory, clock, PASSWORDS) as some:
        yield some
