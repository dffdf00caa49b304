"""One audit, step by step: drawn, reviewed record by record, signed off by somebody else; no step is ever changed.

Which records it is about is told by spans of logs, not by dates alone: each audit goes on where the one before ended,
so that a record which a car delivered late is in the next one, and every record is in exactly one.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from alpr_edge.domain.audits.flags import AuditFlag
from alpr_edge.domain.audits.record_keys import RecordKey
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.patterns import PLATE_NAMED, names_plate

TEXT_CHARACTERS_MAX = 1000
_NUMBER_MAX = 100_000


class AuditStepKind(StrEnum):
    """What was done."""

    DRAWN = "drawn"
    """The seed is on record, and which records there are."""
    SAMPLED = "sampled"
    """What stands out was found, and the sample drawn by the seed."""
    REVIEWED = "reviewed"
    SIGNED_OFF = "signed_off"


class AuditState(StrEnum):
    """Where an audit is."""

    DRAWN = "drawn"
    """It broke off before its sample; drawing it again goes on by the same seed."""
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    """Every record of the sample has a finding; it waits to be signed off."""
    SIGNED_OFF = "signed_off"


class RecordFinding(StrEnum):
    """What a reviewer found of a record."""

    IN_ORDER = "in_order"
    EXPLAINED = "explained"
    """It stood out, and there is a reason."""
    VIOLATION = "violation"


@dataclass(frozen=True, slots=True)
class LogSpan:
    """Which records of a log an audit is about."""

    log_id: str
    unit_id: str
    first: int
    end: int
    """The number behind the last."""
    root: str
    """Root of the log's tree over the records before :attr:`end`, hexadecimal: which log it was."""


@dataclass(frozen=True, slots=True)
class AuditDraw:
    """What the sample is drawn by; on record before it is drawn."""

    begin: date
    until: date
    """The last day."""
    zone: str
    seed: str
    """Hexadecimal."""
    is_seed_given: bool
    """Whether the person gave the seed, and the program did not draw it."""
    share_percent: int
    count_min: int
    spans: tuple[LogSpan, ...]

    @property
    def spans_by_log(self) -> dict[str, LogSpan]:
        """The spans by what keys of records name their logs: the log's id, and the unit too where that id is taken."""
        found = dict[str, LogSpan]()
        for span in self.spans:
            found[span.log_id if span.log_id not in found else f"{span.unit_id}/{span.log_id}"] = span
        return found


@dataclass(frozen=True, slots=True)
class SampledRecord:
    """A record to review."""

    key: RecordKey
    person_id: str
    person: str
    flags: tuple[int, ...]
    """Which flags it stands out by, from 0; empty: it was drawn by the seed."""

    def is_of(self, person_id: str, person: str) -> bool:
        """Whether it is a record of somebody; of break-glass the name alone tells."""
        return person_id == self.person_id or (not self.person_id and person == self.person)


@dataclass(frozen=True, slots=True)
class AuditSample:
    """What is to be reviewed: every record that stands out, and a share of the others."""

    records: int
    """Records of people in the spans."""
    missing: int
    """Records of the spans that are not stored any more, or cannot be read."""
    flags: tuple[AuditFlag, ...]
    sampled: tuple[SampledRecord, ...]
    """Those that stand out first; people name them by their numbers, from 1."""


@dataclass(frozen=True, slots=True)
class SampleReview:
    """What a reviewer found of some records of the sample."""

    numbers: tuple[int, ...]
    """From 1, in order."""
    finding: RecordFinding
    text: str
    """Why; needed unless it is one record that is in order and stands out by nothing."""


@dataclass(frozen=True, slots=True)
class AuditStep:
    """One step; of its contents the one of its kind is there."""

    kind: AuditStepKind
    person_id: str
    person: str
    at: datetime
    draw: AuditDraw | None = None
    sample: AuditSample | None = None
    review: SampleReview | None = None
    note: str = ""
    """Of the sign-off."""

    @property
    def sha256(self) -> str:
        """Digest of what the step says, which stands in the access log before the step is made."""
        return content_digest(self.kind, self.draw or self.sample or self.review, self.note)


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit as far as it is."""

    number: int
    """From 1."""
    steps: tuple[AuditStep, ...]

    @property
    def draw(self) -> AuditDraw:
        """What it is drawn by."""
        draw = self.steps[0].draw
        assert draw is not None, "the first step draws"
        return draw

    @property
    def sample(self) -> AuditSample | None:
        """What is to be reviewed; None: the draw broke off."""
        return next((step.sample for step in self.steps if step.sample is not None), None)

    @property
    def sampled_records(self) -> tuple[SampledRecord, ...]:
        """The records to review; none where the draw broke off."""
        return () if self.sample is None else self.sample.sampled

    @property
    def state(self) -> AuditState:
        if self.steps[-1].kind is AuditStepKind.SIGNED_OFF:
            return AuditState.SIGNED_OFF
        if self.sample is None:
            return AuditState.DRAWN
        return AuditState.IN_REVIEW if self.unreviewed_numbers else AuditState.REVIEWED

    @property
    def reviews(self) -> dict[int, AuditStep]:
        """The step that says what was found of each record, by its number in the sample; the last one counts."""
        found: dict[int, AuditStep] = {}
        for step in self.steps:
            if step.review is not None:
                found |= dict.fromkeys(step.review.numbers, step)
        return found

    @property
    def unreviewed_numbers(self) -> tuple[int, ...]:
        """Numbers of the sample that nobody has reviewed."""
        reviews, sample = self.reviews, self.sample
        return tuple(number for number in range(1, len(sample.sampled if sample else ()) + 1) if number not in reviews)

    @property
    def violations(self) -> tuple[int, ...]:
        """Numbers of the sample that were found to be violations."""
        return tuple(sorted(n for n, step in self.reviews.items() if _is_violation(step)))


def content_digest(kind: AuditStepKind, content: AuditDraw | AuditSample | SampleReview | None, note: str = "") -> str:
    """SHA-256 of what a step says, as canonical JSON; who and when stands in the access log beside it."""
    body = {"kind": kind.value, "content": None if content is None else asdict(content), "note": note}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def check_review(audit: Audit, review: SampleReview, person_id: str, person: str) -> None:
    """Check that somebody may note what they found.

    Raises:
        AuditError: they may not; the text says why.
    """
    sample = audit.sample
    if sample is None or audit.state is AuditState.SIGNED_OFF:
        raise AuditError(f"audit {audit.number} is {_words(audit.state)}: nothing of it can be reviewed")
    if not review.numbers or review.numbers[0] < 1 or review.numbers[-1] > len(sample.sampled):
        raise AuditError(f"the sample of audit {audit.number} has the numbers 1 to {len(sample.sampled)}")
    for number in review.numbers:
        if sample.sampled[number - 1].is_of(person_id, person):
            raise AuditError(f"number {number} is a record of your own: somebody else has to review it")
    is_plain = len(review.numbers) == 1 and not sample.sampled[review.numbers[0] - 1].flags
    _check_text(review.text, is_needed=review.finding is not RecordFinding.IN_ORDER or not is_plain)


def check_sign_off(audit: Audit, person_id: str, person: str, note: str) -> None:
    """Check that somebody may sign an audit off.

    Raises:
        AuditError: they may not; the text says why.
    """
    sample = audit.sample
    if sample is None or audit.state is AuditState.SIGNED_OFF:
        raise AuditError(f"audit {audit.number} is {_words(audit.state)}: it cannot be signed off")
    if unreviewed := audit.unreviewed_numbers:
        raise AuditError(f"{len(unreviewed)} records of audit {audit.number} have no finding yet")
    if any(step.person_id == person_id for step in audit.steps if step.kind is AuditStepKind.REVIEWED):
        raise AuditError("you reviewed records of this audit: somebody else has to sign it off")
    if any(sample.sampled[number - 1].is_of(person_id, person) for number in audit.violations):
        raise AuditError("a record of your own was found to be a violation: somebody else has to sign it off")
    _check_text(note, is_needed=True)


def parse_numbers(text: str) -> tuple[int, ...]:
    """Numbers of a sample that somebody typed, such as ``1-5,8``.

    Raises:
        AuditError: they are none.
    """
    numbers = set[int]()
    try:
        for part in text.split(","):
            first, _, last = part.strip().partition("-")
            begin, end = int(first), int(last or first)
            numbers |= set(range(begin, end + 1)) if 0 < begin <= end <= _NUMBER_MAX else {0}
    except ValueError:
        numbers = {0}
    if 0 in numbers:
        raise AuditError(f"{text}: not numbers of a sample; they look like 1-5,8")
    return tuple(sorted(numbers))


def numbers_text(numbers: Sequence[int]) -> str:
    """Numbers of a sample as people type them: ``1-5,8``; the numbers in order."""
    spans = list[list[int]]()
    for number in numbers:
        if spans and spans[-1][-1] == number - 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    return ",".join("-".join(map(str, span)) for span in spans)


def find_last_span(audits: Sequence[Audit], unit_id: str, log_id: str) -> LogSpan | None:
    """The span of a unit's log in the last audit that had it; None: none had."""
    spans = (span for audit in reversed(audits) for span in audit.draw.spans)
    return next((span for span in spans if (span.unit_id, span.log_id) == (unit_id, log_id)), None)


def _is_violation(step: AuditStep) -> bool:
    return step.review is not None and step.review.finding is RecordFinding.VIOLATION


def _check_text(text: str, *, is_needed: bool) -> None:
    if is_needed and not text.strip():
        raise AuditError("say what you found; it stands on file")
    if len(text) > TEXT_CHARACTERS_MAX or not text.isprintable():
        raise AuditError(f"a text has {TEXT_CHARACTERS_MAX} characters at most, on one line")
    if names_plate(text):
        raise AuditError(PLATE_NAMED)


def _words(state: AuditState) -> str:
    return state.value.replace("_", " ")
