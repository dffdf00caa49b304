"""The file in which earlier releases noted that a restored department lacks holds; its date goes into the database.

While holds are missing nothing may be deleted (policy 462.5): what such a file says has to outlive an update.
"""

import json
from pathlib import Path

from alpr_edge.domain.instants import moment_in, rfc3339

FILE_NAME = "holds-unknown.json"
EARLIEST = "1970-01-01T00:00:00.000Z"
"""The date where a file does not say since when holds are missing."""


def noted_since(directory: Path) -> str | None:
    """The date since which holds are missing by a department's file, RFC 3339 in UTC; None: there is no file.

    Args:
        directory: the department's folder, or the copy of it in a backup.

    A file that is damaged or cannot be read counts like one of :data:`EARLIEST`.
    """
    try:
        since = json.loads((directory / FILE_NAME).read_bytes())["since"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        return EARLIEST
    moment = moment_in(since) if isinstance(since, str) else None
    return EARLIEST if moment is None else rfc3339(moment)
