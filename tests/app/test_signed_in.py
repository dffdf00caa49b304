"""Alerts are silent while nobody is signed in, where the settings say so, and whoever sits in the car counts."""

from pathlib import Path

from alpr_edge.access.sessions import SessionPlace, lock_session, sign_out
from alpr_edge.app.signed_in import SignedInWatch
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import load
from alpr_edge.store.access.accounts import open_accounts
from tests.staff import LOGIN, Staff
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
