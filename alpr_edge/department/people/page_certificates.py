"""Certificates of the pages in cars, each for the car's own name below the department's domain.

A passkey is bound to that domain (Web Authentication, 5.1.2): one that was registered at the department signs in at
every car whose page has a name below it.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from alpr_edge.department.people.settings import load_people_settings
from alpr_edge.department.pki.authority import SERVER_DAYS, Authority, TlsFiles
from alpr_edge.department.pki.issuance import key_of
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.department.pki.server_certificate import server_names
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.protocol.enrolment import Refusal

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def page_name(unit_id: str, domain: str) -> str:
    """The name of a unit's page; empty where the department has no domain, or the id can be no part of a name."""
    label = unit_id.lower()
    return f"{label}.{domain}" if domain and _LABEL.fullmatch(label) else ""


def issue_page_certificate(directory: Path, unit_id: str, request: str, days: int = SERVER_DAYS) -> bytes:
    """Issue the certificate (PEM) of a unit's page.

    Args:
        request: a certificate request; only its key counts.
    """
    key, settings = key_of(request), load_people_settings(directory)
    name = page_name(unit_id, settings.domain)
    pages = (settings.table.address, load_department_file(directory).page.address)
    own = {*server_names(TlsFiles(directory)), *(urlsplit(each).hostname for each in pages)}
    # Whoever has a certificate for one of these passes for the department, also in receipts on a medium.
    if not name or name in {each.lower() for each in own if each}:
        raise CertificateRefusedError(Refusal.NAME)
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    authority = Authority.load(TlsFiles(directory))
    certificate = authority.issue(name[:64], key, ExtendedKeyUsageOID.SERVER_AUTH, days, names)
    return certificate.public_bytes(Encoding.PEM)
