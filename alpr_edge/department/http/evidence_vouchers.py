"""Vouches for the keys by which units sign evidence packages, and for the key that cosigns their access logs."""

from pathlib import Path
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from alpr_edge.department.http.client_auth import Admission, Peer
from alpr_edge.department.http.description.answers import OF_A_BODY, answers_to_units, payload_body
from alpr_edge.department.http.responses import HEADERS
from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.pki.evidence_certificates import signing_key_of, vouch_for_signer, vouch_for_witness
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.enrolment import EVIDENCE_VOUCHER_PATH, EvidenceVoucherPayload, RenewPayload
from alpr_edge.web.requests import host_of, small_body

log = structlog.get_logger(__name__)


def serve_evidence_vouchers(app: FastAPI, directory: Path, admission: Admission) -> None:
    """Add the address at which units get them to an application."""
    voucher_answers = answers_to_units(200, "Certificates of both keys.", EvidenceVoucherPayload, OF_A_BODY)

    @app.post(EVIDENCE_VOUCHER_PATH, responses=voucher_answers, openapi_extra=payload_body(RenewPayload))
    async def vouch(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Vouch for the sender's own key."""
        try:
            payload = RenewPayload.model_validate_json(await small_body(request))
        except ValidationError:
            raise HTTPException(422, "the request's fields are not as expected") from None
        return await run_in_threadpool(_answer, directory, sender.unit_id, payload.request, host_of(request))


def _answer(directory: Path, unit_id: str, request: str, client: str) -> Response:
    try:
        vouchers = issue_vouchers(directory, unit_id, request)
    except CertificateRefusedError as error:
        log.warning("department.evidence_key_refused", unit=unit_id, client=client, reason=error.reason.value)
        return JSONResponse({"reason": error.reason.value, "detail": str(error)}, 403, headers=HEADERS)
    except DepartmentError as error:
        log.error("department.evidence_key_refused", unit=unit_id, client=client, reason=str(error))
        return JSONResponse({"detail": "this department cannot vouch at present"}, 503, headers=HEADERS)
    log.info("department.evidence_key_vouched", unit=unit_id, client=client)
    return Response(vouchers.model_dump_json(), media_type="application/json", headers=HEADERS)


def issue_vouchers(directory: Path, unit_id: str, request: str) -> EvidenceVoucherPayload:
    """The certificates of a unit's signing key and of the department's key for cosignatures.

    Args:
        request: a certificate request; only its key counts.
    """
    key, authority = signing_key_of(request), Authority.load(TlsFiles(directory))
    voucher = vouch_for_signer(authority, unit_id, key)
    witness = vouch_for_witness(authority, Witness(directory).key)
    return EvidenceVoucherPayload(certificate=voucher.certificate.decode(), witness_certificate=witness.decode())
