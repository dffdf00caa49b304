"""Opens what signs people in at the department, and allows and records what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.access.questions import complete_statement
from alpr_edge.cli.access.session_file import read_token
from alpr_edge.cli.caller import caller
from alpr_edge.cli.common import is_owner
from alpr_edge.cli.department.common import require_department
from alpr_edge.domain.permissions.purposes import Purpose

if TYPE_CHECKING:
    from alpr_edge.access.authorisation.authoriser import Authoriser
    from alpr_edge.access.authorisation.callers import Caller
    from alpr_edge.department.inquiries.office import InquiryOffice


def department_caller(directory: Path) -> Caller:
    """Who runs this command: the login, with its session at the department where it has one."""
    from alpr_edge.access.authorisation.callers import Caller

    login = caller()
    return Caller(login, read_token(directory, login), is_owner=is_owner(directory))


@contextmanager
def open_authorised(directory: Path) -> Iterator[tuple[InquiryOffice, Authoriser]]:
    """Open what allows and records a command that knows by itself what it is for."""
    from alpr_edge.department.inquiries.office import open_office

    with open_office(require_department(directory)) as office:
        yield office, office.authoriser(department_caller(directory))


@contextmanager
def open_inquiry(directory: Path, stated: Statement) -> Iterator[tuple[InquiryOffice, Authoriser, Purpose]]:
    """Open what allows and records a command that shows anything of a plate."""
    with open_authorised(directory) as (office, authoriser):
        stated = complete_statement(stated, office.policy.profile)
        yield office, authoriser, Purpose(stated.purpose, stated.offence or None, stated.case or None)
