from collections.abc import Callable

import pytest

from alpr_edge.department.inquiries.office import InquiryOffice
from tests.department.inquiries.accounts.own_office import OwnOffice
from tests.department.inquiries.inquirers import Inquirers, StillClock


@pytest.fixture
def sit(inquirers: Inquirers, office: InquiryOffice, clock: StillClock) -> Callable[[str], OwnOffice]:
    """Somebody of a role at their own account; each test has a role of its own, as codes are good once."""
    return lambda role: OwnOffice(inquirers, office, clock, role)
