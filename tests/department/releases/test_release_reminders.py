"""Requests that wait too long are counted by what they wait for, in the alarms as well, without a name."""

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

from alpr_edge.department.alarms.alarm import AlarmKind, standing_alarms
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.releases.release_reminders import release_warnings
from alpr_edge.domain.releases.steps import ReleaseState
from tests.department.inquiries.inquirers import Inquirers
from tests.department.releases.cases import ASKING, LETTER, NOW, Roles

WORDS = {
    "review": (10, "wait too long for their review"),
    "package": (30, "were approved, and the approval ended before a package was made"),
    "pick_up": (14, "have a package that was not handed over in time"),
    "confirmation": (14, "lack the agency's written word that it has the package"),
    "use_report": (90, "lack the agency's word on what the data was used for"),
}


def test_each_step_that_is_overdue_is_counted(
    office: InquiryOffice, people: Inquirers, of: Roles, tmp_path: Path
) -> None:
    for _ in range(2):
        office.releases.enter(of("records"), ASKING, LETTER)
    of.approved_request()
    of.package(of.approved_request(), tmp_path / "kept")
    for number in range(2):
        request_id = of.approved_request()
        made = of.package(request_id, tmp_path / str(number)).filed.steps[-1].package_sha256
        office.releases.hand_over(of("records"), request_id, "by courier", made)
    office.releases.follow_up(of("records"), request_id, ReleaseState.CONFIRMED, "by letter")
    deadlines = office.policy.profile.releases.deadlines
    counts = Counter({"review": 2, "package": 1, "pick_up": 1, "confirmation": 1, "use_report": 1})
    for days in (9, 11, 15, 31, 91):
        lines = release_warnings(office.packages.database, deadlines, NOW + timedelta(days=days))
        expected = [f"{words}: {counts[kind]};" for kind, (after, words) in WORDS.items() if days > after]
        assert [re.sub(r"^requests of other agencies that | see: .*$", "", line) for line in lines] == expected
        assert not any(word in line for line in lines for word in ("Sheriff", "8ABC123", "Records"))
    alarms = standing_alarms(people.directory, NOW + timedelta(days=11))
    (alarm,) = (each for each in alarms if each.kind is AlarmKind.REQUEST)
    assert (alarm.subject, ": 2;" in alarm.text) == (alarm.text.replace(": 2;", ": #;"), True)
