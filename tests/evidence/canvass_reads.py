"""What canvasses found, for tests of maps, tables and packages."""

from dataclasses import replace
from datetime import timedelta

from alpr_edge.domain.canvass.canvass import CanvassPhase
from alpr_edge.domain.canvass.canvass_result import CanvassRead, HeldRead
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.evidence.content import PackageCanvass
from tests.domain.canvass.builders import START, canvass


def seen_read(number: int, **changes: object) -> CanvassRead:
    """A read of a drive northwards, one every ten seconds."""
    seen = Placement(START + timedelta(seconds=10 * number), 12.0, Basis.OWN)
    read = CanvassRead(
        read_id=f"unit-1:read-{number}",
        camera_id="front",
        text=f"7ABC{number:03}",
        state="CA",
        confidence=0.97,
        is_certain=True,
        phase=CanvassPhase.DURING,
        first_seen=seen,
        last_seen=seen,
        position=Position(37.631 + number * 0.0005, -120.995, 40.0, 0.9, "gnss"),
        evidence=(EvidenceRef(EvidenceKind.CROP, f"{number:064x}", 900),),
        corrected_by_read=None,
    )
    return replace(read, **changes)  # type: ignore[arg-type] # any field


def held_read(read: CanvassRead) -> HeldRead:
    """What orders a read and puts it on the map."""
    place = None if read.position is None else (read.position.lat_deg, read.position.lon_deg)
    return HeldRead(read.read_id, read.last_seen.utc, place, tuple(fit.partial for fit in read.fits))


def packed_canvass(*reads: CanvassRead, left_out: int = 0, **changes: object) -> PackageCanvass:
    """A canvass with what it found, as a package takes it."""
    return PackageCanvass(canvass(**changes), [held_read(read) for read in reads], reads, left_out)
