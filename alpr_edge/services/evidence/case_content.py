"""Puts together what the package of a case holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alpr_edge.evidence.content import AccessLogPart, AccessProof, BookingRecord, PackageCanvass, PackageContent
from alpr_edge.services.evidence.case_facts import CaseFacts, known_models
from alpr_edge.services.evidence.case_reads import CaseReads
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.case_records import RecordChoice, count_unproved, log_state, records_of_case
from alpr_edge.store.access_log.log import AccessLog


@dataclass(frozen=True, slots=True)
class CaseAccess:
    """What the access log says of a case."""

    logs: tuple[AccessLogPart, ...]
    """Empty: it was never signed."""
    unproved: int
    """Records of the case that came after the log was signed last, and are in no package yet."""


def case_content(
    booking: BookingRecord,
    reads: CaseReads,
    facts: CaseFacts,
    access: CaseAccess,
    canvasses: Sequence[PackageCanvass],
    settings: Settings,
) -> PackageContent:
    return PackageContent(
        booking=booking,
        reads=reads,
        read_count=len(reads),
        access=access.logs,
        unproved_records=access.unproved,
        left_out=reads.left_out,
        models=known_models(settings.vision, settings.unit.data_directory, facts.model_ids),
        generations=facts.generations,
        canvasses=tuple(canvasses),
    )


def access_of_case(log: AccessLog, choice: RecordChoice, witness: bytes) -> CaseAccess:
    """What the access log says of a case: its state, and the records that are about the case, proved.

    Args:
        witness: certificate of the key that cosigns the log, PEM; empty: there is none.
    """
    state = log_state(log)
    unproved = count_unproved(log, state, choice)
    if state is None:
        return CaseAccess((), unproved)

    def proofs() -> Iterator[AccessProof]:
        for record in records_of_case(log, state, choice):
            yield AccessProof(record.sequence, record.body, record.proof.text)

    cosigned = state.cosigned
    part = AccessLogPart(
        log_key=state.key.text,
        checkpoint=state.newest.note.whole,
        cosigned=None if cosigned is None else cosigned.note.whole,
        consistency=state.consistency,
        witness_key="" if state.witness is None else state.witness.text,
        witness_certificate=b"" if state.witness is None else witness,
        records=proofs(),
    )
    return CaseAccess((part,), unproved)
