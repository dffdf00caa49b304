"""[evidence]: packages of evidence that are booked out."""

from pathlib import Path

from alpr_edge.settings.base import FilePath, Section


class EvidenceSettings(Section):
    """[evidence]: where the page finds the media that packages are written to."""

    media_directory: FilePath = Path("/media")
    """Each medium is mounted in a folder below it; a folder on the disk of the unit's own data is never offered."""
