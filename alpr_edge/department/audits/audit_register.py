"""Audits for somebody who is allowed: drawn, reviewed, signed off, shown; the access log has each step's digest.

So the log's own signatures vouch for every step: one that was put into the table, or taken out of it, past the commands
does not fit the log any more, which the report says.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.callers import Actor
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.audits.audit_schedules import read_schedule
from alpr_edge.department.audits.audit_views import AuditView, SamplePart
from alpr_edge.department.audits.audited_logs import AuditedLogs, Tick
from alpr_edge.department.audits.declarations import household_digest, read_households, read_shifts
from alpr_edge.department.audits.step_rows import add_audit_step, read_audits
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.audits.audit import (
    Audit,
    AuditDraw,
    AuditSample,
    AuditState,
    AuditStep,
    AuditStepKind,
    SampledRecord,
    SampleReview,
    check_review,
    check_sign_off,
    content_digest,
)
from alpr_edge.domain.audits.flags import AuditFlag, FlagRules, find_flags
from alpr_edge.domain.audits.record_keys import RecordKey
from alpr_edge.domain.audits.samples import draw_sample, sample_size
from alpr_edge.domain.audits.schedule import AuditPeriod, AuditRules, AuditSchedule, parse_period
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.ports import Clock

SAMPLE_MAX = 20_000
"""Most records of a sample."""


@dataclass(slots=True)
class _Population:
    """The records of people, as they are read: which there are, and whose."""

    people: dict[RecordKey, tuple[str, str]] = field(default_factory=dict)
    """Id and name of the person; of break-glass the id is empty."""
    missing: int = 0

    def take(self, records: Iterator[AccessRecord | None]) -> Iterator[AccessRecord]:
        """Hand on the records of people, and note whose each is."""
        for record in records:
            if record is None:
                self.missing += 1
            elif record.person_id or record.break_glass:
                self.people[RecordKey.of(record)] = ("" if record.break_glass else record.person_id, record.person)
                yield record


def draw_audit_sample(
    database: DepartmentDatabase,
    logs: AuditedLogs,
    profile: Profile,
    draw: AuditDraw,
    tick: Tick,
    records_max: int = SAMPLE_MAX,
) -> AuditSample:
    """Find what stands out, and draw from the rest.

    Args:
        records_max: most records of a sample.
    """
    with database.reading() as connection:
        rules = _rules(connection, profile, draw)
    population = _Population()
    flags = find_flags(population.take(logs.records(draw, tick)), rules)
    by_record = _flags_by_record(flags)
    drawn = _draw_rest(population, by_record, draw)
    if len(by_record) + len(drawn) > records_max:
        raise AuditError(f"{len(by_record) + len(drawn)} records are too many for one audit; take fewer days")
    sampled = [*sorted(by_record), *drawn]
    return AuditSample(
        records=len(population.people),
        missing=population.missing,
        flags=flags,
        sampled=tuple(SampledRecord(key, *population.people[key], by_record.get(key, ())) for key in sampled),
    )


def is_sample_reproduced(logs: AuditedLogs, audit: Audit, tick: Tick) -> bool:
    """Whether the logs are those of the draw, and its seed draws the same records beside those that stand out."""
    sample = audit.sample
    if sample is None or not logs.roots_hold(audit.draw.spans):
        return False
    population = _Population()
    for _ in population.take(logs.records(audit.draw, tick)):
        pass
    drawn = tuple(each.key for each in sample.sampled if not each.flags)
    return _draw_rest(population, _flags_by_record(sample.flags), audit.draw) == drawn


def _draw_rest(
    population: _Population, by_record: dict[RecordKey, tuple[int, ...]], draw: AuditDraw
) -> tuple[RecordKey, ...]:
    rest = [key for key in population.people if key not in by_record]
    return draw_sample(bytes.fromhex(draw.seed), rest, sample_size(len(rest), draw.share_percent, draw.count_min))


def _flags_by_record(flags: tuple[AuditFlag, ...]) -> dict[RecordKey, tuple[int, ...]]:
    found: dict[RecordKey, tuple[int, ...]] = {}
    for number, flag in enumerate(flags):
        for key in flag.records:
            found[key] = (*found.get(key, ()), number)
    return found


def _rules(connection: Connection, profile: Profile, draw: AuditDraw) -> FlagRules:
    households, zone = read_households(connection), ZoneInfo(draw.zone)
    return FlagRules(
        purposes=profile.purposes,
        barred=profile.barred,
        terms=profile.barred_terms,
        zone=zone,
        end=datetime.combine(draw.until + timedelta(days=1), time(), zone),
        shifts=read_shifts(connection),
        is_household=lambda person_id, plate: (
            person_id in households and household_digest(connection, person_id, plate) in households[person_id]
        ),
    )


SEED_BYTES, BATCH = 32, 500


class AuditRegister:
    """The audits of a department; threads may share it.

    Args:
        records_max: most records of a sample.
    """

    def __init__(
        self,
        database: DepartmentDatabase,
        logs: AuditedLogs,
        profile: Profile,
        rules: AuditRules,
        clock: Clock,
        records_max: int = SAMPLE_MAX,
    ) -> None:
        self._database = database
        self._logs = logs
        self._profile = profile
        self.rules = rules
        """What the department decided of its audits."""
        self._clock = clock
        self._records_max = records_max

    def schedule(self) -> AuditSchedule:
        """What is due; shows nothing of any record."""
        return read_schedule(self._database, self.rules, self._now())

    def check_period(self, period: str) -> None:
        """Tell of days that no next audit can be about, before it is drawn; shows nothing of any record."""
        if not any(audit.state is AuditState.DRAWN for audit in self.read_all()):
            self._days(period)

    def draw(self, authoriser: Authoriser, purpose: Purpose, period: str, seed: bytes | None, tick: Tick) -> Audit:
        """Draw the next audit; one whose draw broke off is gone on with by its own seed and days.

        Args:
            period: the days as they were typed; empty: all that are over and in no audit.
            seed: what to draw by; None: it is drawn here.
        """
        audits = self.read_all()
        sample, broken_off = None, next((audit for audit in audits if audit.state is AuditState.DRAWN), None)
        if broken_off is None:
            number, used = len(audits) + 1, seed or secrets.token_bytes(SEED_BYTES)
            subject = AccessSubject((_object(number), f"seed:{used.hex()}"))
            with authoriser.access(Operation.DRAW_AUDIT, purpose, subject):
                draw = self._prepare(audits, period, used, is_given=seed is not None, tick=tick)
                # Before the draw is on file for good: of too many records none could ever be drawn by it.
                sample = self._sample(draw, tick)
            with self._access(authoriser, purpose, number, content_digest(AuditStepKind.DRAWN, draw)) as actor:
                step = AuditStep(AuditStepKind.DRAWN, actor.person_id, actor.name, self._now(), draw=draw)
                broken_off = self._add(number, step, steps=0)
        sample = sample or self._sample(broken_off.draw, tick)
        digest = content_digest(AuditStepKind.SAMPLED, sample)
        with self._access(authoriser, purpose, broken_off.number, digest) as actor:
            step = AuditStep(AuditStepKind.SAMPLED, actor.person_id, actor.name, self._now(), sample=sample)
            return self._add(broken_off.number, step, steps=1)

    def review(self, authoriser: Authoriser, purpose: Purpose, number: int, review: SampleReview) -> Audit:
        """Note what somebody found of some records of a sample; never of their own."""
        digest = content_digest(AuditStepKind.REVIEWED, review)
        with authoriser.access(Operation.REVIEW_RECORDS, purpose, _subject(number, digest)) as access:
            actor, audit = access.actor, self._require(number)
            check_review(audit, review, actor.person_id, actor.name)
            step = AuditStep(AuditStepKind.REVIEWED, actor.person_id, actor.name, self._now(), review=review)
            return self._add(number, step, steps=len(audit.steps))

    def sign_off(self, authoriser: Authoriser, purpose: Purpose, number: int, note: str) -> Audit:
        """Sign an audit off that others reviewed."""
        digest = content_digest(AuditStepKind.SIGNED_OFF, None, note)
        with authoriser.access(Operation.SIGN_OFF_AUDIT, purpose, _subject(number, digest)) as access:
            actor, audit = access.actor, self._require(number)
            check_sign_off(audit, actor.person_id, actor.name, note)
            step = AuditStep(AuditStepKind.SIGNED_OFF, actor.person_id, actor.name, self._now(), note=note)
            return self._add(number, step, steps=len(audit.steps))

    def view(self, authoriser: Authoriser, purpose: Purpose, number: int, tick: Tick) -> AuditView:
        """An audit with its records, and whether it fits the logs."""
        with authoriser.access(Operation.SHOW_AUDITS, purpose, AccessSubject((_object(number),))) as access:
            audit = self._require(number)
            records = self._records(audit, audit.sampled_records)
            access.show((_object(number),), count=len(records))
            return AuditView(audit, records, self._is_on_record(audit), is_sample_reproduced(self._logs, audit, tick))

    def plan(self, authoriser: Authoriser, purpose: Purpose) -> tuple[AuditSchedule, tuple[Audit, ...]]:
        """What is due, and every audit in order."""
        with authoriser.access(Operation.SHOW_AUDITS, purpose) as access:
            audits = self.read_all()
            access.show(tuple(_object(audit.number) for audit in audits))
            return self.schedule(), audits

    def part(self, authoriser: Authoriser, purpose: Purpose, number: int, first: int, count: int) -> SamplePart:
        """Some records of an audit's sample; whether it fits the logs is not looked at.

        Args:
            first: the number of the first record in the sample, from 1.
            count: most records.
        """
        with authoriser.access(Operation.SHOW_AUDITS, purpose, AccessSubject((_object(number),))) as access:
            audit = self._require(number)
            if not 0 < first <= max(len(audit.sampled_records), 1):
                raise AuditError(f"the sample of audit {number} has the numbers 1 to {len(audit.sampled_records)}")
            records = self._records(audit, audit.sampled_records[first - 1 : first - 1 + count])
            access.show((_object(number),), count=len(records))
            return SamplePart(audit, first, records)

    def _records(self, audit: Audit, sampled: Sequence[SampledRecord]) -> tuple[AccessRecord | None, ...]:
        spans = audit.draw.spans_by_log
        return tuple(self._logs.record(spans[each.key.log_id], each.key.sequence) for each in sampled)

    def _prepare(self, audits: Sequence[Audit], period: str, seed: bytes, *, is_given: bool, tick: Tick) -> AuditDraw:
        """What the sample is going to be drawn by."""
        days = self._days(period)
        spans = self._logs.spans(audits, *days.moments(ZoneInfo(self.rules.zone)), tick)
        if not spans:
            raise AuditError("no log has a record of those days that is in no audit yet")
        return AuditDraw(
            begin=days.begin,
            until=days.until,
            zone=self.rules.zone,
            seed=seed.hex(),
            is_seed_given=is_given,
            share_percent=self.rules.share_percent,
            count_min=self.rules.count_min,
            spans=spans,
        )

    def _sample(self, draw: AuditDraw, tick: Tick) -> AuditSample:
        return draw_audit_sample(self._database, self._logs, self._profile, draw, tick, self._records_max)

    def _days(self, period: str) -> AuditPeriod:
        today = self._now().astimezone(ZoneInfo(self.rules.zone)).date()
        return parse_period(period, self.schedule(), today)

    @contextmanager
    def _access(self, authoriser: Authoriser, purpose: Purpose, number: int, digest: str) -> Iterator[Actor]:
        """Put a step of a draw on record by its digest; yields who makes it."""
        with authoriser.access(Operation.DRAW_AUDIT, purpose, _subject(number, digest)) as access:
            yield access.actor

    def _is_on_record(self, audit: Audit) -> bool:
        """Whether the access log has the digest of each step by the person who made it."""
        wanted = {(step.person_id, f"sha256:{step.sha256}") for step in audit.steps}
        own = [span.end for span in audit.draw.spans if self._logs.is_own(span.unit_id, span.log_id)]
        first, name = max(own, default=0), _object(audit.number)
        while wanted and (batch := self._logs.log.read(first, BATCH)):
            for each in batch:
                record = parse_record(each.body)
                if name in record.objects:
                    wanted -= {(record.person_id, word) for word in record.objects}
            first = batch[-1].sequence + 1
        return not wanted

    def read_all(self) -> tuple[Audit, ...]:
        """Every audit in order, for whoever may see its numbers; asks nobody for permission."""
        with self._database.reading() as connection:
            return read_audits(connection)

    def _require(self, number: int) -> Audit:
        audits = self.read_all()
        if not 0 < number <= len(audits):
            raise AuditError(f"{number}: no such audit; see: alpr-edge department audit plan")
        return audits[number - 1]

    def _add(self, number: int, step: AuditStep, *, steps: int) -> Audit:
        """Put a step on file behind so many; nobody else may have made one meanwhile."""
        with self._database.writing() as connection:
            audits = read_audits(connection)
            before = audits[number - 1].steps if number <= len(audits) else ()
            if len(before) != steps or number > len(audits) + 1:
                raise AuditError(f"somebody else went on with audit {number} at the same moment; look, and try again")
            add_audit_step(connection, number, steps, step)
            return Audit(number, (*before, step))

    def _now(self) -> datetime:
        now = self._clock.now().trusted_utc
        if now is None:
            raise AuditError("this server's clock is not set: nothing is audited without a date")
        return now


def _object(number: int) -> str:
    """An audit as records name it."""
    return f"audit:{number}"


def _subject(number: int, digest: str) -> AccessSubject:
    return AccessSubject((_object(number), f"sha256:{digest}"))
