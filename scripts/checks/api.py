"""Checks that ``config/department-api.json`` describes the department's interface as the code serves it.

``python -m scripts.checks.api --write`` writes the file anew. What a reader of it relies on may only be added to.
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from alpr_edge.department.http.description.document import api_text
from alpr_edge.department.http.enrolment_server import create_enrolment_app
from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles

PATH = Path("config/department-api.json")


def present_text() -> str:
    """The description by the code, of the applications over an empty department."""
    with tempfile.TemporaryDirectory() as folder, closing(Storage(Path(folder))) as storage:
        return api_text(create_app(storage), create_enrolment_app(storage.units, TlsFiles(Path(folder))))


def is_current(path: Path) -> bool:
    """Whether a file holds that description."""
    return path.exists() and path.read_text(encoding="utf-8") == present_text()


def main() -> int:
    """Compare, or write; the exit code."""
    if sys.argv[1:] == ["--write"]:
        PATH.write_text(present_text(), encoding="utf-8")
    elif not is_current(PATH):
        sys.stdout.write(f"{PATH}: not what the code serves; run: python -m scripts.checks.api --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
