"""The pages that book evidence out: the form, how far it is, what was written, and its passphrase once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.evidence.export_jobs import AskedExport
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import EvidenceError, SearchError
from alpr_edge.evidence.booking_texts import MEDIUM_CHARACTERS_MAX, RECIPIENT_CHARACTERS_MAX
from alpr_edge.services.evidence.case_export import Progress
from alpr_edge.services.evidence.export_request import ExportRequest, ExportResult
from alpr_edge.web.purpose_form import PurposeForm
from alpr_edge.web.visitor import Visitor

MEDIA_MAX = 20


@dataclass(frozen=True, slots=True)
class PluggedMedium:
    """A medium that a package may be written to."""

    name: str
    """Name of its folder."""
    path: Path
    free_bytes: int


def plugged_media(directory: Path, data_directory: Path) -> list[PluggedMedium]:
    """The media at present, by name; a folder in which nothing is mounted is none.

    Args:
        data_directory: the unit's data folder, whose own disk is never one.
    """
    try:
        own_device = data_directory.stat().st_dev
        entries = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    found: list[PluggedMedium] = []
    for name in entries[:MEDIA_MAX]:
        path = directory / name
        try:
            room, device = os.statvfs(path), path.stat().st_dev
        except OSError:
            continue
        if device != own_device and os.access(path, os.W_OK | os.X_OK):
            found.append(PluggedMedium(name, path, room.f_bavail * room.f_frsize))
    return found


PATH = "/evidence"


class ExportPages:
    """The pages of exports."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._form = PurposeForm(unit, Operation.EXPORT_CASE)

    @property
    def routes(self) -> list[PageRoute]:
        """Their addresses: none tells a case or a plate."""
        return [
            (PATH, "GET", self.show),
            (PATH, "POST", self.begin),
            (f"{PATH}/passphrases/{{word}}", "GET", self.passphrase),
            (f"{PATH}/{{export_id}}", "GET", self.job),
            (f"{PATH}/{{export_id}}/passphrase", "POST", self.show_passphrase),
        ]

    def show(self, visitor: Visitor) -> Response:
        """The form of an export, with the exports of the session that are kept: a locked page led away from them."""
        self._unit.speed.require_slow(visitor)
        return self._form_page(visitor, {})

    def begin(self, visitor: Visitor) -> Response:
        """Begin an export, and lead to how far it is."""
        self._unit.speed.require_slow(visitor)
        fields = visitor.fields
        purpose = self._form.purpose(fields)
        self._form.require(visitor, purpose)
        fault = self._form.fault(purpose) or ("" if purpose.case else "say which case")
        if fault:
            return self._form_page(visitor, fields, fault)
        authoriser = self._unit.authoriser(visitor)
        try:
            request, exports = self._request(fields), self._unit.exports()

            def run(progress: Progress) -> ExportResult:
                return exports.export(authoriser, purpose, request, progress)

            word = self._unit.export_jobs.begin(visitor, AskedExport(purpose, request), run)
        except EvidenceError as error:
            return self._form_page(visitor, fields, str(error))
        return go(f"{PATH}/{word}")

    def job(self, visitor: Visitor) -> Response:
        """How far an export is, or what it wrote, for whoever may still export and is trained (policy 462.4(d))."""
        self._unit.speed.require_slow(visitor)
        self._form.require_current(visitor)
        job = self._unit.export_jobs.find(visitor, visitor.parameters["export_id"])
        return self._page("evidence_export", visitor, job=job, word=visitor.parameters["export_id"])

    def show_passphrase(self, visitor: Visitor) -> Response:
        """Lead to the passphrase until it was shown, so that a second touch of the button leads there as well."""
        self._unit.speed.require_slow(visitor)
        self._form.require_current(visitor)
        word = self._unit.export_jobs.lead_to_passphrase(visitor, visitor.parameters["export_id"])
        return go(f"{PATH}/passphrases/{word}")

    def passphrase(self, visitor: Visitor) -> Response:
        """The passphrase; the second time it is gone."""
        self._unit.speed.require_slow(visitor)
        self._form.require_current(visitor)
        try:
            result = self._unit.export_jobs.take_passphrase(visitor, visitor.parameters["word"])
        except SearchError:
            return go(PATH)
        return self._page("evidence_passphrase", visitor, passphrase=result.passphrase, file_name=result.path.name)

    def _request(self, fields: Mapping[str, str]) -> ExportRequest:
        media = {medium.name: medium.path for medium in self._media()}
        name = fields.get("medium", "")
        if name not in media:
            raise EvidenceError("choose the medium")
        return ExportRequest(
            case=fields.get("case", ""),
            directory=media[name],
            medium=fields.get("number", "").strip(),
            recipient=fields.get("recipient", "").strip(),
            with_scenes=fields.get("pictures", "") != "plates",
            is_redacted=fields.get("pictures", "") == "redacted",
        )

    def _media(self) -> list[PluggedMedium]:
        settings = self._unit.settings
        return plugged_media(settings.evidence.media_directory, settings.unit.data_directory)

    def _form_page(self, visitor: Visitor, fields: Mapping[str, str], fault: str = "") -> Response:
        shown = {"fault": fault, "fields": fields, "choices": self._form.choices(visitor), "media": self._media()}
        bounds = {"number_max": MEDIUM_CHARACTERS_MAX, "recipient_max": RECIPIENT_CHARACTERS_MAX}
        exports = self._unit.export_jobs.of_session(visitor) if self._form.is_current(visitor) else []
        return self._page("evidence_form", visitor, 422 if fault else 200, exports=exports, **shown, **bounds)

    def _page(self, name: str, visitor: Visitor, status: int = 200, **values: object) -> Response:
        return lookup_page(self._unit, visitor, PATH, name, status, **values)
