"""Finds the reason that the words of a feed mean.

Only words spelled out are understood. One-letter codes collide between sources (``X`` is a sex offender in NCIC and
a suspended registration in New York), so a code in a feed that brings no table of its own becomes
:attr:`~alpr_edge.domain.hits.Reason.OTHER` with its text kept in the remarks for the officer.
"""

import re

from alpr_edge.domain.hits import Reason
from alpr_edge.domain.permissions.profile import BarredTerms
from alpr_edge.domain.permissions.purposes import PurposeCode

_WORDS: dict[str, Reason] = {
    "amber alert": Reason.AMBER_ALERT,
    "amber": Reason.AMBER_ALERT,
    "felony vehicle": Reason.FELONY_VEHICLE,
    "felony": Reason.FELONY_VEHICLE,
    "wanted person": Reason.WANTED_PERSON,
    "wanted": Reason.WANTED_PERSON,
    "warrant": Reason.WANTED_PERSON,
    "foreign fugitive": Reason.WANTED_PERSON,
    "stolen vehicle": Reason.STOLEN_VEHICLE,
    "stolen auto": Reason.STOLEN_VEHICLE,
    "stolen": Reason.STOLEN_VEHICLE,
    "stolen plate": Reason.STOLEN_PLATE,
    "stolen plates": Reason.STOLEN_PLATE,
    "stolen license plate": Reason.STOLEN_PLATE,
    "lost plate": Reason.STOLEN_PLATE,
    "stolen lost plate": Reason.STOLEN_PLATE,
    "stolen canadian plate": Reason.STOLEN_PLATE,
    "missing person": Reason.MISSING_PERSON,
    "missing": Reason.MISSING_PERSON,
    "endangered missing": Reason.MISSING_PERSON,
    "silver alert": Reason.MISSING_PERSON,
    "supervised release": Reason.SUPERVISED_RELEASE,
    "probation": Reason.SUPERVISED_RELEASE,
    "parole": Reason.SUPERVISED_RELEASE,
    "protection order": Reason.PROTECTION_ORDER,
    "restraining order": Reason.PROTECTION_ORDER,
    "protective interest": Reason.PROTECTIVE_INTEREST,
    "violent person": Reason.VIOLENT_PERSON,
    "gang": Reason.GANG,
    "gang member": Reason.GANG,
    "terrorist": Reason.TERRORIST_SCREENING,
    "terrorist screening": Reason.TERRORIST_SCREENING,
    "known or suspected terrorist": Reason.TERRORIST_SCREENING,
    "sex offender": Reason.SEX_OFFENDER,
    "major crime": Reason.MAJOR_CRIME,
    "attempt to locate": Reason.OTHER,
    "be on the lookout": Reason.OTHER,
    "bolo": Reason.OTHER,
    "other": Reason.OTHER,
}
_LOOKOUT = re.compile(r"^(?:bolo|be on the lookout)(?: for)? (?=.)")
"""Beginning of a cell that may name a reason of its own: "BOLO - stolen vehicle"."""
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_ENFORCEMENT = (
    "immigration*", "immigrant*", "deport*", "undocumented", "overstay*",
    "order of removal", "orders of removal", "removal order*", "removal warrant*", "warrant of removal",
    "removal proceeding*", "previously removed", "administrative warrant*", "administratively inadmissible",
    "illegal reentry", "illegal re entry", "unlawful presence", "unlawfully present", "dhs detainer*",
)  # fmt: skip
_AGENCIES = "cbp", "uscis", "border patrol", "customs and border"
IMMIGRATION_TERMS = (*_ENFORCEMENT, *_AGENCIES)
"""Terms of immigration enforcement, as :class:`~alpr_edge.domain.permissions.profile.BarredTerms` has them. A reason
with one of them is withheld and counted, unless it names a ground of its own too: rather one too many. The terms of
each profile are among what these, :data:`_SHORT_WORD_TERMS` and :data:`_IMMIGRATION_CELLS` find."""
_SHORT_WORD_TERMS = (
    "ice detainer*", "ice hold*", "ice warrant*", "ice fugitive*", "ice lookout*", "ice arrest*", "wanted by ice",
    "illegal alien*", "criminal alien*", "removable alien*", "removed alien*", "inadmissible alien*",
    "unauthorized alien*", "fugitive alien*", "wanted alien*", "alien absconder*", "alien fugitive*", "alien warrant*",
)  # fmt: skip
"""Where ``ice`` and ``alien`` mean the agency and the status however they are written."""
_SHORT_WORDS = re.compile(
    r"\b(?:ICE|I\.C\.E|ALIENS?)\b(?!\W+(?i:cream|chest|box|cooler|machine|maker|rink|sticker|decal|head|mask|logo))"
)
"""The same in capitals, as codes are written, and not an ice cream van or an alien sticker; other text that has these
words in small letters tells of such things."""
GROUNDS_OF_THEIR_OWN = frozenset(
    {
        Reason.STOLEN_VEHICLE, Reason.STOLEN_PLATE, Reason.FELONY_VEHICLE, Reason.AMBER_ALERT, Reason.MISSING_PERSON,
    }
)  # fmt: skip
"""Reasons that no remark turns into immigration enforcement: the car is looked for whoever is in it. An AMBER alert of
which the Border Patrol was told must not be left out."""
_GROUNDS: tuple[tuple[re.Pattern[str], Reason | None], ...] = (
    (re.compile(r"\bamber alert\b|^amber\b"), Reason.AMBER_ALERT),
    (re.compile(r"\bfelony vehicles?\b"), Reason.FELONY_VEHICLE),
    (re.compile(r"\b(?:stolen|lost) (?:\w+ ){,2}plates?\b"), Reason.STOLEN_PLATE),
    (re.compile(r"\bstolen\b(?! (?:ident|document|passport|social))"), Reason.STOLEN_VEHICLE),
    (
        re.compile(r"\b(?:missing (?:person|child|juvenile|minor|adult|teen)|endangered|silver alert)"),
        Reason.MISSING_PERSON,
    ),
    (
        re.compile(r"\b(?:kidnap|abduct|carjack|homicide|murder|robber|assault|shooting|hit and run|human traffick)"),
        None,
    ),
)
"""What in a reason's cell is a ground of its own, as those of :data:`GROUNDS_OF_THEIR_OWN` are, the gravest first, each
with its reason (None: it has none by its words). Whom else a crime concerns, or who was told, makes it no other one."""
_WEAK_GROUNDS = re.compile(r"\b(?:felony|missing)\b")
"""Grounds beside the name of an agency alone: "felony" may also be said of illegal re-entry."""


def _terms_of(terms: tuple[str, ...]) -> BarredTerms:
    return BarredTerms.parse(dict.fromkeys(terms, PurposeCode.IMMIGRATION_ENFORCEMENT))


_IMMIGRATION = _terms_of(IMMIGRATION_TERMS)
_IMMIGRATION_PROPER = _terms_of((*_ENFORCEMENT, *_SHORT_WORD_TERMS))
_IMMIGRATION_CELLS = frozenset({"n", "absconder", "absconders", "ice", "i c e", "alien", "aliens"})
"""NCIC's code, and what means its file only where nothing else stands in the cell: parole has absconders too."""


def normal_form(text: str) -> str:
    """Lower case words with single spaces between."""
    return _NOT_WORD.sub(" ", text.lower()).strip()


def from_text(text: str) -> Reason | None:
    """The reason that a description spells out; None for what it does not.

    NCIC's immigration violator file, and what else a feed calls immigration enforcement, is known by its words and by
    the file's code ``N`` even where no table of codes is: the California Values Act (Government Code 7284.6) and the
    Attorney General's bulletin 2023-DLE-06. A cell that names a ground of its own beside them has that one: many feeds
    have a single column of free text, in which "AMBER ALERT - Border Patrol notified" stands.
    """
    words = normal_form(text)
    if words in _IMMIGRATION_CELLS:
        return Reason.IMMIGRATION_VIOLATOR
    is_proper = bool(_IMMIGRATION_PROPER.flags_in(words))
    if not (is_proper or _IMMIGRATION.flags_in(words) or _SHORT_WORDS.search(text)):
        return _WORDS.get(words) or _WORDS.get(_LOOKOUT.sub("", words))
    for pattern, reason in _GROUNDS:
        if pattern.search(words):
            return reason
    return None if _WEAK_GROUNDS.search(words) and not is_proper else Reason.IMMIGRATION_VIOLATOR


def is_own_wording(text: str, reason: Reason) -> bool:
    """Whether a description says no more than its reason does: "stolen" of a stolen vehicle, but not "lost plate"."""
    return set(normal_form(text).split()) <= set(reason.value.split("_"))


def names_immigration(remarks: str) -> bool:
    """Whether remarks tell that somebody is looked for to enforce immigration law, whatever the reason says."""
    lowered = remarks.lower()
    # Most remarks of millions differ, and are told from these by the first word of every term alone.
    for beginning in _IMMIGRATION.beginnings:
        if beginning in lowered:
            return bool(_IMMIGRATION.flags_in(normal_form(remarks)))
    return False
