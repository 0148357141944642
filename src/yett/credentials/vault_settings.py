"""How the gate reaches a HashiCorp-compatible Vault (OpenBao too): its address, who it is there, and what it reads."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from yett.core.durations import Duration

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MountPath = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.\-/]*$")]


class ByToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="method", tag="token"):
    """By a token that something else gets and renews, such as an agent beside the gate."""

    env: Annotated[str, Meta(description="Environment variable that holds the token.")] = ""
    file: Annotated[str, Meta(description="File that holds the token; read at each use.")] = ""

    def __post_init__(self) -> None:
        """Refuse none and both."""
        _one_of("env", self.env, "file", self.file)


class ByAppRole(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="method", tag="approle"
):
    """By an AppRole: a role id, which is no secret, and a secret id, which is."""

    role_id: Annotated[str, Meta(min_length=1, description="The role id.")]
    secret_id_env: Annotated[str, Meta(description="Environment variable that holds the secret id.")] = ""
    secret_id_file: Annotated[str, Meta(description="File that holds the secret id; read at each sign-in.")] = ""
    mount: Annotated[_MountPath, Meta(description="Where the method is mounted.")] = "approle"

    def __post_init__(self) -> None:
        """Refuse none and both."""
        _one_of("secret_id_env", self.secret_id_env, "secret_id_file", self.secret_id_file)


class ByKubernetes(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="method", tag="kubernetes"
):
    """By the token of the Kubernetes service account that the gate runs as."""

    role: Annotated[str, Meta(min_length=1, description="The role at the Vault.")]
    jwt_file: Annotated[str, Meta(description="File with the service account's token; read at each sign-in.")] = (
        "/var/run/secrets/kubernetes.io/serviceaccount/token"
    )
    mount: Annotated[_MountPath, Meta(description="Where the method is mounted.")] = "kubernetes"


VaultAuth = ByToken | ByAppRole | ByKubernetes


class FromVault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="from", tag="vault"):
    """Read from a Vault: a secret that is kept there, or a database user that it makes for a principal's sessions."""

    address: Annotated[str, Meta(description="`https://host:port`; plain http on loopback only.")]
    auth: Annotated[VaultAuth, Meta(description="Who the gate is at the Vault.")]
    path: Annotated[
        str,
        Meta(pattern=r"^[^/\x00-\x20?#%][^\x00-\x20?#%]*$", description="The secret's path; for `database`, its role."),
    ]
    engine: Annotated[
        Literal["kv2", "kv1", "database"],
        Meta(description="What is mounted there: key/value of version 2 or 1, or the database secrets engine."),
    ] = "kv2"
    mount: Annotated[_MountPath, Meta(description="Where it is mounted; `secret`, or `database`, when empty.")] = ""
    user: Annotated[str, Meta(description="The secret's key that holds the target's user name.")] = "username"
    login: Annotated[str, Meta(description="The target's user name itself, instead of `user`.")] = ""
    password: Annotated[str, Meta(min_length=1, description="The secret's key that holds the password.")] = "password"  # noqa: S105 - a key's name
    namespace: Annotated[str, Meta(description="The Vault's namespace, where it has some.")] = ""
    root_cert: Annotated[str, Meta(description="File with the authorities to trust; the system's when empty.")] = ""
    timeout: Annotated[Duration, Meta(description="How long one request may take.")] = Duration(10)

    def __post_init__(self) -> None:
        """Refuse an address whose answers anybody on the way could read or write, and a path that leads elsewhere."""
        parts = urlsplit(self.address)
        private = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not private or not parts.hostname or parts.query or parts.fragment or parts.username or parts.password:
            msg = "`address` must be https://host:port; http:// stands for a Vault on loopback only"
            raise ValueError(msg)
        if {".", ".."} & {*self.path.split("/"), *self.mount.split("/")}:
            msg = "`path` and `mount` must not hold `.` or `..`"
            raise ValueError(msg)
        if self.timeout <= 0:
            msg = "`timeout` must be longer than 0s"
            raise ValueError(msg)

    @property
    def mounted_at(self) -> str:
        """Return the mount of the secrets engine."""
        return self.mount.strip("/") or ("database" if self.engine == "database" else "secret")


def _one_of(first: str, one: str, second: str, other: str) -> None:
    if bool(one) == bool(other):
        msg = f"give either `{first}` or `{second}`"
        raise ValueError(msg)
