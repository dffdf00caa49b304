"""The department unlocks an account in a car that no roster reaches: by a code for one challenge."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.sessions.lockout import is_release_code, new_lock
from tests.department.people.office import OFFICER, Office
from tests.domain.people.builders import at


def test_a_release_code_unlocks_one_lock_in_a_car_and_is_on_record(office: Office) -> None:
    person_id = office.add()
    lock = new_lock(person_id, at())
    words = ("department", "people", "code", OFFICER["badge"], lock.challenge, "--json")
    done = CliRunner().invoke(app, [*words, "--directory", str(office.directory)])
    assert done.exit_code == 0, done.stderr
    code = json.loads(done.stdout)["code"]
    with office.accounts.reading() as rows:
        account = rows.account_of(person_id)
    assert account is not None
    assert is_release_code(code, account.credentials.release_secret, lock)
    assert not is_release_code(code, account.credentials.release_secret, replace(lock, challenge="00000000"))
    last = office.people.changes()[-1]
    assert (last.action, last.person_id, code in last.model_dump_json()) == ("release_code", person_id, False)
    for wrong in ("1234x", "12", "1234567", "123456789"):
        with pytest.raises(DepartmentError, match="digits that the car shows"):
            office.people.release_code(office.author, OFFICER["badge"], wrong)
