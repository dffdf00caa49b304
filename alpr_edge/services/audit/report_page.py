"""The report on accesses as one page to print and sign, which needs no other file."""

from pathlib import Path

from alpr_edge.domain.access_log.reports import AccessReport, RecordGroup, ReportRules
from alpr_edge.web.printed_pages import printed_page_templates


def listed_records(report: AccessReport) -> tuple[tuple[str, list[int]], ...]:
    """What stands out record by record, in words."""
    return (
        ("refused", report.refused),
        ("break-glass", report.break_glass),
        ("out of hours", report.out_of_hours),
        ("exports", report.exports),
        ("hints at a barred purpose", report.flagged),
        ("first sign-ins at a place", report.first_sign_ins),
        ("found by the unit itself", report.self_check),
        ("without a time", report.without_time),
        ("clock not confirmed", report.clock_not_confirmed),
        ("dated by another record of the same boot", report.dated_by_boot),
    )


def listed_groups(report: AccessReport) -> tuple[tuple[str, list[RecordGroup]], ...]:
    """What stands out together, in words."""
    return (("the same plate again without a case", report.repeated_without_case), ("burst", report.bursts))


def report_page(report: AccessReport, rules: ReportRules, unit_id: str) -> str:
    """The page; whatever a value holds is shown as text."""
    environment = printed_page_templates(Path(__file__).parent / "templates")
    hours = f"{rules.opens:%H:%M} to {rules.closes:%H:%M}"
    values = {"report": report, "unit_id": unit_id, "hours": hours}
    values |= {"lists": listed_records(report), "groups": listed_groups(report)}
    return environment.get_template("access_report.html.jinja").render(values)
