"""The department at the other end of the wire: the product's own, in a network of its own."""

import json
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp

from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.registry import open_people
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.protocol.service_ports import STORAGE_PORT
from scripts.prove.host import ProofError, call, until
from scripts.prove.networks import DEPOT, DEPOT_ADDRESS

PROGRAM = Path(sys.prefix) / "bin" / "alpr-edge"
"""Of the environment that this runs in."""
PORT, ENROL_PORT = STORAGE_PORT, 8445
"""The second is not the usual one, so that what is given for it counts."""
URL = f"https://{DEPOT_ADDRESS}:{PORT}"
DOMAIN = "dept.example"
CODE_S = 30


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer with an account, and what they sign in with."""

    badge: str
    password: str
    secret: str
    """Of the app that shows one-time codes."""
    roster_serial: int
    """The roster that they are in."""

    def sign_in_fields(self) -> dict[str, str]:
        """The form of the page, filled in."""
        code = pyotp.TOTP(self.secret).now()
        return {"name": self.badge, "password": self.password, "code": code, "acknowledged": "yes"}


class Depot:
    """A department's folder and the server over it.

    Args:
        folder: the depot's folder, which is made anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        call(PROGRAM, "department", "init", folder, "--name", DEPOT_ADDRESS, "--name", DOMAIN)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Listen at :data:`URL`, on the far side of the wire."""
        ports = ("--port", str(PORT), "--enroll-port", str(ENROL_PORT))
        serve = ("department", "serve", "--directory", self.folder, "--host", DEPOT_ADDRESS, *ports)
        log = self.folder.with_suffix(".log")
        with log.open("ab") as file:
            server = subprocess.Popen(["ip", "netns", "exec", DEPOT, PROGRAM, *serve], stdout=file, stderr=file)
        try:
            until(lambda: self._listens(server, log), f"the department listens ({log})", 120)
            yield
        finally:
            server.terminate()
            server.wait(30)

    def invite(self, unit: str) -> tuple[str, ...]:
        """Options of ``scripts/provision`` that enroll a unit, with a one-time code."""
        output = call(PROGRAM, "department", "code", unit, "--directory", self.folder, "--json").stdout
        code = json.loads(output)
        options = ("--code", code["code"], "--ca-fingerprint", code["ca_fingerprint"])
        return (*options, "--enroll-port", str(ENROL_PORT))

    def add_officer(self) -> Officer:
        """Add an officer, who follows the invitation, and publish the roster with them."""
        now, badge, password = datetime.now(UTC), "1002", secrets.token_urlsafe(12)
        until = f"{now + timedelta(days=365):%Y-%m-%d}"
        person = {"name": "Proof Officer", "badge": badge, "organisation": "Proof", "roles": "officer", "sworn": "yes"}
        person |= {"sources": "department state", "cjis_training_until": until, "alpr_training_until": until}
        with open_people(self.folder) as people:
            author, invitations = Author("login:proof", now), people.invitations
            people.add(author, person)
            cookie = invitations.begin(people.invite(author, badge).token, now)
            invitations.set_password(cookie, password, now)
            secret = invitations.shared_secret(cookie, now)
            # The code before the present one, so that none is used twice.
            invitations.confirm_code(cookie, pyotp.TOTP(secret).at(now - timedelta(seconds=CODE_S)), now)
            return Officer(badge, password, secret, invitations.finish(cookie, now).serial)

    def authority(self) -> str:
        """The certificate of its authority, which workstations trust."""
        return TlsFiles(self.folder).authority.read_text(encoding="ascii")

    def publish(self, feed: Path, source: str) -> None:
        """Publish a hotlist."""
        call(PROGRAM, "department", "publish", feed, "--directory", self.folder, "--source", source, "--new-source")

    def counts(self) -> dict[str, Any]:
        """The counts of what it stored."""
        output = call(PROGRAM, "department", "status", "--directory", self.folder, "--json").stdout
        counts: dict[str, Any] = json.loads(output)
        return counts

    def reads(self) -> set[str]:
        """Ids of the reads it stored."""
        with closing(sqlite3.connect(f"file:{self.folder / 'department.db'}?mode=ro", uri=True)) as database:
            return {str(read_id) for (read_id,) in database.execute("SELECT read_id FROM reads")}

    def has_read_since(self, moment: datetime) -> bool:
        """Whether it stored a read that was first seen after a moment, and did not only wait in a car until then."""
        with closing(sqlite3.connect(f"file:{self.folder / 'department.db'}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT first_seen FROM reads WHERE first_seen IS NOT NULL").fetchall()
        return any(datetime.fromisoformat(first_seen) > moment for (first_seen,) in rows)

    def state_of(self, unit: str) -> str:
        """The state of a unit's certificate: ``valid``, ``revoked``."""
        output = call(PROGRAM, "department", "unit", "list", "--directory", self.folder, "--json").stdout
        rows = [json.loads(line) for line in output.splitlines()]
        return next((str(row["state"]) for row in rows if row["unit_id"] == unit), "unknown")

    @staticmethod
    def _listens(server: subprocess.Popen[bytes], log: Path) -> bool:
        if server.poll() is not None:
            raise ProofError(f"the department did not start: {log.read_text().strip()}")
        return f":{PORT}" in call("ip", "netns", "exec", DEPOT, "ss", "-ltn").stdout
