"""Rosters that the department signs, and files of people that it imports."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from random import Random

from alpr_edge.access.roster_update import install_roster
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.csv_import import PeopleFileError, plan_import
from alpr_edge.domain.errors import DepartmentError, RosterError
from alpr_edge.domain.log_proofs.notes import sign_note
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.handed_roster import pack_roster, unpack_roster
from alpr_edge.domain.people.roster import Member
from alpr_edge.domain.people.roster_json import encode_roster
from alpr_edge.domain.people.signed_roster import FIRST_LINE, RosterKey, sign_roster
from alpr_edge.domain.protocol.items import digest
from alpr_edge.settings import load
from alpr_edge.store.access.accounts import open_accounts
from tests.department.people.office import OFFICER
from tests.domain.people.builders import DEPARTMENT, NOW, SIGNING_KEY, at, person, roster
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.mutators import change_bytes, change_json, change_lines, one_of
from tests.units import write_bare_unit

KEY = RosterKey(DEPARTMENT, SIGNING_KEY.public_key())
MEMBERS = (
    Member(person("p-1"), Credentials("$argon2id$x", "ABCDEFGH", "HGFEDCBA", (Passkey(b"id", b"key", 3),))),
    Member(person("p-2")),
)
PEOPLE_FILE = "".join(",".join(row) + "\n" for row in (OFFICER, OFFICER.values())).encode()
_SERIALS = count(70_000_000)
_SERIAL = re.compile(rb'"serial": ?7\d*')


def sign_body(body: bytes) -> bytes:
    """A roster's JSON, signed as the department signs it, whatever it holds."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    header = content if isinstance(content, dict) else {}
    department, serial = header.get("department_id"), header.get("serial")
    department = department if isinstance(department, str) else DEPARTMENT
    text = f"{FIRST_LINE}\n{department}\n{serial}\nsha256:{digest(body)}\n".encode("utf-8", "replace").decode()
    return sign_note(text, DEPARTMENT, SIGNING_KEY).whole.encode() + body


def change_roster(draw: Random, content: bytes) -> bytes:
    """Change the people in a roster and sign it, with a serial that is newer; or change the signed file itself."""
    if draw.random() < 0.2:
        return change_bytes(draw, content)
    start = content.find(b"\n{") + 1
    body = change_json(draw, content[start:])
    return sign_body(_SERIAL.sub(b'"serial":%d' % next(_SERIALS), body) if draw.random() < 0.95 else body)


@contextmanager
def rosters(folder: Path) -> Iterator[Parser]:
    """Signed rosters, put in force where they hold."""
    unit = load(write_bare_unit(folder))
    with open_accounts(unit.unit.data_directory, unit.store.keys_directory, migrate=True) as accounts:

        def parse(content: bytes) -> str:
            key, handed = unpack_roster(pack_roster(KEY, content))
            header = install_roster(accounts, handed, key, at())
            with accounts.reading() as rows:
                held = rows.roster()
            assert held == header
            return "in force"

        sample = roster(*MEMBERS)
        samples = (sign_roster(sample, SIGNING_KEY), sign_body(encode_roster(sample)))
        yield Parser(samples, change_roster, parse, (RosterError,))


@contextmanager
def people_files(folder: Path) -> Iterator[Parser]:
    """Files of people as a records management system exports them."""
    del folder
    author = Author("admin", datetime.fromisoformat(NOW.isoformat()))

    def parse(content: bytes) -> str:
        try:
            return str(plan_import(content.decode("utf-8", "replace"), (), author).result)
        except PeopleFileError as error:
            return " ".join(error.faults)

    change = one_of(change_lines(b",", b";", b'"'), change_bytes)
    yield Parser((PEOPLE_FILE,), change, parse, (DepartmentError,))
