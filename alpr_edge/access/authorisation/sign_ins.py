"""Signs people in and out, each try on record before its answer is told.

What was typed as a name stands in no record: it may be a password that somebody typed in the wrong place.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from alpr_edge.access.attempts import (
    FactorsAttempt,
    PasskeyAttempt,
    PasswordAttempt,
    SignInOutcome,
    SignInPlace,
    SignInResult,
)
from alpr_edge.access.authorisation.answer_times import wait_for_answer_step
from alpr_edge.access.authorisation.authoriser import Policy
from alpr_edge.access.authorisation.callers import COMMAND_LINE, SESSION_ID_CHARACTERS, Caller
from alpr_edge.access.authorisation.record_log import RecordLog
from alpr_edge.access.authorisation.record_texts import LOCKED_NOW, record_sentence, record_word
from alpr_edge.access.passwords import PasswordVerifier
from alpr_edge.access.provider_sign_in import ProviderAttempt, sign_in_with_provider
from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.access.sessions import SessionPlace, find_session, lock_session, sign_out, write_end
from alpr_edge.access.sign_in import confirm, reopen, sign_in
from alpr_edge.access.store import AccessStore
from alpr_edge.access.unwritten_ends import UnwrittenEnds
from alpr_edge.domain.access_log.records import AccessEntry, AccessOutcome, record_moment
from alpr_edge.domain.access_log.reports import FIRST_SIGN_IN
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd, SessionState, token_digest

NO_PURPOSE = "none"
"""The purpose of records about a sign-in, which is for none yet."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is at a page, and whether they may be shown anything."""

    state: SessionState
    """Ended where there is no session."""
    person: Person | None
    """None where there is no session, or its holder is in the roster no more."""
    begun: Instant | None
    """When they signed in; None without a session."""


@dataclass(frozen=True, slots=True, eq=False)
class SignInService:
    """Signs people in at one place."""

    accounts: AccessStore = field(repr=False)
    passwords: PasswordVerifier = field(repr=False)
    log: RecordLog = field(repr=False)
    policy: Policy = field(repr=False)
    clock: Clock = field(repr=False)
    caller: Caller

    def state(self) -> SessionState:
        """What the caller's session is good for; ended where there is none."""
        return self._session()[1]

    def presence(self) -> Presence:
        """Whom the caller's session belongs to, open or not, and what it is good for."""
        session, state = self._session()
        if session is None:
            return Presence(state, None, None)
        return Presence(state, self.person_of(session.person_id), session.signed_in)

    def sign_in(self, attempt: PasswordAttempt, *, is_acknowledged: bool) -> SignInResult:
        """Sign somebody in with password and code.

        Raises:
            StoreError: accounts or log cannot be written: nobody is signed in.
        """
        begun_s, security = time.monotonic(), self.policy.security
        place = self._sign_in_place(self.clock.now(), security.notice if is_acknowledged else "")
        result = sign_in(self.accounts, self.passwords, security, attempt, place)
        return self._put_on_record("sign_in", result, begun_s)

    def sign_in_with_passkey(
        self, site: RelyingParty, attempt: PasskeyAttempt, *, is_acknowledged: bool
    ) -> SignInResult:
        """Sign somebody in with a passkey.

        Raises:
            StoreError: accounts or log cannot be written: nobody is signed in.
        """
        begun_s, security = time.monotonic(), self.policy.security
        place = self._sign_in_place(self.clock.now(), security.notice if is_acknowledged else "")
        from alpr_edge.access.passkey_sign_in import sign_in_with_passkey  # noqa: PLC0415 - 8 MB, for passkeys alone

        result = sign_in_with_passkey(self.accounts, site, security, attempt, place)
        return self._put_on_record("sign_in", result, begun_s)

    def sign_in_with_provider(self, attempt: ProviderAttempt, *, is_acknowledged: bool, note: str = "") -> SignInResult:
        """Sign somebody in whom a provider of single sign-on vouches for.

        Raises:
            StoreError: accounts or log cannot be written: nobody is signed in.
        """
        begun_s, security = time.monotonic(), self.policy.security
        place = self._sign_in_place(self.clock.now(), security.notice if is_acknowledged else "")
        result = sign_in_with_provider(self.accounts, security, attempt, place)
        return self._put_on_record("sign_in", result, begun_s, note)

    def refuse_provider(self, reason: str) -> SignInResult:
        """Put on record that a provider of single sign-on, or what it answered, did not do.

        Args:
            reason: why, without any secret.

        Raises:
            StoreError: the log cannot be written.
        """
        return self._put_on_record("sign_in", SignInResult(SignInOutcome.PROVIDER), time.monotonic(), reason)

    def factor(self) -> Factor | None:
        """How the holder of the caller's session proved who they are; None: there is no session."""
        session, _ = self._session()
        return None if session is None else session.factor

    def reopen_with_passkey(self, site: RelyingParty, attempt: PasskeyAttempt) -> SignInResult:
        """Open the caller's session again, which is in glance mode, by a passkey.

        Raises:
            StoreError: accounts or log cannot be written: the session is ended.
        """
        begun_s, place = time.monotonic(), self._sign_in_place(self.clock.now(), "")
        token, security = self.caller.token, self.policy.security
        from alpr_edge.access.passkey_sign_in import reopen_with_passkey  # noqa: PLC0415 - as above

        result = reopen_with_passkey(self.accounts, site, security, token, attempt, place)
        return self._put_on_record("reopen_session", result, begun_s)

    def reopen(self, password: str) -> SignInResult:
        """Open the caller's session again, which is in glance mode, by the password alone.

        Raises:
            StoreError: accounts or log cannot be written: the session is ended.
        """
        begun_s, place = time.monotonic(), self._sign_in_place(self.clock.now(), "")
        result = reopen(self.accounts, self.passwords, self.policy.security, self.caller.token, password, place)
        return self._put_on_record("reopen_session", result, begun_s)

    def confirm(self, attempt: FactorsAttempt) -> SignInResult:
        """Ask the holder of the caller's open session for password and code again.

        Raises:
            StoreError: accounts or log cannot be written: the session is ended.
        """
        begun_s, place = time.monotonic(), self._sign_in_place(self.clock.now(), "")
        result = confirm(self.accounts, self.passwords, self.policy.security, self.caller.token, attempt, place)
        return self._put_on_record("confirm_factors", result, begun_s)

    def confirm_with_passkey(self, site: RelyingParty, attempt: PasskeyAttempt) -> SignInResult:
        """Ask the holder of the caller's open session for a passkey of theirs; raises as above."""
        begun_s, place = time.monotonic(), self._sign_in_place(self.clock.now(), "")
        token, security = self.caller.token, self.policy.security
        from alpr_edge.access.passkey_sign_in import confirm_with_passkey  # noqa: PLC0415 - as above

        result = confirm_with_passkey(self.accounts, site, security, token, attempt, place)
        return self._put_on_record("confirm_factors", result, begun_s)

    def lock(self) -> bool:
        """Bring the caller's session into glance mode; False where there is none."""
        return self._end("lock_session", lock_session)

    def sign_out(self) -> bool:
        """End the caller's session; False where there is none."""
        return self._end("sign_out", sign_out)

    def sign_out_here(self, unwritten_ends: UnwrittenEnds) -> None:
        """End the caller's session for this program at once, where accounts or log take nothing; both have it later."""
        later = replace(self, caller=replace(self.caller, token=""))
        digest = token_digest(self.caller.token)
        unwritten_ends.add(digest, partial(later._write_end, digest, self.clock.now()))  # noqa: SLF001 - its own

    def has_open_session(self) -> bool:
        """Whether some session on this machine is open; one in glance mode is not."""
        now, limits = self.clock.now(), self.policy.security.sessions
        with self.accounts.reading() as rows:
            return any(each.state_at(now, limits) is SessionState.OPEN for each in rows.live_sessions())

    def person_of(self, person_id: str) -> Person | None:
        """Somebody of the roster in force."""
        with self.accounts.reading() as rows:
            return rows.person(person_id)

    def _session(self) -> tuple[AccessSession | None, SessionState]:
        now = self.clock.now()
        session = find_session(self.accounts, self._place(now))
        if session is None:
            return None, SessionState.ENDED
        return session, session.state_at(now, self.policy.security.sessions)

    def _end(self, action: str, end: Callable[[AccessStore, SessionPlace], bool]) -> bool:
        place = self._place(self.clock.now())
        session = find_session(self.accounts, place)
        if session is None or not end(self.accounts, place):
            return False
        self._append(action, session.person_id, session, "")
        return True

    def _write_end(self, token_sha256: str, at: Instant) -> None:
        """Write an end that could not be written at its moment; one for another reason is on record already."""
        session = write_end(self.accounts, token_sha256, self.caller.login, self.caller.address)
        if session is not None and session.end is SessionEnd.SIGN_OUT:
            entry = self._entry("sign_out", session.person_id, session, "")
            self.log.append(entry.model_copy(update={"happened": record_moment(at)}), self.clock.now())

    def _put_on_record(self, action: str, result: SignInResult, begun_s: float, more: str = "") -> SignInResult:
        """Put a try on record; where that fails, the session that it opened is ended again.

        A new session ends the one that the caller had: nobody is left behind whoever signs in after them.
        A refusal waits at the command line. A page does that itself, once the next may have its turn
        (:mod:`~alpr_edge.web.sign_in_endpoints`).
        """
        refusal = "" if result.session is not None else result.outcome.value
        if result.is_newly_locked:
            refusal += f"; {LOCKED_NOW}"
        note = "; ".join(part for part in (more, FIRST_SIGN_IN if result.is_new_place else "") if part)
        try:
            if result.token and self.caller.token:
                self.sign_out()
            self._append(action, result.person_id, result.session, refusal, note)
        except StoreError as error:
            if result.session is not None:
                token = result.token or self.caller.token
                sign_out(self.accounts, replace(self._place(self.clock.now()), token=token))
            raise StoreError(f"nobody is signed in, as it cannot be put on record: {error}") from None
        if result.session is None and self.caller.component == COMMAND_LINE:
            wait_for_answer_step(begun_s)
        return result

    def _append(self, action: str, person_id: str, session: AccessSession | None, refusal: str, note: str = "") -> None:
        self.log.append(self._entry(action, person_id, session, refusal, note), self.clock.now())

    def _entry(
        self, action: str, person_id: str, session: AccessSession | None, refusal: str, note: str = ""
    ) -> AccessEntry:
        person = self.person_of(person_id)
        return AccessEntry(
            person_id=person_id or f"login:{self.caller.login}",
            person=record_word(self.caller.login if person is None else person.name),
            organisation="" if person is None else record_word(person.organisation),
            session="" if session is None else session.token_sha256[:SESSION_ID_CHARACTERS],
            component=self.caller.component,
            action=action,
            purpose=NO_PURPOSE,
            note=record_sentence(f"by the login {self.caller.login}" + (f"; {note}" if note else "")),
            outcome=AccessOutcome.REFUSED if refusal else AccessOutcome.ALLOWED,
            reason=refusal,
            address=record_word(self.caller.address),
            happened=record_moment(self.clock.now()),
        )

    def _place(self, now: Instant) -> SessionPlace:
        return SessionPlace(self.caller.token, self.caller.login, self.caller.address, now)

    def _sign_in_place(self, now: Instant, notice: str) -> SignInPlace:
        return SignInPlace(now, self.caller.login, self.caller.address, notice)
