"""A suspension on its whole way: changed at the department, told with an upload, fetched, and in force in the car."""

import re
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import People, open_people
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd, token_digest
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, load
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.pinned_key import pinned_roster_key
from alpr_edge.store.access_log.log import open_access_log
from tests.app.rig import UNIT, Daemon, daemon, wait_for_health, write_frames, write_settings
from tests.department.enrolment import enrol_unit
from tests.department.people.office import OFFICER, make_department


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = make_department(tmp_path / "department", "127.0.0.1")
    enrol_unit(folder, UNIT, tmp_path / "tls")
    return folder


@pytest.fixture
def people(directory: Path) -> Iterator[People]:
    with open_people(directory) as some:
        yield some


def author() -> Author:
    return Author("login:chief", datetime.now(UTC))


def begin_session(unit: Settings, person_id: str) -> str:
    """Sign somebody in, without what it takes; returns the digest of the session's token."""
    now, token_sha256 = SystemClock().now(), token_digest("token")
    session = AccessSession(token_sha256, person_id, Factor.PASSKEY, "officer", "local", token_digest(""), now, now)
    with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts:
        assert pinned_roster_key(accounts) is not None
        with accounts.writing() as rows:
            assert rows.account_of(person_id) is not None
            rows.save_session(session)
    return token_sha256


def end_of(unit: Settings, token_sha256: str) -> SessionEnd | None:
    with (
        open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts,
        accounts.reading() as rows,
    ):
        session = rows.session(token_sha256)
    assert session is not None
    return session.end


def installs(unit: Settings) -> list[str]:
    """What the access log says of rosters that were put in force."""
    with open_access_log(unit, migrate=False) as log:
        records = [parse_record(body) for _, body in log.read_bodies(0, 1000)]
    return [change.after for record in records if record.action == "install_roster" for change in record.changes]


def address_of(server: Daemon) -> str:
    match = re.search(r"https://[^,]+", server.wait_for("department at https://"))
    assert match
    return match.group()


def test_a_suspended_person_is_signed_out_in_the_car_and_a_foreign_roster_changes_nothing(
    tmp_path: Path, directory: Path, people: People
) -> None:
    person_id = people.add(author(), OFFICER).person.person_id
    people.rosters.publish(author())
    with daemon("department", "serve", "--directory", str(directory), "--port", "0") as server:
        settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0, 1]), address_of(server), fps=20)
        unit = load(settings)
        with daemon("run", "--settings", str(settings)) as run:
            run.wait_for("event=unit.started")
            with daemon("uplink", "--settings", str(settings)) as uplink:
                run.wait_for("event=roster.installed")
                token_sha256 = begin_session(unit, person_id)
                header = people.suspend(author(), OFFICER["badge"])
                run.wait_for(f"serial={header.serial}")
                wait_for_health(tmp_path, lambda told: told["figures"].get("roster_serial") == header.serial)
                assert end_of(unit, token_sha256) is SessionEnd.ROSTER
                assert uplink.end(signal.SIGTERM) == 0
            assert len(installs(unit)) == 2
            # Another key signs from now on: what is pinned stays.
            (directory / "roster.key").unlink()
            people.rosters.publish(author())
            with daemon("uplink", "--settings", str(settings)) as uplink:
                uplink.wait_for("event=roster.refused")
                wait_for_health(
                    tmp_path, lambda told: any("a newer one is refused" in line for line in told["troubles"])
                )
                health = wait_for_health(tmp_path, lambda told: bool(told["troubles"]), "uplink")
                assert [line for line in health["troubles"] if line.startswith("the department's roster is refused: ")]
                assert uplink.end(signal.SIGTERM) == 0
            assert run.end(signal.SIGTERM) == 0
    assert len(installs(unit)) == 2
    assert not [line for line in (*run.lines, *uplink.lines) if OFFICER["name"] in line]
