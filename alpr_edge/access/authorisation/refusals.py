"""What somebody is told who may not do something: one sentence that says what to do."""

from collections.abc import Collection
from dataclasses import dataclass

from alpr_edge.domain.permissions.decision import DecisionReason
from alpr_edge.domain.permissions.profile import Profile

GLASS_CLOSED = "break-glass does not open this; it needs somebody who is signed in"
NO_OPEN_SESSION = "nobody is signed in here, or the session is locked; sign in or open it first"
NOT_OFFERED = "none of your roles may do this; ask the ALPR administrator"
NOT_OWNER = "only root or the owner of the unit's data may do this without signing in; run it with sudo in front"


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """What somebody can do about a refusal, which depends on where they are refused."""

    sign_in: str = "alpr-edge sign-in"
    """The command that signs in."""
    sign_out: str = "alpr-edge sign-out"
    roster: str = "connect the unit to its department"
    """How a new roster of people comes here."""
    here: str = "on this unit"


IN_CAR = PlaceWords()
_ADMINISTRATOR = "ask the ALPR administrator"
_SENTENCES = {
    DecisionReason.SESSION_GLANCE: "the session is locked or was idle; open it with your password: {sign_in}",
    DecisionReason.SESSION_EXPIRED: "the session has ended; sign in again: {sign_in}",
    DecisionReason.SESSION_ENDED: "sign in first: {sign_in}",
    DecisionReason.ROSTER_EXPIRED: "the roster of people has ended; {roster}",
    DecisionReason.ACCOUNT_SUSPENDED: f"this account is suspended; {_ADMINISTRATOR}",
    DecisionReason.ACCOUNT_LEFT: f"this account has ended; {_ADMINISTRATOR}",
    DecisionReason.ACCOUNT_EXPIRED: f"this account has run out; {_ADMINISTRATOR}",
    DecisionReason.ACCOUNT_IDLE: f"this account was not used for 90 days; {_ADMINISTRATOR}",
    DecisionReason.CJIS_TRAINING: "your CJIS security training is missing or has run out; see the training supervisor",
    DecisionReason.ALPR_TRAINING: "your ALPR training is missing or has run out; see the training supervisor",
    DecisionReason.NOTE_TOO_LONG: "the note to the purpose is too long; keep it to one sentence",
    DecisionReason.REAL_DATA: "training uses made-up data alone, and this is real; choose the purpose it is really for",
    DecisionReason.SOURCE: f"you have no permission for the source of this data; {_ADMINISTRATOR}",
    DecisionReason.NOT_FOUND: "there is no such thing here, or none that you may see",
    DecisionReason.COVERT: f"this needs clearance for covert entries; {_ADMINISTRATOR}",
}


def refusal_sentence(
    reason: DecisionReason, code: str, profile: Profile, words: PlaceWords = IN_CAR, allowed: Collection[str] = ()
) -> str:
    """Say why something was refused, and what to do about it.

    Args:
        allowed: the purposes for which the person may do it.
    """
    if reason in _SENTENCES:
        return _SENTENCES[reason].format(sign_in=words.sign_in, roster=words.roster)
    purposes = f"the purposes are {', '.join(sorted(profile.purposes))}"
    offences = f"the offences are {', '.join(sorted(profile.offences))}"
    cases = f"it looks like {' or '.join(profile.case_formats.formats)}"
    granted = f"your roles may do this for {', '.join(sorted(allowed))}, not for that purpose"
    return {
        DecisionReason.NOT_GRANTED: granted if allowed else NOT_OFFERED,
        DecisionReason.PURPOSE_MISSING: f"say what it is for: --purpose; {purposes}",
        DecisionReason.PURPOSE_UNKNOWN: f"no such purpose; {purposes}",
        DecisionReason.PURPOSE_BARRED: f"this purpose is barred ({profile.barred.get(code, '')}); the try is on record",
        DecisionReason.OFFENCE_MISSING: f"this purpose needs an offence: --offense; {offences}",
        DecisionReason.OFFENCE_UNKNOWN: f"no such offence; {offences}",
        DecisionReason.CASE_MISSING: f"this purpose needs a case number: --case; {cases}",
        DecisionReason.CASE_FORMAT: f"that is no case number of this agency; {cases}",
    }[reason]
