"""Whether what is published says what is in force, is whole, and is not late."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.settings import load_department_file
from alpr_edge.department.unit_logs.witness import FILE_NAME as WITNESS_KEY
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.department.website.policy import PolicyInForce, policy_in_force
from alpr_edge.department.website.publications import PublishedMonths, load_months
from alpr_edge.department.website.site_check import check_site
from alpr_edge.department.website.site_files import MANIFEST, MONTHS_NOTE, POLICY
from alpr_edge.domain.diagnostics.checks import Check, amber, green
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.publication.policy_statement import changed_sections
from alpr_edge.runtime.io_errors import io_errors

LATE = timedelta(days=15)
"""After the end of a month, from when on its counts are late."""
_WRITE = "run: alpr-edge department website write"


def check_website(directory: Path) -> Iterator[Check]:
    """Check the site that the settings name."""
    settings, now = load_department_file(directory), datetime.now(UTC)
    folder = Path(settings.website.folder)
    if not settings.website.folder:
        yield green("website", "none is named: nothing is published from here")
        return
    if not (directory / WITNESS_KEY).exists():
        raise DepartmentError(f"{WITNESS_KEY} is missing: what was published cannot be checked")
    key = Witness(directory).key
    months = load_months(directory, key)
    with closing(DepartmentDatabase(directory, create=False)) as database:
        policy = policy_in_force(directory, database, settings, now)
    found = [*_faults(policy), *_site_faults(folder, months, policy, key), *_late(months, now)]
    yield from found or [green("website", f"{folder}: policy as in force, months as published")]


def _faults(policy: PolicyInForce) -> Iterator[Check]:
    for fault in policy.faults:
        yield amber("website", fault, "set it in department.toml, or give somebody the title and the role")


def _site_faults(folder: Path, months: PublishedMonths, policy: PolicyInForce, key: NoteKey) -> Iterator[Check]:
    """What is wrong with the folder; nothing is said of the policy where it lacks what it needs."""
    if not (folder / MANIFEST).exists():
        yield amber("website", f"{folder}: no site was written yet", _WRITE)
        return
    for finding in check_site(folder, key).findings[:3]:
        yield amber("website", f"{folder}: {finding}", f"find out who changed it; then {_WRITE}")
    with io_errors(f"{folder}: cannot be read", DepartmentError):
        published, note = (folder / POLICY).read_bytes(), (folder / MONTHS_NOTE).read_text(encoding="utf-8")
    if note != months.note:
        yield amber("website", f"{folder}: has not the months that were published", _WRITE)
    try:
        changed = changed_sections(published, policy.statement())
    except DepartmentError:
        return
    if changed:
        yield amber(
            "website", f"the published policy is out of step with what is in force: {', '.join(changed)}", _WRITE
        )


def _late(months: PublishedMonths, now: datetime) -> Iterator[Check]:
    """The last month that ended :data:`LATE` ago and is not published, once there is any."""
    last = (now - LATE).astimezone().date().replace(day=1) - timedelta(days=1)
    month = f"{last:%Y-%m}"
    published = months.newest()
    if published and month not in published and month > max(published):
        todo = f"run: alpr-edge department website publish --month {month}"
        yield amber("website", f"{month} is over and not published", todo)
