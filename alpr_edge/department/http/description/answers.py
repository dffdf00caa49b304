"""What each route says of its requests and answers, for the description of the interface; it changes no answer."""

from typing import Any

from pydantic import BaseModel

from alpr_edge.domain.protocol.enrolment import RefusedPayload
from alpr_edge.domain.protocol.items import (
    DIGEST_HEADER,
    ITEM_ID_PATTERN,
    ITEMS_MAX,
    LIST_ACCEPTED_HEADER,
    LIST_CHANGE_HEADER,
    LIST_SERIAL_HEADER,
    AcceptedSize,
    ListChange,
)

Answers = dict[int | str, dict[str, Any]]
"""Answers of a route by their status, as the framework takes them."""

_SCHEMA = "#/components/schemas/"
_WORDS = {
    400: "The request is not understood, or was cut off.",
    401: "No certificate on record: enroll the unit.",
    403: "Refused: the certificate was revoked or is another unit's, or what is asked for may not be.",
    404: "There is none.",
    408: "The body took too long to arrive.",
    413: "The body is too large.",
    422: "Fields are not as expected.",
    426: "Another protocol than this department's.",
    429: "Too many at once, or too many wrong tries: come again after `Retry-After`.",
    500: "A fault of the department.",
    503: "The department cannot do this at present.",
}
OF_A_BODY = (400, 408, 413, 422)
"""Refusals of a request that has a body."""
_ACCEPTED = f"What of its size was accepted ({' or '.join(AcceptedSize)}), with a comma between; absent without any."
_OF_EVERY_ROUTE = (500, 503)
_OF_UNITS = (401, 403, 426)
_LATER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}


def answers(
    status: int, words: str, content: type[BaseModel] | str | None = None, refusals: tuple[int, ...] = ()
) -> Answers:
    """The answers of a route that anybody may ask.

    Args:
        content: its payload, or its media type where it is no JSON; None: it has no body.
        refusals: statuses of the other answers, but for faults, which every route may have.
    """
    given: dict[str, Any] = {"description": words}
    if isinstance(content, str):
        given["content"] = {content: {"schema": {"type": "string", "format": "binary"}}}
    elif content is not None:
        given["model"] = content
    refused: Answers = {
        each: {"description": _WORDS[each], "model": RefusedPayload} for each in sorted({*refusals, *_OF_EVERY_ROUTE})
    }
    for each in {429, 503} & {*refused}:
        refused[each]["headers"] = dict(_LATER)
    return {status: given} | refused


def answers_to_units(
    status: int, words: str, content: type[BaseModel] | str | None = None, refusals: tuple[int, ...] = ()
) -> Answers:
    """The answers of a route for units alone, whose certificate is checked first; arguments as of :func:`answers`."""
    return answers(status, words, content, (*refusals, *_OF_UNITS))


def unchanged_answer(words: str) -> Answers:
    """The answer to a unit that has what it asks for already."""
    return {304: {"description": words}}


def list_answers() -> Answers:
    """The answers to a unit that asks for a list."""
    given = answers_to_units(200, "The list, or what changes in it.", "application/octet-stream", (404, 422))
    change = {"type": "string", "enum": [each.value for each in ListChange]}
    given[200]["headers"] = {
        LIST_SERIAL_HEADER: {"description": "Its serial.", "required": True, "schema": {"type": "integer"}},
        LIST_CHANGE_HEADER: {"description": "What it does to the list held.", "required": True, "schema": change},
        LIST_ACCEPTED_HEADER: {"description": _ACCEPTED, "schema": {"type": "string"}},
    }
    return given | {204: {"description": "The unit has the newest."}}


def payload_body(payload: type[BaseModel]) -> dict[str, Any]:
    """The body of a request that is one payload."""
    content = {"application/json": {"schema": {"$ref": _SCHEMA + payload.__name__}}}
    return {"requestBody": {"required": True, "content": content}}


def batch_body() -> dict[str, Any]:
    """The body of a request that is a batch of items."""
    about = (
        f"One part for each item, {ITEMS_MAX} at most: its name is the item's id, its filename the kind, its header "
        f"`{DIGEST_HEADER}` the SHA-256 of its content in hexadecimal digits. The kinds, and the schema of the content "
        "of each, are in `x-alpr-edge-item-kinds`; one without a schema is no JSON, or JSON that is stored as it comes."
    )
    part = {"type": "string", "format": "binary"}
    schema = {
        "type": "object",
        "maxProperties": ITEMS_MAX,
        "propertyNames": {"pattern": ITEM_ID_PATTERN},
        "additionalProperties": part,
    }
    return {
        "requestBody": {"description": about, "required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }
