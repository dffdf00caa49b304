"""Asks an authority for the time stamp of a package (RFC 3161); without one the package is written all the same."""

from datetime import UTC

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence.time_stamps import HttpTimeStamper, stamped_at
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings.evidence import EvidenceSettings

WORDS_MAX = 300
CERTIFICATES_BYTES_MAX = 1 << 20


class ExportStamper:
    """Asks the authority that the settings name, once, and says what came of it."""

    def __init__(self, settings: EvidenceSettings) -> None:
        self._settings = settings
        self.words = ""
        """For the booking: when it was stamped, or why not; empty until it was asked."""

    def stamp(self, content: bytes) -> bytes | None:
        """The authority's response over a content, DER; None: there is none, and :attr:`words` say why."""
        try:
            response = HttpTimeStamper(self._settings.time_stamp_url, self._authorities()).stamp(content)
            at = stamped_at(response, content).astimezone(UTC)
        except EvidenceError as error:
            self.words = f"no time stamp: {error}"[:WORDS_MAX]
            return None
        self.words = f"time stamp of {at:%Y-%m-%d %H:%M:%S} UTC"
        return response

    def _authorities(self) -> bytes:
        file = self._settings.time_stamp_ca_file
        with io_errors(f"{file}: cannot be read", EvidenceError), file.open("rb") as opened:
            return opened.read(CERTIFICATES_BYTES_MAX)


def export_stamper(settings: EvidenceSettings) -> ExportStamper | None:
    """What asks for time stamps; None: the settings name no authority."""
    return ExportStamper(settings) if settings.time_stamp_url else None
