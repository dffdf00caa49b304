"""People, credentials and rosters of tests, and strategies that make any of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.person import AccountStatus, Person, Role, SourcePermission, Training
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DEPARTMENT = "modesto-pd"
SIGNING_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def person(person_id: str = "p-1", **changes: Any) -> Person:  # noqa: ANN401 - any field
    """An officer whose account and training are current at :data:`NOW`."""
    officer = Person(
        person_id=person_id,
        name="Ana Ruiz",
        badge=f"B{person_id}",
        email=f"{person_id}@modesto.example",
        organisation="Modesto Police Department",
        ori="CA0500300",
        title="Patrol officer",
        roles=frozenset({Role.OFFICER}),
        is_sworn=True,
        sources=frozenset({SourcePermission.DEPARTMENT}),
        has_covert_clearance=False,
        training=Training(NOW + DAY, NOW + DAY),
        status=AccountStatus.ACTIVE,
        valid_until=NOW + 30 * DAY,
        approved_by="p-0",
        active_at=NOW - DAY,
    )
    return replace(officer, **changes)


def header(serial: int = 7, **changes: Any) -> RosterHeader:  # noqa: ANN401 - likewise
    return replace(RosterHeader(DEPARTMENT, serial, NOW - DAY, NOW + 14 * DAY), **changes)


def roster(*members: Member, serial: int = 7, **changes: Any) -> Roster:  # noqa: ANN401 - likewise
    return Roster(header(serial, **changes), members)


def at(seconds: float = 0.0, boot: str = "boot-1", source: UtcSource = UtcSource.GNSS) -> Instant:
    """So many seconds after :data:`NOW`, on a boot that began a day before."""
    moment = None if source is UtcSource.UNKNOWN else NOW + timedelta(seconds=seconds)
    return Instant(boot, round((86_400 + seconds) * NS_PER_S), moment, source, None if moment is None else 5.0)


texts = st.text('aZ9 .@\u00e9\u0416\u4e2d\U0001f693"\\', min_size=1, max_size=20)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 - the zone comes next
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
trainings = st.builds(Training, st.none() | moments, st.none() | moments)
people = st.builds(
    Person,
    person_id=st.text("aZ09._-", min_size=1, max_size=64),
    name=texts,
    badge=texts,
    email=st.just("") | texts,
    organisation=texts,
    ori=st.just("") | texts,
    title=st.just("") | texts,
    roles=st.frozensets(st.sampled_from(Role)),
    is_sworn=st.booleans(),
    sources=st.frozensets(st.sampled_from(SourcePermission)),
    has_covert_clearance=st.booleans(),
    training=trainings,
    status=st.sampled_from(AccountStatus),
    valid_until=moments,
    approved_by=texts,
    active_at=moments,
    may_unlock=st.booleans(),
    unlocks=st.integers(0, 2**31 - 1),
    sign_outs=st.integers(0, 2**31 - 1),
)
passkeys = st.builds(
    Passkey, st.binary(min_size=1, max_size=64), st.binary(min_size=1, max_size=100), st.integers(0, 2**32 - 1)
)
credentials = st.builds(
    Credentials,
    st.just("") | texts,
    st.just("") | st.text("AZ27", min_size=32, max_size=32),
    st.just("") | st.text("AZ27", min_size=32, max_size=32),
    st.lists(passkeys, max_size=3).map(tuple),
    st.none() | moments,
)
members = st.lists(st.builds(Member, people, credentials), max_size=2, unique_by=lambda member: member.person.person_id)
rosters = st.builds(
    Roster,
    st.builds(RosterHeader, texts, st.integers(1, 2**63 - 1), moments, moments),
    members.map(lambda some: tuple(sorted(some, key=lambda member: member.person.person_id))),
)
