"""The program of enrollment: ``python -m alpr_edge.department.http.enrolment_server DIRECTORY DESCRIPTOR``."""

import sys
from functools import partial
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.department_keys import department_keys
from alpr_edge.department.http.description.answers import OF_A_BODY, answers, payload_body
from alpr_edge.department.http.responses import HEADERS, Issuance, bare_app, certificate_response
from alpr_edge.department.http.stranger_server import serve_strangers
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.department.pki.units import Units
from alpr_edge.domain.protocol.enrolment import AUTHORITY_PATH, ENROL_PATH, EnrolPayload, IssuedPayload, Refusal
from alpr_edge.domain.protocol.enrolment_codes import MistypedError, parse_code
from alpr_edge.runtime.network.rate_limit import WrongTries, subscriber_network
from alpr_edge.web.requests import host_of, small_body

# The department's enrollment port: the one place where nobody has a certificate yet.
#
# It is an application with its own listener, in its own process
# (:mod:`~alpr_edge.department.http.listener_process`). The other listener goes on demanding a certificate,
# so that no mistake in this file, nor in how a request is routed, can let anybody reach an item or a list; and a flood
# of requests here takes no connection, descriptor or thread from the units that are enrolled.
#
# A unit gets its certificate for a code that was made for it alone. An address that sends too many wrong codes has to
# wait; a unit does not, as otherwise anybody who knows its id could keep it from enrolling.

ADDRESS_TRIES_MAX = 10
WINDOW_S = 600.0


def create_enrolment_app(
    units: Units,
    files: TlsFiles,
    address_tries: WrongTries | None = None,
) -> FastAPI:
    """The ASGI application of the enrollment port.

    Args:
        units: the units that may connect to the department.
        address_tries: bounds wrong tries by address; left out: 10 in ten minutes.
    """
    app = bare_app()
    limited_enrolment = _LimitedEnrolment(units, address_tries or WrongTries(ADDRESS_TRIES_MAX, WINDOW_S))

    authority_answers = answers(200, "The certificate as PEM.", "application/x-pem-file")
    certificate_answers = answers(200, "A certificate and the keys.", IssuedPayload, (403, 429, *OF_A_BODY))

    @app.get(AUTHORITY_PATH, response_class=Response, responses=authority_answers)
    def authority() -> Response:
        """Show the authority's certificate, which is public."""
        return Response(files.authority.read_bytes(), media_type="application/x-pem-file", headers=HEADERS)

    @app.post(ENROL_PATH, responses=certificate_answers, openapi_extra=payload_body(EnrolPayload))
    async def enrol(request: Request) -> Response:
        """Give a unit its first certificate for its code."""
        try:
            payload = EnrolPayload.model_validate_json(await small_body(request))
        except ValidationError:
            raise HTTPException(422, "the request's fields are not as expected") from None
        host = host_of(request)
        new = partial(limited_enrolment.enrol, payload, host)
        keys = partial(department_keys, units, files.directory)
        return await run_in_threadpool(certificate_response, Issuance(payload.unit_id, host), new, keys)

    return app


class _LimitedEnrolment:
    """Enrolls units, and counts wrong tries."""

    def __init__(self, units: Units, address_tries: WrongTries) -> None:
        self._units = units
        self._address_tries = address_tries

    def enrol(self, payload: EnrolPayload, host: str) -> bytes:
        address = subscriber_network(host)
        wait_s = self._address_tries.wait_s(address)
        if wait_s > 0:
            raise CertificateRefusedError(Refusal.TRIES, wait_s)
        try:
            return self._units.enrol(payload.unit_id, _canonical(payload.code), payload.request, host)
        except CertificateRefusedError:
            self._address_tries.note(address)
            raise


def _canonical(code: str) -> str:
    try:
        return parse_code(code)
    except MistypedError:
        raise CertificateRefusedError(Refusal.CODE) from None


def create_app(directory: Path, database: DepartmentDatabase, port: int) -> FastAPI:
    """The application over an open database."""
    del port
    files = TlsFiles(directory)
    return create_enrolment_app(Units(database, files), files)


if __name__ == "__main__":
    sys.exit(serve_strangers(create_app))
