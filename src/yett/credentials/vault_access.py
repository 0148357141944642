"""Speaks with a Vault, and says in plain words why where it doesn't give what is asked for. Every call blocks."""

import os
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, assert_never

from yett.core.clock import Clock
from yett.core.errors import UpstreamFailed
from yett.credentials.target import TargetCredential, checked
from yett.credentials.vault_settings import ByAppRole, ByKubernetes, ByToken, FromVault

if TYPE_CHECKING:
    import hvac

T = TypeVar("T")
_SECRET_BYTES_MAX = 64 << 10
_FRESH = 0.5
"""Of a token's time, the part for which it is used without asking for a new one."""


@dataclass(frozen=True, slots=True)
class DatabaseUser:
    """A user that a Vault made at a target, the lease that it lives by, and for how many seconds that is good."""

    credential: TargetCredential
    lease_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Cause:
    what: str
    code: str
    hint: str


_CAUSES = {
    "forbidden": _Cause(
        "does not let the gate have that, or does not take its sign-in",
        code="vault_forbidden",
        hint="check the gate's policy there, and that its token or role has not ended",
    ),
    "not_found": _Cause(
        "has nothing there", code="vault_not_found", hint="check `mount`, `path` and `engine` of the credential"
    ),
    "sealed": _Cause(
        "is sealed, or a standby that answers nothing", code="vault_sealed", hint="unseal it, or name its active node"
    ),
    "tls": _Cause("has a certificate that is not trusted", code="vault_tls", hint="name its authority as `root_cert`"),
    "unreachable": _Cause("can't be reached", code="vault_unreachable", hint="check `address` and the network"),
    "failed": _Cause("gave no credential", code="vault_failed", hint="its own log says more"),
}


class VaultAccess:
    """One Vault, signed in to as the settings say; signs in again when its token nears its end or is refused.

    Raises UpstreamFailed (`vault_…`), without anything that the Vault said beyond its status.
    """

    def __init__(self, settings: FromVault, clock: Clock, environment: Mapping[str, str] = os.environ) -> None:
        self.settings = settings
        self._clock = clock
        self._environment = environment
        self._lock = threading.Lock()
        self._client: hvac.Client | None = None
        self._good_until = 0.0

    def read(self) -> tuple[dict[str, Any], int]:
        """Return what a key/value secret holds, and its version (0 where it has none)."""
        path, mount = self.settings.path, self.settings.mounted_at
        if self.settings.engine == "kv1":
            return self._ask(lambda one: (_mapping(one.secrets.kv.v1.read_secret(path, mount_point=mount), "data"), 0))

        def newest(one: "hvac.Client") -> tuple[dict[str, Any], int]:
            kept = one.secrets.kv.v2
            answer = kept.read_secret_version(path, mount_point=mount, raise_on_deleted_version=True)
            data = _mapping(answer, "data")
            return _mapping(data, "data"), int(_mapping(data, "metadata")["version"])

        return self._ask(newest)

    def write(self, secret: dict[str, Any], version: int) -> None:
        """Write a key/value secret over that version of it."""
        path, mount = self.settings.path, self.settings.mounted_at
        if self.settings.engine == "kv1":
            self._ask(lambda one: one.secrets.kv.v1.create_or_update_secret(path, secret, mount_point=mount))
        else:
            self._ask(
                lambda one: one.secrets.kv.v2.create_or_update_secret(path, secret, cas=version, mount_point=mount)
            )

    def new_database_user(self) -> "DatabaseUser":
        """Have the database engine make a user."""
        path, mount = self.settings.path, self.settings.mounted_at

        def made(one: "hvac.Client") -> DatabaseUser:
            answer = one.secrets.database.generate_credentials(path, mount_point=mount)
            data = _mapping(answer, "data")
            credential = checked(str(data["username"]), str(data["password"]))
            return DatabaseUser(credential, str(answer["lease_id"]), float(answer["lease_duration"]))

        return self._ask(made)

    def renew(self, lease_id: str, seconds: int) -> int:
        """Have a lease go on; return for how many seconds it does."""
        return self._ask(lambda one: int(one.sys.renew_lease(lease_id, increment=seconds)["lease_duration"]))

    def revoke(self, lease_id: str) -> None:
        """End a lease, and the user with it, now."""
        self._ask(lambda one: one.sys.revoke_lease(lease_id))

    def _ask(self, act: Callable[["hvac.Client"], T]) -> T:
        from hvac import exceptions  # noqa: PLC0415 - a gate without a Vault does not pay for it

        with self._lock:
            known = self._client is not None and self._clock.monotonic() < self._good_until
            try:
                return self._call(act)
            except exceptions.Forbidden:
                if not known:
                    raise self._failed("forbidden") from None
            # A token that was good may have been revoked since: one that is new says whether it is that.
            self._client = None
            try:
                return self._call(act)
            except exceptions.Forbidden:
                raise self._failed("forbidden") from None

    def _call(self, act: Callable[["hvac.Client"], T]) -> T:
        import requests  # noqa: PLC0415 - as above
        from hvac import exceptions  # noqa: PLC0415 - as above

        try:
            return act(self._signed_in())
        except exceptions.InvalidPath:
            raise self._failed("not_found") from None
        except exceptions.VaultDown:
            raise self._failed("sealed") from None
        except exceptions.Forbidden:
            raise
        except exceptions.VaultError as error:
            raise self._failed("failed", type(error).__name__) from None
        except requests.exceptions.SSLError:
            raise self._failed("tls") from None
        except requests.exceptions.RequestException as error:
            raise self._failed("unreachable", type(error).__name__) from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._failed("failed", f"an answer that is none of a Vault's ({type(error).__name__})") from None

    def _signed_in(self) -> "hvac.Client":
        if self._client is None or self._clock.monotonic() >= self._good_until:
            client = self._new_client()
            seconds = self._sign_in(client)
            self._client, self._good_until = client, self._clock.monotonic() + seconds * _FRESH
        return self._client

    def _new_client(self) -> "hvac.Client":
        import hvac  # noqa: PLC0415 - as above
        import requests  # noqa: PLC0415 - as above

        session = requests.Session()
        session.trust_env = False  # neither a proxy nor ~/.netrc is anything that yett.toml says
        session.verify = self.settings.root_cert or _system_authorities()
        return hvac.Client(
            self.settings.address.rstrip("/"),
            token="",
            timeout=float(self.settings.timeout),
            allow_redirects=False,
            session=session,
            namespace=self.settings.namespace or None,
        )

    def _sign_in(self, client: "hvac.Client") -> float:
        """Get a token; return for how many seconds it is good, as far as that is known."""
        auth = self.settings.auth
        match auth:
            case ByToken():
                client.token = self._secret("token", auth.env, auth.file)
                return 0.0  # read at each use: something else renews it
            case ByAppRole():
                secret_id = self._secret("secret id", auth.secret_id_env, auth.secret_id_file)
                answer = client.auth.approle.login(auth.role_id, secret_id, mount_point=auth.mount)
            case ByKubernetes():
                jwt = self._secret("service account's token", "", auth.jwt_file)
                answer = client.auth.kubernetes.login(auth.role, jwt, mount_point=auth.mount)
            case _:
                assert_never(auth)
        return float(_mapping(answer, "auth").get("lease_duration", 0))

    def _secret(self, what: str, variable: str, file: str) -> str:
        try:
            value = self._environment[variable] if variable else _content(Path(file))
        except KeyError:
            words, hint = f"the variable of the Vault {what} is not set", "set it in the environment of the gate"
            raise UpstreamFailed(words, hint=hint, code="credential_unavailable") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", "") or "it is no text"
            words, hint = f"the file of the Vault {what} can't be read: {why}", f"check {file} and who may read it"
            raise UpstreamFailed(words, hint=hint, code="credential_unavailable") from None
        if not value.strip() or not value.strip().isprintable():
            raise UpstreamFailed(f"the Vault {what} is empty or no token", code="credential_unavailable")
        return value.strip()

    def _failed(self, cause: str, detail: str = "") -> UpstreamFailed:
        known = _CAUSES[cause]
        place = f"{self.settings.mounted_at}/{self.settings.path}"
        words = f"the Vault at {self.settings.address} {known.what}; asked for was {place}"
        return UpstreamFailed(words + (f": {detail}" if detail else ""), hint=known.hint, code=known.code)


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_SECRET_BYTES_MAX).decode()


def _system_authorities() -> str:
    found = ssl.get_default_verify_paths()
    return found.cafile or found.capath or found.openssl_cafile


def _dictionary(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError("no JSON object")
    return answer


def _mapping(answer: object, key: str) -> dict[str, Any]:
    return _dictionary(_dictionary(answer).get(key))
