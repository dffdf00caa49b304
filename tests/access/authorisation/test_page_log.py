"""Whoever is not signed in gets few records of their refusals at a page, and none is lost."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import argon2
import pyotp
import pytest

from alpr_edge.access.attempts import PasswordAttempt, SignInResult
from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.page_log import ADDRESS_RECORDS_MAX, AGAIN_S, RECORDS_MAX, SUMMED, WINDOW_S, PageLog
from alpr_edge.access.authorisation.sign_ins import SignInService
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.domain.access_log.changes import RecordedValues
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, AccessRecord
from alpr_edge.domain.errors import AccessError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.services.authorisation.opening import load_policy
from alpr_edge.store.access.accounts import AccountStore, open_accounts
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from tests.staff import STOLEN, Staff, staff_person
from tests.units import write_bare_unit

PAGE, STRANGER, OTHER = "console", "192.0.2.7", "192.0.2.8"
PASSWORD, SECRET = "correct horse battery", pyotp.random_base32()
PASSWORDS = Argon2Passwords(argon2.PasswordHasher(1, 8, 1))
OFFICER = staff_person("officer", Role.OFFICER)
WAIT_S = 30.0
UNKNOWN = PasswordAttempt("nobody", "wrong", "000000")


@dataclass
class Page:
    """What a page signs people in by, with seconds that the test moves on."""

    staff: Staff
    accounts: AccountStore
    log: AccessLog
    seconds: float = 0.0
    asked: threading.Event = field(default_factory=threading.Event)
    """Set once the log is asked to append."""

    def __post_init__(self) -> None:
        self.page_log = PageLog(self, lambda: self.seconds)
        self.policy = load_policy(self.staff.unit)

    def append(self, entry: AccessEntry, now: Instant) -> AccessRecord:
        self.asked.set()
        return self.log.append(entry, now)

    def values(self) -> RecordedValues:
        return self.log.values()

    def digest(self, text: str) -> str:
        return self.log.digest(text)

    def attempt(self, attempt: PasswordAttempt, address: str = STRANGER) -> SignInResult:
        caller = Caller(PAGE, "", address, component=PAGE)
        sign_ins = SignInService(self.accounts, PASSWORDS, self.page_log, self.policy, self.staff.clock, caller)
        return sign_ins.sign_in(attempt, is_acknowledged=True)

    def look(self, token: str = "", address: str = STRANGER) -> None:
        """Ask for hits, which whoever may not is refused."""
        caller = Caller(PAGE, token, address, component=PAGE)
        authoriser = Authoriser(self.accounts, self.page_log, self.policy, self.staff.clock, caller)
        with pytest.raises(AccessError), authoriser.access(Operation.SHOW_HIT, STOLEN):
            raise AssertionError

    def open(self, token: str, operation: Operation = Operation.SHOW_HOLDS) -> None:
        """Open a page, which whoever may not is refused."""
        caller = Caller(PAGE, token, STRANGER, component=PAGE, is_view=True)
        log = self.page_log.of(caller)
        with pytest.raises(AccessError):
            Authoriser(self.accounts, log, self.policy, self.staff.clock, caller).require(operation, is_page=True)

    def write_sum(self, *, is_end: bool = False) -> None:
        self.page_log.write_sum(self.staff.clock.now(), is_end=is_end)

    def records(self) -> list[AccessRecord]:
        return [record for record in self.staff.records() if record.component == PAGE]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    staff = Staff(write_bare_unit(tmp_path), (OFFICER,))
    staff.install(
        OFFICER, credentials=Credentials(PASSWORDS.hash(PASSWORD), SECRET, password_set=staff.clock.now().utc)
    )
    unit = staff.unit
    with ExitStack() as stack:
        log = stack.enter_context(open_access_log(unit, migrate=False))
        accounts = stack.enter_context(
            open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False)
        )
        yield Page(staff, accounts, log)


def code() -> str:
    return pyotp.TOTP(SECRET).now()


def test_two_hundred_refused_sign_ins_of_an_address_leave_few_records_that_count_them_all(page: Page) -> None:
    for _ in range(200):
        assert page.attempt(UNKNOWN).session is None
    assert len(page.records()) == ADDRESS_RECORDS_MAX
    assert page.records()[-1].note.startswith("more refusals of this address are counted in one record; by")
    assert 0 < page.page_log.wait_s(STRANGER) <= WINDOW_S
    page.write_sum()
    assert len(page.records()) == ADDRESS_RECORDS_MAX, "their ten minutes are not over"
    page.seconds = WINDOW_S
    page.write_sum()
    page.write_sum()
    sums = page.records()[ADDRESS_RECORDS_MAX:]
    assert [(each.action, each.outcome, each.address) for each in sums] == [(SUMMED, "refused", STRANGER)]
    assert sums[0].note.startswith(f"{200 - ADDRESS_RECORDS_MAX} more refusals of whoever was not signed in")
    assert page.page_log.wait_s(STRANGER) == 0
    page.attempt(UNKNOWN)
    assert page.records()[-1].action == "sign_in"


def test_whoever_has_no_open_session_is_told_to_sign_in_and_not_that_their_roles_lack_it(page: Page) -> None:
    caller = Caller(PAGE, "", STRANGER, component=PAGE)
    authoriser = Authoriser(page.accounts, page.page_log, page.policy, page.staff.clock, caller)
    with pytest.raises(AccessError, match="nobody is signed in here, or the session is locked"):
        authoriser.require(Operation.SHOW_HOLDS, is_page=True)
    with pytest.raises(AccessError, match="nobody is signed in here, or the session is locked"):
        authoriser.require(Operation.SHOW_HOLDS, Purpose("", None, None))


def test_other_addresses_are_on_record_and_a_right_password_signs_in_from_any(page: Page) -> None:
    for _ in range(ADDRESS_RECORDS_MAX + 5):
        page.attempt(UNKNOWN)
    before = len(page.records())
    page.attempt(UNKNOWN, OTHER)
    assert page.records()[before].address == OTHER
    assert page.page_log.wait_s(OTHER) == 0
    assert page.attempt(PasswordAttempt("Bofficer", PASSWORD, code())).session is not None
    assert [(each.address, each.outcome) for each in page.records()[before:]] == [
        (OTHER, "refused"),
        (STRANGER, "allowed"),
    ]


def test_a_lock_and_what_needs_the_right_password_is_always_on_record_and_told_by_no_bound(page: Page) -> None:
    for _ in range(ADDRESS_RECORDS_MAX):
        page.attempt(UNKNOWN)
    before, wait_s = len(page.records()), page.page_log.wait_s(STRANGER)
    page.seconds = 60.0
    page.attempt(PasswordAttempt("Bofficer", PASSWORD, "000000"))
    assert page.records()[before].reason == "wrong_code"
    for _ in range(5):
        page.attempt(PasswordAttempt("Bofficer", "wrong", "000000"))
    assert [each.reason for each in page.records()[before + 1 :]] == ["wrong_password; the account is locked"]
    assert page.page_log.wait_s(STRANGER) == wait_s - 60.0


def test_pages_without_a_session_are_bounded_as_well_and_those_of_people_never(page: Page) -> None:
    for _ in range(ADDRESS_RECORDS_MAX + 20):
        page.look()
    assert len(page.records()) == ADDRESS_RECORDS_MAX
    auditor = staff_person("auditor", Role.AUDITOR)
    page.staff.install(auditor)
    token = page.staff.begin_session("auditor", login=PAGE, address=STRANGER)
    for _ in range(ADDRESS_RECORDS_MAX + 1):
        page.look(token)
    assert [each.person_id for each in page.records()[ADDRESS_RECORDS_MAX:]] == ["auditor"] * (ADDRESS_RECORDS_MAX + 1)
    page.write_sum(is_end=True)
    assert "20 more refusals" in page.records()[-1].note
    assert page.records()[-1].note.endswith(f"by address: {STRANGER} 20; by action: {Operation.SHOW_HIT.value} 20")


def test_a_page_that_is_opened_again_and_again_is_refused_once_a_minute_on_record(page: Page) -> None:
    page.staff.install(OFFICER, staff_person("auditor", Role.AUDITOR))
    token, other = (page.staff.begin_session("auditor", login=PAGE, address=STRANGER) for _ in range(2))
    for _ in range(50):
        page.open(token)
    (record,) = page.records()
    assert (record.person_id, record.action, record.purpose) == ("auditor", Operation.SHOW_HOLDS, "none")
    assert (record.outcome, record.reason, record.shown) == (AccessOutcome.REFUSED, "not_granted", 0)
    page.open(token, Operation.SEARCH_READS)
    page.open(other)
    assert [each.action for each in page.records()] == ["show_holds", "search_reads", "show_holds"]
    page.seconds = AGAIN_S - 1
    page.open(token)
    assert len(page.records()) == 3
    page.seconds = AGAIN_S
    page.open(token)
    assert len(page.records()) == 4


def test_a_page_is_refused_on_record_only_where_somebody_is_signed_in_and_the_log_takes_it(page: Page) -> None:
    page.open("")
    assert page.records() == []
    page.staff.install(OFFICER, staff_person("auditor", Role.AUDITOR))
    token = page.staff.begin_session("auditor", login=PAGE, address=STRANGER)
    bytes_max, page.log.bytes_max = page.log.bytes_max, 1
    with pytest.raises(StoreError, match="cannot be put on record"):
        page.open(token)
    page.log.bytes_max = bytes_max
    page.open(token)
    assert len(page.records()) == 1


def test_many_addresses_together_are_bounded_and_one_subscriber_is_one(page: Page) -> None:
    for number in range(ADDRESS_RECORDS_MAX + 1):
        page.look(address=f"2001:db8::{number:x}")
    assert len(page.records()) == ADDRESS_RECORDS_MAX
    for number in range(RECORDS_MAX):
        page.look(address=f"198.51.100.{number % 250}")
    assert len(page.records()) == RECORDS_MAX
    page.write_sum(is_end=True)
    (told,) = [each for each in page.records() if each.action == SUMMED]
    assert told.note.startswith(f"{ADDRESS_RECORDS_MAX + 1} more refusals")
    assert "others " in told.note


def test_a_sum_that_the_log_does_not_take_is_told_once_it_does(page: Page) -> None:
    for _ in range(ADDRESS_RECORDS_MAX + 1):
        page.look()
    bytes_max, page.log.bytes_max = page.log.bytes_max, 1
    page.write_sum(is_end=True)
    page.log.bytes_max = bytes_max
    page.look()
    assert len(page.records()) == ADDRESS_RECORDS_MAX
    page.write_sum(is_end=True)
    assert page.records()[-1].note.startswith("2 more refusals")


def test_while_the_log_is_busy_refusals_are_counted_on_and_none_of_them_is_lost(page: Page) -> None:
    for _ in range(ADDRESS_RECORDS_MAX + 1):
        page.look()
    page.asked.clear()
    bytes_max = page.log.bytes_max
    writing = threading.Thread(target=page.write_sum, kwargs={"is_end": True})
    with open_access_log(page.staff.unit, migrate=False) as other:
        with other.writing():
            writing.start()
            assert page.asked.wait(WAIT_S)
            page.look()
            assert writing.is_alive(), "it waits for the log, and nobody waits for it"
            page.log.bytes_max = 1
        writing.join(WAIT_S)
    page.log.bytes_max = bytes_max
    assert len(page.records()) == ADDRESS_RECORDS_MAX
    page.write_sum(is_end=True)
    assert page.records()[-1].note.startswith("2 more refusals")
