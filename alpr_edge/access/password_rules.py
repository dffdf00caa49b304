"""Decides whether a new password is good enough, and says why not (NIST SP 800-63B-4, 3.1.1.2; CJIS IA-5).

Length and a list of banned passwords, no rules of composition: those make passwords that people write down.
"""

import gzip
import re
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from alpr_edge.access.passwords import normalise
from alpr_edge.domain.errors import PasswordError
from alpr_edge.domain.people.person import Person

CHARACTERS_MAX = 128
"""SP 800-63B-4 asks for 64 at least; beyond this nobody types."""
BANNED_FILE = Path(__file__).parent / "data" / "banned-passwords.txt.gz"
OWN_WORD_CHARACTERS_MIN = 3
NAME_CHARACTERS_MIN = 5
"""Shorter names of organisations count as words: their letters stand in many other words."""


@cache
def banned_passwords() -> frozenset[str]:
    """The banned passwords of 8 characters and more, in lower case; where they come from stands beside the file."""
    return frozenset(gzip.decompress(BANNED_FILE.read_bytes()).decode().split())


def check_password(password: str, person: Person, characters_min: int, department_names: Collection[str] = ()) -> None:
    """Check a new password.

    Args:
        characters_min: of the security profile, where a second factor goes with it.
        department_names: the names of the department, by the settings; that of the person's account counts always.

    Raises:
        PasswordError: it is not good enough; the text says why.
    """
    text = normalise(password)
    if not characters_min <= len(text) <= CHARACTERS_MAX:
        raise PasswordError(
            f"a password has {characters_min} to {CHARACTERS_MAX} characters; three words make a good one"
        )
    if not text.isprintable():
        raise PasswordError("a password has printable characters alone")
    if is_banned(text):
        raise PasswordError("this password is on the list of common ones, which are tried first; choose another")
    names = [person.organisation, *department_names]
    plain, plain_names = _letters_and_digits(text), map(_letters_and_digits, names)
    if any(len(name) >= NAME_CHARACTERS_MIN and name in plain for name in plain_names):
        raise PasswordError("this password has the name of the department in it; choose another")
    if not _has_enough_besides(text.casefold(), _own_words(person, names), characters_min):
        raise PasswordError("this password is made of your name, badge, address or organisation; choose another")


def is_banned(password: str) -> bool:
    """Whether a password is a common one, also with digits and signs before or behind it."""
    text = password.casefold()
    return bool({text, re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)} & banned_passwords())


def _has_enough_besides(text: str, words: Iterable[str], characters_min: int) -> bool:
    """Return whether a text without own words still is a password; with them, digits and signs count for nothing."""
    rest = text
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest == text or len(re.sub(r"[\W\d_]", "", rest)) >= characters_min


def _own_words(person: Person, names: Iterable[str]) -> set[str]:
    """Return the words of a person's own data, and the initials of organisations."""
    own = (person.name, person.badge, person.email, person.ori, person.person_id, *names)
    words = {word for text in own for word in _words(text)}
    words |= {"".join(word[0] for word in _words(name)) for name in names}
    return {word for word in words if len(word) >= OWN_WORD_CHARACTERS_MIN}


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text.casefold()) if word]


def _letters_and_digits(text: str) -> str:
    return "".join(_words(text))
