"""``alpr-edge department sign-in`` and ``sign-out``: a session at the department's own computer."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.access.sign_in import sign_in_at, tell_sign_in
from alpr_edge.cli.access.sign_out import sign_out_at
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.department.inquiries.opening import department_caller


def sign_in_command(
    directory: DirectoryOption,
    person: Annotated[
        str, typer.Option("--person", help="Badge number or e-mail address; asked for if omitted.", show_default=False)
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Sign in at the department. Password and code are asked for, never given on a command line.

    A session that was idle or locked is opened again by the password alone. It ends after 12 hours, at a restart of the
    server, or with alpr-edge department sign-out, and holds for this login alone. Needs a published roster.
    """
    from alpr_edge.department.inquiries.office import open_office, sign_in_answer

    with open_office(require_department(directory)) as office:
        sign_ins = office.sign_ins(department_caller(directory))
        result = sign_in_at(sign_ins, directory, person)
        tell_sign_in(sign_ins, result, sign_in_answer(result), as_json=as_json)


def sign_out_command(
    directory: DirectoryOption,
    lock: Annotated[bool, typer.Option("--lock", help="Only lock the session; your password unlocks it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """End your session at the department. Without one nothing happens."""
    from alpr_edge.department.inquiries.office import open_office

    with open_office(require_department(directory)) as office:
        sign_out_at(office.sign_ins(department_caller(directory)), directory, only_lock=lock, as_json=as_json)
