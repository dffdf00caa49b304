"""Notes that a record could not be kept, for ``run``: any program appends, and only ``run`` has health and a voice.

The note is a file of the runtime directory, which lies in memory: a full disk does not keep it from being written.
"""

import json
from datetime import datetime
from pathlib import Path

from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime import no_follow

NOTE_NAME = "access-append-failed.json"
_BYTES_MAX = 4096
_CHARACTERS_MAX = 300
_READABLE = 0o644


def note_failure(directory: Path, failure: str, utc: datetime | None) -> None:
    """Note a failure in place of an earlier one; nothing where there is no such folder, or no right to write to it.

    The caller raises the failure itself all the same.
    """
    content = json.dumps({"failure": failure[:_CHARACTERS_MAX], "at": None if utc is None else rfc3339(utc)})
    try:
        with no_follow.opened_folder(directory) as folder:
            no_follow.write_file(folder, NOTE_NAME, content.encode(), mode=_READABLE, durable=False)
    except OSError:
        return


def take_failure(directory: Path) -> str:
    """The noted failure in words, which is removed with that; empty: there is none."""
    try:
        with no_follow.opened_folder(directory) as folder:
            content = json.loads(no_follow.read_file(folder, NOTE_NAME, _BYTES_MAX))
            no_follow.remove_file(folder, NOTE_NAME)
        at = content["at"] or "an unknown time"
        return f"a record of {at} was not kept: {content['failure']}"
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError):
        return "a record was not kept"
