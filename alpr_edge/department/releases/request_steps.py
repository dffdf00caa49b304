"""Puts the next step of a request on file, where it may follow; whether somebody may do it is decided before."""

from dataclasses import replace

from sqlalchemy import Connection

from alpr_edge.access.authorisation.authoriser import Access
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.releases.release_rows import FiledRequest, add_step, read_request
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.releases.progress import check_step
from alpr_edge.domain.releases.requests import ReleaseScope, ScopePart
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep

RELEASE = Purpose(PurposeCode.RELEASE.value)
"""What every step of a request is for."""


def new_step(clock: Clock, access: Access, state: ReleaseState, note: str) -> RequestStep:
    """A step by whoever was allowed to make it, of the present moment."""
    now = clock.now().trusted_utc
    if now is None:
        raise ReleaseError("this server's clock is not set: nothing is decided without a date")
    return RequestStep(state, access.actor.person_id, access.actor.name, now, note)


def filed_request(connection: Connection, request_id: str) -> FiledRequest:
    """A request with its steps."""
    filed = read_request(connection, request_id)
    if filed is None:
        raise ReleaseError(f"{request_id}: no such request; see: alpr-edge department release list")
    return filed


def enter_step(
    database: DepartmentDatabase,
    profile: Profile,
    request_id: str,
    step: RequestStep,
    scope: ReleaseScope | ScopePart | None = None,
) -> FiledRequest:
    """Put the next step of a request on file, and the request with it.

    Args:
        scope: what is approved; None: all that was asked for.
    """
    with database.writing() as connection:
        filed = filed_request(connection, request_id)
        if step.state is ReleaseState.APPROVED:
            asked = filed.request.scope
            step = replace(step, scope=scope.of(asked) if isinstance(scope, ScopePart) else scope or asked)
        check_step(filed.request, filed.steps, step, profile)
        add_step(connection, request_id, len(filed.steps), step)
        return replace(filed, steps=(*filed.steps, step))
