"""Take this unit out of service: prove that all it read was handed over, destroy its keys and data, keep a record."""

import argparse
import getpass
import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.deploy.decommission import destruction, handover
from scripts.deploy.decommission.record import DecommissionRecord, now, records, told
from scripts.deploy.provision import no_follow
from scripts.deploy.provision.department import TLS_FOLDER
from scripts.deploy.provision.machine import ProvisioningError, run, succeeds
from scripts.deploy.provision.program import guarded, require_root, teller
from scripts.deploy.provision.release import BASE
from scripts.deploy.provision.services import CAPTURE, UPLINK
from scripts.deploy.provision.unit_settings import held

CERTIFICATE_BYTES_MAX = 65_536

_say = teller()


def main() -> int:
    """Decommission the unit; 0 done or done before, 1 refused or failed, 2 wrong usage, 130 interrupted."""
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
    ways.add_argument("--export", type=Path, metavar="DIR", help="take receipts from this medium, write what waits")
    ways.add_argument("--abandon", default="", metavar="REASON", help="give up what is left; the reason goes on record")
    parser.add_argument("--by", default="", metavar="NAME", help="who does it; the user who called sudo")
    parser.add_argument("--wait", type=float, default=60.0, metavar="S", help="for the link to deliver what waits")
    parser.add_argument("--json", action="store_true", help="the record for programs on stdout")
    return parser


def _decommission(chosen: argparse.Namespace) -> DecommissionRecord:
    require_root("decommissioning changes the system")
    record = _begun(chosen)
    if record.ended:
        _say("done before; this is its record")
        return record
    if not record.emptied:
        _empty(record, chosen)
    _destroy(record)
    return record


def _begun(chosen: argparse.Namespace) -> DecommissionRecord:
    """The record to continue with: an open one, a new one, or the last of a unit that was taken out of service."""
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
    return DecommissionRecord(unit_id, by, now(), release, _certificate(), revoke=_revocation(unit_id))


def _empty(record: DecommissionRecord, chosen: argparse.Namespace) -> None:
    """Hand everything over; after a refusal the cameras start again, unless only a medium's receipts are missing."""
    _say("stopping the cameras")
    active = [unit for unit in (CAPTURE, UPLINK) if succeeds("systemctl", "is-active", "--quiet", unit)]
    succeeds("systemctl", "stop", CAPTURE)
    try:
        told = _handed_over(record, chosen)
        record.given_up = dict(told["left"])
        record.abandoned = _given_up(told["left"], chosen.abandon)
    except BaseException:
        # New reads would need a medium of their own, and that one receipts, without an end.
        again = [unit for unit in active if unit != CAPTURE or not handover.waits_for_receipts(record.given_up)]
        if again:
            succeeds("systemctl", "start", "--no-block", *again)
        raise
    record.handed_over, record.outbox, record.emptied = told, told["items"], True


def _handed_over(record: DecommissionRecord, chosen: argparse.Namespace) -> dict[str, Any]:
    """The unit's report once all was done to hand its reads over. Raises ProvisioningError."""
    try:
        _say("queueing open reads, records set aside and what damaged databases hold")
        told = handover.unit_report()
    except ProvisioningError as error:
        if not chosen.abandon:
            raise
        return {"items": {}, "left": {"not_counted": 1}, "error": str(error)}
    began = told
    uplinked = succeeds("systemctl", "is-active", "--quiet", UPLINK)
    if chosen.export is not None and told["items"]["offloaded"]:
        handover.make_place(chosen.export, record.unit_id)
        handover.take_receipts(chosen.export, _say)
        record.exported = handover.listed(chosen.export, record.unit_id)
    handover.drained(chosen.wait if uplinked else 0.0, _say)
    told = handover.unit_report()
    waiting = told["items"]["ready"] + told["items"]["quarantined"]
    if waiting and chosen.export is not None:
        _say(f"writing {waiting} items to {chosen.export}")
        # Two senders would only do the same twice.
        succeeds("systemctl", "stop", UPLINK)
        record.exported = handover.export(chosen.export, record.unit_id)
        told = handover.unit_report()
    return told | {name: began[name] + told[name] for name in ("open_reads_closed", "records_taken_in")}


def _given_up(left: dict[str, int], reason: str) -> str:
    """The reason on record for giving up reads that the department does not have; refused without one."""
    if left and not reason:
        cameras = "; the cameras stay off until then" if handover.waits_for_receipts(left) else ""
        line = f"not handed over: {handover.left_line(left)}{cameras}; nothing is destroyed"
        raise ProvisioningError(f"{line}; --abandon REASON gives it up on record")
    return reason if left else ""


def _destroy(record: DecommissionRecord) -> None:
    """Destroy the keys first: from then on the data is noise. The record is on the disk before and after each step."""
    _say("stopping the daemons")
    destruction.stop_units()
    if not record.revoked:
        record.revoked = destruction.ask_to_revoke()
        _say(f"the department was asked to revoke this unit: {record.revoked}")
    record.removed = record.removed or destruction.data_of()
    record.save()
    for path in destruction.secret_files():
        _say(f"overwriting {path}")
        record.keys.append(destruction.overwritten(path))
        record.save()
    _say("removing the data")
    destruction.remove(destruction.DATA, destruction.SETTINGS_FOLDER, destruction.RUNTIME)
    destruction.discard()
    record.ended = now()
    record.save()
    record.save_text()


def _certificate(folder: Path = TLS_FOLDER) -> str:
    """The fingerprint of the unit's certificate; empty where there is none. The folder is the unit's user's."""
    try:
        with no_follow.opened_folder(folder) as opened:
            pem = no_follow.read_file(opened, "unit.pem", CERTIFICATE_BYTES_MAX)
    except OSError:
        return ""
    told_ = run("openssl", "x509", "-noout", "-fingerprint", "-sha256", stdin=pem)
    return told_.partition("=")[2].strip().replace(":", "").lower()


def _revocation(unit_id: str) -> str:
    reason = shlex.quote("decommissioned")
    return f"alpr-edge department unit revoke {shlex.quote(unit_id)} --directory DIRECTORY --reason {reason}"


def _report(record: DecommissionRecord, *, as_json: bool) -> int:
    print(json.dumps(asdict(record)) if as_json else told(record, record.path()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
