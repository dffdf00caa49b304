"""``alpr-edge department password``: somebody who is signed in changes their own password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.access.questions import ask
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_authorised
from alpr_edge.cli.department.people.common import tell_published
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import AccessError

if TYPE_CHECKING:
    from alpr_edge.department.inquiries.accounts.account_service import PasswordChange


def password_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Change your own password, once you have signed in.

    The present one, the new one twice, and a code of the app are asked for, never given on a command line. Your other
    sessions end, here at once and in cars with the roster that is published with it. Whoever signs in by the
    department's single sign-on alone changes their password there.
    """
    from alpr_edge.department.inquiries.accounts.account_service import CHANGED_ELSEWHERE

    with open_authorised(directory) as (office, authoriser):
        account = office.own_accounts.overview(authoriser)  # before anything is asked of somebody who may not
        if not account.has_password:
            raise AccessError(CHANGED_ELSEWHERE)
        header = office.own_accounts.change_password(authoriser, office.sign_ins(authoriser.caller), _ask_for_change())
    if as_json:
        print_object({"person_id": account.person.person_id, "roster_serial": header.serial})
        return
    typer.echo("your password is changed; your other sessions have ended")
    tell_published(header)


def _ask_for_change() -> PasswordChange:
    """Ask for the factors and the new password; the code last, as it is good for a minute."""
    from alpr_edge.access.attempts import FactorsAttempt
    from alpr_edge.department.inquiries.accounts.account_service import PasswordChange

    questions = ("Present password", "New password", "The new one again", "One-time code")
    present, new, again, code = (ask(question, hidden=True) for question in questions)
    return PasswordChange(FactorsAttempt(present, code), new, again)
