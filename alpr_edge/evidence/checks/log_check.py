"""Checks what a package shows of an access log: proofs, checkpoints, the department's cosignature.

A log can be cut only together with the checkpoints that are larger than what is left. The department keeps the largest
that it cosigned, so a unit that cut its log has a cosigned one that its newest does not continue, or none at all. A
unit that the department's authority vouches for has a witness; a package that names none hides what it would tell. Of
the keys that the authority vouches for, the one of the department's own name alone is a witness: no unit is its own.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alpr_edge.domain.access_log.records import DEPARTMENT as OWN_RECORDS
from alpr_edge.domain.access_log.records import origin_of, parse_record
from alpr_edge.domain.errors import AuditError, EvidenceError
from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, open_checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, NoteKey, SignedNote, decode_base64
from alpr_edge.domain.log_proofs.proof_files import SUFFIX, ProofFile, check_proof
from alpr_edge.domain.log_proofs.proofs import is_consistent
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.checks.package_files import PackageFiles, UnreadableError
from alpr_edge.evidence.layout import PACKAGE, PAYLOAD
from alpr_edge.evidence.package_records import PackagePayload
from alpr_edge.evidence.signer import WITNESS
from alpr_edge.evidence.vouchers import VouchedKey, open_voucher

_LOG = re.compile(rf"{PAYLOAD}access/(log-[1-9][0-9]{{0,3}})/.+")
_RECORD = ".json"
_WITNESS_KEY = "witness.vkey"


@dataclass(frozen=True, slots=True)
class _LogState:
    """A log as its package shows it."""

    key: NoteKey
    newest: Checkpoint
    cosigned: Checkpoint | None
    cosigned_at: datetime | None


@dataclass(frozen=True, slots=True)
class _RecordScope:
    """What the records of a package may be about."""

    package: PackagePayload | None
    """None: it does not say what it is, which is a fault of its own."""
    units: Collection[str]
    """Whose logs it may show, beside the department's own."""
    found: set[tuple[str, str, int]] = field(default_factory=set)
    """Unit, log and number of each record that was found so far."""


def check_logs(
    files: PackageFiles, findings: Findings, authority: bytes, package: PackagePayload | None, units: Collection[str]
) -> None:
    """Check every access log of a package.

    Args:
        authority: the certificate of the authority that vouches for the signing key; empty: none does.
        package: what the package says of itself; None: it does not.
        units: whose logs it may show, beside the department's own.
    """
    logs = sorted({match[1] for path in files.sizes if (match := _LOG.fullmatch(path))})
    if package is not None and package.logs != len(logs):
        words = f"says that there are {package.logs} access logs; there are {len(logs)}"
        findings.fault(DefectKind.RECORD_FALSE, PACKAGE, words)
    scope = _RecordScope(package, units)
    for log in logs:
        _check_log(files, findings, f"{PAYLOAD}access/{log}", authority, scope)
    if not logs:
        findings.state(
            CheckSubject.ACCESS_LOG, "no record of who looked at this evidence is in the package", holds=None
        )
    if package is not None and package.unproved_records:
        words = "the package says how many records of the case came after the log was signed last, and are not in it"
        findings.state(CheckSubject.ACCESS_LOG, f"{words}: {package.unproved_records}", holds=None)


def _check_log(files: PackageFiles, findings: Findings, folder: str, authority: bytes, scope: _RecordScope) -> None:
    try:
        state = _log_state(files, folder, authority)
    except _LogCutError as error:
        findings.fault(DefectKind.LOG_CUT, f"{folder}/{error.file}", str(error))
        findings.state(CheckSubject.ACCESS_LOG, f"the access log was cut or set back: {error}", holds=False)
        return
    except (AuditError, EvidenceError, UnreadableError, UnicodeDecodeError) as error:
        findings.fault(DefectKind.PROOF_FALSE, f"{folder}/checkpoint.note", f"the log's state does not hold: {error}")
        findings.state(CheckSubject.ACCESS_LOG, "nothing is proved of the access log", holds=False)
        return
    is_hidden = bool(authority) and state.cosigned is None
    if is_hidden:
        words = "is not there: the package names no key by which the department cosigned this log"
        findings.fault(DefectKind.LOG_CUT, f"{folder}/{_WITNESS_KEY}", words)
    names = _record_names(files, folder)
    checked = (_check_record(files, findings, f"{folder}/{name}", state, scope) for name in names)
    sequences = [number for number in checked if number is not None]
    words = f"{len(sequences)} records of who looked at this evidence are proved to be in the log {state.key.name}"
    if is_hidden or len(sequences) < len(names):
        is_proved: bool | None = False
    else:
        is_proved = True if authority else None
    if len(sequences) < len(names):
        words = f"not every record is proved: {len(sequences)} of {len(names)} are"
    words += _cosigned_words(state, sequences, is_vouched=bool(authority))
    findings.state(CheckSubject.ACCESS_LOG, words, holds=is_proved)


def _record_names(files: PackageFiles, folder: str) -> list[str]:
    """The names of the records of a log, of each its body, its proof or both are there."""
    paths = (path.removeprefix(f"{folder}/") for path in files.sizes if path.startswith(f"{folder}/"))
    return sorted({path.removesuffix(end) for path in paths for end in (_RECORD, SUFFIX) if path.endswith(end)})


def _cosigned_words(state: _LogState, sequences: Iterable[int], *, is_vouched: bool) -> str:
    if state.cosigned is None or state.cosigned_at is None:
        if is_vouched:
            return (
                "; the unit has a department, and whether that has seen this log is left out, so a cut would not show"
            )
        return "; no department has seen that log, so a cut at its end would not show"
    later = sum(number >= state.cosigned.size for number in sequences)
    who = "the department" if is_vouched else "somebody whose key nobody vouches for"
    words = f"; {who} had seen its first {state.cosigned.size} at {state.cosigned_at:%Y-%m-%d %H:%M} UTC"
    return words + (f", {later} of these records came after that" if later else "")


class _LogCutError(Exception):
    """The log is not the one that the department knows."""

    def __init__(self, file: str, words: str) -> None:
        super().__init__(words)
        self.file = file


def _log_state(files: PackageFiles, folder: str, authority: bytes) -> _LogState:
    key = NoteKey.parse(files.read(f"{folder}/log.vkey").decode())
    newest = open_checkpoint(files.read(f"{folder}/checkpoint.note").decode(), key)
    has_witness = f"{folder}/{_WITNESS_KEY}" in files.sizes
    witness = NoteKey.parse(files.read(f"{folder}/{_WITNESS_KEY}").decode()) if has_witness else None
    if key.type == COSIGNATURE and key != witness:
        raise AuditError("only the department's own log is signed by a key for cosignatures, and this is another key")
    if witness is None:
        return _LogState(key, newest, None, None)
    voucher = _check_witness(files, folder, witness, authority) if authority else None
    if f"{folder}/cosigned.note" not in files.sizes:
        raise _LogCutError("checkpoint.note", "there is a department, and it cosigned no state of this log")
    text = files.read(f"{folder}/cosigned.note").decode()
    cosigned = open_checkpoint(text, key)
    at = _cosigned_at(text, witness, voucher)
    _check_continuation(files, folder, cosigned, newest)
    return _LogState(key, newest, cosigned, at)


def _check_witness(files: PackageFiles, folder: str, witness: NoteKey, authority: bytes) -> VouchedKey:
    """Check that the authority vouches for the key that cosigned, as that of the department itself."""
    voucher = open_voucher(files.read(f"{folder}/witness.pem"), authority)
    if (voucher.name, voucher.public_key) != (witness.name, witness.public_key):
        raise AuditError("the department's authority vouches for another key than the one that cosigned the log")
    if voucher.name != WITNESS:
        raise AuditError("the key that cosigned the log is not the department's, by which alone a log is cosigned")
    return voucher


def _cosigned_at(note: str, witness: NoteKey, voucher: VouchedKey | None) -> datetime:
    """When a checkpoint was cosigned.

    The certificate may have begun later: one for the same key is issued anew for a package, and each year for a unit.
    """
    try:
        at = datetime.fromtimestamp(check_cosignature(SignedNote.parse(note), witness), UTC)
    except (ValueError, OverflowError, OSError):
        raise AuditError("the date of the cosignature is none") from None
    if voucher is not None and at > voucher.ends:
        raise AuditError(f"it was cosigned at {at:%Y-%m-%d}, after the certificate of that key had ended")
    return at


def _check_continuation(files: PackageFiles, folder: str, cosigned: Checkpoint, newest: Checkpoint) -> None:
    """Check that the newest state continues the one that the department cosigned."""
    if newest.size < cosigned.size:
        words = f"the department had seen {cosigned.size} records, the unit's newest state has {newest.size}"
        raise _LogCutError("checkpoint.note", words)
    lines = files.read(f"{folder}/consistency.txt").decode().splitlines()
    proof = [decode_base64(line) for line in lines]
    if not is_consistent(cosigned.size, cosigned.root, newest.size, newest.root, proof):
        words = f"the newest state does not continue the {cosigned.size} records that the department had seen"
        raise _LogCutError("checkpoint.note", words)


def _check_record(
    files: PackageFiles, findings: Findings, path: str, state: _LogState, scope: _RecordScope
) -> int | None:
    """Check one record, by its path without an ending; returns its number if it is proved."""
    for end, words in ((SUFFIX, "has no proof that it is in the log"), (_RECORD, "has no record beside it")):
        if f"{path}{end}" not in files.sizes:
            findings.fault(DefectKind.PROOF_FALSE, f"{path}{_RECORD if end == SUFFIX else SUFFIX}", words)
            return None
    try:
        body = files.read(f"{path}{_RECORD}")
        proof = ProofFile.parse(files.read(f"{path}{SUFFIX}").decode())
        _check_known(check_proof(proof, state.key, body), state)
        _check_extra(proof, body)
        _check_subject(path.rpartition("/")[2], proof.index, body, state, scope)
    except _LogCutError as error:
        findings.fault(DefectKind.LOG_CUT, f"{path}{SUFFIX}", str(error))
        return None
    except (AuditError, UnreadableError, UnicodeDecodeError) as error:
        findings.fault(DefectKind.PROOF_FALSE, f"{path}{SUFFIX}", str(error))
        return None
    return proof.index


def _check_extra(proof: ProofFile, body: bytes) -> None:
    if proof.extra is not None and proof.extra != body:
        raise AuditError("the record beside it is another than the one that it carries")


def _check_subject(name: str, index: int, body: bytes, state: _LogState, scope: _RecordScope) -> None:
    """Check that a proved record is the one of its number, of the log, of a unit of the package and of no other case.

    One that states no case is about the case by what it names, and may name more than the package holds: reads that
    were deleted since.
    """
    record = parse_record(body)
    if not name == f"{index:08}" == f"{record.sequence:08}":
        raise AuditError("its name, its proof and its record have different numbers")
    if origin_of(record.log_id) != state.newest.origin:
        raise AuditError("the record says that it is of another log")
    if (identity := (record.unit_id, record.log_id, record.sequence)) in scope.found:
        raise AuditError("the same record is in the package twice")
    scope.found.add(identity)
    if scope.package is None:
        return
    units = {OWN_RECORDS} if state.key.type == COSIGNATURE else scope.units
    if record.unit_id not in units:
        raise AuditError("the record is that of a unit that the package is not of")
    if record.case and normal_case(record.case) != normal_case(scope.package.case):
        raise AuditError("the record is about another case")


def _check_known(checkpoint: Checkpoint, state: _LogState) -> None:
    """Check that a proof leads to a state of the log that the package shows."""
    known = {each.size: each.root for each in (state.newest, state.cosigned) if each is not None}
    if checkpoint.size > max(known):
        words = f"its proof is of a log of {checkpoint.size} records, the newest state has {state.newest.size}"
        raise _LogCutError("", words)
    if known.get(checkpoint.size) != checkpoint.root:
        raise AuditError("its proof leads to a state of the log that the package does not show")
