"""``alpr-edge audit prove`` and ``check``: one record of the access log, for somebody who has nothing of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.audit.common import KeyOption, key_of, read_file
from alpr_edge.cli.common import DEFAULT_SETTINGS, NUMBER_MAX, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object, time_text
from alpr_edge.domain.errors import AuditError

if TYPE_CHECKING:
    from alpr_edge.domain.log_proofs.proof_files import ProofFile

_KEPT_HELP = "For a proof that a log only grew: the signed checkpoint that you kept."
_WITNESS_HELP = "The department's public key, or a file with it; requires its valid cosignature."


def prove(
    sequence: Annotated[
        int, typer.Argument(metavar="SEQUENCE", min=0, max=NUMBER_MAX, help="The record's number, from 0.")
    ],
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Print one record with the proof that it is in the log; the proof shows no other record.

    Write it to a file with the suffix .tlog-proof, for alpr-edge audit check. The access is recorded.
    """
    from alpr_edge.services.audit.log_audits import key_of_log, prove_record
    from alpr_edge.settings import load
    from alpr_edge.store.access_log.log import open_access_log

    unit = load(settings)
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_access_log(unit, migrate=False) as log,
    ):
        proof = prove_record(log, authoriser, known_purpose, sequence)
        key = key_of_log(log)
    if as_json:
        print_object({"sequence": sequence, "key": key.text, "proof": proof.text})
    else:
        typer.echo(proof.text, nl=False)


def check(
    proof: Annotated[Path, typer.Argument(metavar="PROOF", help="A proof of one record, or that a log only grew.")],
    key: KeyOption,
    witness: Annotated[str, typer.Option("--witness", help=_WITNESS_HELP)] = "",
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint", metavar="FILE", help=_KEPT_HELP)] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a proof. Needs only the files and the log's public key; exit code 1 if the proof is not valid.

    A proof of one record shows the record. A proof that a log only grew is checked against the checkpoint you kept.
    """
    from alpr_edge.domain.log_proofs.consistency_files import CONSISTENCY_LINE
    from alpr_edge.domain.log_proofs.proof_files import ProofFile, check_proof

    text = read_file(proof)
    if text.startswith(CONSISTENCY_LINE):
        _check_growth(text, key, checkpoint, as_json=as_json)
        return
    file = ProofFile.parse(text)
    proved = check_proof(file, key_of(key))
    cosigned = _cosigned_at(file, witness) if witness else None
    record = _record_of(file)
    facts = {"sequence": file.index, "log": proved.origin, "records": proved.size, "cosigned": cosigned}
    if as_json:
        print_object({"ok": True, **facts, "record": record})
        return
    for name, value in record.items():
        typer.echo(f"{name:15}{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    typer.echo(f"record {file.index} of {proved.size} in {proved.origin}: proved")
    if cosigned is not None:
        typer.echo(f"the department cosigned that log at {time_text(cosigned)}")


def _check_growth(text: str, key: str, checkpoint: Path | None, *, as_json: bool) -> None:
    from alpr_edge.domain.log_proofs.consistency_files import ConsistencyFile, check_growth

    if checkpoint is None:
        raise AuditError("this proof starts from a checkpoint that you kept; name it with --checkpoint FILE")
    old, new = check_growth(ConsistencyFile.parse(text), read_file(checkpoint), key_of(key))
    if as_json:
        print_object({"ok": True, "log": new.origin, "kept_records": old.size, "records": new.size})
    else:
        typer.echo(f"{new.origin} grew from {old.size} records to {new.size}, and none of the {old.size} was changed")


def _cosigned_at(file: ProofFile, witness: str) -> datetime:
    from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
    from alpr_edge.domain.log_proofs.notes import SignedNote

    return datetime.fromtimestamp(check_cosignature(SignedNote.parse(file.note), key_of(witness)), UTC)


def _record_of(file: ProofFile) -> dict[str, Any]:
    from alpr_edge.domain.access_log.records import parse_record

    return parse_record(file.extra or b"").model_dump(mode="json")
