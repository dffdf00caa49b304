"""What an ID token has to say: each claim that is wrong or missing is a reason of its own."""

from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.sessions.identity_claims import (
    ISSUED_MAX,
    SKEW_MAX,
    SUBJECT_CHARACTERS_MAX,
    ClaimFault,
    ExpectedClaims,
    ProvenIdentity,
    is_subject,
    read_claims,
)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
SKEW_S, ISSUED_S = int(SKEW_MAX.total_seconds()), int(ISSUED_MAX.total_seconds())
AGE_S = 900
ISSUER = "https://id.modesto.example"
EXPECTED = ExpectedClaims(
    ISSUER, "alpr", "n-1", timedelta(seconds=AGE_S), frozenset({"phr"}), frozenset({"mfa"})
)  # fmt: skip
RIGHT = {
    "iss": ISSUER,
    "sub": "s-1",
    "aud": "alpr",
    "nonce": "n-1",
    "exp": NOW_S + 300,
    "iat": NOW_S,
    "auth_time": NOW_S - 10,
    "acr": "phr",
}


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in RIGHT.items() if name not in names}


@pytest.mark.parametrize(
    ("changes", "is_strong"),
    [
        ({}, True),
        ({"aud": ["alpr"], "azp": "alpr"}, True),
        ({"acr": "low"}, False),
        ({"acr": ["phr"]}, False),
        ({"acr": "low", "amr": ["pwd", "mfa"]}, True),
        ({"acr": "low", "amr": "mfa"}, False),
        ({"acr": "low", "amr": [["mfa"], 3]}, False),
        ({"acr": "low", "amr": ["pwd"] * 32 + ["mfa"]}, False),
        ({"exp": NOW_S - SKEW_S + 1}, True),
        ({"iat": NOW_S + SKEW_S, "auth_time": NOW_S + SKEW_S}, True),
        ({"iat": NOW_S - ISSUED_S - SKEW_S}, True),
        ({"auth_time": NOW_S - AGE_S - SKEW_S}, True),
        ({"nbf": NOW_S + SKEW_S}, True),
    ],
)
def test_a_token_that_says_all_is_believed(changes: dict[str, object], is_strong: bool) -> None:
    assert read_claims(RIGHT | changes, EXPECTED, NOW) == ProvenIdentity(ISSUER, "s-1", is_strong)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"iss": ISSUER + "/"}, ClaimFault.ISSUER),
        ({"aud": "other"}, ClaimFault.AUDIENCE),
        ({"aud": []}, ClaimFault.AUDIENCE),
        ({"aud": ["alpr", "other"], "azp": "alpr"}, ClaimFault.PARTY),
        ({"azp": "other"}, ClaimFault.PARTY),
        ({"nonce": "n-2"}, ClaimFault.NONCE),
        ({"exp": NOW_S - SKEW_S}, ClaimFault.EXPIRED),
        ({"iat": NOW_S - ISSUED_S - SKEW_S - 1}, ClaimFault.EXPIRED),
        ({"iat": NOW_S + SKEW_S + 1}, ClaimFault.NOT_YET),
        ({"nbf": NOW_S + SKEW_S + 1}, ClaimFault.NOT_YET),
        ({"nbf": "soon"}, ClaimFault.NOT_YET),
        ({"auth_time": NOW_S + SKEW_S + 1}, ClaimFault.NOT_YET),
        ({"auth_time": NOW_S - AGE_S - SKEW_S - 1}, ClaimFault.OLD_SIGN_IN),
        ({"exp": True}, ClaimFault.MOMENTS),
        ({"exp": -1}, ClaimFault.MOMENTS),
        ({"exp": 2**40}, ClaimFault.MOMENTS),
        ({"auth_time": str(NOW_S)}, ClaimFault.MOMENTS),
        ({"sub": ""}, ClaimFault.SUBJECT),
        ({"sub": 7}, ClaimFault.SUBJECT),
    ],
)
def test_a_token_that_says_something_else_is_not(changes: dict[str, object], fault: ClaimFault) -> None:
    assert read_claims(RIGHT | changes, EXPECTED, NOW) is fault


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("iss", ClaimFault.ISSUER),
        ("aud", ClaimFault.AUDIENCE),
        ("nonce", ClaimFault.NONCE),
        ("exp", ClaimFault.MOMENTS),
        ("iat", ClaimFault.MOMENTS),
        ("auth_time", ClaimFault.MOMENTS),
        ("sub", ClaimFault.SUBJECT),
    ],
)
def test_what_is_missing_is_as_what_is_wrong(name: str, fault: ClaimFault) -> None:
    assert read_claims(without(name), EXPECTED, NOW) is fault


def test_a_sign_in_that_asked_for_no_nonce_believes_nothing() -> None:
    expected = ExpectedClaims(ISSUER, "alpr", "", timedelta(hours=1))
    assert read_claims(RIGHT | {"nonce": ""}, expected, NOW) is ClaimFault.NONCE


def test_without_values_of_its_own_the_department_believes_no_second_factor() -> None:
    expected = ExpectedClaims(ISSUER, "alpr", "n-1", timedelta(hours=1))
    assert read_claims(RIGHT | {"amr": ["mfa"]}, expected, NOW) == ProvenIdentity(ISSUER, "s-1", is_strong=False)


def test_another_claim_is_the_subject_where_the_settings_say_so() -> None:
    expected = ExpectedClaims(ISSUER, "alpr", "n-1", timedelta(hours=1), subject_claim="oid")
    assert read_claims(RIGHT | {"oid": "o-1"}, expected, NOW) == ProvenIdentity(ISSUER, "o-1", is_strong=False)
    assert read_claims(RIGHT, expected, NOW) is ClaimFault.SUBJECT
    assert read_claims(without("sub") | {"oid": "o-1"}, expected, NOW) is ClaimFault.SUBJECT


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a", True),
        ("x" * SUBJECT_CHARACTERS_MAX, True),
        ("x" * (SUBJECT_CHARACTERS_MAX + 1), False),
        (" a", False),
        ("é", False),
        ("a\n", False),
    ],
)
def test_a_subject_is_short_printable_ascii(text: str, is_one: bool) -> None:
    assert is_subject(text) is is_one
