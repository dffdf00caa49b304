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
    "other": Reason.OTHER,
}
_NOT_WORD = re.compile(r"[^a-z0-9]+")
IMMIGRATION_TERMS = (
    "immigration*", "immigrant*", "deport*", "undocumented", "alien", "aliens", "overstay*",
    "order of removal", "orders of removal", "removal order*", "removal warrant*", "warrant of removal",
    "removal proceeding*", "previously removed", "administrative warrant*", "administratively inadmissible",
    "illegal reentry", "illegal re entry", "unlawful presence", "unlawfully present",
    "ice", "i c e", "cbp", "uscis", "border patrol", "customs and border", "dhs detainer*",
)  # fmt: skip
"""Terms of immigration enforcement, as :class:`~alpr_edge.domain.permissions.profile.BarredTerms` has them. A reason
with one of them is withheld and counted: rather one too many. The terms of each profile are among what these find."""
_NOT_IN_REMARKS = frozenset({"ice", "i c e", "alien", "aliens"})
"""Terms that remarks have for other things: an ice chest, an alien sticker."""
GROUNDS_OF_THEIR_OWN = frozenset(
    {
        Reason.STOLEN_VEHICLE, Reason.STOLEN_PLATE, Reason.FELONY_VEHICLE, Reason.AMBER_ALERT, Reason.MISSING_PERSON,
    }
)  # fmt: skip
"""Reasons that no remark turns into immigration enforcement: the car is looked for whoever is in it. An AMBER alert of
which the Border Patrol was told must not be left out."""
_IMMIGRATION = BarredTerms.parse(dict.fromkeys(IMMIGRATION_TERMS, PurposeCode.IMMIGRATION_ENFORCEMENT))
_IMMIGRATION_REMARKS = BarredTerms.parse(
    {term: code for term, code in _IMMIGRATION.terms.items() if term not in _NOT_IN_REMARKS}
)
_IMMIGRATION_CELLS = frozenset({"n", "absconder", "absconders"})
"""NCIC's code, and what means its file only where nothing else stands in the cell: parole has absconders too."""


def normal_form(text: str) -> str:
    """Lower case words with single spaces between."""
    return _NOT_WORD.sub(" ", text.lower()).strip()


def from_text(text: str) -> Reason | None:
    """The reason that a description spells out; None for what it does not.

    NCIC's immigration violator file, and what else a feed calls immigration enforcement, is known by its words and by
    the file's code ``N`` even where no table of codes is: the California Values Act (Government Code 7284.6) and the
    Attorney General's bulletin 2023-DLE-06.
    """
    words = normal_form(text)
    if words in _IMMIGRATION_CELLS or _IMMIGRATION.flags_in(words):
        return Reason.IMMIGRATION_VIOLATOR
    return _WORDS.get(words)


def is_own_wording(text: str, reason: Reason) -> bool:
    """Whether a description says no more than its reason does: "stolen" of a stolen vehicle, but not "lost plate"."""
    return set(normal_form(text).split()) <= set(reason.value.split("_"))


def names_immigration(remarks: str) -> bool:
    """Whether remarks tell that somebody is looked for to enforce immigration law, whatever the reason says."""
    lowered = remarks.lower()
    # Most remarks of millions differ, and are told from these by the first word of every term alone.
    for beginning in _IMMIGRATION_REMARKS.beginnings:
        if beginning in lowered:
            return bool(_IMMIGRATION_REMARKS.flags_in(normal_form(remarks)))
    return False
