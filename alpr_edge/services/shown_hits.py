"""Says which hits of the car somebody may see, and shows scenes so that they tell of no other hit (policy 462.4(e))."""

from collections.abc import Iterable
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import Access
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.settings import HotlistSettings, StoreSettings


@dataclass(frozen=True, slots=True)
class HitRights:
    """Which hits somebody may see, and so export.

    Args:
        sees_covert: whether they may see covert ones.
    """

    access: Access
    lists: HotlistSettings
    sees_covert: bool

    def may_show(self, hit: Hit) -> bool:
        """Whether a hit is shown to them."""
        return self.may_show_list(hit.generation.source, hit.entry.covert)

    def may_show_list(self, source: str, is_covert: bool) -> bool:  # noqa: FBT001 - a fact of a row
        """Whether hits of a list, covert ones or others, are shown to them."""
        return (self.sees_covert or not is_covert) and self.access.may_see(self.lists.permission_of(source))

    @property
    def sees_all(self) -> bool:
        """Whether there is no hit that is not shown to them: they see scenes as they are stored."""
        return self.sees_covert and all(map(self.access.may_see, SourcePermission))

    def is_scene_plain(self, hits: Iterable[Hit]) -> bool:
        """Whether the scene of a read with some hits is to be as that of one without: they may see none of these."""
        return not self.sees_all and not any(map(self.may_show, hits))


def plain_scene(jpeg: bytes, pictures: StoreSettings) -> bytes:
    """A stored scene as that of a read without a hit is kept here."""
    from alpr_edge.vision import jpeg_pictures  # noqa: PLC0415 - OpenCV, for nothing else of a page

    return jpeg_pictures.plain_scene(jpeg, pictures.scene_px_max, pictures.scene_jpeg_quality)
