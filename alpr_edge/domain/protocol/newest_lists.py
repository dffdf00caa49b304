"""How a unit without reads learns that a newer hotlist waits for it: a header of an answer that it often asks for.

Each answer with the department's holds, which a unit asks for every ``uplink.roster_check_s``, names the newest serial
of each list that is meant for the unit. A unit that delivers reads learns the same from their receipts.
"""

import re
from collections.abc import Mapping

NEWEST_LISTS_HEADER = "Alpr-Edge-Newest-Lists"
"""Header of an answer with holds: ``SOURCE=SERIAL`` of each list, with commas between."""
LISTS_MAX = 64
"""Most lists of one answer, twice as many as a unit may have; of more the first by name."""
_TEXT_MAX = LISTS_MAX * 80
_LIST = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})=([0-9]{1,8})")


def newest_lists_text(serials: Mapping[str, int]) -> str:
    """The header's value."""
    return ",".join(f"{source}={serial}" for source, serial in sorted(serials.items())[:LISTS_MAX])


def parse_newest_lists(text: str) -> dict[str, int]:
    """The newest serial by source, as a header states them; what is none of its form is left out."""
    matches = map(_LIST.fullmatch, text[:_TEXT_MAX].split(",")[:LISTS_MAX])
    return {match[1]: int(match[2]) for match in matches if match is not None}
