"""Says who calls the API: a person, by a bearer credential that counts now, over a way that nobody else reads."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from yett.admin.problems import ApiProblem
from yett.core.clock import Clock
from yett.core.errors import AuthenticationFailed
from yett.core.principals import Principal, PrincipalKind
from yett.core.secret import Secret
from yett.interceptors.buckets import Buckets

_SKEW_SECONDS = 60.0
_TOKEN_CHARS_MAX = 24 << 10
_PER_ADDRESS, _ADDRESS_BURST = 20.0, 100.0
_PER_PERSON, _PERSON_BURST = 5.0, 60.0


@dataclass(frozen=True, slots=True)
class Caller:
    """A person who calls, from where, and whether they proved just now who they are."""

    principal: Principal
    address: str
    fresh: bool


class Reception:
    """Takes each call's credential.

    `verify` returns whom it stands for or raises AuthenticationFailed; `refused` records who was not let in (bounded:
    strangers must not fill the disk). Raises ApiProblem.
    """

    def __init__(
        self,
        verify: Callable[[Secret], Awaitable[Principal]],
        refused: Callable[[Mapping[str, object]], None],
        clock: Clock,
        fresh_seconds: float,
    ) -> None:
        self._verify = verify
        self._refused = refused
        self._clock = clock
        self._fresh_seconds = fresh_seconds
        self._by_address = Buckets[str](_PER_ADDRESS, _ADDRESS_BURST, clock)
        self._by_person = Buckets[str](_PER_PERSON, _PERSON_BURST, clock)

    async def caller(self, request: Request) -> Caller:
        """Return who calls."""
        address = request.client.host if request.client else ""
        if request.url.scheme != "https" and not _is_here(address):
            raise ApiProblem("plaintext_refused", hint="set [admin] tls, or call from the gate's own machine")
        if self._by_address.take({address: 1}) is not None:
            raise ApiProblem("too_many_calls", hint="wait a few seconds")
        principal = await self._principal(_bearer(request), address)
        if principal.kind is not PrincipalKind.USER or principal.on_behalf_of is not None:
            self._refused({"door": "api", "address": address, "principal": principal.key, "code": "people_only"})
            raise ApiProblem("people_only")
        if self._by_person.take({principal.key: 1}) is not None:
            raise ApiProblem("too_many_calls", hint="wait a few seconds")
        return Caller(principal, address, self._is_fresh(principal))

    async def still(self, request: Request) -> None:
        """Raise ApiProblem unless the credential of a call that took a while counts now."""
        await self._principal(_bearer(request), request.client.host if request.client else "")

    async def _principal(self, raw: Secret, address: str) -> Principal:
        try:
            return await self._verify(raw)
        except AuthenticationFailed as failure:
            self._refused({"door": "api", "address": address, "code": failure.code})
            hint = "sign in anew: yett login; the gate's record says why"
            raise ApiProblem("authentication_failed", hint=hint) from None

    def _is_fresh(self, principal: Principal) -> bool:
        age = self._clock.now() - principal.proven_at
        return -_SKEW_SECONDS <= age <= self._fresh_seconds


def _bearer(request: Request) -> Secret:
    shown = request.headers.getlist("authorization")
    scheme, _, text = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
    text = text.strip()
    if scheme.lower() != "bearer" or not text or len(text) > _TOKEN_CHARS_MAX:
        raise ApiProblem("not_signed_in", hint="send Authorization: Bearer and a provider's token or yett credential")
    return Secret(text)


def _is_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
