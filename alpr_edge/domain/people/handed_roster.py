"""A roster on its way from the daemon that fetches it to the one that puts it in force.

The fetching daemon has no key of the accounts; the other one has no network and cannot read the certificates' folder.
So the key that was pinned travels with the roster, and counts until the accounts have pinned one themselves.
"""

from alpr_edge.domain.errors import RosterError
from alpr_edge.domain.people.roster import RosterFault
from alpr_edge.domain.people.roster_json import ROSTER_BYTES_MAX
from alpr_edge.domain.people.signed_roster import NOTE_BYTES_MAX, RosterKey

SPOOL_NAME = "@roster"
"""Its name among downloads; no list is called so, as a name begins with a letter or digit."""
SIGNED_BYTES_MAX = ROSTER_BYTES_MAX + NOTE_BYTES_MAX
"""Largest signed roster."""
_KEY_BYTES_MAX = 1024
HANDED_BYTES_MAX = SIGNED_BYTES_MAX + _KEY_BYTES_MAX


def pack_roster(key: RosterKey, content: bytes) -> bytes:
    """A signed roster with the key that it has to be signed by: a line before it."""
    return f"{key}\n".encode() + content


def unpack_roster(handed: bytes) -> tuple[RosterKey, bytes]:
    """The key and the signed roster.

    Raises:
        RosterError: they are none.
    """
    line, _, content = handed.partition(b"\n")
    try:
        return RosterKey.parse(line.decode()), content
    except UnicodeDecodeError:
        raise RosterError(RosterFault.UNREADABLE, "not a roster with its key") from None
