"""What every server of the product asks of TLS."""

import ssl

SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2, by OpenSSL's names: with forward secrecy and authenticated encryption alone; all of 1.3 have both."""


def require_modern_tls(context: ssl.SSLContext) -> None:
    """Have the context of a server take TLS 1.2 or later alone, by the suites that RFC 9325, 4.2, recommends."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES)
