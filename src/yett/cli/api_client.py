"""Speaks to a running gate's API, as the person who is signed in here."""

import http.client
import json
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import typer

from yett.cli.local import SECRET_BYTES_MAX, InputMissing, read_config
from yett.cli.options import ConfigOption
from yett.cli.saved_login import saved_login
from yett.config import Config
from yett.config.addresses import is_loopback
from yett.core.errors import AuthenticationFailed, ConfigError, UpstreamFailed, YettError
from yett.core.secret import Secret

__all__ = ["ApiClient", "ConfigOption", "TokenFileOption", "UrlOption", "api_client"]

_ANSWER_BYTES_MAX = 64 << 20
_SECONDS = 20.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - where to connect, not where to listen
_SIGN_IN = "yett login NAME, or give a token: --token-file FILE, or $YETT_TOKEN"

UrlOption = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="YETT_URL",
        show_envvar=False,
        metavar="URL",
        help="The gate's API, where no yett.toml here names it; $YETT_URL.",
    ),
]
TokenFileOption = Annotated[
    str, typer.Option("--token-file", metavar="FILE", help="A token to sign in with, instead of the saved login.")
]


class ApiRefused(YettError):
    """The gate's API refused a call; the code is its own."""

    code = "api_refused"


class ApiClient:
    """One gate's API. `timeout` is in seconds; every error is a YettError that says what to do."""

    def __init__(self, url: str, credential: Secret, trust: ssl.SSLContext | None = None) -> None:
        self.url = url.rstrip("/")
        self._credential = credential
        self._trust = trust

    def get(self, path: str, timeout: float = _SECONDS, **query: str) -> Any:  # noqa: ANN401 - whatever JSON says
        """Return the answer to a GET."""
        return self._call("GET", path + (f"?{urlencode(query)}" if query else ""), None, timeout)

    def post(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - whatever JSON says
        """Return the answer to a POST."""
        return self._call("POST", path, json.dumps(body).encode(), _SECONDS)

    def _call(self, method: str, path: str, body: bytes | None, timeout: float) -> Any:  # noqa: ANN401 - as above
        headers = {"Authorization": f"Bearer {self._credential.reveal()}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = self._connection(timeout)
        try:
            connection.request(method, urlsplit(self.url).path + path, body, headers)
            answer = connection.getresponse()
            raw = answer.read(_ANSWER_BYTES_MAX + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(self.url, error) from None
        finally:
            connection.close()
        return _read(self.url, answer.status, raw)

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        if parts.scheme == "http":
            return http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
        trust = self._trust or ssl.create_default_context()
        return http.client.HTTPSConnection(parts.hostname, parts.port or 443, timeout=timeout, context=trust)


def api_client(config: str | None, url: str, token_file: str) -> ApiClient:
    """Return the API of the gate that `url` or yett.toml names, for whoever is signed in or has a token.

    Raises ConfigError where no address is known, AuthenticationFailed (`not_signed_in`) without a credential.
    """
    settings = None if url and (token_file or os.environ.get("YETT_TOKEN")) else _settings(config, url)
    trust = None
    if not url:
        assert settings is not None
        url, trust = _address(settings), _trust(settings)
    _check(url)
    return ApiClient(url, _credential(settings, token_file), trust)


def _settings(config: str | None, url: str) -> Config | None:
    """Return yett.toml, which is not needed where an address is given; a saved login is known by it."""
    try:
        return read_config(config)
    except ConfigError as error:
        if not url or config or error.code != "config_not_found":
            raise
        return None


def _address(settings: Config) -> str:
    admin = settings.settings.admin
    if not admin.listen:
        message = "yett.toml turns [admin] listen off, so this gate has no API"
        raise ConfigError(message, hint="set [admin] listen, or name another gate with --url", code="api_off")
    scheme = "https" if admin.tls else "http"
    host, _, port = admin.listen.rpartition(":")
    return f"{scheme}://{_ANYWHERE.get(host, host)}:{port}"


def _trust(settings: Config) -> ssl.SSLContext | None:
    """Return trust in the gate's own certificate and no other, whatever names it is for: yett.toml names its file."""
    tls = settings.settings.gate.tls
    if not settings.settings.admin.tls or tls is None:
        return None
    end = "-----END CERTIFICATE-----"
    try:
        own = Path(tls.cert).read_text(encoding="ascii").partition(end)[0] + end
        context = ssl.create_default_context(cadata=own[own.find("-----BEGIN") :])
    except (OSError, ValueError) as error:
        raise ConfigError(f"{tls.cert} cannot be read as a certificate: {type(error).__name__}") from None
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context


def _check(url: str) -> None:
    parts = urlsplit(url)
    try:
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"{url} is not an address of a gate", hint="write --url https://gate.example.com:6480")
    if parts.scheme == "http" and not is_loopback(f"[{parts.hostname}]:1"):
        message = "a credential is not sent to another machine without TLS"
        raise ConfigError(message, hint="use https:// ([admin] tls on the gate), or a tunnel", code="plaintext_refused")


def _credential(settings: Config | None, token_file: str) -> Secret:
    if token_file:
        return _from_file(Path(token_file))
    if token := os.environ.get("YETT_TOKEN", ""):
        return Secret(token.strip())
    kept = saved_login(settings.data) if settings is not None else None
    if kept is None:
        raise AuthenticationFailed("nobody is signed in here", code="not_signed_in", hint=_SIGN_IN)
    return Secret(kept.credential)


def _from_file(path: Path) -> Secret:
    try:
        with path.expanduser().open(encoding="ascii") as file:
            text = file.read(SECRET_BYTES_MAX).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InputMissing(f"{path} cannot be read: {reason}", hint="--token-file names a file with a token") from None
    if not text:
        raise InputMissing(f"{path} holds no token", hint="--token-file names a file with a token")
    return Secret(text)


def is_id(text: str) -> bool:
    """Say whether a text can be the id of something, and may stand in an address."""
    return text.isascii() and bool(text) and all(one.isalnum() or one == "-" for one in text)


def _read(url: str, status: int, raw: bytes) -> Any:  # noqa: ANN401 - whatever JSON says
    try:
        body = json.loads(raw) if len(raw) <= _ANSWER_BYTES_MAX else None
    except (ValueError, RecursionError):
        body = None
    if status == 200 and isinstance(body, dict):
        return body
    problem = body if isinstance(body, dict) and isinstance(body.get("code"), str) else None
    if problem is None:
        message = f"{url} answered {status}, and not as a gate's API does"
        raise UpstreamFailed(message, hint="is it the [admin] address of a gate?", code="gate_unreachable")
    kind = AuthenticationFailed if status == 401 else ApiRefused
    raise kind(str(problem.get("detail", "")), hint=str(problem.get("hint", "")), code=str(problem["code"]))


def _unreachable(url: str, error: Exception) -> UpstreamFailed:
    reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or type(error).__name__
    hint = "is the gate running (yett up), and is this its [admin] listen?"
    return UpstreamFailed(f"{url} cannot be reached: {reason}", hint=hint, code="gate_unreachable")
