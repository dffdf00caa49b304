"""What ``alpr-edge department lists`` shows of a source: what is published, for whom, and what units have of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alpr_edge.cli.output import time_text

if TYPE_CHECKING:
    from alpr_edge.department.hotlists import PublishedList
    from alpr_edge.department.ingest.storage import Storage
    from alpr_edge.department.list_requests import ListRequest


@dataclass(frozen=True, slots=True)
class ListOverview:
    """A source that is published, or that a unit asked for."""

    source: str
    newest: PublishedList | None
    """None: units ask for it, and nothing is published."""
    audience: frozenset[str] | None
    """The units that it is meant for; None: all."""
    requests: tuple[ListRequest, ...]
    """Each unit's newest request for it."""

    def content(self) -> dict[str, Any]:
        """The source as JSON has it."""
        newest = self.newest
        return {
            "source": self.source,
            "serial": None if newest is None else newest.serial,
            "change": None if newest is None else newest.change.value,
            "published_at": None if newest is None else newest.published_at,
            "units": self.audience,
            "requests": [
                {"unit": each.unit_id, "serial": each.serial, "requested_at": each.requested_at}
                for each in self.requests
            ],
        }

    def text(self) -> str:
        """The source for a person: a line, and one for each unit that asked for it."""
        if self.newest is None:
            head = f"{self.source}: nothing is published, and units ask for it"
        else:
            words = f"serial {self.newest.serial}, published {time_text(self.newest.published_at)}"
            head = f"{self.source}: {words}, for {audience_text(self.audience)}"
        lines = [
            f"  {each.unit_id} had serial {each.serial or 'none'} when it last asked, {time_text(each.requested_at)}"
            for each in self.requests
        ]
        return "\n".join([head, *lines])


def list_overviews(storage: Storage) -> list[ListOverview]:
    """Every source that is published or that a unit asked for, by name."""
    audiences, requests = storage.lists.audiences(), storage.list_requests.all()
    return [
        ListOverview(
            source,
            next(reversed(storage.lists.steps_of(source)), None),
            audiences.get(source),
            tuple(each for each in requests if each.source == source),
        )
        for source in sorted({*audiences, *(each.source for each in requests)})
    ]


def audience_text(audience: frozenset[str] | None) -> str:
    """Which units a list is meant for, in words."""
    return "all units" if audience is None else ", ".join(sorted(audience)) or "no unit"
