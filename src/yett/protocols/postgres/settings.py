"""What yett.toml may say of a PostgreSQL resource beside its address and credential."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

DEFAULT_PORT = 5432
DEFAULT_LISTEN = "127.0.0.1:6432"
ALPN = ("postgresql",)

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
AuthMethod = Literal["scram-sha-256", "md5", "password", "none"]


class PostgresTls(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the connection to the target is protected; the words and their meaning are libpq's."""

    mode: Annotated[
        SslMode, Meta(description="libpq's sslmode. Only `verify-full` proves that the target is the one named.")
    ] = "prefer"
    root_cert: Annotated[str, Meta(description="File with the authorities to trust, or `system`.")] = ""
    client_cert: Annotated[str, Meta(description="File with the certificate that the gate shows to the target.")] = ""
    client_key: Annotated[str, Meta(description="File with the key of `client_cert`.")] = ""
    crl: Annotated[str, Meta(description="File with revoked certificates.")] = ""

    def __post_init__(self) -> None:
        """Refuse a verification that has nothing to verify against, and half a client certificate."""
        if self.mode in {"verify-ca", "verify-full"} and not self.root_cert:
            msg = f"mode {self.mode} needs `root_cert`: a file, or the word system"
            raise ValueError(msg)
        if bool(self.client_cert) != bool(self.client_key):
            msg = "`client_cert` and `client_key` belong together"
            raise ValueError(msg)

    def placed(self, base: Path) -> "PostgresTls":
        """Return the settings with every path absolute, taken from `base` where relative."""
        return replace(
            self,
            root_cert="system" if self.root_cert == "system" else _absolute(self.root_cert, base),
            client_cert=_absolute(self.client_cert, base),
            client_key=_absolute(self.client_key, base),
            crl=_absolute(self.crl, base),
        )


class PostgresSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One PostgreSQL database as a target."""

    database: Annotated[
        str, Meta(description="The database's name on the target; the resource's own name if unset.")
    ] = ""
    tls: Annotated[PostgresTls, Meta(description="How the connection to the target is protected.")] = PostgresTls()
    channel_binding: Annotated[
        Literal["disable", "prefer", "require"],
        Meta(description="libpq's channel_binding: ties SCRAM to the TLS connection."),
    ] = "prefer"
    require_auth: Annotated[
        list[AuthMethod],
        Meta(description="The authentication methods that the target may ask for; all when empty."),
    ] = []

    def placed(self, resource: str, base: Path) -> "PostgresSettings":
        """Return the settings with the database named and every path absolute, taken from `base` where relative."""
        return replace(self, database=self.database or resource, tls=self.tls.placed(base))


SETTINGS = PostgresSettings


def _absolute(path: str, base: Path) -> str:
    return str(base / Path(path).expanduser()) if path else ""
