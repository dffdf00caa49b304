"""Every operation by every role, with and without session, training, purpose and clearance: the rest is refused.

The reviewed file of the commands says which roles may; the table of permissions, reviewed beside the domain, for what.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.authorisation.operations import RULES, Operation
from alpr_edge.domain.access_log.changes import RecordedValues
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, AccessRecord
from alpr_edge.domain.errors import AccessError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import AccountStatus, Role, SourcePermission, Training
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.profile import Need
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.permissions.table import GRANTS
from alpr_edge.domain.sessions.break_glass import BreakGlass
from alpr_edge.services.authorisation.opening import load_policy
from alpr_edge.store.access.accounts import open_accounts
from tests.cli.access.test_walk import ROWS
from tests.staff import BEGUN, LOGIN, PEOPLE, STOLEN, Staff, staff_person
from tests.units import write_bare_unit

pytestmark = pytest.mark.walk

ROLES = tuple(role.value.replace("_", "-") for role in Role)
DAY = timedelta(days=1)
BARRED = (
    staff_person("suspended", Role.SUPERVISOR, status=AccountStatus.SUSPENDED),
    staff_person("run-out", Role.SUPERVISOR, valid_until=BEGUN - DAY),
    staff_person("idle", Role.SUPERVISOR, active_at=BEGUN - 91 * DAY),
    staff_person("no-cjis", Role.SUPERVISOR, training=Training(BEGUN - DAY, BEGUN + DAY)),
    staff_person("no-alpr", Role.SUPERVISOR, training=Training(BEGUN + DAY, None)),
)
"""People whose role would do, and who may do nothing; with the sentence that each is told."""
TOLD = {
    "suspended": "suspended",
    "run-out": "has run out",
    "idle": "90 days",
    "no-cjis": "CJIS security training",
    "no-alpr": "ALPR training",
}


@dataclass
class MemoryLog:
    """A log in memory; full, it takes nothing."""

    entries: list[AccessEntry] = field(default_factory=list)
    is_full: bool = False

    def append(self, entry: AccessEntry, now: Instant) -> AccessRecord:
        if self.is_full:
            raise StoreError("the disk is full")
        self.entries.append(entry)
        return AccessRecord(**dict(entry), unit_id="u", log_id="0" * 32, sequence=0, received=entry.happened)

    def values(self) -> RecordedValues:
        return RecordedValues({}, ())

    def digest(self, text: str) -> str:
        return f"digest of {len(text)} characters"


@dataclass
class Desk:
    """Authorisers of one unit's people, over a log in memory."""

    authoriser: Authoriser
    log: MemoryLog
    tokens: dict[str, str]

    def of(self, person_id: str, **changes: object) -> Authoriser:
        """What services ask for somebody who is signed in; of nobody without an id."""
        caller = Caller(LOGIN, self.tokens.get(person_id, ""))
        return replace(self.authoriser, caller=replace(caller, **changes))  # type: ignore[arg-type] # any field


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    staff = Staff(write_bare_unit(tmp_path_factory.mktemp("operations")))
    staff.install(
        *PEOPLE,
        *BARRED,
        *(
            replace(each, person_id=f"{each.person_id}-2", badge=f"{each.badge}-2", email="", has_covert_clearance=True)
            for each in PEOPLE
        ),
    )
    tokens = {each.person_id: staff.begin_session(each.person_id) for each in (*PEOPLE, *BARRED)}
    tokens |= {f"{each.person_id}-2": staff.begin_session(f"{each.person_id}-2") for each in PEOPLE}
    log = MemoryLog()
    directory, keys = staff.unit.unit.data_directory, staff.unit.store.keys_directory
    with open_accounts(directory, keys, migrate=False) as accounts:
        authoriser = Authoriser(accounts, log, load_policy(staff.unit), staff.clock, Caller(LOGIN))
        yield Desk(authoriser, log, tokens)


def allowed_roles(operation: Operation) -> frozenset[str]:
    """The roles of the reviewed file; an operation that no command has yet is asked of the table."""
    found = [row.roles for row in ROWS.values() if row.operation == operation.value]
    of_table = frozenset(role.value for role, grants in GRANTS.items() if RULES[operation].action in grants)
    return found[0] - {"owner"} if found else of_table


def purpose_of(desk: Desk, role: Role, operation: Operation) -> Purpose:
    """A purpose for which a role may do something, as well founded as the profile asks; maintenance where none is."""
    profile = desk.authoriser.policy.profile
    codes = sorted(GRANTS[role].get(RULES[operation].action, ()))
    for code in codes:
        if code in profile.purposes and code != "training":
            rule = profile.purposes[code]
            offence = next(iter(profile.offences)) if rule.offence is Need.REQUIRED else None
            return Purpose(code, offence, "26-123456" if rule.case is Need.REQUIRED else None)
    return Purpose("maintenance")


def ask(authoriser: Authoriser, operation: Operation, purpose: Purpose, subject: AccessSubject | None = None) -> str:
    """Whether something is allowed: the empty text, or why not; the access itself happens only then."""
    happened = False
    try:
        with authoriser.access(operation, purpose, subject):
            happened = True
    except AccessError as error:
        assert not happened
        return str(error)
    assert happened
    return ""


@pytest.mark.parametrize("operation", Operation)
def test_the_roles_of_the_reviewed_file_may_and_no_others(desk: Desk, operation: Operation) -> None:
    for role in Role:
        is_covert = RULES[operation].action is Action.SEE_COVERT
        person_id = role.value.replace("_", "-") + ("-2" if is_covert else "")
        refusal = ask(desk.of(person_id), operation, purpose_of(desk, role, operation))
        assert (refusal == "") == (role.value in allowed_roles(operation)), (role, refusal)
        entry = desk.log.entries[-1]
        assert (entry.action, entry.person_id) == (operation.value, person_id)
        assert (entry.outcome is AccessOutcome.ALLOWED) == (refusal == "")


@pytest.mark.parametrize("operation", Operation)
def test_nobody_gets_anything_without_a_session_or_by_one_from_elsewhere(desk: Desk, operation: Operation) -> None:
    others = (desk.of(""), desk.of("chief", login="thief"), desk.of("chief", address="10.0.0.9"))
    for somebody in others:
        before = len(desk.log.entries)
        assert ask(somebody, operation, STOLEN)
        (entry,) = desk.log.entries[before:]
        assert (entry.outcome, entry.reason) == (AccessOutcome.REFUSED, "session_ended")


@pytest.mark.parametrize("operation", Operation)
def test_an_account_that_may_not_be_used_and_missing_training_refuse_everything(
    desk: Desk, operation: Operation
) -> None:
    for person in BARRED:
        refusal = ask(desk.of(person.person_id), operation, purpose_of(desk, Role.SUPERVISOR, operation))
        assert TOLD[person.person_id] in refusal


@pytest.mark.parametrize("operation", [each for each in Operation if not RULES[each].is_upkeep])
@pytest.mark.parametrize(
    ("purpose", "says"),
    [
        (Purpose(""), "say what it is for"),
        (Purpose("curiosity"), "no such purpose; the purposes are"),
        (Purpose("7ABC123 ; x"), "no such purpose"),
        (Purpose("immigration_enforcement"), "barred"),
        (Purpose("criminal_investigation", None, "26-123456"), "needs an offence"),
        (Purpose("criminal_investigation", "unheard_of", "26-123456"), "no such offence"),
        (Purpose("crime_scene_canvass", "robbery"), "needs a case number"),
        (Purpose("stolen_vehicle", None, "my case"), "no case number of this agency"),
        (Purpose("training"), "made-up data"),
        (Purpose("stolen_vehicle", note="x" * 501), "too long"),
    ],
)
def test_without_a_good_purpose_nothing_is_allowed(
    desk: Desk, operation: Operation, purpose: Purpose, says: str
) -> None:
    before = len(desk.log.entries)
    assert says in ask(desk.of("chief-2"), operation, purpose)
    (entry,) = desk.log.entries[before:]
    assert entry.outcome is AccessOutcome.REFUSED


def test_upkeep_is_for_the_owner_without_a_session_and_nothing_else_is(desk: Desk) -> None:
    for operation in Operation:
        refusal = ask(desk.of("", is_owner=True), operation, STOLEN)
        assert (refusal == "") == RULES[operation].is_upkeep, operation
        if not refusal:
            assert (desk.log.entries[-1].person_id, desk.log.entries[-1].purpose) == (f"login:{LOGIN}", "maintenance")


def test_a_source_or_a_covert_entry_needs_its_permission(desk: Desk) -> None:
    state = AccessSubject(source=SourcePermission.STATE)
    assert ask(desk.of("officer"), Operation.MATCH_PLATE, STOLEN, state) == ""
    covert = AccessSubject(is_covert=True)
    assert "clearance" in ask(desk.of("officer"), Operation.ADD_ENTRY, STOLEN, covert)
    assert ask(desk.of("officer-2"), Operation.ADD_ENTRY, STOLEN, covert) == ""


def test_break_glass_opens_a_few_things_by_name_and_says_so_on_record(desk: Desk) -> None:
    glass = BreakGlass(
        "Ana Ruiz", "Modesto PD", "stolen_vehicle", "the roster has ended", "root", desk.authoriser.clock.now()
    )
    broken = desk.of("", break_glass=glass)
    opened = {operation for operation in Operation if ask(broken, operation, STOLEN) == ""}
    assert opened == {
        Operation.SHOW_READS, Operation.SEARCH_READS, Operation.SHOW_HIT, Operation.EXPORT_PICTURE,
        Operation.MATCH_PLATE, Operation.LOOK_BACK, Operation.SHOW_ENTRIES,
        Operation.HOLD_READ, Operation.RELEASE_READ, Operation.SHOW_HOLDS,
        Operation.EXPORT_CASE, Operation.SHOW_EXPORTS, Operation.LIST_ACCESSES,
        Operation.PROVE_RECORD, Operation.REPORT_LOG, Operation.SHOW_LIST_CHANGES,
        Operation.REPORT_TRANSPARENCY, Operation.REPORT_PRECISION, Operation.REPORT_QUALITY,
        Operation.REQUEUE_ITEMS, Operation.OFFLOAD_ITEMS, Operation.APPLY_RECEIPTS, Operation.PREPARE_HANDOVER,
        Operation.SALVAGE_DATABASES, Operation.ACKNOWLEDGE_DATABASES, Operation.DISCARD_DATABASES,
        Operation.CREATE_KEYS, Operation.WRITE_SUPPORT_BUNDLE, Operation.CHANGE_SETTINGS, Operation.CHANGE_MODELS,
        Operation.CHANGE_PEOPLE, Operation.SHOW_PEOPLE, Operation.SHOW_UNITS, Operation.REVOKE_UNIT,
        Operation.SIGN_OUT_PERSON, Operation.BEGIN_ROSTER,
        # By their action alone: these are done at a department, where nobody breaks glass.
        Operation.ASK_OPENING, Operation.APPROVE_OPENING, Operation.OPEN_PACKAGE, Operation.SHOW_AUDITS,
        Operation.SAVE_SEARCH, Operation.OPEN_SAVED_SEARCH, Operation.COUNT_SAVED_SEARCHES,
    }  # fmt: skip
    entry = next(entry for entry in reversed(desk.log.entries) if entry.action == Operation.SHOW_PEOPLE)
    assert (entry.break_glass, entry.person, entry.organisation, entry.person_id) == (
        True,
        "Ana Ruiz",
        "Modesto PD",
        "",
    )
    assert entry.reason == "break-glass by root: the roster has ended"


def test_what_cannot_be_put_on_record_is_neither_shown_nor_changed(desk: Desk) -> None:
    full = replace(desk.of("chief"), log=MemoryLog(is_full=True))
    for operation in (Operation.SHOW_READS, Operation.HOLD_READ):
        with pytest.raises(StoreError, match="nothing is shown or changed"):
            _look(full, operation)
    changed = False
    with pytest.raises(StoreError), full.access(Operation.HOLD_READ, STOLEN):
        changed = True
    assert not changed


def _look(authoriser: Authoriser, operation: Operation) -> str:
    with authoriser.access(operation, STOLEN) as access:
        access.show(("read-1",))
        return "a plate"


def test_a_look_is_recorded_once_with_what_it_shows_and_a_change_before_it_is_made(desk: Desk) -> None:
    before = len(desk.log.entries)
    assert _look(desk.of("chief"), Operation.SHOW_READS) == "a plate"
    (entry,) = desk.log.entries[before:]
    assert (entry.objects, entry.shown) == (("read-1",), 1)
    with desk.of("chief").access(Operation.HOLD_READ, STOLEN, AccessSubject(("read-1",))):
        assert desk.log.entries[-1].action == "hold_read"
    assert len(desk.log.entries) == before + 2


def test_whatever_is_typed_for_an_id_or_a_case_goes_on_record(desk: Desk) -> None:
    typed = "\u202e" + "x" * 5000 + "\n"
    assert ask(desk.of("chief"), Operation.HOLD_READ, STOLEN, AccessSubject((typed,), note=typed)) == ""
    assert desk.log.entries[-1].objects == ("x" * 128,)
    assert ask(desk.of("chief"), Operation.HOLD_READ, Purpose(typed, typed, typed, typed))
    assert desk.log.entries[-1].purpose == "none"


@pytest.mark.parametrize("person_id", ["chief", ""])
def test_whatever_is_typed_is_looked_through_for_hints_at_what_is_barred(desk: Desk, person_id: str) -> None:
    typed = AccessSubject(("read-1",), note="hold for ICE", free_texts=("seen at the mosque", "blue van"))
    ask(desk.of(person_id), Operation.HOLD_READ, STOLEN, typed)
    entry = desk.log.entries[-1]
    assert entry.reason.endswith("flagged immigration_enforcement; flagged protest")
    assert "mosque" not in entry.model_dump_json()
    ask(desk.of(person_id), Operation.HOLD_READ, STOLEN, AccessSubject(("read-1",), note="evidence, police notice"))
    assert "flagged" not in desk.log.entries[-1].reason


@pytest.mark.parametrize("error", [StoreError("does not read"), ValueError("does not read"), KeyboardInterrupt()])
def test_a_look_that_fails_shows_nothing_and_says_so(desk: Desk, error: BaseException) -> None:
    def fail() -> None:
        with desk.of("chief").access(Operation.SHOW_READS, STOLEN):
            raise error

    def fail_and_look() -> None:
        try:
            fail()
        finally:
            _look(desk.of("chief"), Operation.SHOW_READS)

    with pytest.raises(type(error)) as failure:
        fail_and_look()
    assert failure.value is error
    last = [(entry.shown, entry.note) for entry in desk.log.entries[-2:]]
    assert last == [(0, f"not done: {type(error).__name__}"), (1, "")]


def test_whose_roles_may_do_it_for_other_purposes_is_told_which(desk: Desk) -> None:
    refusal = ask(desk.of("officer"), Operation.SEARCH_READS, Purpose("audit"))
    assert refusal.startswith("your roles may do this for ")
    assert refusal.endswith(", not for that purpose")
    assert "stolen_vehicle" in refusal
