"""Makes the OpenAPI document of what units ask of a department: both ports, their payloads and those of items.

Paths, parameters and answers come from the routes, payloads from their classes, so that the document says what is
served. The pages for people are no part of it: they are forms.
"""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.protocol.access_log import CheckpointPayload
from alpr_edge.domain.protocol.bookings import BookingPayload
from alpr_edge.domain.protocol.canvass import CanvassEndPayload, CanvassPayload
from alpr_edge.domain.protocol.dispositions import DispositionPayload
from alpr_edge.domain.protocol.enrolment import EnrolPayload, RenewPayload, RetirePayload
from alpr_edge.domain.protocol.heartbeats import HeartbeatPayload
from alpr_edge.domain.protocol.hits import AlertPayload, HitPayload, LateTonePayload, WithdrawalPayload
from alpr_edge.domain.protocol.holds import HoldPayload, HoldReleasePayload
from alpr_edge.domain.protocol.items import PROTOCOL_HEADER, PROTOCOL_VERSION, UNIT_HEADER, ItemKind, ReadPayload
from alpr_edge.domain.protocol.rosters import ROSTER_SERIAL_HEADER
from alpr_edge.domain.protocol.service_ports import ENROL_PORT, STORAGE_PORT
from alpr_edge.domain.protocol.time_corrections import TimePayload

ITEMS: dict[ItemKind, type[BaseModel] | None] = {
    ItemKind.READ: ReadPayload,
    ItemKind.HIT: HitPayload,
    ItemKind.ACCESS: None,
    ItemKind.IMAGE: None,
    ItemKind.TIME: TimePayload,
    ItemKind.ALERT: AlertPayload,
    ItemKind.WITHDRAWAL: WithdrawalPayload,
    ItemKind.LATE_TONE: LateTonePayload,
    ItemKind.DISPOSITION: DispositionPayload,
    ItemKind.HOLD: HoldPayload,
    ItemKind.HOLD_RELEASE: HoldReleasePayload,
    ItemKind.CANVASS: CanvassPayload,
    ItemKind.CANVASS_END: CanvassEndPayload,
    ItemKind.ACCESS_RECORD: AccessRecord,
    ItemKind.CHECKPOINT: CheckpointPayload,
    ItemKind.BOOKING: BookingPayload,
}
"""The payload of each kind of item; None: no JSON, or any JSON object."""
BODIES: tuple[type[BaseModel], ...] = (EnrolPayload, RenewPayload, RetirePayload, HeartbeatPayload)
"""Payloads of requests."""
KINDS_KEY = "x-alpr-edge-item-kinds"
_SCHEMA = "#/components/schemas/"
_TITLE = "alpr-edge department"
_ABOUT = (
    "What units ask of their department. The version of the protocol stands in each path (`/v1/`) and in a header of "
    "every request and answer; versions only add fields, and whoever does not know a field ignores it."
)


def api_document(storage: FastAPI, enrolment: FastAPI) -> dict[str, Any]:
    """The document, as JSON values."""
    documents = [_of_app(storage, STORAGE_PORT), _of_app(enrolment, ENROL_PORT)]
    for operation in _operations(documents[0]):
        names = [
            *operation.get("parameters", []),
            _reference("parameters", "Unit"),
            _reference("parameters", "Protocol"),
        ]
        operation |= {"parameters": names, "security": [{"certificate": []}]}
        for status in {*operation["responses"]} - {"500"}:
            answer = operation["responses"][status]
            answer.setdefault("headers", {})[ROSTER_SERIAL_HEADER] = _reference("headers", "RosterSerial")
    for operation in (each for document in documents for each in _operations(document)):
        for answer in operation["responses"].values():
            answer.setdefault("headers", {})[PROTOCOL_HEADER] = _reference("headers", "Protocol")
    schemas = documents[0]["components"]["schemas"] | documents[1]["components"]["schemas"] | _payload_schemas()
    return {
        "openapi": documents[0]["openapi"],
        "info": {"title": _TITLE, "version": str(PROTOCOL_VERSION), "description": _ABOUT},
        "paths": documents[0]["paths"] | documents[1]["paths"],
        "components": {"schemas": dict(sorted(schemas.items()))} | _components(),
        KINDS_KEY: {kind.value: payload and f"{_SCHEMA}{payload.__name__}" for kind, payload in ITEMS.items()},
    }


def api_text(storage: FastAPI, enrolment: FastAPI) -> str:
    """The document as the file ``config/department-api.json`` holds it."""
    return json.dumps(api_document(storage, enrolment), indent=1, ensure_ascii=False) + "\n"


def _of_app(app: FastAPI, port: int) -> dict[str, Any]:
    """The document of one application, each of whose paths says at which port it is served."""
    document = get_openapi(title=_TITLE, version=str(PROTOCOL_VERSION), routes=app.routes)
    server = {"url": "https://{department}:{port}", "variables": {}}
    server["variables"] = {"department": {"default": "alpr.example"}, "port": {"default": str(port)}}
    for path in document["paths"].values():
        path["servers"] = [server]
    return document


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for path in document["paths"].values() for method, each in path.items() if method != "servers"]


def _payload_schemas() -> dict[str, Any]:
    """The schemas of what units send."""
    payloads = [*BODIES, *(each for each in ITEMS.values() if each is not None)]
    _, definitions = models_json_schema([(each, "validation") for each in payloads], ref_template=_SCHEMA + "{model}")
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _components() -> dict[str, Any]:
    version = {"type": "string", "const": str(PROTOCOL_VERSION)}
    unit = {"type": "string", "maxLength": 64}
    serial = {"type": "string", "pattern": "^[0-9]+$"}
    return {
        "parameters": {
            "Unit": _header(UNIT_HEADER, "The unit: the common name of its certificate.", unit),
            "Protocol": _header(PROTOCOL_HEADER, "The version of the protocol.", version),
        },
        "headers": {
            "Protocol": {"description": "The version of the protocol.", "required": True, "schema": version},
            "RosterSerial": {"description": "The newest roster; 0: none.", "required": True, "schema": serial},
        },
        "securitySchemes": {
            "certificate": {"type": "mutualTLS", "description": "The certificate that the department gave the unit."}
        },
    }


def _header(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": words, "schema": schema}


def _reference(kind: str, name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{kind}/{name}"}
