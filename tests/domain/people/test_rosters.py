"""Which rosters are taken: signed, whole, newer, in force, of this department; and that nothing is lost on the way."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.domain.errors import RosterError
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.person import AccountStatus, Role, SourcePermission
from alpr_edge.domain.people.roster import Member, Roster, RosterFault, RosterHeader, check_roster, rule_date
from alpr_edge.domain.people.roster_json import ROSTER_BYTES_MAX, decode_roster, encode_roster
from alpr_edge.domain.people.signed_roster import RosterKey, open_roster, sign_roster
from tests.domain.people.builders import (
    DAY,
    DEPARTMENT,
    NOW,
    OTHER_KEY,
    SIGNING_KEY,
    header,
    person,
    roster,
    rosters,
)

KEY = RosterKey(DEPARTMENT, SIGNING_KEY.public_key())
SECOND = timedelta(seconds=1)
MEMBER = Member(person(), Credentials("$argon2id$x", "ABCDEFGH", "HGFEDCBA", (Passkey(b"id", b"key", 3),)))


def fault_of(content: bytes, key: RosterKey = KEY) -> str:
    with pytest.raises(RosterError) as excinfo:
        open_roster(content, key)
    return excinfo.value.fault


def check_fault(some: Roster, held: RosterHeader | None = None, now: datetime | None = NOW) -> str | None:
    try:
        check_roster(some, DEPARTMENT, held, now)
    except RosterError as error:
        return error.fault
    return None


@settings(max_examples=50)
@given(rosters)
def test_a_roster_comes_back_from_its_json_unchanged(some: Roster) -> None:
    body = encode_roster(some)
    assert decode_roster(body) == some
    assert encode_roster(decode_roster(body)) == body
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_people_stand_in_the_order_of_their_ids() -> None:
    first, second = Member(person("a")), Member(person("b"))
    assert encode_roster(roster(second, first)) == encode_roster(roster(first, second))


def test_a_signed_roster_opens_with_the_departments_key() -> None:
    some = roster(MEMBER)
    assert open_roster(sign_roster(some, SIGNING_KEY), KEY) == some


def test_the_note_is_one_that_other_tools_verify() -> None:
    # C2SP signed-note: text, empty line, "— name base64(key id || signature)"; the key id as the specification has it.
    note, _, body = sign_roster(roster(), SIGNING_KEY).decode().partition("{")
    text, _, line = note.partition("\n\n")
    dash, name, encoded = line.rstrip("\n").split(" ")
    assert text.split("\n")[:3] == ["alpr-edge roster v1", DEPARTMENT, "7"]
    assert (dash, name, line[-1], body[-1]) == ("\N{EM DASH}", DEPARTMENT, "\n", "}")
    signature = base64.b64decode(encoded)
    assert signature[:4] == KEY.note_key.key_id
    SIGNING_KEY.public_key().verify(signature[4:], f"{text}\n".encode())


def test_a_verifier_key_of_gos_sumdb_is_read() -> None:
    # golang.org/x/mod/sumdb/note: the example of the documentation.
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = RosterKey.parse(text)
    assert (key.department_id, key.note_key.key_id.hex(), str(key)) == ("PeterNeumann", "c74f20a3", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+!!!!",
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(RosterError) as excinfo:
        RosterKey.parse(text)
    assert excinfo.value.fault == RosterFault.UNREADABLE


def test_every_changed_byte_is_noticed() -> None:
    content = sign_roster(roster(MEMBER), SIGNING_KEY)
    for place in range(len(content)):
        assert fault_of(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])


@given(st.data())
def test_a_cut_or_longer_roster_is_refused(data: st.DataObject) -> None:
    content = sign_roster(roster(MEMBER), SIGNING_KEY)
    assert fault_of(content[: data.draw(st.integers(0, len(content) - 1))])
    assert fault_of(content + data.draw(st.binary(min_size=1, max_size=8)))


def test_each_fault_of_the_signature_has_its_name() -> None:
    content = sign_roster(roster(MEMBER), SIGNING_KEY)
    note, _, body = content.partition(b"\n{")
    assert fault_of(b"{" + body) == RosterFault.UNREADABLE
    assert fault_of(b"hello\n" + content) == RosterFault.UNREADABLE
    assert fault_of(b"x" * 5000 + content) == RosterFault.UNREADABLE
    assert fault_of(content.replace("\N{EM DASH}".encode(), b"\xff\xfe\xfd", 1)) == RosterFault.UNREADABLE
    unsigned = note.partition(b"\n\n")[0] + b"\n\n{" + body
    assert fault_of(unsigned) == RosterFault.UNSIGNED
    assert fault_of(sign_roster(roster(MEMBER), OTHER_KEY)) == RosterFault.UNSIGNED
    assert fault_of(content.replace(b'"Ana Ruiz"', b'"Bob Ruiz"')) == RosterFault.TAMPERED
    assert fault_of(content.replace(b"\n7\n", b"\n8\n", 1)) == RosterFault.TAMPERED
    assert fault_of(content, replace(KEY, department_id="turlock-pd")) == RosterFault.OTHER_DEPARTMENT


def refusal_of(content: bytes, key: RosterKey = KEY) -> str:
    with pytest.raises(RosterError) as excinfo:
        open_roster(content, key)
    return str(excinfo.value)


def test_each_refusal_is_told_in_a_line_of_its_own() -> None:
    content = sign_roster(roster(MEMBER), SIGNING_KEY)
    other_key = replace(KEY, department_id="turlock-pd")
    broken = content.replace("\N{EM DASH}".encode(), b"\xff\xfe\xfd", 1)
    assert refusal_of(b"{}") == "not a signed roster"
    assert refusal_of(broken) == "not a signed roster: its note is not UTF-8"
    assert refusal_of(sign_roster(roster(), OTHER_KEY)) == "the roster is not signed by the department's key"
    assert refusal_of(content[:-1] + b" ") == "the roster was changed after it was signed"
    assert refusal_of(content.replace(b"\n7\n", b"\n8\n", 1)) == "the roster's signature does not hold"
    assert refusal_of(content, other_key) == "the roster is another department's"
    assert refusal_of(sign_as(roster(serial=8), DEPARTMENT, 7)) == "the roster is not the one that its signature names"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name", "not a verifier key: it looks like NAME+KEY_ID+BASE64, for Ed25519"),
        (
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "not a verifier key: its id does not belong to it; was a character changed?",
        ),
    ],
)
def test_a_refused_verifier_key_is_told_why(text: str, reason: str) -> None:
    with pytest.raises(RosterError) as excinfo:
        RosterKey.parse(text)
    assert str(excinfo.value) == reason


def test_lines_of_other_signers_and_broken_lines_are_passed_over() -> None:
    content = sign_roster(roster(MEMBER), SIGNING_KEY)
    dash = "\N{EM DASH}"
    others = f"\n\n{dash} witness.example AAAAAAAA\n{dash} {DEPARTMENT} !!\n{dash} {DEPARTMENT} AAAAAAAA\nno line\n"
    assert open_roster(content.replace(b"\n\n", others.encode(), 1), KEY) == roster(MEMBER)


def test_a_signature_names_one_roster_alone() -> None:
    # The note's own serial and department have to be those of the roster it is in front of.
    body = encode_roster(roster(serial=9))
    seven = sign_roster(roster(serial=7), SIGNING_KEY)
    assert fault_of(seven[: seven.index(b"\n{") + 1] + body) == RosterFault.TAMPERED
    for some in (roster(serial=8), roster(department_id="turlock-pd")):
        signed_text = sign_as(some, DEPARTMENT, 7)
        assert fault_of(signed_text) == RosterFault.TAMPERED


def sign_as(some: Roster, department_id: str, serial: int) -> bytes:
    """A roster behind a note that is rightly signed and says something else of it."""
    body = encode_roster(some)
    like = sign_roster(some, SIGNING_KEY)
    digest_line = like.split(b"\n")[3].decode()
    text = f"alpr-edge roster v1\n{department_id}\n{serial}\n{digest_line}\n"
    signature = base64.b64encode(KEY.note_key.key_id + SIGNING_KEY.sign(text.encode())).decode()
    return f"{text}\n\N{EM DASH} {department_id} {signature}\n".encode() + body


@pytest.mark.parametrize(
    ("some", "held", "now", "fault"),
    [
        (roster(), None, NOW, None),
        (roster(), header(6), NOW, None),
        (roster(), header(7), NOW, RosterFault.NOT_NEWER),
        (roster(), header(8), NOW, RosterFault.NOT_NEWER),
        (roster(valid_until=NOW), None, NOW, RosterFault.EXPIRED),
        (roster(valid_until=NOW + SECOND), None, NOW, None),
        (roster(valid_until=NOW), None, None, None),
        (roster(valid_until=NOW - 2 * DAY), None, None, RosterFault.EXPIRED),
        (roster(department_id="turlock-pd"), None, NOW, RosterFault.OTHER_DEPARTMENT),
        (roster(Member(person("a")), Member(person("a", badge="x", email=""))), None, NOW, RosterFault.AMBIGUOUS),
        (roster(Member(person("a")), Member(person("b", badge=" ba "))), None, NOW, RosterFault.AMBIGUOUS),
        (roster(Member(person("a")), Member(person("b", email="A@modesto.example"))), None, NOW, RosterFault.AMBIGUOUS),
        (roster(Member(person("a")), Member(person("b", badge="a@modesto.example"))), None, NOW, RosterFault.AMBIGUOUS),
        (roster(Member(person("a")), Member(person("b"))), None, NOW, None),
        (
            roster(Member(person("a")), Member(person("b")), Member(person("c", badge="BA"))),
            None,
            NOW,
            RosterFault.AMBIGUOUS,
        ),
        (roster(Member(person("a", email="")), Member(person("b", email=""))), None, NOW, None),
    ],
)
def test_a_roster_replaces_the_one_in_force_or_says_why_not(
    some: Roster, held: RosterHeader | None, now: datetime | None, fault: RosterFault | None
) -> None:
    assert check_fault(some, held, now) == fault


def test_people_who_could_be_taken_for_one_another_are_not_named() -> None:
    twice = roster(Member(person("a")), Member(person("a")))
    with pytest.raises(RosterError, match=r"^two people share an id, a badge or an e-mail address$"):
        check_roster(twice, DEPARTMENT, None, NOW)


def test_refusals_say_serials_and_dates() -> None:
    with pytest.raises(RosterError, match=r"^roster 7 is not newer than 8, which is in force$"):
        check_roster(roster(), DEPARTMENT, header(8), NOW)
    with pytest.raises(RosterError, match=r"^roster 7 ended at 2026-11-20 08:00 UTC$"):
        check_roster(roster(valid_until=NOW), DEPARTMENT, None, NOW)
    with pytest.raises(RosterError, match=r"^the roster is that of turlock-pd, not ours$"):
        check_roster(roster(department_id="turlock-pd"), DEPARTMENT, None, NOW)


def test_an_untrusted_clock_counts_as_the_day_of_issue_and_a_clock_set_back_as_well() -> None:
    issued = header().issued
    assert rule_date(None, header()) == issued
    assert rule_date(datetime(1970, 1, 2, tzinfo=UTC), header()) == issued
    assert rule_date(NOW, header()) == NOW


def changed_json(change: Any) -> bytes:  # noqa: ANN401 - a function that changes the parsed roster
    value = json.loads(encode_roster(roster(MEMBER)))
    change(value)
    return json.dumps(value).encode()


def test_what_this_release_does_not_know_is_not_allowed() -> None:
    def change(value: dict[str, Any]) -> None:
        value["colour"] = "blue"
        value["people"][0] |= {
            "roles": ["officer", "wizard"],
            "sources": ["galactic", "state"],
            "status": "half",
            "extra": 1,
        }

    (member,) = decode_roster(changed_json(change)).members
    assert member.person.roles == {Role.OFFICER}
    assert member.person.sources == {SourcePermission.STATE}
    assert member.person.status is AccountStatus.SUSPENDED


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("person_id", "a b", "people.0.person_id"),
        ("person_id", "", "people.0.person_id"),
        ("name", "", "people.0.name"),
        ("name", "a\nb", "people.0.name"),
        ("name", "x" * 201, "people.0.name"),
        ("valid_until", "2026-11-20T08:00:00", "people.0.valid_until"),
        ("valid_until", None, "people.0.valid_until"),
        ("is_sworn", "perhaps", "people.0.is_sworn"),
        ("unlocks", -1, "people.0.unlocks"),
        ("sign_outs", -1, "people.0.sign_outs"),
        ("passkeys", [{"credential_id": "!", "public_key": "AA==", "sign_count": 0}], "passkeys"),
    ],
)
def test_a_value_that_is_not_allowed_refuses_the_roster_and_is_not_quoted(key: str, value: object, place: str) -> None:
    def change(parsed: dict[str, Any]) -> None:
        parsed["people"][0][key] = value

    with pytest.raises(RosterError) as excinfo:
        decode_roster(changed_json(change))
    assert str(excinfo.value) == f"not a roster of this release: {place}"
    assert excinfo.value.fault == RosterFault.UNREADABLE


@pytest.mark.parametrize(("key", "value"), [("version", 2), ("serial", 0), ("people", None), ("issued", "yesterday")])
def test_a_header_that_is_not_allowed_refuses_the_roster(key: str, value: object) -> None:
    with pytest.raises(RosterError, match=f"^not a roster of this release: {key}$"):
        decode_roster(changed_json(lambda parsed: parsed.update({key: value})))


def test_what_is_no_json_or_too_long_is_refused() -> None:
    with pytest.raises(RosterError, match=r"^not a roster of this release: no JSON$"):
        decode_roster(b"{")
    with pytest.raises(RosterError, match=r"at most 33554432 bytes$"):
        decode_roster(b" " * (ROSTER_BYTES_MAX + 1))


def test_no_secret_is_in_what_is_printed() -> None:
    text = repr(MEMBER) + repr(MEMBER.credentials) + repr(roster(MEMBER))
    assert not any(secret in text for secret in ("argon2id", "ABCDEFGH", "HGFEDCBA"))


def test_a_password_gets_old_where_the_profile_says_so() -> None:
    aged = Credentials("hash", "secret", password_set=NOW - 365 * DAY)
    assert aged.is_password_old(NOW, 365)
    assert not aged.is_password_old(NOW - SECOND, 365)
    assert not aged.is_password_old(NOW, None)
    assert Credentials("hash", "secret").is_password_old(NOW, 365)
    moments = (NOW - SECOND, NOW, None)
    assert [aged.is_password_enough(each, 365) for each in moments] == [True, False, False]
    assert aged.is_password_enough(None, None)
    assert not Credentials().is_password_enough(NOW, None)


def test_nobody_has_a_password_without_a_code() -> None:
    assert Credentials("hash", "secret").has_password
    assert not Credentials("hash").has_password
    assert not Credentials(totp_secret="secret").has_password
