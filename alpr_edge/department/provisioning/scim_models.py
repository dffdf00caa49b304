"""What is taken of a user of SCIM, and what the server says that it can do."""

from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    URN,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Patch,
    Required,
    Resource,
    ResourceType,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

PAGE_USERS_MAX = 200
TEXT_CHARACTERS_MAX = 200
Text = Annotated[str | None, Field(max_length=TEXT_CHARACTERS_MAX)]


class Name(ComplexAttribute):
    """The parts of a name."""

    family_name: Text = None
    given_name: Text = None


class User(Resource[AnyExtension]):
    """The attributes of RFC 7643, 4.1, that mean anything here; no others are kept."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Field(max_length=TEXT_CHARACTERS_MAX), Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: Text = None
    title: Text = None
    active: bool | None = None


class EnterpriseNumber(Extension):
    """The attribute of the enterprise extension (RFC 7643, 4.3) that is the badge."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    employee_number: Text = None


Provisioned = User[EnterpriseNumber]


def scim_provider() -> ScimProvider:
    """What this server serves and can do."""
    bearer = AuthenticationScheme(
        type=AuthenticationScheme.Type.oauthbearertoken,
        name="Bearer token",
        description="A token that the department makes, in the header Authorization",
        primary=True,
    )
    no: dict[str, Any] = {"supported": False}
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(**no, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=PAGE_USERS_MAX),
        change_password=ChangePassword(**no),
        sort=Sort(**no),
        etag=ETag(supported=True),
        authentication_schemes=[bearer],
    )
    return ScimProvider([User, EnterpriseNumber], [ResourceType.from_resource(Provisioned)], config)
