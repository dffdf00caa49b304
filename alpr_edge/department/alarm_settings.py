"""``[alarms]`` in ``department.toml``: who is told when something is wrong, and by which server of mail."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, Strict, model_validator

from alpr_edge.department.exchange_settings import LOOPBACK
from alpr_edge.department.setting_types import AbsolutePath, MailAddress, OptionalMailAddress
from alpr_edge.settings.base import Section


class AlarmsTable(Section):
    """[alarms]: who is told when something is wrong (:mod:`alpr_edge.department.alarms`)."""

    remind_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """After how long what lasts is told again."""
    ca_file: AbsolutePath = ""
    """The authorities (PEM) that vouch for the servers below; empty: those of the system."""
    mail_to: Annotated[tuple[MailAddress, ...], Strict(strict=False), Field(max_length=20)] = ()
    """Who gets mail; empty: nobody."""
    mail_from: OptionalMailAddress = ""
    smtp_host: Annotated[
        str,
        Field(max_length=253, pattern=r"^[A-Za-z0-9.:-]*$", description="a name or address of a server, or nothing"),
    ] = ""
    """The server that takes mail in."""
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """``none``: in clear, to this computer alone."""
    smtp_user: Annotated[str, Field(max_length=200)] = ""
    """Empty: without signing in."""
    smtp_password_file: AbsolutePath = ""
    webhook_url: Annotated[
        str,
        Field(
            max_length=500,
            pattern=r"^$|^https?://[^\s]+$",
            description="an address that begins with https://, or nothing",
        ),
    ] = ""
    """Where alarms are posted; in clear (``http``) to this computer alone."""
    webhook_key_file: AbsolutePath = ""
    """A file with a key of 32 bytes or more, which the receiver has as well; it signs each post."""

    @model_validator(mode="after")
    def _require_whole(self) -> Self:
        if self.mail_to and not (self.mail_from and self.smtp_host):
            raise ValueError("mail_to needs mail_from and smtp_host")
        if self.smtp_user and not self.smtp_password_file:
            raise ValueError("smtp_user needs smtp_password_file")
        if self.smtp_security == "none" and self.smtp_host and self.smtp_host not in LOOPBACK:
            raise ValueError("smtp_security: mail leaves this computer encrypted alone; use starttls or tls")
        url = urlsplit(self.webhook_url)
        if url.scheme == "http" and url.hostname not in LOOPBACK:
            raise ValueError("webhook_url: use https; http is for this computer alone")
        if self.webhook_url and not self.webhook_key_file:
            raise ValueError("webhook_url needs webhook_key_file; make the key: openssl rand -hex 32")
        return self
