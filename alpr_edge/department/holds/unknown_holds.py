"""Notes that a department was restored from a backup and does not know the holds that were placed since.

As long as that stands nothing is deleted here and no unit is given the holds, since a unit releases whatever is missing
from them (policy 462.5). It ends when somebody says on record that the holds were placed again.
"""

import json
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.instants import moment_in, rfc3339
from alpr_edge.runtime.durable_files import replace_file, sync_directory
from alpr_edge.runtime.io_errors import io_errors

FILE_NAME = "holds-unknown.json"
NO_DATE = "an unknown date"
REASON_CHARACTERS_MAX = 200


def note_unknown_holds(directory: Path, begun: str, backed_up: Path) -> None:
    """Note in a restored folder that the holds placed since its backup are not known.

    Where they were not known either when the backup was made, they are not known since that earlier date.

    Args:
        directory: the restored folder of the department.
        begun: when the backup was begun, RFC 3339.
        backed_up: the department's folder as it is in the backup.

    Raises:
        OSError: the folder takes no file.
    """
    before = unknown_since(backed_up)
    since = NO_DATE if before == NO_DATE else min(filter(None, (before, begun)))
    replace_file(directory / FILE_NAME, json.dumps({"since": since}).encode())


def unknown_since(directory: Path) -> str | None:
    """The date since which the holds of a department are not known; None: all of them are.

    A note that is damaged or cannot be read counts like one of :data:`NO_DATE`.
    """
    try:
        since = json.loads((directory / FILE_NAME).read_bytes())["since"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        return NO_DATE
    moment = moment_in(since) if isinstance(since, str) else None
    return NO_DATE if moment is None else rfc3339(moment)


def hold_warnings(directory: Path) -> list[str]:
    """One line where holds of a department are not known, which says what to do."""
    since = unknown_since(directory)
    line = (
        f"a backup was restored, and holds placed since {since} are missing: nothing is deleted, and cars are given no "
        'holds; place them again (config/department-guide.md, "Restore"), then run: '
        "alpr-edge department purge --holds-checked TEXT"
    )
    return [] if since is None else [line]


def require_known_holds(directory: Path) -> None:
    """Refuse to go on where holds of a department are not known.

    Raises:
        DepartmentError: some are missing; the text says what to do.
    """
    for line in hold_warnings(directory):
        raise DepartmentError(line)


def confirm_holds(directory: Path, authoriser: Authoriser, reason: str) -> None:
    """Put on record that the missing holds were placed again; from then on they count like before the restore.

    Args:
        directory: the department's folder.
        authoriser: allows it and puts it on record.
        reason: where they were looked for, and by whom; no plate.

    Raises:
        AccessError: it is refused.
        DepartmentError: no holds are missing, or the reason will not do.
        StoreError: it cannot be put on record or noted: holds are missing as before.
    """
    since, reason, path = unknown_since(directory), reason.strip(), directory / FILE_NAME
    if since is None:
        raise DepartmentError("no holds are missing here: leave out --holds-checked")
    if not reason or not reason.isprintable() or len(reason) > REASON_CHARACTERS_MAX:
        raise DepartmentError(
            f"--holds-checked: say where you looked for the holds, in at most {REASON_CHARACTERS_MAX} characters"
        )
    subject = AccessSubject(note=f"holds placed since {since}: {reason}")
    with authoriser.access(Operation.CONFIRM_HOLDS, subject=subject), io_errors(f"{path}: stays", StoreError):
        path.unlink(missing_ok=True)
        sync_directory(directory)
