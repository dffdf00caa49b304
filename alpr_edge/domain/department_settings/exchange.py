"""How a unit fetches the settings that its department gives it, and says which of them it has (policy 462.3.1).

A unit says three things with each request: which document it holds, which is in force since its daemons started, and
which it refused and why. So the department knows of each car what it works by, whether anything changed or not.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

SETTINGS_PATH = "/v1/settings"
"""The signed settings of the unit that asks; 404 where nothing was ever published for it."""
HELD_HEADER = "Alpr-Edge-Settings-Held"
"""Serial of the document that the unit holds; 0: none."""
IN_FORCE_HEADER = "Alpr-Edge-Settings-In-Force"
"""Serial of the document that the running daemons work by; 0: none. Left out where nothing runs."""
REFUSED_HEADER = "Alpr-Edge-Settings-Refused"
"""Serial of the document that the unit refused; left out where it refused none."""
REFUSAL_HEADER = "Alpr-Edge-Settings-Refusal"
"""Why, percent-encoded UTF-8."""
DOCUMENT_BYTES_MAX = 65_536
"""Of a signed document."""
REASON_CHARACTERS_MAX = 300
SERIAL_MAX = 999_999_999
_SERIAL = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class SettingsStatement:
    """What a unit says of the settings that its department gave it."""

    held: int
    """Serial of the document that it holds; 0: none."""
    in_force: int | None = None
    """Serial of the document that its daemons work by; 0: none; None: nothing runs."""
    refused: int = 0
    """Serial of the document that it refused; 0: none."""
    reason: str = ""
    """Why, in a line."""

    def headers(self) -> dict[str, str]:
        """The headers of a request."""
        said = {HELD_HEADER: str(self.held)}
        said |= {} if self.in_force is None else {IN_FORCE_HEADER: str(self.in_force)}
        if self.refused:
            said |= {REFUSED_HEADER: str(self.refused), REFUSAL_HEADER: quote(_line(self.reason))}
        return said


def read_statement(held: str, in_force: str, refused: str, reason: str) -> SettingsStatement | None:
    """What a unit says, by the values of its headers; None where it says nothing of its settings.

    Args:
        held: of :data:`HELD_HEADER`, empty where it is left out; likewise the others.
    """
    serial = _number(held)
    if serial is None:
        return None
    refused_serial = _number(refused) or 0
    words = _line(unquote(reason[: 12 * REASON_CHARACTERS_MAX])) if refused_serial else ""
    return SettingsStatement(serial, _number(in_force), refused_serial, words)


def _number(text: str) -> int | None:
    return int(text) if _SERIAL.fullmatch(text) else None


def _line(text: str) -> str:
    return "".join(filter(str.isprintable, text))[:REASON_CHARACTERS_MAX]
