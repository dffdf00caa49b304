"""The pages of a package: it is made in the background, its passphrase is shown once, and its file is given out."""

from functools import partial
from typing import Any

from starlette.responses import FileResponse, Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.page.page_jobs import PageJob
from alpr_edge.department.page.page_parts import PageRoute, go, page_words, typed_text
from alpr_edge.department.page.releases.request_page import RequestPage
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.releases.release_packages import MadePackage
from alpr_edge.department.releases.release_record import LEFT_OUT_WORDS
from alpr_edge.domain.errors import ReleaseError, SearchError
from alpr_edge.domain.releases.steps import ReleaseState
from alpr_edge.web.visitor import Visitor


class PackagePages:
    """The pages of packages."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._page = RequestPage(site)
        self.steps: tuple[PageRoute, ...] = (
            ("/releases/{request_id}/package", "POST", self.begin),
            ("/releases/{request_id}/package", "GET", self.file),
            ("/packages/{job_id}", "GET", self.ask),
            ("/packages/{job_id}", "POST", self.passphrase),
        )

    def begin(self, visitor: Visitor) -> Response:
        """Begin to make the package, and lead to the page that tells how far it is."""
        self._site.require(visitor, Operation.PACKAGE_RELEASE)
        request_id, again = visitor.parameters["request_id"], typed_text(visitor.fields, "note")
        packages, path = self._site.office.waiting_packages, f"/releases/{request_id}"
        job = PageJob("A package is made", path, lambda word, _made: f"/packages/{word}")
        work = partial(packages.make, self._site.authoriser(visitor), request_id, again)
        try:
            packages.require(request_id)
        except ReleaseError as error:
            raise SearchError(page_words(error)) from None
        try:
            return go(f"/work/{self._site.jobs.begin(visitor, job, work)}")
        except SearchError as error:
            return self._page.answer(visitor, str(error), ReleaseState.PACKAGED)

    def file(self, visitor: Visitor) -> Response:
        """The file of a package that waits."""
        try:
            path = self._site.office.waiting_packages.file(
                self._site.authoriser(visitor), visitor.parameters["request_id"]
            )
        except ReleaseError as error:
            raise SearchError(page_words(error)) from None
        return FileResponse(path, media_type="application/zip", filename=path.name)

    def ask(self, visitor: Visitor) -> Response:
        """What was made, without its passphrase: that is shown to whoever presses for it, once."""
        job = self._site.jobs.find(visitor, visitor.parameters["job_id"])
        return self._made_page(visitor, job, passphrase="")

    def passphrase(self, visitor: Visitor) -> Response:
        """The passphrase of a package that was just made; nothing has it afterwards."""
        word = visitor.parameters["job_id"]
        if self._site.is_closed(visitor):
            return go("/")
        job = self._site.jobs.take(visitor, word)
        return self._made_page(visitor, job, _package_of(job).passphrase)

    def _made_page(self, visitor: Visitor, job: PageJob, passphrase: str) -> Response:
        made = _package_of(job)
        if self._site.is_closed(visitor):
            return go("/")
        values: dict[str, Any] = {"made": made, "step": made.filed.steps[-1], "left_out": LEFT_OUT_WORDS}
        return self._site.page("releases/package", visitor, passphrase=passphrase, **values)


def _package_of(job: PageJob) -> MadePackage:
    """What came of a job. Raises SearchError where that is no package."""
    if not isinstance(job.result, MadePackage):
        raise SearchError("there is no such package")
    return job.result
