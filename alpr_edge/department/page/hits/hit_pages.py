"""The pages of hits: the board of all units' hits of the last shift, and one hit with its pictures.

No address tells a plate; each picture has one that is good once.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from starlette.responses import Response

from alpr_edge.department.inquiries.hits.board_rows import BoardHit
from alpr_edge.department.page.page_parts import PageRoute, ShownAt, go
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.search.read_pictures import ReadPicture
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.web.pictures import picture_response
from alpr_edge.web.visitor import Visitor

PATH = "/hits"
OPEN_HITS_MAX = 1_000
"""Pages of one hit whose pictures keep their addresses while they make themselves anew."""


@dataclass(frozen=True, slots=True, eq=False)
class _ShownPicture:
    """A picture of a hit that was just shown."""

    hit: BoardHit = field(repr=False)
    sha256: str


class HitPages:
    """The pages of hits."""

    def __init__(self, site: DepartmentSite) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._addresses = OrderedDict[tuple[str, str, str], list[ShownAt]]()
        """The pictures of the pages that are open, by session, unit and hit."""
        self.steps: tuple[PageRoute, ...] = (
            (PATH, "GET", self.board),
            ("/hits/{unit_id}/{hit_id}", "GET", self.hit),
            ("/hit-pictures/{picture_id}", "GET", self.picture),
        )

    def board(self, visitor: Visitor) -> Response:
        """The hits of the last shift, the newest first; a page that makes itself anew leads away from a locked one."""
        if self._site.is_closed(visitor):
            return go("/")
        board = self._site.office.hits
        lines = board.lines(self._site.authoriser(visitor))
        return self._site.page("hits", visitor, lines=lines, hours=board.hours)

    def hit(self, visitor: Visitor) -> Response:
        """One hit, with its pictures, each at an address that is good once."""
        if self._site.is_closed(visitor):
            return go("/")
        unit_id, hit_id = visitor.parameters["unit_id"], visitor.parameters["hit_id"]
        hit, pictures = self._site.office.hits.hit(self._site.authoriser(visitor), unit_id, hit_id)
        key = (token_digest(visitor.token), unit_id, hit_id)
        with self._lock:
            addresses = None if visitor.is_use else self._addresses.get(key)
        if addresses is None or [each.sha256 for each in addresses] != [each.sha256 for each in pictures]:
            addresses = [self._address(visitor, hit, each) for each in pictures]
            self._keep(key, addresses)
        return self._site.page("hit", visitor, hit=hit, pictures=addresses)

    def picture(self, visitor: Visitor) -> Response:
        """A picture of a hit that was just shown."""
        shown = self._site.pictures.take(visitor, visitor.parameters["picture_id"], _ShownPicture)
        jpeg = self._site.office.hits.picture(self._site.authoriser(visitor), shown.hit, shown.sha256)
        return picture_response(jpeg)

    def _address(self, visitor: Visitor, hit: BoardHit, picture: ReadPicture) -> ShownAt:
        """Where a picture is shown once."""
        word = self._site.pictures.add(visitor, _ShownPicture(hit, picture.sha256))
        return ShownAt(picture.kind.value, f"/hit-pictures/{word}", picture.sha256)

    def _keep(self, key: tuple[str, str, str], addresses: list[ShownAt]) -> None:
        with self._lock:
            self._addresses[key] = addresses
            self._addresses.move_to_end(key)
            while len(self._addresses) > OPEN_HITS_MAX:
                self._addresses.popitem(last=False)
