"""Requests of other agencies as commands print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from alpr_edge.cli.output import print_object, utc_text

if TYPE_CHECKING:
    from datetime import datetime

    from alpr_edge.department.releases.release_rows import FiledRequest
    from alpr_edge.domain.releases.deadlines import ReleaseDue
    from alpr_edge.domain.releases.packages import ReleasePackage
    from alpr_edge.domain.releases.steps import RequestStep

RELEASE = "release"
"""The purpose by which requests are entered, decided and shown."""


def due_text(due: ReleaseDue | None, now: datetime) -> str:
    """What is due next of a request, and by when; empty: nothing."""
    if due is None:
        return ""
    late = "OVERDUE" if due.at < now else "due"
    return f"; {late}: {due.kind.value.replace('_', ' ')} by {due.at:%Y-%m-%d}"


def due_object(due: ReleaseDue | None, now: datetime) -> dict[str, Any] | None:
    """The same for programs."""
    return None if due is None else {"what": due.kind.value, "by": utc_text(due.at), "is_overdue": due.at < now}


def request_object(filed: FiledRequest, *, with_plates: bool = False) -> dict[str, Any]:
    """A request for programs; its plates only where one request is looked at."""
    request = filed.request
    scope = {"begin": utc_text(request.scope.begin), "end": utc_text(request.scope.end)}
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
        "area": request.scope.area,
        "pictures": request.scope.pictures.value,
        **({"plates": list(request.scope.plates)} if with_plates else {"plate_count": len(request.scope.plates)}),
        "letter_sha256": request.letter_sha256,
        "steps": [step_object(step, with_plates=with_plates) for step in filed.steps],
    }


def step_object(step: RequestStep, *, with_plates: bool) -> dict[str, Any]:
    """A step for programs."""
    scope, package = step.scope, step.package
    approved = None if scope is None or not with_plates else list(scope.plates)
    return {
        "state": step.state.value,
        "at": utc_text(step.at),
        "person": step.person,
        "note": step.note,
        "approved_plates": approved,
        "approved_begin": None if scope is None else utc_text(scope.begin),
        "approved_end": None if scope is None else utc_text(scope.end),
        "approved_area": None if scope is None else scope.area,
        "approved_pictures": None if scope is None else scope.pictures.value,
        "package_sha256": step.package_sha256,
        "package": None if package is None else package_object(package),
    }


def package_object(package: ReleasePackage) -> dict[str, Any]:
    """A package that was made, for programs."""
    return {
        "package_id": package.package_id,
        "file": package.file_name,
        "bytes": package.size_bytes,
        "reads": package.reads,
        "pictures": package.pictures,
        "left_out": dict(package.left_out),
    }


def print_request(filed: FiledRequest, *, as_json: bool) -> None:
    """What became of a request by what was just done; no plate."""
    if as_json:
        print_object(request_object(filed))
        return
    last = filed.steps[-1]
    reason = f": {last.note}" if last.note else ""
    typer.echo(f"{filed.request_id}: {last.state.value.replace('_', ' ')}{reason}")
