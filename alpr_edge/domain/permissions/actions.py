"""Everything that somebody may do to plates, people, lists and logs: a closed list."""

from enum import StrEnum


class Action(StrEnum):
    """An action that is allowed or refused, and recorded either way (Civil Code 1798.90.52)."""

    SEE_READS = "see_reads"
    SEE_HITS = "see_hits"
    DISPOSE = "dispose"
    """Say what became of a hit."""
    VERIFY = "verify"
    """Note that a hit was verified through CLETS (policy 462.4(f))."""
    ADD_ENTRY = "add_entry"
    """Add or remove an officer's entry of a list."""
    SEARCH = "search"
    HOLD = "hold"
    """Keep reads from deletion, or release them from that."""
    EXPORT = "export"
    CANVASS = "canvass"
    """Look at the reads around a crime scene (policy 462.4(c))."""
    SEE_COVERT = "see_covert"
    MANAGE_PEOPLE = "manage_people"
    RECORD_TRAINING = "record_training"
    """Change the two expiries of somebody's training, and nothing else of the account (policy 462.8)."""
    MANAGE_LISTS = "manage_lists"
    MANAGE_SETTINGS = "manage_settings"
    SEE_LOG = "see_log"
    REVIEW = "review"
    """Review the access log and sign the review (policy 462.6(c))."""
    RELEASE = "release"
    """Approve a release of data to another agency (policy 462.7(b))."""
    PURGE = "purge"
