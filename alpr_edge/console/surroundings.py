"""What every page shows of the car around it: day or night, whether the car is at speed, and who is not driving.

The outermost template asks for it, so that no page can forget it and the first thing painted is dark at night.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from alpr_edge.console.theme import BY_BROWSER
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.web.live.hit_changes import HitChanges
from alpr_edge.web.visitor import Visitor

FAST, SLOW = "fast", "slow"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The car around one visitor's page; asked for when it is rendered."""

    unit: ConsoleUnit
    visitor: Visitor
    changes: int
    """Count of changes before the page was made: what is newer, its stream reports."""
    path: str = ""
    """Address of the page; empty for an answer to a form."""

    def theme(self) -> str:
        """``day``, ``night`` or ``browser``, which decides then."""
        return self.unit.theme.current()

    def pace(self) -> str:
        """Whether this visitor's page has to be as at speed, or may be as at rest."""
        return FAST if self.unit.speed.applies_to(self.visitor) else SLOW

    def passenger_until(self) -> str:
        """Until when this visitor counts as not driving, as the clock on the wall shows it; empty: they do not."""
        left = timedelta(milliseconds=self.unit.speed.passenger_ms(self.visitor))
        utc = self.unit.clock.now().utc
        if not left:
            return ""
        return (
            f"for {left // timedelta(minutes=1) + 1} min" if utc is None else f"until {(utc + left).astimezone():%H:%M}"
        )


_SURROUNDINGS: ContextVar[Surroundings | None] = ContextVar("surroundings", default=None)


class PageSurroundings:
    """Lets the pages of each request know what is around them."""

    def __init__(self, app: ASGIApp, unit: ConsoleUnit, feed: HitChanges) -> None:
        self._app = app
        self._unit = unit
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            visitor = Visitor.of(Request(scope), b"")
            path = scope["path"] if visitor.is_view else ""
            _SURROUNDINGS.set(Surroundings(self._unit, visitor, self._feed.count, path))
        await self._app(scope, receive, send)


def _theme() -> str:
    surroundings = _SURROUNDINGS.get()
    return BY_BROWSER if surroundings is None else surroundings.theme()


def _pace() -> str:
    surroundings = _SURROUNDINGS.get()
    return FAST if surroundings is None else surroundings.pace()


def _passenger_until() -> str:
    surroundings = _SURROUNDINGS.get()
    return "" if surroundings is None else surroundings.passenger_until()


def _changes() -> str:
    surroundings = _SURROUNDINGS.get()
    return "" if surroundings is None else str(surroundings.changes)


def _path() -> str:
    surroundings = _SURROUNDINGS.get()
    return "" if surroundings is None else surroundings.path


FUNCTIONS: Mapping[str, Callable[[], str]] = {
    "theme": _theme,
    "pace": _pace,
    "passenger_until": _passenger_until,
    "changes": _changes,
    "path": _path,
}
"""The functions of templates."""
