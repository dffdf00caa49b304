"""The page of something that takes long: how far it is, and where it leads once it is done."""

from starlette.responses import Response

from alpr_edge.department.page.page_parts import PageRoute, go
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.web.visitor import Visitor

LOOK_S = 2
"""Seconds after which the page asks for itself again."""


class JobPages:
    """The pages of jobs."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (("/work/{job_id}", "GET", self.show),)

    def show(self, visitor: Visitor) -> Response:
        """How far it is; what asks again by itself keeps no session open, and is led away from a locked one."""
        word = visitor.parameters["job_id"]
        job = self._site.jobs.find(visitor, word)
        if self._site.is_closed(visitor):
            return go("/")
        if job.is_over and not job.fault:
            return go(job.leads_to(word, job.result))
        return self._site.page("working", visitor, job=job, look_s=LOOK_S, here=job.back)
