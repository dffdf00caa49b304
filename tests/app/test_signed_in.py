"""Alerts are silent while nobody is signed in, where the settings say so, and whoever sits in the car counts."""

from pathlib import Path

from alpr_edge.access.authorisation.callers import SESSION_ID_CHARACTERS
from alpr_edge.access.sessions import SessionPlace, lock_session, sign_out
from alpr_edge.app.signed_in import SignedInWatch
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.people.person import Person, Role, SourcePermission
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import load
from alpr_edge.store.access.accounts import open_accounts
from tests.staff import LOGIN, Staff, staff_person
from tests.units import write_bare_unit


def settings_with(folder: Path, word: str) -> Path:
    path = write_bare_unit(folder)
    with path.open("a", encoding="utf-8") as file:
        file.write(f'[alerts]\nwhen_signed_out = "{word}"\n')
    return path


def silence(watch: SignedInWatch) -> bool:
    watch.refresh()
    return watch.is_silent()


def place(staff: Staff, token: str) -> SessionPlace:
    return SessionPlace(token, LOGIN, "local", staff.clock.now())


def test_silent_until_somebody_signs_in_and_after_they_sign_out(tmp_path: Path) -> None:
    path = settings_with(tmp_path, "silent")
    watch = SignedInWatch(load(path), SystemClock())
    assert silence(watch), "there are no accounts yet"
    staff = Staff(path)
    assert silence(watch)
    token = staff.begin_session("officer")
    assert not silence(watch)
    unit = staff.unit
    with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts:
        assert lock_session(accounts, place(staff, token))
        assert not silence(watch), "glance mode: the holder sits in the car"
        assert sign_out(accounts, place(staff, token))
    assert silence(watch)
    watch.close()


def test_accounts_that_cannot_be_read_count_as_nobody(tmp_path: Path) -> None:
    path = settings_with(tmp_path, "silent")
    staff = Staff(path)
    staff.begin_session("officer")
    (tmp_path / "data" / "accounts.db").write_bytes(b"no database" * 1000)
    assert silence(SignedInWatch(staff.unit, staff.clock))


def test_by_default_hits_sound_for_nobody_as_well(tmp_path: Path) -> None:
    staff = Staff(settings_with(tmp_path, "tone"))
    assert not silence(SignedInWatch(staff.unit, staff.clock))


SOURCES = """
[[hotlist.source]]
name = "federal"
format = "ncic"
[[hotlist.source]]
name = "own"
format = "generic-csv"
"""
LOCAL_OFFICER = staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))


def hearers(folder: Path, *people: Person) -> tuple[SignedInWatch, Staff]:
    path = settings_with(folder, "tone")
    with path.open("a", encoding="utf-8") as file:
        file.write(SOURCES)
    staff = Staff(path, people)
    return SignedInWatch(staff.unit, staff.clock, speaks=True), staff


def may_hear(watch: SignedInWatch, source: str) -> bool:
    watch.refresh()
    return watch.may_hear(Reason.STOLEN_VEHICLE, source)


def test_a_reason_is_heard_while_somebody_is_signed_in_who_may_see_hits_of_its_list(tmp_path: Path) -> None:
    watch, staff = hearers(tmp_path, LOCAL_OFFICER)
    assert not may_hear(watch, "own"), "nobody is signed in"
    token = staff.begin_session("local")
    assert may_hear(watch, "own")
    assert not watch.may_hear(Reason.STOLEN_VEHICLE, "federal"), "no permission for the source"
    assert not watch.may_hear(Reason.STOLEN_VEHICLE, "imported by hand"), "a list of nobody knows whom"
    with open_accounts(*_places(staff), migrate=False) as accounts:
        assert lock_session(accounts, place(staff, token))
    assert not may_hear(watch, "own"), "glance mode shows no reason"
    with open_accounts(*_places(staff), migrate=False) as accounts:
        assert sign_out(accounts, place(staff, token))
    assert not may_hear(watch, "own")
    watch.close()


def test_a_technician_who_sees_no_plate_hears_no_reason(tmp_path: Path) -> None:
    watch, staff = hearers(tmp_path, staff_person("tech", Role.TECHNICIAN))
    staff.begin_session("tech")
    assert not may_hear(watch, "own")
    assert not silence(watch), "tones sound for everybody"
    watch.close()


def _places(staff: Staff) -> tuple[Path, Path]:
    return staff.unit.unit.data_directory, staff.unit.store.keys_directory


def test_a_session_counts_until_its_holder_ends_the_shift_where_nothing_else_depends_on_it(tmp_path: Path) -> None:
    staff = Staff(settings_with(tmp_path, "tone"))
    token = staff.begin_session("officer")
    session_id = token_digest(token)[:SESSION_ID_CHARACTERS]
    watch = SignedInWatch(staff.unit, staff.clock)
    watch.refresh()
    assert not watch.has_session(session_id), "nobody asked"
    watch.refresh(is_asked=True)
    assert watch.has_session(session_id)
    unit = staff.unit
    with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=False) as accounts:
        assert lock_session(accounts, place(staff, token))
        watch.refresh(is_asked=True)
        assert watch.has_session(session_id), "glance mode: the holder sits in the car"
        assert sign_out(accounts, place(staff, token))
    watch.refresh(is_asked=True)
    assert not watch.has_session(session_id)
    watch.close()
