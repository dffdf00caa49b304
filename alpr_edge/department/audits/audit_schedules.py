"""When audits of a department are due by its settings, and what is overdue: for its status, alarms and commands."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from alpr_edge.department.audits.step_rows import read_audits
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.permanent_tables.access_log_schema import access_records
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.audits.audit import AuditStepKind
from alpr_edge.domain.audits.schedule import AuditRules, AuditSchedule, schedule_of
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.profiles.loader import load_profile


def load_audit_rules(directory: Path) -> AuditRules:
    """What a department decided of its audits."""
    file = load_department_file(directory)
    table, profile = file.audits, load_profile(PolicySettings(profile=file.search.profile))
    days = table.interval_days
    return AuditRules(
        interval_days=profile.audit_days if days is None else days,
        sign_off_days=table.sign_off_days,
        share_percent=table.share_percent,
        count_min=table.records_min,
        zone=table.zone,
        source=profile.audit_source if days is None else "the department's settings",
    )


def read_schedule(database: DepartmentDatabase, rules: AuditRules, now: datetime) -> AuditSchedule:
    """What is due at a moment."""
    zone = ZoneInfo(rules.zone)
    with database.reading() as connection:
        audits = read_audits(connection, (AuditStepKind.DRAWN, AuditStepKind.SIGNED_OFF))
        first = connection.scalar(select(access_records.c.received_at).order_by(access_records.c.sequence).limit(1))
    first_day = None if first is None else first.astimezone(zone).date()
    return schedule_of(audits, first_day, now.astimezone(zone).date(), rules)
