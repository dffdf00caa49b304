"""The application that units connect to: it stores batches, sends lists, and renews and revokes certificates.

Every endpoint stands behind :class:`~alpr_edge.department.http.client_auth.Admission`, which the application itself
asks, so that a new one cannot forget it. One bad item never blocks a batch: it gets its own answer. A status for the
whole request means that nothing is known of its items.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect

from alpr_edge.department.http.batches.batch_counts import BatchCounts
from alpr_edge.department.http.batches.limits import BatchLimits
from alpr_edge.department.http.client_auth import Admission, Peer
from alpr_edge.department.http.department_keys import department_keys
from alpr_edge.department.http.description.answers import (
    OF_A_BODY,
    answers_to_units,
    batch_body,
    list_answers,
    payload_body,
)
from alpr_edge.department.http.responses import HEADERS, Issuance, bare_app, certificate_response
from alpr_edge.department.http.rosters import serve_rosters
from alpr_edge.department.http.unit_documents.heartbeats import serve_heartbeats
from alpr_edge.department.http.unit_documents.holds import serve_holds
from alpr_edge.department.http.unit_documents.settings import serve_settings
from alpr_edge.department.ingest.part_checks import PartError
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.list_facts import accepted_for
from alpr_edge.department.list_requests import ListRequest
from alpr_edge.department.people.page_certificates import issue_page_certificate
from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.pki.evidence_certificates import signing_key_of, vouch_for_signer, vouch_for_witness
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.department.pki.units import Units
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.enrolment import (
    EVIDENCE_VOUCHER_PATH,
    KEYS_PATH,
    PAGE_CERTIFICATE_PATH,
    RENEW_PATH,
    RETIRE_PATH,
    DepartmentKeysPayload,
    EvidenceVoucherPayload,
    IssuedPayload,
    RenewPayload,
    RetiredPayload,
    RetirePayload,
)
from alpr_edge.domain.protocol.items import (
    DIGEST_HEADER,
    ITEMS_MAX,
    ITEMS_PATH,
    LIST_ACCEPTED_HEADER,
    LIST_CHANGE_HEADER,
    LIST_SERIAL_HEADER,
    LISTS_PATH,
    AnswersPayload,
    ItemAnswerPayload,
    Outcome,
)
from alpr_edge.web.requests import bounded_receive, host_of, small_body


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


REQUEST_BYTES_MAX = 72 * 1024 * 1024
"""Above the largest batch a unit may be set to, with the headers of its parts."""
RECEIVE_S_MAX = 300.0
"""How long a batch may take to arrive over a weak link."""
STORING_MAX = 2
"""Batches held in memory at a time on their way to disk; the others wait as they arrived."""

AfterSerial = Annotated[int, Query(ge=0)]

log = structlog.get_logger(__name__)


def create_app(
    storage: Storage, receive_s_max: float = RECEIVE_S_MAX, batch_counts: BatchCounts | None = None
) -> FastAPI:
    """The ASGI application over an open storage.

    It answers nobody unless the server tells whose verified certificate the connection was made with.

    Args:
        receive_s_max: the longest time in which a batch must arrive.
    """
    admission = Admission(storage.units)
    app = bare_app(dependencies=[Depends(admission)])
    _serve_documents(app, storage, admission)
    _serve_items(app, storage, admission, batch_counts or BatchCounts(), receive_s_max)
    _serve_lists(app, storage, admission)
    _serve_certificates(app, storage, admission)
    return app


def _serve_items(
    app: FastAPI, storage: Storage, admission: Admission, counts: BatchCounts, receive_s_max: float
) -> None:
    """The endpoint that takes items."""
    limits, storing = BatchLimits(counts=counts), asyncio.Semaphore(STORING_MAX)
    batch_answers = answers_to_units(200, "What became of each item.", AnswersPayload, (*OF_A_BODY, 429))

    @app.post(ITEMS_PATH, responses=batch_answers, openapi_extra=batch_body())
    async def receive(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Store a batch and answer it."""
        with limits.admit(sender.unit_id):
            form = await _receive_form(request, receive_s_max)
            try:
                async with storing:
                    # Once more: a batch may take minutes to arrive, and its unit may have been revoked meanwhile.
                    await run_in_threadpool(admission, request)
                    answers = await _store_form(storage, sender.unit_id, form, counts)
            finally:
                await form.close()
        _log_batch(answers, sender.unit_id, host_of(request))
        return await run_in_threadpool(_answers_response, storage, sender.unit_id, answers)


def _serve_lists(app: FastAPI, storage: Storage, admission: Admission) -> None:
    """The endpoint that gives hotlists."""

    @app.get(LISTS_PATH + "{source}", response_class=FileResponse, responses=list_answers())
    def send_list(
        request: Request, source: str, sender: Annotated[Peer, Depends(admission)], after: AfterSerial = 0
    ) -> Response:
        """Send a list's next step; a part of it when the unit asks for the rest of a transfer that was cut off."""
        _note_list_request(storage, ListRequest(sender.unit_id, source, after))
        return _list(storage, sender.unit_id, source, after, host_of(request))


def _serve_documents(app: FastAPI, storage: Storage, admission: Admission) -> None:
    """The endpoints of what a unit fetches whole, or says of itself."""
    serve_rosters(app, storage.rosters, storage.held_versions, admission)
    serve_holds(app, storage.holds, storage.lists, admission)
    serve_settings(app, storage.settings, storage.held_settings, admission)
    serve_heartbeats(app, storage.heartbeats, admission)
    serve_evidence_vouchers(app, storage.directory, admission)


def _serve_certificates(app: FastAPI, storage: Storage, admission: Admission) -> None:
    """The endpoints with which a unit renews and retires its own certificates, and asks for the department's keys."""
    units = storage.units
    certificate_answers = answers_to_units(200, "A certificate and the keys.", IssuedPayload, (*OF_A_BODY, 429))
    retirement_answers = answers_to_units(200, "How much was revoked.", RetiredPayload, OF_A_BODY)

    @app.post(RENEW_PATH, responses=certificate_answers, openapi_extra=payload_body(RenewPayload))
    async def renew(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Give the certificate that follows the sender's."""
        return await _renew(storage, sender, request)

    @app.post(PAGE_CERTIFICATE_PATH, responses=certificate_answers, openapi_extra=payload_body(RenewPayload))
    async def page_certificate(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Give the certificate of the page in the sender's car."""
        return await _page_certificate(storage, sender, request)

    @app.get(KEYS_PATH, responses=answers_to_units(200, "The keys.", DepartmentKeysPayload))
    def keys() -> Response:
        """Give the department's public keys."""
        body = department_keys(units, storage.directory).model_dump_json()
        return Response(body, media_type="application/json", headers=HEADERS)

    @app.post(RETIRE_PATH, responses=retirement_answers, openapi_extra=payload_body(RetirePayload))
    async def retire(request: Request, sender: Annotated[Peer, Depends(admission)]) -> Response:
        """Revoke the sender's own certificates and code."""
        return await _retire(units, sender, request)


async def _receive_form(request: Request, receive_s_max: float) -> FormData:
    """The whole form, bounded in bytes, parts and time."""
    bounded_request = Request(request.scope, bounded_receive(request, REQUEST_BYTES_MAX, "a batch"))
    try:
        async with asyncio.timeout(receive_s_max):
            return await bounded_request.form(max_files=ITEMS_MAX, max_fields=ITEMS_MAX)
    except TimeoutError:
        raise HTTPException(408, "the batch took too long to arrive") from None
    except ClientDisconnect:
        # A car that drives out of coverage: nobody hears the answer, and the batch comes again.
        raise HTTPException(400, "the unit hung up") from None


async def _store_form(storage: Storage, unit_id: str, form: FormData, counts: BatchCounts) -> list[ItemAnswerPayload]:
    """Answers in the order of the parts."""
    parts: list[Part] = []
    strays: list[ItemAnswerPayload] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            sha256 = value.headers.get(DIGEST_HEADER, "")
            parts.append(Part(name, value.filename or "", await value.read(), sha256))
        else:
            strays.append(PartError(400, "part: without a filename, which is its kind").answer(name))
    answers = await run_in_threadpool(storage.store, unit_id, parts)
    for part, answer in zip(parts, answers, strict=True):
        counts.note(part.kind, answer.outcome)
    counts.refused += len(strays)
    return answers + strays


def _answers_response(storage: Storage, unit_id: str, answers: list[ItemAnswerPayload]) -> Response:
    lists, logs = storage.lists.newest(unit_id), storage.logs.statements(unit_id)
    payload = AnswersPayload(answers=answers, lists=lists, utc=rfc3339(datetime.now(UTC)), logs=logs)
    return Response(payload.model_dump_json(), media_type="application/json", headers=HEADERS)


async def _renew(storage: Storage, sender: Peer, request: Request) -> Response:
    host, csr = host_of(request), await _certificate_request(request)
    new = partial(storage.units.renew, sender.unit_id, sender.fingerprint, csr, host)
    keys = partial(department_keys, storage.units, storage.directory)
    return await run_in_threadpool(certificate_response, Issuance(sender.unit_id, host), new, keys)


async def _page_certificate(storage: Storage, sender: Peer, request: Request) -> Response:
    new = partial(issue_page_certificate, storage.directory, sender.unit_id, await _certificate_request(request))
    keys = partial(department_keys, storage.units, storage.directory)
    return await run_in_threadpool(certificate_response, Issuance(sender.unit_id, host_of(request)), new, keys)


async def _certificate_request(request: Request) -> str:
    """The certificate request that a unit sends with its certificate."""
    try:
        return RenewPayload.model_validate_json(await small_body(request)).request
    except ValidationError:
        raise HTTPException(422, "the request's fields are not as expected") from None


async def _retire(units: Units, sender: Peer, request: Request) -> Response:
    try:
        payload = RetirePayload.model_validate_json(await small_body(request))
    except ValidationError:
        raise HTTPException(422, "the request's fields are not as expected") from None
    done = await run_in_threadpool(units.revoke, sender.unit_id, payload.reason, UnitEnd.RETIRED)
    log.info("department.unit_retired", unit=sender.unit_id, client=host_of(request), certificates=done.certificates)
    answer = RetiredPayload(certificates=done.certificates, codes=done.codes)
    return Response(answer.model_dump_json(), media_type="application/json", headers=HEADERS)


def _log_batch(answers: list[ItemAnswerPayload], unit_id: str, client: str) -> None:
    """One line a batch, which names no item."""
    stored_count = sum(answer.outcome == Outcome.RECEIPT for answer in answers)
    log.info(
        "department.batch_stored", unit=unit_id, client=client, stored=stored_count, refused=len(answers) - stored_count
    )


def _note_list_request(storage: Storage, request: ListRequest) -> None:
    """Record which list a unit asks for; a list is sent also where that cannot be written."""
    try:
        storage.list_requests.note(request)
        storage.held_versions.note_list(request.unit_id, request.source, request.serial)
    except StoreError as error:
        log.warning("department.list_request_not_recorded", unit=request.unit_id, reason=str(error))


def _list(storage: Storage, unit_id: str, source: str, after: int, client: str) -> Response:
    try:
        step = storage.lists.next_after(source, after, unit_id)
        if step is None and not storage.lists.has(source, unit_id):
            raise HTTPException(404, "no such list")
    except DepartmentError as error:
        raise HTTPException(404, str(error)) from None
    if step is None:
        return Response(status_code=204, headers=HEADERS)
    log.info("department.list_sent", unit=unit_id, client=client, source=source, serial=step.serial)
    about = {LIST_SERIAL_HEADER: str(step.serial), LIST_CHANGE_HEADER: step.change.value}
    if accepted := accepted_for(step.path.parent, step.serial, after):
        about[LIST_ACCEPTED_HEADER] = ",".join(accepted)
    return FileResponse(step.path, media_type="application/octet-stream", headers=HEADERS | about)
