"""What a unit leaves behind after people worked with it: no password, code, secret, token or plate in the clear.

Everything that is written is searched byte by byte, and what other users of the machine see of its processes. The keys
and the token of the session are in files of their own that only their owner may read, and nowhere else.
"""

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner

from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.roster_update import install_roster
from alpr_edge.cli import app
from alpr_edge.cli.caller import caller
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import sign_roster
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import Settings, load
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.keys import KEY_NAMES
from tests.app.rig import PLATES, daemon, wait_for_health, write_frames, write_settings
from tests.domain.people.builders import DEPARTMENT, SIGNING_KEY
from tests.staff import BEGUN, FOR_STOLEN, ROSTER_KEY, staff_person

PASSWORD = "Tule-fog at five in the morning"
CAMERA_PASSWORD = "hunter2-of-the-camera"
WATCHED = "4SWEEP9"
OFFICER = staff_person("officer-1", Role.OFFICER, Role.ALPR_ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR)
WAIT_S = 120.0
END = (BEGUN + timedelta(hours=12)).isoformat()


class SweptUnit:
    """A unit with one person, and everything about it that must not be left in the clear."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = write_settings(folder, write_frames(folder / "frames", [0, 1]))
        self.unit: Settings = load(self.settings)
        self.totp, self.release = pyotp.random_base32(), pyotp.random_base32()
        self.outputs: list[str] = []
        self.seen_of_processes: list[bytes] = []
        self.codes: list[str] = []

    def install(self) -> None:
        """Put the person's roster in force."""
        credentials = Credentials(Argon2Passwords().hash(PASSWORD), self.totp, self.release, password_set=BEGUN)
        header = RosterHeader(DEPARTMENT, 1, BEGUN, OFFICER.valid_until)
        content = sign_roster(Roster(header, (Member(OFFICER, credentials),)), SIGNING_KEY)
        with open_accounts(self.unit.unit.data_directory, self.unit.store.keys_directory, migrate=True) as accounts:
            install_roster(accounts, content, ROSTER_KEY, SystemClock().now())

    def process(self, *words: str, answers: str = "") -> int:
        """A command as somebody types it; what others see of its process is kept while it runs."""
        process = subprocess.Popen(
            [sys.executable, "-m", "alpr_edge", *words, "--settings", str(self.settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=os.environ | {"HOME": str(self.folder / "home")},
        )
        command_line, until_s = Path(f"/proc/{process.pid}/cmdline"), time.monotonic() + WAIT_S
        while os.fsencode(self.folder) not in command_line.read_bytes() and process.poll() is None:
            assert time.monotonic() < until_s  # the new program is being loaded
        self.look_at_processes()
        _, errors = process.communicate(answers, timeout=WAIT_S)
        self.outputs.append(errors)
        return process.returncode

    def command(self, *words: str, answers: str = "", code: int = 0) -> str:
        """The same within this process, which is quicker; returns what it shows."""
        done = CliRunner().invoke(app, [*words, "--settings", str(self.settings)], input=answers)
        assert done.exit_code == code, done.output
        self.outputs.append(done.stderr)
        return done.stdout

    def change_settings(self) -> None:
        """Put a camera with a password into the settings on record; the file is then as it was."""
        camera = f'[[camera]]\nid = "rear"\nkind = "rtsp"\nurl = "rtsp://u:{CAMERA_PASSWORD}@127.0.0.1/"\n'
        before, new = self.settings.read_bytes(), self.folder.parent / "new.toml"
        new.write_bytes(camera.encode() + before)
        self.command("settings", "apply", str(new), "--yes")
        self.settings.write_bytes(before)

    def look_at_processes(self) -> None:
        """Keep the command line and the environment of every process that works on this unit."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command_line = (folder / "cmdline").read_bytes()
                if os.fsencode(self.folder) in command_line:
                    self.seen_of_processes += [command_line, (folder / "environ").read_bytes()]
            except OSError:
                continue  # it has ended

    def sign_in(self, password: str) -> int:
        now = SystemClock().now().utc
        assert now is not None, "a computer has a clock"
        self.codes.append(pyotp.TOTP(self.totp).at(now))
        return self.process("sign-in", "--person", OFFICER.badge, answers=f"y\n{password}\n{self.codes[-1]}\n")

    def secrets(self) -> Iterator[tuple[str, bytes]]:
        """What must not be found, with its name, in every form in which it might be written."""
        token = next((self.folder / "runtime" / "sessions").glob("session-*")).read_text(encoding="ascii").strip()
        texts = {"password": PASSWORD, "camera's password": CAMERA_PASSWORD, "token": token}
        texts |= {"one-time secret": self.totp, "release secret": self.release}
        texts |= {"plate": WATCHED, "plate that was read": PLATES[0], "other plate that was read": PLATES[1]}
        for name, text in texts.items():
            yield name, text.encode()
            yield f"{name}, in base 64", base64.b64encode(text.encode())
        for name in KEY_NAMES:
            key = (self.folder / "keys" / f"{name}.key").read_bytes()
            yield from ((f"key {name}", key), (f"key {name}, in digits", key.hex().encode()))
        for name, secret in (("one-time secret", self.totp), ("release secret", self.release)):
            yield f"{name}, as bytes", base64.b32decode(secret)

    def files(self) -> Iterator[Path]:
        """Everything that is left, but the keys and the session, which are in files of their own."""
        apart = {self.folder / "keys", self.folder / "runtime" / "sessions"}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not apart & set(path.parents):
                yield path


@pytest.fixture(scope="module")
def swept_unit(tmp_path_factory: pytest.TempPathFactory) -> SweptUnit:
    """A unit that ran, saw two plates, and was used by somebody who also typed what is wrong."""
    unit = SweptUnit(tmp_path_factory.mktemp("swept"))
    with daemon("run", "--settings", str(unit.settings)) as run:
        run.wait_for("event=unit.started")
        wait_for_health(unit.folder, lambda told: bool(told["figures"].get("access_records")))
        unit.install()
        assert unit.sign_in(f"not {PASSWORD}") != 0
        assert unit.sign_in(PASSWORD) == 0, unit.outputs[-1]
        words = ("--reason", "major_crime", "--case", "26-000123", "--expires", END, *FOR_STOLEN)
        unit.command("hotlist", "add", *words, answers=f"{WATCHED}\n")
        unit.command("hotlist", "match", *FOR_STOLEN, answers=f"{WATCHED}\n")
        unit.command("hotlist", "match", "--purpose", "immigration_enforcement", answers=f"{WATCHED}\n", code=3)
        assert PLATES[0] in unit.command("reads", *FOR_STOLEN), "there are plates to be found"
        unit.change_settings()
        page = str(unit.folder / "page.html")
        days = ("--from", "2026-01-01", "--to", "2099-12-31", "--purpose", "audit")
        unit.command("audit", "report", *days, "--page", page)
        assert run.end(signal.SIGTERM) == 0
    unit.outputs += run.lines
    return unit


def found_in(swept_unit: SweptUnit, content: bytes) -> list[str]:
    """Names of the secrets in some bytes."""
    upper = content.upper()
    return [name for name, secret in swept_unit.secrets() if secret.upper() in upper]


def test_the_search_finds_what_lies_there(swept_unit: SweptUnit) -> None:
    left = f"...{WATCHED.lower()} {PASSWORD}...".encode() + base64.b32decode(swept_unit.totp)
    assert found_in(swept_unit, left) == ["password", "plate", "one-time secret, as bytes"]
    assert found_in(swept_unit, (swept_unit.folder / "keys" / "access.key").read_bytes()) == ["key access"]


def test_nothing_secret_lies_in_any_file(swept_unit: SweptUnit) -> None:
    files = [path for path in swept_unit.files() if path.suffix != ".png"]
    assert {"edge.db", "access.db", "accounts.db", "page.html"} <= {path.name for path in files}
    assert [(path.name, names) for path in files if (names := found_in(swept_unit, path.read_bytes()))] == []


def test_nothing_secret_was_logged_or_told_as_an_error(swept_unit: SweptUnit) -> None:
    text = "\n".join(swept_unit.outputs)
    assert "event=unit.started" in text
    assert "barred" in text, "the refusal was told"
    assert found_in(swept_unit, text.encode()) == []


def test_nothing_secret_was_to_be_seen_of_processes(swept_unit: SweptUnit) -> None:
    seen = b"\n".join(swept_unit.seen_of_processes)
    assert b"sign-in" in seen
    assert found_in(swept_unit, seen) == []
    assert not [
        code for code in swept_unit.codes if code.encode() in b"\n".join(swept_unit.seen_of_processes).split(b"\0")
    ]


def test_what_holds_secrets_is_its_owners_alone(swept_unit: SweptUnit) -> None:
    for folder in ("keys", "data", "runtime/sessions"):
        assert (swept_unit.folder / folder).stat().st_mode & 0o077 == 0
        for path in (swept_unit.folder / folder).iterdir():
            assert path.is_dir() or path.stat().st_mode & 0o077 == 0, path.name
    assert caller(), "the session is that of a login"


def test_no_history_and_no_core_file_was_made(swept_unit: SweptUnit) -> None:
    names = {path.name for path in swept_unit.folder.rglob("*")}
    assert not [name for name in names if name.startswith("core") or "history" in name]
    assert not (swept_unit.folder / "home").exists()
