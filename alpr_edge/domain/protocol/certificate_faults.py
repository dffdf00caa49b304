"""What the ``cryptography`` package raises over bytes that are no certificate or request, or of a kind unknown to it.

Such bytes come from a network, a medium or an evidence package. Some of these errors are no ValueError.
"""

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

CERTIFICATE_FAULTS = (
    *(ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
