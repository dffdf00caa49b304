"""Draws the sample of an audit from the logs by the seed that is on record, and draws it again to compare."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from alpr_edge.department.audits.audited_logs import AuditedLogs, Tick
from alpr_edge.department.audits.declarations import household_digest, read_households, read_shifts
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.audits.audit import Audit, AuditDraw, AuditSample, SampledRecord
from alpr_edge.domain.audits.flags import AuditFlag, FlagRules, find_flags
from alpr_edge.domain.audits.record_keys import RecordKey
from alpr_edge.domain.audits.samples import draw_sample, sample_size
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.permissions.profile import Profile

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
