"""Passwords: how they are hashed and verified, and which are too weak."""

import hashlib
from pathlib import Path

import argon2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.access import password_rules
from alpr_edge.access.password_rules import BANNED_FILE, CHARACTERS_MAX, banned_passwords, check_password, is_banned
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.domain.errors import PasswordError
from tests.access.accounts import CountingHasher
from tests.domain.people.builders import person

ANA = person(name="Ana Ruiz-Castellano", badge="4711", email="ana.ruiz@modesto.example")
QUICK = Argon2Passwords(CountingHasher())


def test_the_product_hashes_as_rfc_9106_recommends() -> None:
    passwords = Argon2Passwords()
    text = passwords.hash("correct horse battery")
    assert argon2.extract_parameters(text) == argon2.profiles.RFC_9106_LOW_MEMORY
    assert text.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.verify(text, "correct horse battery")
    assert not passwords.verify(text, "correct horse batterx")


def test_a_hash_of_other_parameters_is_still_good() -> None:
    assert Argon2Passwords().verify(QUICK.hash("an older password"), "an older password")


@pytest.mark.parametrize("password_hash", ["", "nothing", "$argon2id$v=19$broken", "$2b$12$abc"])
def test_nothing_is_the_password_of_a_hash_that_is_none_and_it_costs_the_same(password_hash: str) -> None:
    hasher = CountingHasher()
    assert not Argon2Passwords(hasher).verify(password_hash, "")
    assert hasher.computed >= 1


def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    assert QUICK.verify(QUICK.hash("caf\u00e9 in der Stra\u00dfe"), "cafe\u0301 in der Stra\u00dfe")


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.text(st.characters(codec="utf-8"), max_size=3))
def test_the_whole_password_counts(password: str, more: str) -> None:
    text = QUICK.hash(password)
    assert QUICK.verify(text, password)
    assert not QUICK.verify(text, f"{password}x{more}")


@pytest.mark.parametrize(
    "password", ["three small words", "84915-22-7731", "x7$kQ9!z", "x" * 7 + "Q" + "z" * 56, "Überraschung am Fluss"]
)
def test_a_long_enough_password_of_any_characters_is_good(password: str) -> None:
    check_password(password, ANA, 8)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short77", "8 to 128 characters"),
        ("", "8 to 128 characters"),
        ("x y" * 43, "8 to 128 characters"),
        ("tab\tin the middle", "printable"),
        ("password", "list of common ones"),
        ("PassWord", "list of common ones"),
        ("password2026!", "list of common ones"),
        ("!!iloveyou1!!", "list of common ones"),
        ("12345678", "list of common ones"),
        ("ana.ruiz.4711", "made of your name"),
        ("AnaRuizCastellano1", "made of your name"),
        ("modestopolice123", "made of your name"),
        pytest.param("Modesto Police #2026!!", "made of your name", marks=pytest.mark.review2(16)),
        pytest.param("mpd-modesto-2026-2027", "made of your name", marks=pytest.mark.review2(16)),
        pytest.param("The Modesto Police Department!", "name of the department", marks=pytest.mark.review2(16)),
        pytest.param("MODESTO-police-DEPARTMENT is the best", "name of the department", marks=pytest.mark.review2(16)),
        ("CA0500300CA0500300", "made of your name"),
    ],
)
def test_a_password_that_is_too_short_common_or_ones_own_is_refused_and_not_quoted(password: str, reason: str) -> None:
    with pytest.raises(PasswordError, match=reason) as excinfo:
        check_password(password, ANA, 8)
    assert password in {"", "password"} or password not in str(excinfo.value)


@pytest.mark.review2(16)
@pytest.mark.parametrize("password", ["stanislaus sheriff rules", "stansheriff 2026 2027", "scso20262027!"])
def test_a_password_with_a_name_of_the_department_is_refused_whatever_an_account_calls_it(password: str) -> None:
    check_password("sheriff of nottingham", ANA, 8, ["Stanislaus Sheriff", "StanSheriff"])
    with pytest.raises(PasswordError, match=r"name of the department|organisation"):
        check_password(password, ANA, 8, ["Stanislaus Sheriff", "StanSheriff", "Stanislaus County Sheriff Office"])


def test_a_word_of_ones_own_may_stand_in_a_password_that_is_good_without_it() -> None:
    check_password("modesto rivers under oaks", ANA, 8)


def test_the_longest_password_is_allowed_and_the_shortest_is_the_profiles() -> None:
    check_password("xy z" * (CHARACTERS_MAX // 4), ANA, 8)
    with pytest.raises(PasswordError, match="15 to 128"):
        check_password("three words ab", ANA, 15)
    check_password("three words abc", ANA, 15)


@given(st.sampled_from(sorted(banned_passwords())), st.sampled_from(["", "1", "!", "2026", "123!"]))
def test_every_banned_password_is_refused_with_digits_behind_it_too(word: str, behind: str) -> None:
    assert is_banned(word.upper() if word.isascii() else word)
    assert is_banned(word + behind) or not word[-1].isalpha() or not word[0].isalpha()


def test_the_list_is_the_one_whose_licence_stands_beside_it() -> None:
    note = BANNED_FILE.with_name("banned-passwords.LICENSE").read_text(encoding="utf-8")
    assert hashlib.sha256(BANNED_FILE.read_bytes()).hexdigest() in note
    assert "16,290 lines" in note
    assert len(banned_passwords()) == 16_290
    assert all(len(word) >= 8 and word == word.casefold() for word in banned_passwords())
    assert Path(password_rules.__file__).parent in BANNED_FILE.parents
