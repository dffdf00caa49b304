"""The fields of a form that say what something is for, and what is said where they do not do."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser, Policy
from alpr_edge.access.authorisation.operations import RULES, Operation
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.permissions.decision import AccessRequest, DecisionReason, purpose_reason
from alpr_edge.domain.permissions.profile import Need, Profile, PurposeRule
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.web.visitor import Visitor


class PurposeSite(Protocol):
    """The site of a form: the car's page, or the department's."""

    @property
    def policy(self) -> Policy:
        """The rules in force."""

    def authoriser(self, visitor: Visitor) -> Authoriser:
        """What allows and records whatever a visitor asks for."""


class PurposeForm:
    """What the profile asks for before something is done."""

    def __init__(self, site: PurposeSite, operation: Operation) -> None:
        self._site = site
        self._operation = operation

    def choices(self, visitor: Visitor) -> dict[str, Any]:
        """What a template offers to choose from.

        Raises:
            AccessError: the visitor may do it for no purpose at all; their try is on record.
        """
        purposes = self._site.authoriser(visitor).require(self._operation, is_page=True)
        profile = self._site.policy.profile
        return {
            "purposes": {code: _purpose_words(rule) for code, rule in purposes.items()},
            "offences": profile.offences,
            "case_formats": " or ".join(profile.case_formats.formats),
            "case_example": profile.case_formats.formats[0],
        }

    def require(self, visitor: Visitor, purpose: Purpose, subjects: Iterable[AccessSubject] = ()) -> None:
        """Refuse a form that was sent by whoever may do it for no purpose at all; the try goes on record (462.6(a)).

        Raises:
            AccessError: they may not.
        """
        self._site.authoriser(visitor).require(self._operation, purpose, subjects)

    def require_current(self, visitor: Visitor) -> None:
        """Refuse, on record, what was allowed before to whoever may not see it any more (policy 462.4(d), 462.6(a)).

        Raises:
            AccessError: the visitor may do it for no purpose at all, or account, training or roster has ended.
        """
        self._site.authoriser(visitor).require(self._operation, is_page=True, is_current=True)

    def is_current(self, visitor: Visitor) -> bool:
        """Whether the visitor may do it, and account, trainings and roster are in force."""
        return self._site.authoriser(visitor).decide(self._operation, None).is_allowed

    def purpose(self, fields: Mapping[str, str]) -> Purpose:
        """The purpose that a form states; whether it may be used is decided when it is."""
        return Purpose(fields.get("purpose", ""), fields.get("offence") or None, fields.get("case", "").strip() or None)

    def fault(self, purpose: Purpose) -> str:
        """What somebody has to add to a purpose; empty: nothing, or it will be refused whatever they add."""
        profile = self._site.policy.profile
        reason = purpose_reason(AccessRequest(RULES[self._operation].action, purpose), profile)
        return "" if reason is None else _faults(profile).get(reason, "")


def fault_words(error: FeedError) -> str:
    """What somebody is told of a field that cannot be used; services name it as the command line does."""
    return str(error).replace("--", "")


def _purpose_words(rule: PurposeRule) -> str:
    """A purpose with what it needs."""
    needs = [word for word, need in (("offense", rule.offence), ("case", rule.case)) if need is Need.REQUIRED]
    return f"{rule.words} (with {' and '.join(needs)})" if needs else rule.words


def _faults(profile: Profile) -> dict[DecisionReason, str]:
    return {
        DecisionReason.PURPOSE_MISSING: "choose what it is for",
        DecisionReason.OFFENCE_MISSING: "this purpose needs an offense",
        DecisionReason.OFFENCE_UNKNOWN: "choose one of the offenses",
        DecisionReason.CASE_MISSING: "this purpose needs a case number",
        DecisionReason.CASE_FORMAT: f"a case number looks like {' or '.join(profile.case_formats.formats)}",
    }
