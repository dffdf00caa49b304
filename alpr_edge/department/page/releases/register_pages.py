"""The pages of the register of requests: what waits for what, a new request, one with its letter, a month or a year."""

from datetime import UTC, datetime

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.packages.csv_lines import csv_lines
from alpr_edge.department.page.page_parts import PageRoute, go, page_words
from alpr_edge.department.page.releases.release_words import due_words, form_choices
from alpr_edge.department.page.releases.request_form import parse_request_form
from alpr_edge.department.page.releases.request_page import RequestPage
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.releases.register_lines import register_line, register_period
from alpr_edge.department.releases.release_rows import FiledRequest
from alpr_edge.domain.errors import ReleaseError, SearchError
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.web.visitor import Visitor

PATH, NEW_PATH = "/releases", "/releases/new"
LISTED_MAX = 200
"""Requests of the first page, the newest; older ones are in the register of their month."""


class RegisterPages:
    """The pages of the register."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._page = RequestPage(site)
        self.steps: tuple[PageRoute, ...] = (
            (PATH, "GET", self.show),
            (NEW_PATH, "GET", self.ask),
            ("/releases/register", "POST", self.choose),
            ("/releases/register/{period}", "GET", self.register),
            ("/releases/register/{period}/csv", "GET", self.table),
            ("/releases/{request_id}", "GET", self._page.answer),
            ("/releases/{request_id}/letter", "GET", self.letter),
        )

    def show(self, visitor: Visitor) -> Response:
        """The newest requests, where they are, and what is due."""
        return self._list(visitor)

    def ask(self, visitor: Visitor) -> Response:
        """The form of a request."""
        self._site.require(visitor, Operation.ENTER_RELEASE)
        return self._form(visitor)

    def enter(self, visitor: Visitor, letter: bytes) -> Response:
        """Put a request on file, and lead to it."""
        self._site.require(visitor, Operation.ENTER_RELEASE)
        try:
            request = parse_request_form(visitor.fields)
            filed = self._site.office.releases.enter(self._site.authoriser(visitor), request, letter)
        except ReleaseError as error:
            return self._form(visitor, page_words(error))
        return go(f"{PATH}/{filed.request_id}")

    def choose(self, visitor: Visitor) -> Response:
        """Lead to the register of a month or a year."""
        period = visitor.fields.get("period", "").strip()
        try:
            register_period(period)
        except ReleaseError:
            return self._list(visitor, "a month looks like 2026-11, a year like 2026")
        return go(f"{PATH}/register/{period}")

    def register(self, visitor: Visitor) -> Response:
        """The register of a month or a year."""
        found = self._of_period(visitor)
        lines = [register_line(filed) for filed in found]
        return self._site.page("releases/register", visitor, lines=lines, period=visitor.parameters["period"])

    def table(self, visitor: Visitor) -> Response:
        """The same for a spreadsheet."""
        text = "".join(csv_lines(map(register_line, self._of_period(visitor))))
        return _attachment(text.encode(), f"register-{visitor.parameters['period']}.csv", "text/csv")

    def letter(self, visitor: Visitor) -> Response:
        """The written request, as it came."""
        request_id = visitor.parameters["request_id"]
        purpose = self._site.purpose_of(visitor, Operation.SHOW_RELEASES, PurposeCode.RELEASE)
        try:
            letter = self._site.office.releases.letter(self._site.authoriser(visitor), request_id, purpose)
        except ReleaseError as error:
            raise SearchError(page_words(error)) from None
        ending = ".pdf" if letter.startswith(b"%PDF-") else ""
        return _attachment(letter, f"{request_id}-letter{ending}", "application/octet-stream")

    def _of_period(self, visitor: Visitor) -> list[FiledRequest]:
        purpose = self._site.purpose_of(visitor, Operation.SHOW_RELEASES, PurposeCode.RELEASE)
        try:
            begin, end = register_period(visitor.parameters["period"])
        except ReleaseError as error:
            raise SearchError(page_words(error)) from None
        return list(self._site.office.releases.of_period(self._site.authoriser(visitor), begin, end, purpose))

    def _list(self, visitor: Visitor, fault: str = "") -> Response:
        purpose = self._site.purpose_of(visitor, Operation.SHOW_RELEASES, PurposeCode.RELEASE)
        found = self._site.office.releases.list(self._site.authoriser(visitor), purpose)
        self._site.office.waiting_packages.tidy()
        rules, now = self._site.policy.profile.releases, datetime.now(UTC)
        newest = found[: -LISTED_MAX - 1 : -1]
        values = {
            "lines": [(filed, due_words(filed.steps, rules, now)) for filed in newest],
            "older": len(found) - len(newest),
            "may_enter": self._site.may(visitor, Operation.ENTER_RELEASE),
            "period": visitor.fields.get("period", f"{now.astimezone():%Y-%m}"),
        }
        return self._site.page("releases/list", visitor, 422 if fault else 200, fault=fault, **values)

    def _form(self, visitor: Visitor, fault: str = "") -> Response:
        choices = form_choices(self._site.policy.profile)
        fields = visitor.fields if fault else {}
        return self._site.page(
            "releases/new", visitor, 422 if fault else 200, choices=choices, fields=fields, fault=fault
        )


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    """A file for a browser to keep; names are of ids and periods alone."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
