"""The page that follows the newest reads, and pictures of what each camera sees now (policy 462.3, 462.4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.responses import Response

from alpr_edge.access.authorisation.authoriser import AccessSubject
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.lookups.navigation import lookup_page
from alpr_edge.console.page_parts import go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.errors import SearchError, StoreError
from alpr_edge.domain.permissions.purposes import MAINTENANCE, Purpose
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.runtime.camera_pictures import read_picture, request_pictures
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.services.reads import ShownRead, follow_reads
from alpr_edge.web.pictures import picture_response
from alpr_edge.web.purpose_form import PurposeForm
from alpr_edge.web.visitor import Visitor


@dataclass(slots=True, eq=False)
class _KeptFollow:
    """What one session follows, for one purpose."""

    purpose: Purpose
    cameras: tuple[str, ...]
    """The cameras whose pictures it may see."""
    reads: Sequence[ShownRead] = field(default=(), repr=False)
    """The reads that it shows; they are on record."""


class FollowPages:
    """The pages that follow what the unit reads and sees."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self._form = PurposeForm(unit, Operation.SHOW_READS)

    def show_form(self, visitor: Visitor) -> Response:
        """The form that asks for the purpose."""
        self._unit.speed.require_slow(visitor)
        return self._form_page(visitor)

    def begin(self, visitor: Visitor) -> Response:
        """Begin to follow the reads, and lead to them."""
        self._unit.speed.require_slow(visitor)
        purpose = self._form.purpose(visitor.fields)
        self._form.require(visitor, purpose)
        if fault := self._form.fault(purpose):
            return self._form_page(visitor, fault)
        may_see_cameras = self._unit.authoriser(visitor).decide(Operation.SHOW_CAMERAS, purpose).is_allowed
        cameras = self._record_cameras(visitor, purpose) if may_see_cameras else ()
        return go(f"/reads/{self._unit.lookups.add(visitor, _KeptFollow(purpose, cameras))}")

    def show(self, visitor: Visitor) -> Response:
        """The newest reads; at speed, and in a session that is not open, the first page in their place."""
        if self._unit.sign_ins(visitor).state() is not SessionState.OPEN or self._unit.speed.applies_to(visitor):
            return go("/")
        kept, unit = self._find(visitor), self._unit
        kept.reads = follow_reads(unit.store, unit.authoriser(visitor), kept.purpose, unit.settings.hotlist, kept.reads)
        word = visitor.parameters["follow_id"]
        return lookup_page(unit, visitor, "/reads", "reads", reads=kept.reads, cameras=kept.cameras, follow=word)

    def crop(self, visitor: Visitor) -> Response:
        """The picture of the plate of a read that is shown; the record of the read covers it."""
        self._unit.speed.require_slow(visitor)
        kept, read_id = self._find(visitor), visitor.parameters["read_id"]
        authoriser = self._unit.authoriser(visitor).without_use()
        authoriser.require(Operation.SHOW_READS, kept.purpose, is_page=True, is_current=True)
        evidence = next((each.read.evidence for each in kept.reads if each.read.read_id == read_id), ())
        crop = next((image for image in evidence if image.kind is EvidenceKind.CROP), None)
        if crop is None:
            raise SearchError("there is no such picture")
        return picture_response(self._unit.store.images.get(crop.sha256))

    def show_cameras(self, visitor: Visitor) -> Response:
        """The pictures of all cameras, for maintenance."""
        self._unit.speed.require_slow(visitor)
        cameras = self._record_cameras(visitor, MAINTENANCE)
        word = self._unit.lookups.add(visitor, _KeptFollow(MAINTENANCE, cameras))
        return lookup_page(self._unit, visitor, "/cameras", "cameras", cameras=cameras, follow=word)

    def camera(self, visitor: Visitor) -> Response:
        """The present picture of a camera; the capture daemon writes it while pages ask."""
        self._unit.speed.require_slow(visitor)
        kept, camera_id = self._find(visitor), visitor.parameters["camera_id"]
        authoriser = self._unit.authoriser(visitor).without_use()
        authoriser.require(Operation.SHOW_CAMERAS, kept.purpose, is_page=True, is_current=True)
        if camera_id not in kept.cameras:
            raise SearchError("there is no such camera")
        directory = self._unit.settings.unit.runtime_directory
        with io_errors("the pictures of the cameras", StoreError):
            request_pictures(directory)
        jpeg = read_picture(directory, camera_id)
        return Response(status_code=204) if jpeg is None else picture_response(jpeg)

    def _find(self, visitor: Visitor) -> _KeptFollow:
        return self._unit.lookups.renew(visitor, visitor.parameters["follow_id"], _KeptFollow)

    def _record_cameras(self, visitor: Visitor, purpose: Purpose) -> tuple[str, ...]:
        """Put on record that the pictures of all cameras are shown; returns their ids."""
        cameras = tuple(camera.id for camera in self._unit.settings.camera)
        with self._unit.authoriser(visitor).access(Operation.SHOW_CAMERAS, purpose, AccessSubject(cameras)) as access:
            access.show(cameras)
        return cameras

    def _form_page(self, visitor: Visitor, fault: str = "") -> Response:
        shown = {"fault": fault, "fields": visitor.fields, "choices": self._form.choices(visitor)}
        return lookup_page(self._unit, visitor, "/reads", "reads_purpose", 422 if fault else 200, **shown)
