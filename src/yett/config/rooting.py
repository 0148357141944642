"""Makes every path of yett.toml absolute: `~` is the user's home, and what is relative starts at the file's folder."""

from pathlib import Path
from typing import assert_never

from msgspec.structs import replace

from yett.config.settings import GateTls, Settings
from yett.credentials.settings import CredentialSettings, FromEphemeral, FromFile
from yett.credentials.vault_settings import ByAppRole, ByKubernetes, ByToken, FromVault, VaultAuth
from yett.identity.settings import rooted as rooted_identity
from yett.recording.settings import FileAnchor, RecordingSettings
from yett.telemetry.webhook_settings import SecretFromFile, WebhookSettings


def absolute(path: str, base: Path) -> str:
    """Return `path` with `~` expanded and taken from `base` where relative; an empty one stays empty."""
    return str(base / Path(path).expanduser()) if path else ""


def rooted(settings: Settings, base: Path) -> Settings:
    """Return the settings with absolute paths."""
    resources = {
        name: replace(one, credential=_credential(one.credential, base)) for name, one in settings.resources.items()
    }
    return replace(
        settings,
        gate=replace(settings.gate, data=absolute(settings.gate.data, base), tls=_tls(settings.gate.tls, base)),
        policies=replace(settings.policies, dir=absolute(settings.policies.dir, base)),
        identity=rooted_identity(settings.identity, base),
        recording=_recording(settings.recording, base),
        resources=resources,
        webhooks={name: _webhook(one, base) for name, one in settings.webhooks.items()},
    )


def _tls(tls: GateTls | None, base: Path) -> GateTls | None:
    return replace(tls, cert=absolute(tls.cert, base), key=absolute(tls.key, base)) if tls else None


def _credential(credential: CredentialSettings, base: Path) -> CredentialSettings:
    if isinstance(credential, FromEphemeral):
        return replace(credential, admin=_credential(credential.admin, base))
    if isinstance(credential, FromVault):
        return _vault(credential, base)
    if not isinstance(credential, FromFile):
        return credential
    return replace(credential, user=absolute(credential.user, base), password=absolute(credential.password, base))


def _webhook(webhook: WebhookSettings, base: Path) -> WebhookSettings:
    secret = webhook.secret
    if isinstance(secret, SecretFromFile):
        secret = replace(secret, path=absolute(secret.path, base))
    return replace(webhook, secret=secret, ca=absolute(webhook.ca, base))


def _vault(vault: FromVault, base: Path) -> FromVault:
    return replace(vault, auth=_vault_auth(vault.auth, base), root_cert=absolute(vault.root_cert, base))


def _vault_auth(auth: VaultAuth, base: Path) -> VaultAuth:
    match auth:
        case ByToken():
            return replace(auth, file=absolute(auth.file, base))
        case ByAppRole():
            return replace(auth, secret_id_file=absolute(auth.secret_id_file, base))
        case ByKubernetes():
            return replace(auth, jwt_file=absolute(auth.jwt_file, base))
        case _:
            assert_never(auth)


def _recording(recording: RecordingSettings, base: Path) -> RecordingSettings:
    keys = recording.keys
    anchors = tuple(
        replace(one, path=absolute(one.path, base)) if isinstance(one, FileAnchor) else one for one in recording.anchors
    )
    rooted_keys = replace(
        keys, recording_path=absolute(keys.recording_path, base), signing_path=absolute(keys.signing_path, base)
    )
    return replace(recording, keys=rooted_keys, anchors=anchors)
