"""What an incident needs, what is added to it later, and when a breach may be closed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.audits.incident import (
    NO_NOTICE,
    TEXT_CHARACTERS_MAX,
    Incident,
    IncidentFacts,
    IncidentKind,
    IncidentStep,
    IncidentStepKind,
    check_incident_step,
)
from alpr_edge.domain.errors import AuditError

AT = datetime(2026, 5, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FACTS = IncidentFacts("a stick was lost", IncidentKind.BREACH, AT - 3 * HOUR, AT - HOUR, "Sgt. Doe", reads=12)


def step(facts: IncidentFacts, kind: IncidentStepKind = IncidentStepKind.FOLLOWED_UP) -> IncidentStep:
    return IncidentStep(kind, "p-1", "Ana Ruiz", AT, facts)


ENTERED = step(FACTS, IncidentStepKind.ENTERED)


def test_what_is_learnt_later_is_added_and_what_is_not_said_stays() -> None:
    more = step(IncidentFacts("found whose", people=3, notices=("3 owners, by post",)))
    other = step(IncidentFacts("one more", IncidentKind.LOSS, reads=0, notices=("the owner's heirs",)))
    check_incident_step((), ENTERED)
    check_incident_step((ENTERED,), more)
    known = Incident(1, (ENTERED, more, other)).facts
    assert known == replace(
        FACTS, kind=IncidentKind.LOSS, people=3, reads=0, notices=("3 owners, by post", "the owner's heirs")
    )
    assert len({each.facts.sha256 for each in (ENTERED, more, other)}) == 3


def test_a_breach_is_closed_with_its_notices_or_with_the_reason_why_none_was_due() -> None:
    def close(text: str, *before: IncidentStep) -> None:
        check_incident_step((ENTERED, *before), step(IncidentFacts(text), IncidentStepKind.CLOSED))

    with pytest.raises(AuditError, match="once its notices are on file"):
        close("it was found")
    for bare in (NO_NOTICE, "No notice due.", f"({NO_NOTICE}) - {NO_NOTICE}!"):
        with pytest.raises(AuditError, match="and why"):
            close(bare)
    close(f"it was found sealed: {NO_NOTICE.title()}, nobody could read it")
    close("it was found", step(IncidentFacts("told", notices=("all owners",))))
    close("it was found", step(IncidentFacts("it was empty", IncidentKind.LOSS)))
    closed = step(IncidentFacts(NO_NOTICE), IncidentStepKind.CLOSED)
    with pytest.raises(AuditError, match="the incident is closed"):
        check_incident_step((ENTERED, closed), step(IncidentFacts("and more")))
    assert (Incident(1, (ENTERED,)).is_open, Incident(1, (ENTERED, closed)).is_open) == (True, False)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": " "}, "say what happened"),
        ({"text": "x" * (TEXT_CHARACTERS_MAX + 1)}, "characters at most"),
        ({"told_by": "a\x1b[2J"}, "all printable"),
        ({"notices": ("a\tb",)}, "all printable"),
        ({"people": -1}, "a number of people"),
        ({"kind": None}, "has a kind"),
        ({"known": None}, "has a kind"),
        ({"told_by": " "}, "has a kind"),
        ({"known": AT + HOUR}, "the time lies ahead"),
        ({"happened": AT}, "known after it happened"),
    ],
)
def test_what_an_entry_lacks(change: dict[str, object], told: str) -> None:
    with pytest.raises(AuditError, match=told):
        check_incident_step((), step(replace(FACTS, **change), IncidentStepKind.ENTERED))  # type: ignore[arg-type] # as named


@pytest.mark.review2(13)
@pytest.mark.parametrize("text", ["he looked for 7abc123", "it was 9AAA111"])
def test_a_text_that_seems_to_name_a_plate_is_refused_whatever_was_searched_for(text: str) -> None:
    for facts in (replace(FACTS, text=text), replace(FACTS, told_by=text), replace(FACTS, notices=("one", text))):
        with pytest.raises(AuditError, match="seems to name a plate"):
            check_incident_step((), step(facts))


@pytest.mark.review2(16)
def test_texts_of_an_incident_take_no_plate_whether_or_not_anybody_searched_for_it() -> None:
    for facts in (
        replace(FACTS, text="the driver of 7ABC123"),
        replace(FACTS, told_by="the owner of 7ABC 123"),
        replace(FACTS, notices=("one", "to the owner of 7abc123")),
    ):
        with pytest.raises(AuditError, match="seems to name a plate"):
            check_incident_step((), step(facts, IncidentStepKind.ENTERED))
