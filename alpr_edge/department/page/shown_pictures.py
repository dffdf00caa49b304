"""The pictures of a read that was just shown, each at an address that is good once and tells nothing of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from alpr_edge.department.page.page_parts import ShownAt
from alpr_edge.department.page.site import DepartmentSite
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.department.search.read_pictures import ReadPicture
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.web.visitor import Visitor


@dataclass(frozen=True, slots=True, eq=False)
class ShownPicture:
    """A picture of a page that was just shown."""

    purpose: Purpose
    read: FoundRead = field(repr=False)
    sha256: str


def picture_addresses(
    site: DepartmentSite, visitor: Visitor, purpose: Purpose, read: FoundRead, pictures: Sequence[ReadPicture]
) -> list[ShownAt]:
    """Where the pictures of a read are shown, once each."""

    def address(picture: ReadPicture) -> ShownAt:
        word = site.pictures.add(visitor, ShownPicture(purpose, read, picture.sha256))
        return ShownAt(picture.kind.value, f"/pictures/{word}", picture.sha256)

    return [address(each) for each in pictures]
