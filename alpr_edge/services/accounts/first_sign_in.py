"""Sets password and one-time code of somebody at the unit's own terminal, where no department makes an invitation."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from alpr_edge.access.password_rules import check_password
from alpr_edge.access.passwords import Argon2Passwords
from alpr_edge.access.totp import matching_step, new_secret, provisioning_uri
from alpr_edge.domain.errors import PasswordError
from alpr_edge.domain.people.credentials import Credentials
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.roster import Member, RosterHeader
from alpr_edge.domain.permissions.profile import SecurityProfile
from alpr_edge.services.accounts.local_roster import LocalRoster


@dataclass(slots=True)
class FirstSignIn:
    """What somebody chooses, step by step; nothing counts before :meth:`finish`."""

    person: Person
    issuer: str
    security: SecurityProfile
    secret: str = field(default_factory=new_secret, repr=False)
    """Of the authenticator app, base32."""
    _password_hash: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """The ``otpauth://`` address that the app reads from a QR code."""
        return provisioning_uri(self.secret, self.person.badge, self.issuer)

    def choose_password(self, password: str) -> None:
        """Take a password.

        Raises:
            PasswordError: it is not good enough; the text says why.
        """
        check_password(password, self.person, self.security.password_characters_min)
        self._password_hash = Argon2Passwords().hash(password)

    def confirm_code(self, code: str, now: datetime) -> bool:
        """Whether a code is that of the app at this moment: so the app is known to have the secret."""
        return matching_step(self.secret, code, now) is not None

    def finish(self, people: LocalRoster) -> RosterHeader:
        """Put password and code in force; passkeys stay.

        Raises:
            PasswordError: no password was chosen.
        """
        return people.set_credentials(self.person.person_id, lambda before: self._credentials(before, people.now))

    def begin_roster(self, people: LocalRoster) -> RosterHeader:
        """Begin the roster of a unit with this person, who can sign in from then on.

        Raises:
            AccessError: the unit has a roster, or has stored reads.
            PasswordError: no password was chosen.
        """
        credentials = self._credentials(Credentials(release_secret=new_secret()), people.now)
        return people.begin_roster(Member(self.person, credentials))

    def _credentials(self, before: Credentials, now: datetime) -> Credentials:
        if not self._password_hash:
            raise PasswordError("no password was chosen")
        return replace(before, password_hash=self._password_hash, totp_secret=self.secret, password_set=now)
