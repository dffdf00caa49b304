"""The table of permissions is the one that was reviewed, and nothing else is allowed."""

from itertools import product
from pathlib import Path

import pytest

from alpr_edge.domain.hits import Reason
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.hit_purposes import purpose_of_hit
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.permissions.table import BREAK_GLASS_ACTIONS, TABLE, allows, may_ever

REVIEWED = Path(__file__).with_name("allowed.txt")
PLATE_ACTIONS = {
    Action.SEE_READS,
    Action.SEE_HITS,
    Action.DISPOSE,
    Action.VERIFY,
    Action.ADD_ENTRY,
    Action.SEARCH,
    Action.HOLD,
    Action.EXPORT,
    Action.CANVASS,
    Action.RELEASE,
    Action.PURGE,
}
BARRED = {PurposeCode.IMMIGRATION_ENFORCEMENT, PurposeCode.PROTECTED_HEALTH_CARE, PurposeCode.PROTEST}
COMBINATIONS = list(product(Role, Action, PurposeCode))


def reviewed_table() -> set[tuple[str, str, str]]:
    """The reviewed table: a line for each role and action, with the purposes behind it."""
    rows = set()
    for line in REVIEWED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            role, action, *codes = line.split()
            rows |= {(role, action, code) for code in codes}
    return rows


def test_the_table_is_the_reviewed_one() -> None:
    assert {(str(role), str(action), str(code)) for role, action, code in TABLE} == reviewed_table()


def test_every_combination_beyond_the_reviewed_table_is_refused() -> None:
    rows = reviewed_table()
    for role, action, code in COMBINATIONS:
        assert allows(frozenset({role}), action, code) is ((role.value, action.value, code.value) in rows)


def test_a_person_may_do_what_any_of_their_roles_may() -> None:
    both = frozenset({Role.OFFICER, Role.AUDITOR})
    assert allows(both, Action.SEE_LOG, PurposeCode.AUDIT)
    assert allows(both, Action.SEARCH, PurposeCode.STOLEN_VEHICLE)
    assert not allows(both, Action.EXPORT, PurposeCode.STOLEN_VEHICLE)
    assert not any(allows(frozenset(), action, code) for _, action, code in COMBINATIONS)


@pytest.mark.parametrize("code", sorted(BARRED))
def test_a_barred_purpose_allows_nobody_anything(code: PurposeCode) -> None:
    assert not any(allows(frozenset(Role), action, code) for action in Action)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.AUDITOR, Role.TRAINING_SUPERVISOR, Role.ALPR_ADMINISTRATOR])
def test_who_keeps_the_system_running_or_reviews_it_sees_no_plate(role: Role) -> None:
    assert not any(allows(frozenset({role}), action, code) for action in PLATE_ACTIONS for code in PurposeCode)


def test_training_changes_are_recorded_by_the_training_supervisor_alone() -> None:
    assert {role for role, action, _ in TABLE if action is Action.RECORD_TRAINING} == {Role.TRAINING_SUPERVISOR}


def test_releases_are_approved_by_the_commander_alone() -> None:
    assert {role for role, action, _ in TABLE if action is Action.RELEASE} == {Role.COMMANDER}


def test_every_role_may_do_something_and_every_action_is_somebodys() -> None:
    assert {role for role, _, _ in TABLE} == set(Role)
    assert {action for _, action, _ in TABLE} == set(Action)


def test_break_glass_opens_neither_covert_entries_nor_releases_nor_deletions() -> None:
    assert {
        Action.SEE_READS,
        Action.SEE_HITS,
        Action.SEARCH,
        Action.HOLD,
        Action.EXPORT,
        Action.MANAGE_PEOPLE,
        Action.MANAGE_SETTINGS,
        Action.SEE_LOG,
    } == BREAK_GLASS_ACTIONS


@pytest.mark.parametrize("action", Action)
def test_a_role_may_ever_do_what_it_may_do_for_some_purpose(action: Action) -> None:
    for role in Role:
        assert may_ever(frozenset({role}), action) == any((role, action) == row[:2] for row in TABLE)
    assert may_ever(frozenset(Role), action) == any(action == row[1] for row in TABLE)
    assert not may_ever(frozenset(), action)


@pytest.mark.parametrize("reason", Reason)
def test_a_hit_is_looked_at_for_what_its_plate_is_listed_for(reason: Reason) -> None:
    codes = {
        Reason.STOLEN_VEHICLE: "stolen_vehicle",
        Reason.STOLEN_PLATE: "stolen_vehicle",
        Reason.WANTED_PERSON: "wanted_or_missing",
        Reason.MISSING_PERSON: "wanted_or_missing",
        Reason.VIOLENT_PERSON: "wanted_or_missing",
        Reason.SUPERVISED_RELEASE: "wanted_or_missing",
        Reason.IMMIGRATION_VIOLATOR: "immigration_enforcement",
    }
    code = PurposeCode(codes.get(reason, "emergency_alert"))
    assert purpose_of_hit(reason) == Purpose(code)
    assert purpose_of_hit(reason, "26-ab1") == Purpose(code, case="26-AB1")
