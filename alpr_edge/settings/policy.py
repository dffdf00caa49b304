"""[policy]: which state's law and which security policy the unit follows."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict

from alpr_edge.domain.permissions.profile import CaseFormats
from alpr_edge.settings.base import Section

FORMATS_MAX = 16


def check_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    """The formats, if each is one; none means those of the profile."""
    if formats:
        CaseFormats.parse(formats)
    return formats


class PolicySettings(Section):
    """[policy]: the rules for whoever looks at plates."""

    profile: Literal["california"] = "california"
    security_profile: Literal["cjis", "nist"] = "cjis"
    case_formats: Annotated[
        tuple[Annotated[str, Strict()], ...],
        Strict(strict=False),
        Field(max_length=FORMATS_MAX),
        AfterValidator(check_formats),
    ] = ()
