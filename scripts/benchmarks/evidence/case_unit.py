"""A unit with a large case: reads with pictures of the usual size, held for it, and somebody who may export them."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.access.authorisation.callers import LOCAL, Caller
from alpr_edge.access.roster_update import install_roster
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.cli.access.session_file import write_token
from alpr_edge.cli.caller import caller
from alpr_edge.domain.holds.hold import HoldKind
from alpr_edge.domain.people.person import Training
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import RosterKey, sign_roster
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.reads import EvidenceKind, ReadStage, ReadUpdate
from alpr_edge.domain.sessions.session import AccessSession, Factor, new_token, token_digest
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.services.authorisation.opening import open_authoriser
from alpr_edge.services.canvass.canvass_input import CanvassRequest, parse_canvass
from alpr_edge.services.canvass.unit_canvasses import UnitCanvasses
from alpr_edge.services.holds.unit_holds import HoldRequest, UnitHolds
from alpr_edge.settings import Settings, load
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.canvass.canvass_rows import hold_of
from alpr_edge.store.keys import create_keys
from alpr_edge.store.retention.holds import cover_reads
from alpr_edge.store.unit_store import UnitStore, open_store
from scripts.benchmarks.access.car import DAY, bench_person
from scripts.faults import records

CASE = "26-000462"
PURPOSE = Purpose("criminal_investigation", "robbery", CASE)
CANVASS_PURPOSE = Purpose("crime_scene_canvass", "robbery", CASE)
PARTIALS = ("7A*", "*99", "??BC1?3")
"""Plates that witnesses remember; a few of a hundred reads fit."""
PICTURE_BYTES = {"crop": 4_000, "scene": 42_000}
"""As large as ``scripts/bench disk`` measures: 46 KB a read."""
BATCH, HOLD_READS = 100, 1000
_PERSON, _DEPARTMENT = "p-1", "bench-pd"


def write_case(folder: Path, reads: int) -> Path:
    """Make the unit, with so many reads held for :data:`CASE`, all of a canvass as well; returns its settings file.

    This login is signed in as somebody who may export.
    """
    create_keys(folder / "keys")
    path = folder / "alpr-edge.toml"
    path.write_text(
        f'[unit]\nid = "{records.UNIT_ID}"\ndata_directory = "data"\nruntime_directory = "runtime"\n'
        '[store]\nkeys_directory = "keys"\n',
        encoding="utf-8",
    )
    unit = load(path)
    with open_access_log(unit, migrate=True) as log, open_store(unit, migrate=True) as store:
        token, make_id = _sign_in(unit), partial(new_id, records.UNIT_ID)
        holds = UnitHolds(store.database, records.UNIT_ID, make_id)
        with open_authoriser(unit, Caller(caller(), token), SystemClock()) as authoriser:
            plan = parse_canvass(CanvassRequest(before="0", partials=PARTIALS), unit.canvass, SystemClock().now())
            canvasses = UnitCanvasses(store.database, records.UNIT_ID, make_id)
            canvass = canvasses.start(authoriser, CANVASS_PURPOSE, plan).canvass
            read_ids = _store_reads(store, reads)
            with store.database.write() as connection:  # made-up reads are of another day
                cover_reads(connection, hold_of(canvass), read_ids, records.UNIT_ID)
            for start in range(0, len(read_ids), HOLD_READS):
                ids = tuple(read_ids[start : start + HOLD_READS])
                holds.place(authoriser, PURPOSE, HoldRequest(HoldKind.READ, ids, CASE, "benchmark"))
        CheckpointSigner(log, load_signing_key(unit.store.keys_directory)).sign()
    write_token(unit.unit.runtime_directory, caller(), token)
    return path


def _store_reads(store: UnitStore, count: int) -> list[str]:
    """Store passes that are over, each with pictures of its own; returns the reads' ids."""
    random, ids = Random(462), list[str]()  # noqa: S311 - the same case each time
    number = 0
    while len(ids) < count:
        batch: list[ReadUpdate] = []
        while len(batch) < 2 * BATCH and len(ids) < count:
            for record in records.batch(random, 1, number)[: count - len(ids)]:
                pictures = tuple((kind, _picture(random, kind)) for kind in EvidenceKind)
                batch += [replace(record, images=pictures), replace(record, stage=ReadStage.CLOSED, images=())]
                ids.append(record.read.read_id)
            number += 1
        store.reads.commit(batch)
    return ids


def _picture(random: Random, kind: EvidenceKind) -> bytes:
    """Bytes that begin as a JPEG does; what is in them does not matter to a package."""
    return records.JPEG_START + random.randbytes(PICTURE_BYTES[kind.value])


def _sign_in(unit: Settings) -> str:
    """Put a roster of one person in force, and begin a session of theirs; returns its token."""
    now, clock, key = datetime.now(UTC), SystemClock(), Ed25519PrivateKey.generate()
    training = Training(now + 30 * DAY, now + 30 * DAY)
    person = replace(bench_person(_PERSON), training=training, valid_until=now + 30 * DAY, active_at=now)
    roster = Roster(RosterHeader(_DEPARTMENT, 1, now, now + 30 * DAY), (Member(person),))
    directory, keys = unit.unit.data_directory, unit.store.keys_directory
    token, at = new_token(), clock.now()
    session = AccessSession(token_digest(token), _PERSON, Factor.PASSWORD_AND_CODE, caller(), LOCAL, "", at, at)
    with open_accounts(directory, keys, migrate=True) as accounts:
        install_roster(accounts, sign_roster(roster, key), RosterKey(_DEPARTMENT, key.public_key()), at)
        with accounts.writing() as rows:
            rows.save_session(session)
    return token
