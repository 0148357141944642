"""Every reason for which an identity is refused: its stable code and what it means."""

from yett.core.errors import AuthenticationFailed

REFUSALS = {
    "token_malformed": "the text is not a token that can be read",
    "token_too_large": "the token is larger than the provider's limit",
    "token_header_forbidden": "the token's header names a key, a certificate or an extension of its own",
    "token_algorithm": "the token's signature algorithm is not allowed for its issuer",
    "token_type": "the token is of a type that is not accepted here",
    "token_bound": "the token is bound to a key that its bearer did not prove",
    "token_signature": "the token's signature does not fit",
    "token_expired": "the token has ended",
    "token_not_yet_valid": "the token is not valid yet, or this machine's clock is behind",
    "token_nonce": "the token answers another sign-in",
    "issuer_unknown": "no configured provider has issued the token",
    "audience_wrong": "the token was issued for somebody else",
    "party_wrong": "the token was issued to a client that is not listed",
    "unknown_key": "the provider's known keys do not include the one that signed the token",
    "keys_stale": "the provider's keys are too old to be relied on",
    "claim_missing": "the token lacks a claim that is required",
    "claim_invalid": "a claim of the token has a value that cannot be used",
    "groups_incomplete": "the provider left the groups out because there are too many",
    "delegation_too_deep": "the token's chain of delegation is too long",
    "delegation_invalid": "the token's statement of who acts cannot be used",
    "credential_malformed": "the text is not a yett credential",
    "credential_unknown": "no such credential is known",
    "credential_wrong": "the credential's secret does not fit",
    "credential_expired": "the credential has ended",
    "password_wrong": "the name or the password is wrong",
    "principal_unknown": "no such principal is known",
    "principal_disabled": "the principal is disabled",
    "certificate_malformed": "the certificate cannot be read",
    "certificate_expired": "the certificate is not valid now",
    "certificate_authority": "an authority's certificate cannot stand for a principal",
    "certificate_purpose": "the certificate is not meant for clients",
    "certificate_ambiguous": "the certificate holds more than one name of the kind that a rule reads",
    "revoked_subject": "the principal, or the one it acts for, is revoked",
    "revoked_session": "the login is revoked",
    "revoked_token": "the token or credential is revoked",
    "principal_changed": "the principal's groups have changed since it signed in",
    "revocations_unknown": "the store cannot be read, so nothing is known of revocations",
}

HINTS = {
    "token_expired": "get a new token; if it is new, compare this machine's clock with the provider's",
    "token_not_yet_valid": "compare this machine's clock with the provider's; clock_skew is the difference allowed",
    "token_algorithm": "algorithms in [identity.oidc.<name>] lists what is accepted",
    "token_type": "accepted_types and accepted_uses in [identity.oidc.<name>] say which tokens are accepted",
    "token_bound": "ask the provider for an ordinary bearer token for this audience",
    "token_too_large": "have the provider send fewer groups, or raise bytes_max",
    "issuer_unknown": "issuer in [identity.oidc.<name>] must be exactly what the token states as iss",
    "audience_wrong": "ask for a token whose aud is the audience in [identity.oidc.<name>]",
    "party_wrong": "authorized_parties lists the clients whose tokens are accepted",
    "unknown_key": "new keys are fetched by themselves; `yett doctor` says why that fails",
    "keys_stale": "the provider was out of reach for keys_max_age; `yett doctor` says why",
    "claim_missing": "have the provider add the claim, or change its path in [identity.oidc.<name>]",
    "groups_incomplete": "have the provider send only the groups assigned to this application, or raise groups_max",
    "delegation_too_deep": "delegation_depth_max is the longest chain accepted",
    "credential_expired": "yett login, or yett token issue",
    "credential_unknown": "yett token list shows those this gate has given",
    "principal_disabled": "yett user enable NAME",
    "principal_unknown": "yett user list, yett agent list, yett service list",
    "certificate_purpose": "issue it with the extended key usage clientAuth",
    "revoked_subject": "yett revoke --list shows why",
    "revoked_session": "yett revoke --list shows why; signing in anew helps",
    "revoked_token": "yett revoke --list shows why; signing in anew helps",
    "principal_changed": "connect again: the new groups count from then on",
    "revocations_unknown": "is the disk full, or the control database out of reach?",
}


def refusal(code: str, detail: str = "") -> AuthenticationFailed:
    """Return the error to raise for `code`.

    `detail` names a claim or a setting, never a value that a peer sent. The error is for the record: a client is told
    that it could not be authenticated, and no more.
    """
    words = REFUSALS[code]
    return AuthenticationFailed(f"{words}: {detail}" if detail else words, code=code, hint=HINTS.get(code, ""))
