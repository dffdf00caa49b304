"""How every command here ends: a mistake of its user is one line and exit code 1, never a traceback."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from alpr_edge.domain.errors import AlprEdgeError


def require_folder_of(target: Path) -> None:
    """Refuse a file to write whose folder is not there, before the work that it is to hold.

    Raises:
        AlprEdgeError: it is not there.
    """
    if not target.absolute().parent.is_dir():
        raise AlprEdgeError(f"{target.parent}: no such folder")


def run_command(main: Callable[[], int | None]) -> NoReturn:
    """Run a command and end with its exit code; an error that says what is wrong is printed in one line.

    Args:
        main: the command; it gives its exit code, or None for 0.
    """
    try:
        code = main()
    except AlprEdgeError as error:
        fault = str(error)
    except OSError as error:
        fault = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    else:
        sys.exit(code)
    sys.exit(f"{Path(sys.argv[0]).name}: {fault}")
