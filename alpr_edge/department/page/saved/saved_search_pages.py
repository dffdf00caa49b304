"""The pages of saved searches: to save one, one's own, what one looks for, its run, its end; and who has how many."""

from datetime import UTC, datetime

from starlette.responses import Response

from alpr_edge.department.inquiries.saved_searches import purpose_of_run
from alpr_edge.department.page.asked_search import AskedSearch, fields_of
from alpr_edge.department.page.page_parts import PageRoute, go
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.search.saved_search import SavedCriteria
from alpr_edge.domain.errors import SearchError
from alpr_edge.web.visitor import Visitor

PATH = "/saved-searches"


class SavedSearchPages:
    """The pages of saved searches."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._searches = site.office.saved_searches
        self.steps: tuple[PageRoute, ...] = (
            (PATH, "GET", self.list),
            (f"{PATH}/people", "GET", self.people),
            (f"{PATH}/new/{{search_id}}", "GET", self.form),
            (f"{PATH}/new/{{search_id}}", "POST", self.save),
            (f"{PATH}/{{saved_id}}", "GET", self.show),
            (f"{PATH}/{{saved_id}}/run", "POST", self.run),
            (f"{PATH}/{{saved_id}}/delete", "POST", self.delete),
        )

    def list(self, visitor: Visitor) -> Response:
        """One's own saved searches, without what they look for."""
        found = self._searches.list(self._site.authoriser(visitor))
        return self._site.page("saved/list", visitor, found=found, words=self._purpose_words())

    def people(self, visitor: Visitor) -> Response:
        """Who has how many."""
        return self._site.page("saved/people", visitor, found=self._searches.counts(self._site.authoriser(visitor)))

    def form(self, visitor: Visitor) -> Response:
        """The form to save a search that was just made."""
        return self._form_page(visitor)

    def save(self, visitor: Visitor) -> Response:
        asked, fields = self._search_of(visitor), visitor.fields
        criteria = SavedCriteria.of(asked.search, asked.last_days)
        try:
            days = _days(fields.get("days", ""))
            self._searches.save(self._site.authoriser(visitor), asked.purpose, fields.get("name", ""), criteria, days)
        except SearchError as error:
            return self._form_page(visitor, str(error))
        return go(PATH)

    def show(self, visitor: Visitor) -> Response:
        """What a saved search looks for."""
        saved = self._searches.open(self._site.authoriser(visitor), visitor.parameters["saved_id"])
        return self._site.page("saved/one", visitor, saved=saved, words=self._purpose_words())

    def run(self, visitor: Visitor) -> Response:
        """Run a saved search, and lead to its first page."""
        saved = self._searches.open(self._site.authoriser(visitor), visitor.parameters["saved_id"])
        search, last_days = saved.criteria.search_at(datetime.now(UTC)), saved.criteria.last_days
        asked = AskedSearch(purpose_of_run(saved), search, fields_of(saved.purpose, search, last_days))
        return go(f"/search/{self._site.lookups.add(visitor, asked)}/1")

    def delete(self, visitor: Visitor) -> Response:
        self._searches.delete(self._site.authoriser(visitor), visitor.parameters["saved_id"])
        return go(PATH)

    def _search_of(self, visitor: Visitor) -> AskedSearch:
        return self._site.lookups.find(visitor, visitor.parameters["search_id"], AskedSearch)

    def _form_page(self, visitor: Visitor, fault: str = "") -> Response:
        asked, (days, days_max) = self._search_of(visitor), self._searches.days
        shown = {
            "search": visitor.parameters["search_id"],
            "days": days,
            "days_max": days_max,
            "fields": visitor.fields,
        }
        shown |= {"criteria": SavedCriteria.of(asked.search, asked.last_days), "purpose": asked.purpose}
        return self._site.page(
            "saved/form", visitor, 422 if fault else 200, fault=fault, words=self._purpose_words(), **shown
        )

    def _purpose_words(self) -> dict[str, str]:
        """The purposes of the profile in words."""
        return {code: rule.words for code, rule in self._site.policy.profile.purposes.items()}


def _days(text: str) -> int | None:
    """The days of a form; None: it leaves them to the settings."""
    text = text.strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise SearchError("the days that a saved search lasts are a number")
    return int(text) if text else None
