"""The program of the page: ``python -m alpr_edge.department.http.invitations.server DIRECTORY DESCRIPTOR``."""

import sys
from pathlib import Path

from starlette.applications import Starlette

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.http.invitations.app import create_invitation_app
from alpr_edge.department.http.stranger_server import serve_strangers
from alpr_edge.department.people.registry import People
from alpr_edge.department.people.settings import load_people_settings


def create_app(directory: Path, database: DepartmentDatabase, port: int) -> Starlette:
    """The application over an open database."""
    site = load_people_settings(directory).site(port)
    return create_invitation_app(People(directory, database).invitations, site)


if __name__ == "__main__":
    sys.exit(serve_strangers(create_app))
