"""The first administrator of a unit without a department: added as root breaks the glass, which is on record.

Password and code are nobody's to pass on: the person sets them at the unit's terminal, with ``accounts invite``.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.deploy.provision.accounts import AS_UNIT
from scripts.deploy.provision.machine import run

ACCOUNTS = Path("/var/lib/alpr-edge/accounts.db")
REASON = "first administrator of this unit, by scripts/provision"
ADD_S_MAX = 120


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who manages people first."""

    badge: str
    name: str
    organisation: str
    cjis_until: str
    """End of the CJIS training, such as 2027-06-30."""
    alpr_until: str


class AdministratorStep:
    """The first administrator, where somebody was named and there are no accounts yet.

    Args:
        administrator: who; None: nobody was named.
        command: the unit's own command.
        accounts: the file of the accounts.
    """

    name = "people"

    def __init__(self, administrator: Administrator | None, command: Path = AS_UNIT, accounts: Path = ACCOUNTS) -> None:
        self._administrator = administrator
        self._command = command
        self._accounts = accounts

    def pending(self) -> list[str]:
        """Adding them."""
        if self._administrator is None or self._accounts.exists():
            return []
        return [f"add {self._administrator.badge}, who manages people"]

    def apply(self, undo: ExitStack) -> None:
        """Add them; it stays, as records of the access log do."""
        del undo
        who = self._administrator
        assert who is not None, "there would be no change"
        about = ("--badge", who.badge, "--name", who.name, "--agency", who.organisation)
        training = ("--cjis-until", who.cjis_until, "--alpr-until", who.alpr_until)
        role = ("--role", "alpr_administrator", "--break-glass", REASON)
        answers = f"{who.name}\n{who.organisation}\n".encode()
        run(self._command, "accounts", "add", *about, *training, *role, stdin=answers, timeout_s=ADD_S_MAX)


def next_for_people(settings: dict[str, Any], administrator: Administrator | None, accounts: Path = ACCOUNTS) -> str:
    """What is left to do before anybody can sign in; empty where the people come from a department, or are there.

    Args:
        settings: the unit's settings.
        administrator: who was named for this run.
        accounts: the file of the accounts.
    """
    if settings.get("uplink", {}).get("url"):
        return ""
    if administrator is not None:
        invite = f'sudo alpr-edge accounts invite {administrator.badge} --break-glass "first administrator"'
        return f"to sign in, they set password and code at this terminal: {invite}"
    if accounts.exists():
        return ""
    return (
        "nobody can sign in on this unit yet: sudo alpr-edge accounts add --role alpr_administrator --break-glass "
        "REASON ..., then: sudo alpr-edge accounts invite BADGE --break-glass REASON"
    )
