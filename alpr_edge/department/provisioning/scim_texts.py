"""A user of SCIM as the columns of a person: who they are, and nothing that allows anything."""

from alpr_edge.department.provisioning.scim_models import EnterpriseNumber, Provisioned


def person_texts(user: Provisioned, organisation: str) -> dict[str, str]:
    """The columns of :mod:`~alpr_edge.department.people.person_fields` that a user fills."""
    number = user[EnterpriseNumber]
    user_name = user.user_name or ""
    parts = (user.name.given_name, user.name.family_name) if user.name is not None else ()
    return {
        "name": user.display_name or " ".join(part for part in parts if part) or user_name,
        "badge": (number.employee_number if number is not None else "") or user_name,
        "email": user_name if "@" in user_name else "",
        "organisation": organisation,
        "title": user.title or "",
    }
