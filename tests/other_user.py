"""Starts programs as a user other than root, who can read what root can: this Python may lie in root's own folder."""

import os

STRANGER = 65534
"""A user id that owns nothing (nobody)."""
_READS = "+dac_read_search"


def as_other_user(*command: str) -> list[str]:
    """The command as another user where the tests run as root; unchanged where they do not."""
    if os.geteuid() != 0:
        return [*command]
    user = f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"
    return ["setpriv", *user, f"--inh-caps={_READS}", f"--ambient-caps={_READS}", *command]
