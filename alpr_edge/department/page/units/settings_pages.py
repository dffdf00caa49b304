"""The pages of units' settings: what was published, who has which, and the form that publishes once it was shown."""

import re
from dataclasses import replace

from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.inquiries.units.settings_service import SettingsOverview
from alpr_edge.department.page.page_parts import PAGES, PageRoute, go, page_words
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.publishing.settings_changes import flat_values
from alpr_edge.department.publishing.settings_register import SettingsToPublish, read_remote_text
from alpr_edge.domain.errors import DepartmentError, SettingsError
from alpr_edge.web.visitor import Visitor

TEXT_CHARACTERS_MAX = 8_000
"""Of the settings that are typed: the form as a whole has to stay below what a request may hold."""
_SERIAL = re.compile(r"[0-9]{1,9}")


class UnitSettingsPages:
    """The pages of units' settings."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self.steps: tuple[PageRoute, ...] = (
            ("/unit-settings", "GET", self.show_all),
            ("/unit-settings/new", "GET", self.ask),
            ("/unit-settings/new", "POST", self.publish),
            ("/unit-settings/{number}", "GET", self.show),
            ("/unit-settings/{number}/withdraw", "POST", self.withdraw),
        )

    def show_all(self, visitor: Visitor) -> Response:
        """Every publication, and what each unit has."""
        return self._site.page("settings/all", visitor, overview=self._overview(visitor), may_set=self._may(visitor))

    def show(self, visitor: Visitor) -> Response:
        """One publication with its values."""
        return self._one(visitor)

    def ask(self, visitor: Visitor) -> Response:
        """The form of new settings."""
        self._site.require(visitor, Operation.PUBLISH_SETTINGS)
        return self._form(visitor)

    def publish(self, visitor: Visitor) -> Response:
        """Show what new settings change, and publish them once that was confirmed."""
        self._site.require(visitor, Operation.PUBLISH_SETTINGS)
        fields, authoriser = visitor.fields, self._site.authoriser(visitor)
        try:
            new = _form_settings(fields)
            if fields.get("answer") == "publish" and _SERIAL.fullmatch(fields.get("seen", "")):
                new = replace(new, seen=int(fields["seen"]))
                self._site.office.unit_settings.publish(authoriser, new, fields.get("reason", "").strip())
                return go("/unit-settings")
            overview, changes = self._site.office.unit_settings.changes(authoriser, new)
        except SettingsError as error:
            return self._form(visitor, error.faults)
        except DepartmentError as error:
            return self._form(visitor, [page_words(error)])
        return self._site.page(
            "settings/new", visitor, fields=fields, faults=[], changes=changes, seen=overview.newest, units=new.units
        )

    def withdraw(self, visitor: Visitor) -> Response:
        """Withdraw a publication, once its serial was typed as well."""
        self._site.require(visitor, Operation.WITHDRAW_SETTINGS)
        number = visitor.parameters["number"]
        if visitor.fields.get("confirmed", "").strip() != number or not _SERIAL.fullmatch(number):
            return self._one(visitor, "type the serial to confirm it")
        reason = visitor.fields.get("reason", "").strip()
        try:
            self._site.office.unit_settings.withdraw(self._site.authoriser(visitor), int(number), reason)
        except DepartmentError as error:
            return self._one(visitor, page_words(error))
        return go("/unit-settings")

    def _one(self, visitor: Visitor, fault: str = "") -> Response:
        overview, number = self._overview(visitor), visitor.parameters["number"]
        step = next((each for each in overview.history if str(each.serial) == number), None)
        if step is None:
            return PAGES.page("refused", 422 if fault else 404, message="these settings were not published")
        shown = {"step": step, "values": flat_values(step.values), "fault": fault, "fields": visitor.fields}
        is_open = not step.is_withdrawal and step.serial not in overview.withdrawn
        may_withdraw = is_open and self._may(visitor)
        if may_withdraw:
            shown |= {"changes": overview.changes_of_withdrawal(step.serial)}
        return self._site.page("settings/one", visitor, 422 if fault else 200, **shown, may_withdraw=may_withdraw)

    def _form(self, visitor: Visitor, faults: list[str] | None = None) -> Response:
        shown = {"fields": visitor.fields, "faults": faults or [], "changes": None}
        return self._site.page("settings/new", visitor, 422 if faults else 200, **shown)

    def _overview(self, visitor: Visitor) -> SettingsOverview:
        return self._site.office.unit_settings.overview(self._site.authoriser(visitor))

    def _may(self, visitor: Visitor) -> bool:
        return self._site.may(visitor, Operation.PUBLISH_SETTINGS)


def _form_settings(fields: dict[str, str]) -> SettingsToPublish:
    """What was typed, checked as the units will."""
    text = fields.get("values", "")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise DepartmentError(f"the settings are longer than {TEXT_CHARACTERS_MAX} characters")
    units = [each for each in re.split(r"[,;\s]+", fields.get("units", "")) if each]
    return SettingsToPublish(read_remote_text(text), tuple(sorted(set(units))))
