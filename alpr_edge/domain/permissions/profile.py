"""A profile: what the law of a state and the security policy ask of those who use the system.

The values come from data files (``alpr_edge/settings/profiles``), so that another state is another file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.releases.agencies import ReleaseRules
from alpr_edge.domain.sessions.lockout import LockoutLimits
from alpr_edge.domain.sessions.session import SessionLimits

CASE_CHARACTERS_MAX = 32
FORMAT_CHARACTERS_MAX = 32


class Need(StrEnum):
    """Whether a purpose asks for something."""

    REQUIRED = "required"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class PurposeRule:
    """What a purpose asks for beside itself."""

    words: str
    """The purpose as people read it."""
    offence: Need
    """An offence of the profile's list; a free text does not take its place."""
    case: Need
    """A case number in one of the agency's formats."""


@dataclass(frozen=True, slots=True)
class CaseFormats:
    """The forms that a case number of the agency may have."""

    formats: tuple[str, ...]
    """As written: ``9`` stands for a digit, ``A`` for a letter, everything else for itself."""
    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, formats: tuple[str, ...]) -> Self:
        """Parse formats such as ``99-999999``.

        Raises:
            ValueError: there is none, or one is empty, too long, or has no digit or letter to fill in.
        """
        if not formats:
            raise ValueError("expected one case format at least, such as 99-999999")
        for text in formats:
            if len(text) > FORMAT_CHARACTERS_MAX or not set(text) & {"9", "A"} or not text.isprintable():
                raise ValueError(
                    f"a case format has 1 to {FORMAT_CHARACTERS_MAX} characters and a 9 (digit) or an A (letter) in it"
                )
        return cls(formats, re.compile("|".join(_format_pattern(text) for text in formats)))

    def fit(self, case: str) -> bool:
        """Whether a case number has one of the forms; letters in either case."""
        return len(case) <= CASE_CHARACTERS_MAX and self.pattern.fullmatch(case.upper()) is not None


def _format_pattern(text: str) -> str:
    parts = {"9": "[0-9]", "A": "[A-Z]"}
    return "".join(parts.get(character, re.escape(character.upper())) for character in text)


@dataclass(frozen=True, slots=True)
class BarredTerms:
    """Words in a free text that hint at a barred purpose; a person decides, so they flag and do not refuse."""

    terms: Mapping[str, PurposeCode]
    """In lower case; a word, several words, or the beginning of one with ``*`` behind it."""
    beginnings: tuple[str, ...]
    """What the first word of some term begins with: a text without any of them is not searched further."""
    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, terms: Mapping[str, PurposeCode]) -> Self:
        """Parse terms, whatever their case.

        Raises:
            ValueError: a term does not begin with a letter.
        """
        lowered = {" ".join(term.casefold().split()): code for term, code in terms.items()}
        if not all(term[:1].isalpha() for term in lowered):
            raise ValueError("a barred term begins with a letter")
        # Longer ones first, so that the longest that fits is the one reported.
        ordered = sorted(lowered, key=len, reverse=True)
        pattern = "|".join(f"(?P<t{index}>{_term_pattern(term)})" for index, term in enumerate(ordered))
        beginnings = tuple(sorted({_WORD.findall(term)[0] for term in ordered}))
        return cls({term: lowered[term] for term in ordered}, beginnings, re.compile(rf"\b(?:{pattern})"))

    def flags_in(self, text: str) -> tuple[PurposeCode, ...]:
        """The barred purposes that a free text hints at, each once, in the order of the text."""
        if not text:
            return ()
        lowered = text.casefold()
        for word in _WORD.findall(lowered):
            if word.startswith(self.beginnings):
                return self._search(lowered)
        return ()

    def _search(self, lowered: str) -> tuple[PurposeCode, ...]:
        """The barred purposes of a text in lower case that has the beginning of a term in it."""
        codes = tuple(self.terms.values())
        matches = self.pattern.finditer(" ".join(lowered.split()))
        return tuple(dict.fromkeys(codes[int((match.lastgroup or "t0")[1:])] for match in matches))


_WORD = re.compile(r"\w+")


def _term_pattern(term: str) -> str:
    return rf"{re.escape(term[:-1])}\w*" if term.endswith("*") else rf"{re.escape(term)}\b"


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one state: purposes, offences, cases, barred purposes."""

    name: str
    source: str
    """Law and policy that the rules were taken from."""
    is_verified: bool
    """Whether somebody compared the rules with the text of the law itself."""
    purposes: Mapping[str, PurposeRule]
    """Purposes that may be chosen, by their :class:`PurposeCode`; whatever is not here is refused."""
    barred: Mapping[str, str]
    """Purposes that are refused and recorded, each with the law that bars it."""
    offences: Mapping[str, str]
    """Offence types by their codes, in the words of people."""
    case_formats: CaseFormats
    barred_terms: BarredTerms
    releases: ReleaseRules
    log_retention_days: int
    """How long the access log is kept at least."""
    audit_days: int
    """After how many days the access logs are audited again (policy 462.6(c))."""
    audit_source: str
    """Where that number is from."""


@dataclass(frozen=True, slots=True)
class SecurityProfile:
    """The rules of a security policy: sessions, failures, passwords, log."""

    name: str
    source: str
    sessions: SessionLimits
    lockout: LockoutLimits
    password_characters_min: int
    """With a second factor, which everybody has."""
    password_days_max: int | None
    """Days after which a password has to be changed; None: never only for its age."""
    log_retention_days: int
    notice: str
    """What everybody acknowledges before signing in (AC-8)."""
