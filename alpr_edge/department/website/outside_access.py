"""What the policy statement says of accounts of other organisations (policy 462.7, Civil Code 1798.90.55(b))."""

from collections.abc import Iterable, Sequence

from alpr_edge.department.identity_settings import OutsideOrganisationTable
from alpr_edge.department.people.organisations import Organisations
from alpr_edge.domain.people.person import Person


def access_of_others(organisations: Organisations, people: Sequence[Person]) -> str:
    """The sentence that says whether anybody but the department's own people has an account.

    Args:
        people: those whose account may be used.
    """
    others = {
        f"{person.organisation} ({_ground(organisations.exception_of(person))})"
        for person in people
        if not organisations.is_own(person)
    }
    if not others:
        return "No other agency has access of its own."
    listed = "; ".join(sorted(others))
    return f"Beside the department's own people, some people of these have accounts of their own: {listed}."


def outsider_faults(organisations: Organisations, people: Sequence[Person]) -> Iterable[str]:
    """Other organisations whose people have accounts without an exception, a line each; as above."""
    for organisation in sorted({person.organisation for person in people if organisations.fault(person)}):
        yield f"people of {organisation!r} have accounts, which no [[outside_organisation]] allows (policy 462.7)"


def _ground(exception: OutsideOrganisationTable | None) -> str:
    return "on no ground that is on file" if exception is None else f"{exception.reason}, until {exception.until}"
