"""[[hotlist.source]]: one list, the format of its feed, where it comes from and how often it is asked for.

A list comes from the department (``department = true``), from any HTTPS address (``url``), or from a folder that
somebody else fills (``folder``); a folder may stand beside either, for the day the link is down.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.settings.base import FilePath, Name
from alpr_edge.settings.list_rules import ListRules, ReasonName

SOURCES_MAX = 32
"""NCIC, the state's files, neighbours and the department's own come to fewer."""


SourceName = Literal["department", "state", "federal"]


class FeedSource(ListRules):
    """One source of feeds, as far as that says how they are read and checked."""

    name: Name
    format: Name
    """Layout of its feed, a name of :class:`alpr_edge.domain.feed_formats.FormatName`."""
    reason: ReasonName | None = None
    """Reason of lines that name none; None: each line names its."""


class ListSource(FeedSource):
    """One hotlist source."""

    folder: FilePath | None = None
    department: bool = False
    url: Annotated[
        str, Field(pattern=r"^(https://.+)?$", description="an address that begins with https://, or nothing")
    ] = ""
    permission: SourceName | None = None
    """The permission that shows its hits; None: that of the format (:attr:`source_permission`)."""
    check_interval_s: Annotated[float, Field(ge=10, le=86_400)] = 900.0
    bytes_max: Annotated[int, Field(ge=1024, le=4_294_967_296)] = 268_435_456
    ca_file: FilePath | None = None
    """None: that of [uplink]; likewise the next two."""
    certificate_file: FilePath | None = None
    key_file: FilePath | None = None

    @property
    def is_fetched(self) -> bool:
        """Whether its feeds come by themselves; otherwise a person imports them."""
        return self.department or bool(self.url) or self.folder is not None

    @property
    def source_permission(self) -> SourcePermission:
        """Whose data it is: an operator sees its hits with the permission for that (policy 462.4(e))."""
        if self.permission is not None:
            return SourcePermission(self.permission)
        return next((name.permission for name in FormatName if name == self.format), SourcePermission.FEDERAL)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.department and self.url:
            raise ValueError("department = true and url exclude each other; keep the one the list comes from")
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together; give both or neither")
        if self.signing_key_file is not None and self.department:
            raise ValueError("the department vouches for its lists by its certificate; leave out signing_key_file")
        return self
