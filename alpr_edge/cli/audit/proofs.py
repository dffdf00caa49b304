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
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object, time_text

if TYPE_CHECKING:
    from alpr_edge.domain.transparency.proof_files import ProofFile

_WITNESS_HELP = "The department's public key, or a file with it: its cosignature has to be there and to hold."


def prove(
    sequence: Annotated[int, typer.Argument(metavar="SEQUENCE", min=0, help="The record's number, from 0.")],
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Print one record with the proof that it is in the log; the proof shows no other record.

    Write it to a file with the suffix .tlog-proof, for alpr-edge audit check. That you looked goes on record.
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
    proof: Annotated[Path, typer.Argument(metavar="PROOF", help="A file that alpr-edge audit prove printed.")],
    key: KeyOption,
    witness: Annotated[str, typer.Option("--witness", help=_WITNESS_HELP)] = "",
    as_json: JsonOption = False,
) -> None:
    """Check the proof of one record and show the record. Needs nothing but the file and the log's public key.

    Ends with 1 when it does not hold.
    """
    from alpr_edge.domain.transparency.proof_files import ProofFile, check_proof

    file = ProofFile.parse(read_file(proof))
    checkpoint = check_proof(file, key_of(key))
    cosigned = _cosigned_at(file, witness) if witness else None
    record = _record_of(file)
    facts = {"sequence": file.index, "log": checkpoint.origin, "records": checkpoint.size, "cosigned": cosigned}
    if as_json:
        print_object({"ok": True, **facts, "record": record})
        return
    for name, value in record.items():
        typer.echo(f"{name:15}{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    typer.echo(f"record {file.index} of {checkpoint.size} in {checkpoint.origin}: proved")
    if cosigned is not None:
        typer.echo(f"the department had seen that log at {time_text(cosigned)}")


def _cosigned_at(file: ProofFile, witness: str) -> datetime:
    from alpr_edge.domain.transparency.cosignatures import check_cosignature
    from alpr_edge.domain.transparency.notes import SignedNote

    return datetime.fromtimestamp(check_cosignature(SignedNote.parse(file.note), key_of(witness)), UTC)


def _record_of(file: ProofFile) -> dict[str, Any]:
    from alpr_edge.domain.access_log.records import parse_record

    return parse_record(file.extra or b"").model_dump(mode="json")
