"""Makes every file of the site from what was published, the policy in force and the department's key."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.department.website.month_files import (
    COUNTS,
    SCHEMA,
    TABLE,
    all_counts_json,
    counts_csv,
    key_files,
    log_files,
    schema_json,
)
from alpr_edge.department.website.publications import PublishedMonths
from alpr_edge.domain.collection.deletion_runs import root_of
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.publication.policy_statement import PolicyStatement
from alpr_edge.domain.publication.published_month import PublishedMonth
from alpr_edge.web.printed_pages import printed_page_templates

TEMPLATES = Path(__file__).parent / "templates"
MANIFEST, MANIFEST_NOTE = "manifest.txt", "manifest-note.txt"
MONTHS, MONTHS_NOTE = "months.txt", "months-note.txt"
POLICY = "policy.json"
ORIGIN = "alpr-edge/department/website"
"""What the signature over the list of files is of."""


@dataclass(frozen=True, slots=True)
class SiteContent:
    """What the site is made from."""

    months: PublishedMonths
    statement: PolicyStatement
    witness: Witness
    now: datetime

    def files(self) -> dict[str, bytes]:
        """Every file by its relative path, the signed list of them last."""
        newest = self.months.newest()
        found: dict[str, bytes] = {"style.css": (TEMPLATES / "style.css").read_bytes(), **key_files(self.witness.key)}
        found |= self._pages(list(newest.values()))
        found |= {POLICY: self.statement.content, SCHEMA: schema_json()}
        found |= {COUNTS: all_counts_json(list(newest.values())), TABLE: counts_csv(list(newest.values()))}
        folders = []
        for month in self.months.months:
            holds = newest[month.month]
            folder = month.month if month == holds else f"{month.month}/version-{month.version}"
            folders.append(folder)
            files = self._month_files(month, folder, is_replaced=month != holds)
            found |= {f"{folder}/{name}": content for name, content in files.items()}
        found[MONTHS] = "".join(f"{folder}/{COUNTS}\n" for folder in folders).encode()
        found[MONTHS_NOTE] = self.months.note.encode()
        found[MANIFEST] = manifest_of(found)
        found[MANIFEST_NOTE] = self._manifest_note(found[MANIFEST]).encode()
        return found

    def _pages(self, months: list[PublishedMonth]) -> dict[str, bytes]:
        about = {"statement": self.statement, "months": months, "written": f"{self.now:%Y-%m-%d}"}
        names = ("index.html", "policy.html", "checking.html")
        return {name: self._page(name, "", here=name, key=self.witness.key.text, **about) for name in names}

    def _month_files(self, month: PublishedMonth, folder: str, *, is_replaced: bool) -> dict[str, bytes]:
        top = "../" * (folder.count("/") + 1)
        page = self._page("month.html", top, here="", month=month, replaced_by=is_replaced)
        files = {"index.html": page, COUNTS: month.record, TABLE: counts_csv([month])}
        return files | log_files(month, self.witness.key)

    def _page(self, template: str, top: str, **values: object) -> bytes:
        environment = printed_page_templates(TEMPLATES)
        number = environment.get_template("macros.html").module.number  # type: ignore[attr-defined] # as Jinja names it
        about = {"department": self.statement.department, "contact": self.statement.contact, "top": top}
        return environment.get_template(template).render(**about, number=number, **values).encode()

    def _manifest_note(self, manifest: bytes) -> str:
        lines = manifest.splitlines()
        text = Checkpoint(ORIGIN, len(lines), root_of(lines)).text
        return f"{text}\n{self.witness.cosign(text, self.now)}"


def manifest_of(files: dict[str, bytes]) -> bytes:
    """The digests of files, as ``sha256sum`` writes and checks them."""
    return "".join(f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files)).encode()
