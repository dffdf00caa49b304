"""The texts that an officer pastes into the terminal: the inquiry through CLETS, the confirmation (policy 462.4(f))."""

import re

from alpr_edge.domain.hits import OWN_SOURCE, Hit
from alpr_edge.domain.patterns import is_partial

PLATE, STATE, RECORD = "{plate}", "{state}", "{record}"
INQUIRY = "QV.LIC/{plate}.LIS/{state}"
"""NCIC's query of a vehicle."""
CONFIRMATION = "YQ.RNO/1.PRI/U.NIC/{record}.LIC/{plate}.LIS/{state}"
"""Nlets' request to the agency that entered the record, urgent: an answer is due within ten minutes."""
CHARACTERS_MAX = 200
_FIELDS = (PLATE, STATE, RECORD)
_NCIC_OF_POSTAL = {"NE": "NB", "NB": "", "NL": "NF", "QC": "PQ"}
"""Where NCIC's two letters for a state or province are not the post's. NB is left empty, for the officer to fill in: a
list or a person may have meant New Brunswick by it or, as NCIC does, Nebraska.
"""
_FIELD = re.compile(r"\{[^{}]*\}|[{}]")


def template_fault(template: str) -> str:
    """Why a template will not do; empty when it will."""
    if len(template) > CHARACTERS_MAX or not template.isprintable():
        return f"expected at most {CHARACTERS_MAX} printable characters"
    fields = set(_FIELD.findall(template))
    if PLATE not in fields:
        return f"expected {PLATE} in it"
    unknown = sorted(fields.difference(_FIELDS))
    return f"{unknown[0]}: expected {', '.join(_FIELDS)}" if unknown else ""


def confirmation_obstacle(hit: Hit) -> str:
    """Why no agency can be asked to confirm the record of a hit; empty where one can.

    An officer's own entry has a number of this unit, which stands for another record or none at an agency.
    """
    if hit.generation.source == OWN_SOURCE:
        return "an officer's own entry is no record of an agency; ask whoever made it"
    if is_partial(hit.entry.plate):
        return "the entry is a part of a plate, and names no single vehicle"
    return "" if hit.entry.record_id else "the list gives no number of the record"


def terminal_text(template: str, plate: str, state: str | None, record: str = "") -> str:
    """Fill in a template.

    Args:
        plate: the text as it is on the plate, the letter O and the digit 0 apart; it has no blanks.
        state: the post's two letters of its state; None: that is left empty, for the officer to fill in.
    """
    letters = _NCIC_OF_POSTAL.get(state or "", state or "")
    values = dict(zip(_FIELDS, (plate, letters, record), strict=True))
    return _FIELD.sub(lambda field: values[field.group()], template)
