"""Incidents as commands print them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import NUMBER_MAX
from alpr_edge.cli.output import print_object, time_text

if TYPE_CHECKING:
    from alpr_edge.domain.audits.incident import Incident

NumberArgument = Annotated[
    int, typer.Argument(metavar="INCIDENT", min=1, max=NUMBER_MAX, help="The incident's number.")
]


def incident_object(incident: Incident) -> dict[str, Any]:
    """An incident for programs: what is known by now, and every step."""
    steps = [
        {"kind": step.kind.value, "at": step.at, "person_id": step.person_id, "person": step.person}
        | {"facts": asdict(step.facts)}
        for step in incident.steps
    ]
    state = "open" if incident.is_open else "closed"
    return {"incident": incident.number, "state": state, **asdict(incident.facts), "steps": steps}


def incident_lines(incident: Incident) -> Iterator[str]:
    """An incident for people."""
    facts = incident.facts
    yield f"incident {incident.number}: {facts.kind}, {'open' if incident.is_open else 'closed'}"
    yield f"happened {time_text(facts.happened)}, known {time_text(facts.known)}, told by {facts.told_by}"
    yield f"people {_count(facts.people)}, reads {_count(facts.reads)}"
    for notice in facts.notices or ("none on file",):
        yield f"notice: {notice}"
    for step in incident.steps:
        yield f"{time_text(step.at)} {step.kind.value.replace('_', ' ')} by {step.person}: {step.facts.text}"


def print_incident(incident: Incident, *, as_json: bool) -> None:
    """What became of an incident by what was just done."""
    if as_json:
        print_object(incident_object(incident))
        return
    last = incident.steps[-1]
    typer.echo(f"incident {incident.number}: {last.kind.value.replace('_', ' ')} by {last.person}")


def _count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"
