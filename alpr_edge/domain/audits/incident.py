"""Incidents: what went wrong with access or data, who was told and when, and how it was closed (policy 462.6).

For a breach the law asks who is told, and of what (Civil Code 1798.29, of agencies): an incident is closed only when
its notices are given, or a reason stands on file why none was due. No step is ever changed; what is learnt later is
added.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.patterns import PLATE_NAMED, names_plate

TEXT_CHARACTERS_MAX = 4000
COUNT_MAX = 10**12


class IncidentKind(StrEnum):
    """What kind of incident it is."""

    BREACH = "breach"
    """Data may have come to somebody who may not have it."""
    MISUSE = "misuse"
    """Somebody who may look looked for another reason."""
    LOSS = "loss"
    """A computer, a medium or a key is missing, or data was lost."""
    OTHER = "other"


class IncidentStepKind(StrEnum):
    """What was done."""

    ENTERED = "entered"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What is known; in a step that follows up, only what is new."""

    text: str
    """What happened, or what was learnt or done."""
    kind: IncidentKind | None = None
    happened: datetime | None = None
    """When it happened; None: not known, or nothing new."""
    known: datetime | None = None
    """When the department came to know of it."""
    told_by: str = ""
    """Who told the department."""
    people: int | None = None
    """People whose data it is about, as far as is known; None: not known."""
    reads: int | None = None
    """Reads that it is about, likewise."""
    notices: tuple[str, ...] = ()
    """Notices that were given: to whom, when, how."""

    @property
    def sha256(self) -> str:
        """Digest of all of it as canonical JSON, which stands in the access log before the step is made."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class IncidentStep:
    """One step."""

    kind: IncidentStepKind
    person_id: str
    person: str
    at: datetime
    facts: IncidentFacts


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as far as it is known."""

    number: int
    """From 1."""
    steps: tuple[IncidentStep, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.steps[-1].kind is not IncidentStepKind.CLOSED

    @property
    def facts(self) -> IncidentFacts:
        """What is known by now: of each fact the last that was said, and every notice."""
        known = self.steps[0].facts
        for step in self.steps[1:]:
            new = step.facts
            known = replace(
                known,
                kind=new.kind or known.kind,
                happened=new.happened or known.happened,
                known=new.known or known.known,
                told_by=new.told_by or known.told_by,
                people=known.people if new.people is None else new.people,
                reads=known.reads if new.reads is None else new.reads,
                notices=known.notices + new.notices,
            )
        return known


def typed_moment(text: str) -> datetime | None:
    """A moment of an incident that was typed; without a zone by this computer's clock; None: nothing was.

    Raises:
        AuditError: it is none.
    """
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise AuditError("--happened and --known are a date and a time, such as 2026-05-04T18:00") from None


def check_incident_step(steps: Sequence[IncidentStep], step: IncidentStep) -> None:
    """Check that a step may follow.

    Args:
        steps: those so far; empty: the step enters the incident.

    Raises:
        AuditError: it may not; the text says why.
    """
    facts = step.facts
    _check_texts(facts.text, facts.told_by, *facts.notices)
    if not facts.text.strip():
        raise AuditError("say what happened, or what was done; it stands on file")
    if any(count is not None and not 0 <= count <= COUNT_MAX for count in (facts.people, facts.reads)):
        raise AuditError(f"a number of people or reads is 0 to {COUNT_MAX}")
    if any(moment is not None and moment > step.at for moment in (facts.happened, facts.known)):
        raise AuditError("an incident happened, and was known, before it is entered: the time lies ahead")
    if not steps:
        _check_entry(facts)
        return
    if steps[-1].kind is IncidentStepKind.CLOSED:
        raise AuditError("the incident is closed: enter another one that names it")
    if step.kind is IncidentStepKind.CLOSED:
        _check_close(Incident(0, (*steps, step)).facts, facts)


def _check_entry(facts: IncidentFacts) -> None:
    if facts.kind is None or facts.known is None or not facts.told_by.strip():
        raise AuditError("an incident has a kind, the time at which it was known, and who told the department")
    if facts.happened is not None and facts.happened > facts.known:
        raise AuditError("an incident is known after it happened, not before")


def _check_close(known: IncidentFacts, closing: IncidentFacts) -> None:
    """A breach is closed with its notices, or with words that say why none was due."""
    if known.kind is IncidentKind.BREACH and not known.notices and not _says_why_none_is_due(closing.text):
        raise AuditError(
            "a breach is closed once its notices are on file (--notice); where none was due, let the text say"
            f' "{NO_NOTICE}" and why (Civil Code 1798.29)'
        )


NO_NOTICE = "no notice due"
"""What the closing text of a breach without any notice says, with the reason."""


def _says_why_none_is_due(text: str) -> bool:
    """Whether a text says that no notice is due, and something beside, which is why (Civil Code 1798.29)."""
    said = text.lower()
    return NO_NOTICE in said and any(character.isalnum() for character in said.replace(NO_NOTICE, ""))


def _check_texts(*texts: str) -> None:
    for text in texts:
        if len(text) > TEXT_CHARACTERS_MAX or not all(line.isprintable() for line in text.split("\n")):
            raise AuditError(f"a text has {TEXT_CHARACTERS_MAX} characters at most, all printable")
        if names_plate(text):
            raise AuditError(PLATE_NAMED)
