"""Watches the server's certificate while it serves: loads a renewed one, and warns of the end once a day."""

import ssl
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from alpr_edge.department.http.tls_contexts import enrolment_context, load_server_certificate
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import ServerCertificate, utc_now
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.durable_files import file_version

WARNING_INTERVAL_S = 86_400.0

log = structlog.get_logger(__name__)


class CertificateWatch:
    """Keeps the certificate of a listener up to date, and warns of its end.

    It is stepped by the thread that makes the connections: a context must not change during a handshake.

    Args:
        now: the present moment in UTC.
        monotonic_s: monotonic seconds.
    """

    def __init__(
        self,
        files: TlsFiles,
        context: ssl.SSLContext,
        now: Callable[[], datetime] = utc_now,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._context = context
        self._now = now
        self._monotonic_s = monotonic_s
        self._version = _version_of(files)
        self._unusable_version = self._version
        self._next_warning_s = monotonic_s()

    def step(self) -> None:
        """Load a changed certificate, and log the warnings that are due."""
        self.reload()
        now_s = self._monotonic_s()
        if now_s >= self._next_warning_s:
            self._next_warning_s = now_s + WARNING_INTERVAL_S
            self._warn()

    def reload(self) -> None:
        """Load the certificate into the context if it was replaced by one that is usable."""
        version = _version_of(self._files)
        if version == self._version:
            return
        try:
            # On trial first: between the writing of key and certificate the two do not belong together.
            enrolment_context(self._files)
            load_server_certificate(self._context, self._files)
            certificate = ServerCertificate.load(self._files)
        except DepartmentError as error:
            if version != self._unusable_version:
                self._unusable_version = version
                log.warning("department.certificate_not_loaded", reason=str(error))
            return
        self._version, self._next_warning_s = version, self._monotonic_s()
        log.info("department.certificate_loaded", until=f"{certificate.valid_until:%Y-%m-%d}")

    def _warn(self) -> None:
        try:
            certificate, now = ServerCertificate.load(self._files), self._now()
        except DepartmentError as error:
            log.error("department.certificate_unreadable", reason=str(error))
            return
        tell = log.error if certificate.has_ended(now) else log.warning
        for line in certificate.warnings(now):
            tell("department.certificate_ends", reason=line)


def _version_of(files: TlsFiles) -> tuple[tuple[int, int, int], ...]:
    """That of certificate and key."""
    return tuple(map(file_version, (files.certificate, files.key)))
