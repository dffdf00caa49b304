"""The kinds of text that keys of ``department.toml`` share, each with the words that a fault has for it."""

from typing import Annotated

from pydantic import Field

_MAIL = r"^[^\s@<>,;:\x00-\x1f\x7f]+@[A-Za-z0-9.-]+$"
_TEXT = r"^[^\x00-\x1f\x7f]*$"

AbsolutePath = Annotated[
    str, Field(pattern=r"^$|^/[^\x00-\x1f\x7f]*$", description="a path from the root such as '/etc/a', or nothing")
]
ShortPath = Annotated[AbsolutePath, Field(max_length=500)]
HttpsOrigin = Annotated[
    str,
    Field(pattern=r"^$|^https://[^/\s?#]+$", description="an address such as 'https://a.example:8448', or nothing"),
]
"""Where a server is reached, without a path."""
MailAddress = Annotated[str, Field(max_length=254, pattern=_MAIL, description="a mail address")]
OptionalMailAddress = Annotated[
    str, Field(max_length=254, pattern=rf"^$|{_MAIL}", description="a mail address, or nothing")
]
LineOfText = Annotated[str, Field(max_length=200, pattern=_TEXT, description="one line of text")]
"""A name or title; empty: not said."""
Words = Annotated[
    str, Field(min_length=3, max_length=500, pattern=_TEXT, description="one line of text of 3 to 500 characters")
]
