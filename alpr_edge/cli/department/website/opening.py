"""Opens what the site is made from: the department's database, key, settings and policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alpr_edge.cli.department.common import require_department
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.settings import DepartmentFile
    from alpr_edge.department.website.month_publication import MonthPublisher
    from alpr_edge.department.website.policy import PolicyInForce


@dataclass(frozen=True, slots=True)
class WebsiteOffice:
    """The open department, as its site needs it."""

    publisher: MonthPublisher
    policy: PolicyInForce
    settings: DepartmentFile
    now: datetime

    def write(self, folder: Path) -> int:
        """Write the site; returns how many files changed."""
        from alpr_edge.department.website.site_files import SiteContent
        from alpr_edge.department.website.site_folder import write_site

        statement, months = self.policy.statement(), self.publisher.months()
        return write_site(folder, SiteContent(months, statement, self.publisher.witness, self.now).files())

    def prepare(self, folder: Path) -> None:
        """Make the folder of the site unless it is there: what cannot be written is not published either."""
        from alpr_edge.department.website.site_folder import prepare_folder

        prepare_folder(folder)

    def folder(self, given: Path | None) -> Path:
        """The folder of the site."""
        if given is None and not self.settings.website.folder:
            raise DepartmentError("say where: --to FOLDER, or folder under [website] in department.toml")
        return given or Path(self.settings.website.folder)


@contextmanager
def open_website(directory: Path) -> Iterator[WebsiteOffice]:
    """Open it over the folder of a department that exists."""
    from alpr_edge.department.db.database import DepartmentDatabase
    from alpr_edge.department.settings import load_department_file
    from alpr_edge.department.unit_logs.witness import FILE_NAME, Witness
    from alpr_edge.department.website.month_publication import MonthPublisher
    from alpr_edge.department.website.policy import policy_in_force

    settings, now = load_department_file(require_department(directory)), datetime.now(UTC)
    if not (directory / FILE_NAME).exists():
        raise DepartmentError(f"{directory / FILE_NAME}: missing; restore it from the copies of the keys")
    with closing(DepartmentDatabase(directory, create=False)) as database:
        policy = policy_in_force(directory, database, settings, now)
        publisher = MonthPublisher(directory, database, Witness(directory), settings, policy.profile)
        yield WebsiteOffice(publisher, policy, settings, now)
