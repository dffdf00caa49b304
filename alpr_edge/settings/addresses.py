"""Tells addresses without the secrets in them."""

from urllib.parse import urlsplit


def without_secrets(url: str) -> str:
    """The address without user, password, query and fragment: cameras and lists take passwords in any of them.

    Of one with an @ further on only the kind is told: a password with a slash, which should be written %2F, ends there.
    """
    parts = urlsplit(url)
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        return f"{parts.scheme}://..."
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
