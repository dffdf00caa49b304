"""[evidence]: packages of evidence that are booked out."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from alpr_edge.settings.base import FilePath, Section


class EvidenceSettings(Section):
    """[evidence]: where the page finds the media that packages are written to, and who dates packages."""

    media_directory: FilePath = Path("/media")
    """Each medium is mounted in a folder below it; a folder on the disk of the unit's own data is never offered."""
    time_stamp_url: Annotated[
        str,
        Field(
            max_length=200,
            pattern=r"^(https?://.+)?$",
            description="an address that begins with http:// or https://, at most 200 characters, or nothing",
        ),
    ] = ""
    """Of an authority for time stamps (RFC 3161); empty: packages have none."""
    time_stamp_ca_file: FilePath = Path("/etc/alpr-edge/tls/time-stamp-ca.pem")
    """Certificates of whoever vouches for that authority, as it publishes them; a stamp by another is not taken."""
