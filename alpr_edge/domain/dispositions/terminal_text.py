"""The text that an officer pastes into the terminal for an inquiry through CLETS (policy 462.4(f))."""

import re

PLATE, STATE = "{plate}", "{state}"
DEFAULT = "QV.LIC/{plate}.LIS/{state}"
CHARACTERS_MAX = 200
_FIELD = re.compile(r"\{[^{}]*\}|[{}]")


def template_fault(template: str) -> str:
    """Why a template will not do; empty when it will."""
    if len(template) > CHARACTERS_MAX or not template.isprintable():
        return f"expected at most {CHARACTERS_MAX} printable characters"
    fields = set(_FIELD.findall(template))
    if PLATE not in fields:
        return f"expected {PLATE} in it"
    unknown = sorted(fields - {PLATE, STATE})
    return f"{unknown[0]}: expected {PLATE} or {STATE}" if unknown else ""


def terminal_text(template: str, plate: str, state: str | None) -> str:
    """Fill in a template.

    Args:
        template: one without a fault.
        plate: canonical text, which has no blanks.
        state: the state that was read; None: that is left empty.
    """
    return template.replace(PLATE, plate).replace(STATE, state or "")
