"""The users of SCIM in the department's database: each is a person, whose access ends in the same transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from scim2_models import (
    InvalidFilterException,
    InvalidValueException,
    Meta,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_models.path import CompareOperator, Comparison
from scim2_server.storage import ScimStorage, SearchPage
from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, select, true, update

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.people_schema import people_provisioned
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.identity_links import link_person, unlink_person
from alpr_edge.department.people.people_rows import find_entry
from alpr_edge.department.people.person_fields import Entry, new_entry
from alpr_edge.department.people.registry import People, require_entry
from alpr_edge.department.people.taken_names import TakenError
from alpr_edge.department.provisioning.scim_models import PAGE_USERS_MAX, EnterpriseNumber, Provisioned, User
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.person import AccountStatus, sign_in_key


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


AUTHOR = "system:scim"
TYPE_NAME = "User"
_COLUMNS = {"user_name": people_provisioned.c.user_name, "external_id": people_provisioned.c.external_id}
"""What users are searched by."""


@dataclass(frozen=True, slots=True, eq=False)
class ProvisionedPeople:
    """What the users are made of."""

    database: DepartmentDatabase = field(repr=False)
    people: People = field(repr=False)
    organisation: str
    """Of everybody who comes by SCIM."""
    issuer: str = ""
    """The provider whose subject ``externalId`` is; empty: it links nobody."""


class ScimUsers(ScimStorage):
    """The users; threads may share it."""

    def __init__(self, made_of: ProvisionedPeople) -> None:
        self._made_of = made_of

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        del resource_type, response_parameters
        with self._made_of.database.reading() as connection:
            return _user(connection, _row(connection, resource_id))

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: object = None
    ) -> SearchPage:
        """A page of users in the order of their ids, all or those of one userName or externalId."""
        del resource_types, position
        condition, table = _condition(search_request), people_provisioned.c
        count = PAGE_USERS_MAX if search_request.count is None else min(search_request.count, PAGE_USERS_MAX)
        with self._made_of.database.reading() as connection:
            total = connection.scalar(select(func.count()).select_from(people_provisioned).where(condition)) or 0
            query = select(people_provisioned).where(condition).order_by(table.person_id)
            page = query.limit(count).offset(search_request.start_index_0 or 0)
            rows = connection.execute(page).mappings().all() if count else []
            return SearchPage(total, [_user(connection, row) for row in rows])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Add a person without any role; one who is not active is suspended from the beginning."""
        del resource_type
        user, author = _checked_user(resource), _author()
        with self._changing() as connection:
            with _field_faults():
                entry = new_entry(person_texts(user, self._made_of.organisation), AUTHOR, author.at)
            is_out = user.active is False
            if is_out:
                entry = Entry.of(replace(entry.person, status=AccountStatus.SUSPENDED))
            with _field_faults():
                self._made_of.people.add_within(connection, author, entry)
            person_id = entry.person.person_id
            _require_free_name(connection, person_id, user)
            values = _values(user, author.at) | {"created_at": author.at, "version": 1, "is_out_here": is_out}
            connection.execute(insert(people_provisioned).values(person_id=person_id, **values))
            self._link(connection, author, person_id, user)
            return _user(connection, _row(connection, person_id))

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Change a person, in what SCIM said otherwise before; whoever is not active any more is out at once."""
        del resource_type
        user, author, people = _checked_user(resource), _author(), self._made_of.people
        person_id = user.id or ""
        with self._changing() as connection:
            row = _row(connection, person_id, expected_version)
            _require_free_name(connection, person_id, user)
            before = _stored_user(row)
            old, new = (person_texts(each, self._made_of.organisation) for each in (before, user))
            texts = {name: text for name, text in new.items() if old[name] != text}
            with _field_faults():
                entry = people.change_within(connection, author, person_id, texts) if texts else _entry(connection, row)
            is_out = self._set_active(connection, author, entry, row, is_active=user.active)
            values = _values(user, author.at) | {"version": row["version"] + 1, "is_out_here": is_out}
            change = update(people_provisioned).where(people_provisioned.c.person_id == person_id)
            connection.execute(change.values(values))
            if before.external_id != user.external_id:
                self._link(connection, author, person_id, user)
            return _user(connection, _row(connection, person_id))

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Suspend a person at once and forget that SCIM knows them; their id and what they did stay on record."""
        del resource_type
        author = _author()
        with self._changing() as connection:
            row = _row(connection, resource_id, expected_version)
            self._made_of.people.suspend_within(connection, author, _entry(connection, row))
            unlink_person(connection, author, resource_id)
            table = people_provisioned
            connection.execute(delete(table).where(table.c.person_id == resource_id))

    def _set_active(
        self, connection: Connection, author: Author, entry: Entry, row: RowMapping, *, is_active: bool | None
    ) -> bool:
        """Suspend a person, or bring back one whom SCIM itself had suspended; whether SCIM keeps them out.

        Where SCIM does not say (None), it stays as it is; whoever left stays so.
        """
        is_in = entry.person.status is AccountStatus.ACTIVE
        if is_active is None:
            return bool(row["is_out_here"])
        if not is_active and is_in:
            self._made_of.people.suspend_within(connection, author, entry)
            return True
        if is_active and entry.person.status is AccountStatus.SUSPENDED and row["is_out_here"]:
            status = {"status": AccountStatus.ACTIVE.value}
            with _field_faults():
                self._made_of.people.change_within(connection, author, entry.person.person_id, status)
            self._made_of.people.rosters.publish_within(connection, author)
            return False
        return bool(row["is_out_here"]) and not is_active

    def _link(self, connection: Connection, author: Author, person_id: str, user: Provisioned) -> None:
        """Link a person to the subject that ``externalId`` is, where the settings say so."""
        if not self._made_of.issuer:
            return
        unlink_person(connection, author, person_id)
        if user.external_id:
            with _field_faults():
                link_person(connection, author, person_id, self._made_of.issuer, user.external_id)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction; a name that somebody else has is an error of SCIM."""
        try:
            with self._made_of.database.writing() as connection:
                yield connection
        except TakenError as error:
            raise UniquenessException(detail=str(error)) from None


@contextmanager
def _field_faults() -> Iterator[None]:
    """A value that the department takes of nobody is an error of SCIM."""
    try:
        yield
    except TakenError:
        raise
    except DepartmentError as error:
        raise InvalidValueException(detail=str(error)) from None


def _author() -> Author:
    return Author(AUTHOR, datetime.now(UTC), "by SCIM")


def _checked_user(resource: Resource[Any]) -> Provisioned:
    assert isinstance(resource, User)
    if not (resource.user_name or "").strip():
        raise InvalidValueException(detail="userName is missing")
    return resource


def _condition(search_request: SearchRequest[Any]) -> ColumnElement[bool]:
    """The condition of a filter; no other than these is searched by."""
    wanted = search_request.filter
    if wanted is None:
        return true()
    node = wanted.ast
    if isinstance(node, Comparison) and node.op == CompareOperator.eq and isinstance(node.value, str):
        bound = wanted.resolve_comparison(node.attr_path, strict=False)
        column = None if bound is None or bound.sub_field_name else _COLUMNS.get(bound.field_name)
        if column is not None:
            return column == (sign_in_key(node.value) if column.name == "user_name" else node.value)
    raise InvalidFilterException(detail="users are searched by userName eq or externalId eq alone")


def _require_free_name(connection: Connection, person_id: str, user: Provisioned) -> None:
    """Refuse a userName that another user has; it need be no badge and no address."""
    table = people_provisioned.c
    query = select(table.person_id).where(table.user_name == _compared_name(user), table.person_id != person_id)
    if connection.scalar(query) is not None:
        raise UniquenessException(detail="another user has this userName")


def _compared_name(user: Provisioned) -> str:
    return sign_in_key(user.user_name or "")


def _row(connection: Connection, person_id: str, expected_version: str | None = None) -> RowMapping:
    query = select(people_provisioned).where(people_provisioned.c.person_id == person_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundException(detail="there is no such user")
    if expected_version is not None and expected_version != _version(connection, row):
        raise PreconditionFailedException(detail="the user was changed meanwhile")
    return row


def _version(connection: Connection, row: RowMapping) -> str:
    """The version of a user; a suspension by the department changes it as well."""
    entry = find_entry(connection, row["person_id"])
    status = "none" if entry is None else entry.person.status.value
    return f'W/"{row["version"]}-{status}"'


def _entry(connection: Connection, row: RowMapping) -> Entry:
    return require_entry(connection, row["person_id"])


def _stored_user(row: RowMapping) -> Provisioned:
    return Provisioned.model_validate(row["resource"])


def _user(connection: Connection, row: RowMapping) -> Provisioned:
    """A user as SCIM shows it: active as the department has them, whoever suspended them."""
    user = _stored_user(row)
    user.id = row["person_id"]
    if user.active is not None:
        user.active = _entry(connection, row).person.status is AccountStatus.ACTIVE
    user.meta = Meta(
        resource_type=TYPE_NAME,
        created=row["created_at"],
        last_modified=row["modified_at"],
        version=_version(connection, row),
    )
    return user


def _values(user: Provisioned, at: datetime) -> dict[str, Any]:
    """The columns that follow from what SCIM says."""
    kept = user.model_copy(deep=True)
    kept.id, kept.meta = None, None
    about = {"user_name": _compared_name(user), "external_id": user.external_id, "modified_at": at}
    return {**about, "resource": kept.model_dump()}
