"""Refused sign-ins are answered at whole steps of time: wrong, unknown and locked take as long."""

import time
from pathlib import Path

import pytest

from alpr_edge.access.attempts import PasswordAttempt
from alpr_edge.access.authorisation.answer_times import ANSWER_STEP_S, wait_for_answer_step
from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.domain.access_log.records import AccessOutcome
from alpr_edge.domain.people.person import Role
from alpr_edge.services.authorisation.opening import open_sign_ins
from tests.staff import LOGIN, Staff, staff_person
from tests.units import write_bare_unit


@pytest.mark.parametrize("passed_steps", [0.01, 0.9, 1.4])
def test_what_began_a_while_ago_is_answered_at_the_next_step(passed_steps: float) -> None:
    begun_s = time.monotonic() - passed_steps * ANSWER_STEP_S
    wait_for_answer_step(begun_s)
    assert time.monotonic() - begun_s >= (int(passed_steps) + 1) * ANSWER_STEP_S


@pytest.mark.parametrize("badge", ["Bofficer", "nobody"])
def test_a_refused_sign_in_waits_whoever_it_is_for(tmp_path: Path, badge: str) -> None:
    staff = Staff(write_bare_unit(tmp_path))
    with open_sign_ins(staff.unit, Caller(LOGIN), staff.clock) as sign_ins:
        for acknowledged in (True, False):
            begun_s = time.monotonic()
            result = sign_ins.sign_in(PasswordAttempt(badge, "wrong", "000000"), is_acknowledged=acknowledged)
            assert result.session is None
            assert time.monotonic() - begun_s >= ANSWER_STEP_S


@pytest.mark.parametrize("name", ["Ana\u00a0Ruiz", "Ana\u00adRuiz", "A" * 200])
def test_a_try_of_somebody_with_any_name_is_put_on_record(tmp_path: Path, name: str) -> None:
    """Names come from other systems; a record of the access log holds fewer kinds of characters, and fewer of them."""
    staff = Staff(write_bare_unit(tmp_path), (staff_person("officer", Role.OFFICER, name=name, organisation=name),))
    with open_sign_ins(staff.unit, Caller(LOGIN), staff.clock) as sign_ins:
        assert sign_ins.sign_in(PasswordAttempt("Bofficer", "wrong", "000000"), is_acknowledged=True).session is None
    (record,) = [record for record in staff.records() if record.person_id == "officer"]
    assert record.outcome is AccessOutcome.REFUSED
    assert record.person
