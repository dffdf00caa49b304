"""Finds the reason that the words of a feed mean.

Only words spelled out are understood. One-letter codes collide between sources (``X`` is a sex offender in NCIC and
a suspended registration in New York), so a code in a feed that brings no table of its own stays
:attr:`~alpr_edge.domain.hits.Reason.OTHER` with its text kept in the remarks for the officer.
"""

import re

from alpr_edge.domain.hits import Reason

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
}
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_IMMIGRATION = re.compile(r"\b(immigration|deported|deportation)\b")
_IMMIGRATION_CODE = "n"


def normal_form(text: str) -> str:
    """Lower case words with single spaces between."""
    return _NOT_WORD.sub(" ", text.lower()).strip()


def from_text(text: str) -> Reason:
    """The reason that a description spells out; OTHER for what it does not.

    NCIC's immigration violator file is known by its words and by its code ``N`` even where no table of codes is:
    the California Values Act (Government Code 7284.6) and the Attorney General's bulletin 2023-DLE-06.
    """
    words = normal_form(text)
    if words == _IMMIGRATION_CODE or _IMMIGRATION.search(words):
        return Reason.IMMIGRATION_VIOLATOR
    return _WORDS.get(words, Reason.OTHER)
