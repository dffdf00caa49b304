"""Passkeys (WebAuthn level 3): registration and sign-in, always with the user verified by a PIN or a finger.

A passkey is bound to the department's domain (the relying party's id); the page of a car is a host name below it. It
so proves possession and knowledge at once, and cannot be given away to another site.
"""

import webauthn
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.people.credentials import PASSKEYS_MAX, Credentials, Passkey
from alpr_edge.domain.people.person import Person

RESPONSE_CHARACTERS_MAX = 16_384
CREDENTIAL_ID_BYTES_MAX = 1023
"""Longest id of a passkey (WebAuthn level 3, 4); a roster holds no much longer one."""
PUBLIC_KEY_BYTES_MAX = 1024
"""Longest public key; one of RSA with 4096 bits has 530, and a roster holds no much longer one."""
_PARSE_FAULTS = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the library raises on a response that an attacker made up."""


def registration_options(person: Person, credentials: Credentials, site: RelyingParty, challenge: bytes) -> str:
    """What a browser needs to register a passkey, as JSON for ``navigator.credentials.create()``."""
    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=site.name,
        user_id=person.person_id.encode(),
        user_name=person.badge,
        user_display_name=person.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in credentials.passkeys],
    )
    return webauthn.options_to_json(options)


def verify_registration(response: str, challenge: bytes, site: RelyingParty, credentials: Credentials) -> Passkey:
    """The passkey of a browser's answer.

    Raises:
        AccessError: the answer does not hold, the user was not verified, or the person has as many as they may.
    """
    if len(credentials.passkeys) >= PASSKEYS_MAX:
        raise AccessError(f"at most {PASSKEYS_MAX} passkeys a person; remove one first")
    if len(response) > RESPONSE_CHARACTERS_MAX:
        raise AccessError("the passkey was not registered: its answer is too long")
    try:
        result = webauthn.verify_registration_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=list(site.origins),
            require_user_verification=True,
        )
    except _PARSE_FAULTS:
        raise AccessError("the passkey was not registered: its answer does not hold") from None
    if len(result.credential_id) > CREDENTIAL_ID_BYTES_MAX:
        raise AccessError("the passkey was not registered: its id is too long")
    if len(result.credential_public_key) > PUBLIC_KEY_BYTES_MAX:
        raise AccessError("the passkey was not registered: its key is too long")
    return Passkey(result.credential_id, result.credential_public_key, result.sign_count)


def authentication_options(site: RelyingParty, challenge: bytes) -> str:
    """What a browser needs to sign in, as JSON for ``navigator.credentials.get()``; it names no account."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options)


def credential_id_of(response: str) -> bytes:
    """The passkey that an answer says it is of; empty where the answer is none."""
    if len(response) > RESPONSE_CHARACTERS_MAX:
        return b""
    try:
        return base64url_to_bytes(parse_authentication_credential_json(response).id)
    except _PARSE_FAULTS:
        return b""


def verify_assertion(
    response: str, challenge: bytes, site: RelyingParty, passkey: Passkey, sign_count: int
) -> int | None:
    """The passkey's new counter if an answer holds and the user was verified; else None."""
    try:
        result = webauthn.verify_authentication_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=list(site.origins),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _PARSE_FAULTS:
        return None
    return result.new_sign_count
