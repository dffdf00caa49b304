"""The program of enrolment: ``python -m alpr_edge.department.http.enrolment_server DIRECTORY DESCRIPTOR``."""

import sys
from pathlib import Path

from fastapi import FastAPI

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.enrolment_app import create_enrolment_app
from alpr_edge.department.http.stranger_server import serve_strangers
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.units import Units


def create_app(directory: Path, database: DepartmentDatabase, port: int) -> FastAPI:
    """The application over an open database."""
    del port
    files = TlsFiles(directory)
    return create_enrolment_app(Units(database, files), files)


if __name__ == "__main__":
    sys.exit(serve_strangers(create_app))
