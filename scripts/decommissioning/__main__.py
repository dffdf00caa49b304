"""Take this unit out of service: prove that all it read was handed over, destroy its keys and data, keep a record."""

import argparse
import getpass
import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from scripts.decommissioning import destroying, emptying
from scripts.decommissioning.record import Record, now, records, told
from scripts.provisioning.joining import TLS_FOLDER
from scripts.provisioning.machine import ProvisioningError, run, succeeds
from scripts.provisioning.program import guarded, require_root, teller
from scripts.provisioning.release import BASE
from scripts.provisioning.services import CAPTURE, UPLINK
from scripts.provisioning.unit_settings import held

_say = teller()


def main() -> int:
    """Do it; 0 done or done before, 1 refused or failed, 2 wrong usage, 130 interrupted."""
    chosen = _parser().parse_args()
    return guarded(
        "decommission",
        lambda: _report(_decommission(chosen), as_json=chosen.json),
        broken="; run it again",
        interrupted="; run it again to go on",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/decommission", description=__doc__, epilog="Exit codes: 0 done, 1 refused, 2 wrong usage."
    )
    parser.add_argument("unit_id", metavar="UNIT_ID", help="this unit's id, so that it is the one that was meant")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--export", type=Path, metavar="DIR", help="hand what waits over on this encrypted medium")
    ways.add_argument("--abandon", default="", metavar="REASON", help="give up what waits; the reason goes on record")
    parser.add_argument("--by", default="", metavar="NAME", help="who does it; the user who called sudo")
    parser.add_argument("--wait", type=float, default=60.0, metavar="S", help="for the link to deliver what waits")
    parser.add_argument("--json", action="store_true", help="the record for programs on stdout")
    return parser


def _decommission(chosen: argparse.Namespace) -> Record:
    require_root("decommissioning changes the system")
    record = _begun(chosen)
    if record.ended:
        _say("done before; this is its record")
        return record
    if not record.emptied:
        _empty(record, chosen)
    _destroy(record)
    return record


def _begun(chosen: argparse.Namespace) -> Record:
    """The record to go on with: one under way, a new one, or the last of a unit that is no more."""
    known = [record for record in records() if record.unit_id == chosen.unit_id]
    if known and not known[-1].ended:
        return known[-1]
    unit_id = held().get("unit", {}).get("id", "")
    if not unit_id:
        if not known:
            raise ProvisioningError(f"no unit here, and no record of {chosen.unit_id}")
        return known[-1]
    if unit_id != chosen.unit_id:
        raise ProvisioningError(f"this unit is {unit_id}, not {chosen.unit_id}; name the one you mean")
    by = chosen.by or os.environ.get("SUDO_USER") or getpass.getuser()
    release = (BASE / "current").resolve().name
    return Record(unit_id, by, now(), release, _certificate(), revoke=_revocation(unit_id))


def _empty(record: Record, chosen: argparse.Namespace) -> None:
    """Hand everything over; a refusal starts the reading again."""
    _say("stopping the cameras")
    was_active = succeeds("systemctl", "is-active", "--quiet", CAPTURE)
    succeeds("systemctl", "stop", CAPTURE)
    try:
        uplinked = succeeds("systemctl", "is-active", "--quiet", UPLINK)
        counts = emptying.drained(chosen.wait if uplinked else 0.0, _say)
        if emptying.waiting(counts) and chosen.export is not None:
            _say(f"handing {emptying.waiting(counts)} items over on {chosen.export}")
            # Two senders would only do the same twice.
            succeeds("systemctl", "stop", UPLINK)
            record.exported = emptying.export(chosen.export, record.unit_id)
            counts = emptying.outbox()
        record.abandoned = _given_up(counts, chosen.abandon)
    except BaseException:
        if was_active:
            succeeds("systemctl", "start", "--no-block", CAPTURE, UPLINK)
        raise
    record.outbox, record.emptied = counts, True


def _given_up(counts: dict[str, int], reason: str) -> str:
    """What goes on record of items that the department does not have; refused without a reason."""
    left = emptying.waiting(counts)
    if left and not reason:
        raise ProvisioningError(
            f"{left} items are not at the department; bring the link up, or use --export DIR, or --abandon REASON"
        )
    return f"{left} items: {reason}" if left else ""


def _destroy(record: Record) -> None:
    """Keys first: from then on the data is noise. The record is on the disk before and after each."""
    _say("stopping the daemons")
    destroying.stop_units()
    if not record.revoked:
        record.revoked = destroying.ask_to_revoke()
        _say(f"the department was asked to revoke this unit: {record.revoked}")
    record.removed = record.removed or destroying.data_of()
    record.save()
    for path in destroying.secret_files():
        _say(f"overwriting {path}")
        record.keys.append(destroying.overwritten(path))
        record.save()
    _say("removing the data")
    destroying.remove(destroying.DATA, destroying.SETTINGS_FOLDER, destroying.RUNTIME)
    destroying.discard()
    record.ended = now()
    record.save()


def _certificate() -> str:
    certificate = TLS_FOLDER / "unit.pem"
    if not certificate.exists():
        return ""
    told_ = run("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
    return told_.partition("=")[2].strip().replace(":", "").lower()


def _revocation(unit_id: str) -> str:
    reason = shlex.quote("decommissioned")
    return f"alpr-edge department unit revoke {shlex.quote(unit_id)} --directory DIRECTORY --reason {reason}"


def _report(record: Record, *, as_json: bool) -> int:
    print(json.dumps(asdict(record)) if as_json else told(record, record.path()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
