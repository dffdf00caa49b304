"""``[[exchange]]`` in ``department.toml``: who gets hits or reads as they come, what for, by whose approval."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, Strict, model_validator

from alpr_edge.department.setting_types import AbsolutePath, MailAddress, Words
from alpr_edge.domain.hits import Reason
from alpr_edge.settings.base import Name, Section

APPROVAL_MAX = timedelta(days=366)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ADDRESS = "an address that begins with https://, without user, query and fragment, or nothing"


class ExchangeTable(Section):
    """[[exchange]]: another system or desk of this department that gets some of what is stored, posted or by mail.

    Other agencies get data on an approved request alone (``department release``, policy 462.7).
    """

    name: Name
    format: Annotated[str, Field(max_length=500)] = ""
    """Of posts: a template (:mod:`alpr_edge.department.interchange.templates`) by its name, or its whole path."""
    url: Annotated[str, Field(max_length=500, pattern=r"^$|^https?://[^\s?#@]+$", description=_ADDRESS)] = ""
    """Where it is posted, without any secret; in clear (``http``) to this computer alone."""
    key: Annotated[str, Field(max_length=500)] = ""
    """A file with a key of 32 bytes or more, or ``credential:NAME``; it signs each post."""
    token: Annotated[str, Field(max_length=500)] = ""
    """A file with a token that the receiver asks for (``Authorization: Bearer``), or ``credential:NAME``."""
    ca_file: AbsolutePath = ""
    """The authorities (PEM) that vouch for the receiver; empty: those of the system."""
    mail_to: Annotated[tuple[MailAddress, ...], Strict(strict=False), Field(max_length=20)] = ()
    """Who gets hits by mail, through the server of [alarms], in place of posts to an address."""
    plate_in_mail: bool = False
    """Whether the text of a mail has the plate, which needs TLS to the server; a subject never has one."""
    operator: Words
    """The part of this department that runs it, such as dispatch."""
    purpose: Words
    """What for (policy 462.3)."""
    legal_basis: Words
    approved_by: Words
    """The Operations Division Commander or the authorised designee."""
    approved_on: date
    until: date
    """The last day; a year after the approval at most, so that nothing goes on unseen."""
    rule: Literal["hits", "all_reads"] = "hits"
    lists: Annotated[tuple[Name, ...], Strict(strict=False), Field(max_length=100)] = ()
    """Of hits: the sources of the lists; others stay here."""
    matches: Annotated[tuple[Literal["exact", "confusable", "partial"], ...], Strict(strict=False)] = ("exact",)
    """Of hits: how the plate met the entry."""
    reasons: Annotated[
        tuple[Annotated[Reason, Strict(strict=False)], ...], Strict(strict=False), Field(max_length=len(Reason))
    ] = ()
    """Of hits: why the plate is listed, such as ``stolen_vehicle``; empty: for whatever reason."""
    levels: Annotated[tuple[Literal["notice", "routine", "high", "urgent"], ...], Strict(strict=False)] = ()
    """Of hits: how grave they are; empty: all. A hit whose unit does not say so stays here, if some are named."""
    hours_max: Annotated[int, Field(ge=1, le=720)] = 24
    """What was seen longer ago does not go out any more."""
    pictures: bool = False
    """Whether pictures go out, where the template has a place for them."""

    @model_validator(mode="after")
    def _require_terms(self) -> Self:
        self._require_way()
        url = urlsplit(self.url)
        if url.scheme == "http" and url.hostname not in LOOPBACK:
            raise ValueError("url: use https; http is for this computer alone")
        if not self.approved_on <= self.until <= self.approved_on + APPROVAL_MAX:
            raise ValueError(f"until: name a day within {APPROVAL_MAX.days} days of approved_on")
        if self.rule == "hits" and not self.lists:
            raise ValueError('lists: name the lists whose hits go out; or, for all reads, rule = "all_reads"')
        if not self.matches:
            raise ValueError('matches: name at least "exact"')
        return self

    def _require_way(self) -> None:
        """Posts or mail, and all that the way needs."""
        if bool(self.url) == bool(self.mail_to):
            raise ValueError("url or mail_to: name one of the two")
        if self.url and not (self.format and self.key):
            raise ValueError("url: needs format and key as well")
        if self.mail_to and (self.format or self.key or self.token or self.ca_file or self.pictures):
            raise ValueError("mail_to: has no format, key, token, ca_file or pictures")
        if self.mail_to and self.rule != "hits":
            raise ValueError('mail_to: hits alone go out by mail; leave rule out, or say "hits"')
