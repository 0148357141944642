"""What the gate shows to a target to be let in."""

from dataclasses import dataclass

from yett.core.errors import UpstreamFailed
from yett.core.secret import Secret


@dataclass(frozen=True, slots=True)
class TargetCredential:
    """A user name and, unless a client certificate is enough, a password."""

    user: str
    password: Secret | None = None


def checked(user: str, password: str | None) -> TargetCredential:
    """Return the credential. Raises UpstreamFailed where a part is empty or holds what no wire can carry."""
    for name, value in (("user", user), ("password", password)):
        if value is not None and (not value or "\0" in value):
            message = f"the target's {name} is empty" if not value else f"the target's {name} holds a NUL"
            raise UpstreamFailed(message, code="credential_unavailable", hint="check what `credential` names")
    return TargetCredential(user, None if password is None else Secret(password))
