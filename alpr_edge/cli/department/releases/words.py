"""Requests of other agencies as commands print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from alpr_edge.cli.output import print_object

if TYPE_CHECKING:
    from alpr_edge.department.releases.release_rows import FiledRequest
    from alpr_edge.domain.releases.progress import RequestStep

RELEASE = "release"
"""The purpose by which requests are entered, decided and shown."""


def request_object(filed: FiledRequest, *, with_plates: bool = False) -> dict[str, Any]:
    """A request for programs; its plates only where one request is looked at."""
    request = filed.request
    scope = {"begin": request.scope.begin.isoformat(), "end": request.scope.end.isoformat()}
    return {
        "request_id": filed.request_id,
        "state": filed.state.value,
        "agency": request.agency,
        "kind": request.kind.value,
        "seat": request.seat.value,
        "requester": request.requester,
        "for": request.purpose.value,
        "words": request.words,
        "their_case": request.their_case,
        "declaration": request.declaration,
        **scope,
        **({"plates": list(request.scope.plates)} if with_plates else {"plate_count": len(request.scope.plates)}),
        "letter_sha256": request.letter_sha256,
        "steps": [step_object(step, with_plates=with_plates) for step in filed.steps],
    }


def step_object(step: RequestStep, *, with_plates: bool) -> dict[str, Any]:
    """A step for programs."""
    approved = None if step.scope is None or not with_plates else list(step.scope.plates)
    return {
        "state": step.state.value,
        "at": step.at.isoformat(),
        "person": step.person,
        "note": step.note,
        "approved_plates": approved,
        "package_sha256": step.package_sha256,
    }


def print_request(filed: FiledRequest, *, as_json: bool) -> None:
    """What became of a request by what was just done; no plate."""
    if as_json:
        print_object(request_object(filed))
        return
    last = filed.steps[-1]
    reason = f": {last.note}" if last.note else ""
    typer.echo(f"{filed.request_id}: {last.state.value.replace('_', ' ')}{reason}")
