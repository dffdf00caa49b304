"""People who ask for something: one unit of theirs for all tests of a file."""

from collections.abc import Iterator

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.callers import Caller
from tests.staff import Staff
from tests.units import write_bare_unit


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    return Staff(write_bare_unit(tmp_path_factory.mktemp("staffed")))


@pytest.fixture(scope="module")
def chief(staff: Staff) -> Iterator[Authoriser]:
    """Somebody who is signed in and may do everything that a person may."""
    with staff.authoriser("chief") as authoriser:
        yield authoriser


@pytest.fixture(scope="module")
def owner(staff: Staff) -> Iterator[Authoriser]:
    """The login that owns the unit's data, without a session."""
    with staff.authoriser("") as authoriser:
        yield authoriser


@pytest.fixture(scope="module")
def nobody(staff: Staff) -> Iterator[Authoriser]:
    """A login that neither owns the unit nor has a session."""
    with staff.authoriser_of(Caller("visitor")) as authoriser:
        yield authoriser
