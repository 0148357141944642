"""All settings of the gate: what yett.toml may say, composed from the slice of each room."""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from yett.admin.settings import AdminSettings
from yett.approvals.settings import AccessSettings, FlowSettings
from yett.config.addresses import is_loopback, split_address
from yett.core.durations import Duration
from yett.core.sizes import Size
from yett.credentials.settings import CredentialSettings
from yett.identity.settings import IdentitySettings
from yett.masking.settings import DataSettings, DetectorSettings, MaskingSettings, MaskSettings
from yett.recording.settings import RecordingSettings
from yett.telemetry.settings import TelemetrySettings
from yett.telemetry.webhook_settings import WebhookSettings

STATEMENT_MAX = 1 << 20
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every settings value: unknown keys are errors."""


class GateTls(Strict, frozen=True):
    """The gate's own certificate, shown to clients."""

    cert: Annotated[str, Meta(min_length=1, description="PEM file with the gate's certificate and its chain.")]
    key: Annotated[str, Meta(min_length=1, description="PEM file with its key, readable by the gate's user alone.")]
    min_version: Annotated[Literal["1.2", "1.3"], Meta(description="The oldest TLS version spoken.")] = "1.2"


class GateSettings(Strict, frozen=True):
    """The gate itself."""

    data: Annotated[
        str, Meta(description="Folder of the embedded store and the recordings; the gate's user alone may read it.")
    ] = "~/.local/share/yett"
    listen: Annotated[
        dict[str, str], Meta(description="Address and port by protocol; a default on loopback where unset.")
    ] = {}
    tls: Annotated[
        GateTls | None, Meta(description="The gate's certificate. Without one, only loopback listeners are allowed.")
    ] = None
    drain: Annotated[Duration, Meta(description="How long sessions may go on after SIGTERM.")] = Duration(30)


class LimitSettings(Strict, frozen=True):
    """Limits on everything that a peer controls; reaching one is a refusal, never a pass."""

    message: Annotated[Size, Meta(description="The longest protocol message that a client may send.")] = Size(64 << 20)
    target_message: Annotated[Size, Meta(description="The longest protocol message that a target may send.")] = Size(
        16 << 20
    )
    statement: Annotated[
        Size,
        Meta(
            description="The longest statement text of somebody whom policy restricts, values in quotes left out; "
            "1MiB at most. Longer ones are denied."
        ),
    ] = Size(STATEMENT_MAX)
    held_copy: Annotated[
        Size,
        Meta(
            description="The most data of one `COPY … FROM STDIN` that waits for a person, kept in memory and shown "
            "whole; 1MiB at most. More is denied; 0B denies every COPY that would be held."
        ),
    ] = Size(512 << 10)
    parameters: Annotated[int, Meta(ge=0, le=65535, description="The most parameters of one statement.")] = 65535
    prepared: Annotated[
        int, Meta(ge=1, le=1_000_000, description="The most named statements and portals of one session.")
    ] = 10_000
    in_flight: Annotated[
        int, Meta(ge=1, le=1_000_000, description="The most operations of one session that wait for their answers.")
    ] = 10_000
    sessions: Annotated[int, Meta(ge=1, description="The most sessions of the gate at once.")] = 2000
    sessions_per_principal: Annotated[int, Meta(ge=1, description="The most sessions of one principal at once.")] = 200
    openings: Annotated[int, Meta(ge=1, description="The most connections of one listener that are signing in.")] = 500
    openings_per_address: Annotated[
        int, Meta(ge=1, description="The most of them that come from one address; a balancer in front is one address.")
    ] = 400
    statements_per_second: Annotated[
        float, Meta(ge=0, description="The most operations a second of one principal, on average; 0 is no limit.")
    ] = 0
    statements_burst: Annotated[
        float, Meta(ge=1, description="How many operations may come at once where there is such a limit.")
    ] = 100
    matches_per_minute: Annotated[
        float,
        Meta(
            ge=0,
            description="How many values a minute one principal may look up in one labelled column; 0 is no limit.",
        ),
    ] = 30
    startup_deadline: Annotated[
        Duration, Meta(description="How long a client may take to begin, TLS from the first byte included.")
    ] = Duration(5)
    login_deadline: Annotated[Duration, Meta(description="How long signing in may take, with reaching the target.")] = (
        Duration(30)
    )
    idle_deadline: Annotated[
        Duration,
        Meta(description="How long a session may be silent in both directions before it is ended; 0s is no limit."),
    ] = Duration(0)
    stall_deadline: Annotated[
        Duration,
        Meta(description="How long the gate may be stuck, as on a disk that hangs, before its clients are let go."),
    ] = Duration(10)

    def __post_init__(self) -> None:
        """Refuse a statement longer than the grammar reads."""
        if not 0 < self.statement <= STATEMENT_MAX:
            msg = "`statement` must be between 1B and 1MiB"
            raise ValueError(msg)
        if self.held_copy > STATEMENT_MAX:
            msg = "`held_copy` must be at most 1MiB"
            raise ValueError(msg)
        if not self.statement <= self.message:
            msg = "`message` must be at least as long as `statement`"
            raise ValueError(msg)
        if not (self.startup_deadline > 0 and self.login_deadline > 0 and self.stall_deadline >= 1):
            msg = "deadlines must be longer than 0s, and `stall_deadline` 1s at least"
            raise ValueError(msg)


class DenySettings(Strict, frozen=True):
    """A plain pattern over the text of operations, beside policy."""

    pattern: Annotated[
        str, Meta(min_length=1, max_length=4096, description="RE2 pattern, searched in the operation's text.")
    ]
    reason: Annotated[str, Meta(min_length=1, max_length=500, description="What the client is told.")]
    protocol: Annotated[str, Meta(description="The protocol it is for; all when empty.")] = ""
    resources: Annotated[list[str], Meta(description="The resources it is for; all when empty.")] = []
    ignore_case: Annotated[bool, Meta(description="Letters match in either case.")] = True
    hint: Annotated[str, Meta(max_length=500, description="What the client may do instead.")] = ""


class PolicySettings(Strict, frozen=True):
    """Where the Cedar policies are."""

    dir: Annotated[str, Meta(description="Folder of `*.cedar`, relative to yett.toml.")] = "policies"
    claims: Annotated[
        dict[str, Literal["string", "long", "bool", "set"]],
        Meta(description="Types of the claims that policies read as principal.claims; `string` where unset."),
    ] = {}
    reload: Annotated[bool, Meta(description="Read policies again when they change; SIGHUP always does.")] = True


class ListenerSettings(Strict, frozen=True):
    """A port of its own for one resource, for clients that can name nothing."""

    address: Annotated[str, Meta(description="Address and port to listen on.")]
    resource: Annotated[str, Meta(min_length=1, description="The one resource that is reached through it.")]
    bound: Annotated[
        str,
        Meta(description="`local/name` of the principal that all its clients are, no credential asked; loopback only."),
    ] = ""

    def __post_init__(self) -> None:
        """Refuse a port without a credential that others than this machine could reach."""
        split_address(self.address)
        if self.bound and not is_loopback(self.address):
            msg = f"a bound listener asks for no credential, so it may stand on loopback only, not on {self.address}"
            raise ValueError(msg)


class ResourceSettings(Strict, frozen=True):
    """A catalogue entry; what else may stand in it is declared by its protocol."""

    protocol: Annotated[str, Meta(description="The wire protocol that it speaks.")]
    address: Annotated[str, Meta(description="Host and port of the target, or the path of a Unix socket's folder.")]
    credential: Annotated[
        CredentialSettings, Meta(description="What the gate shows to the target; clients never see it.")
    ]
    env: Annotated[
        str,
        Meta(max_length=63, description="`prod`, `staging`, `dev` or your own word; policies read it as resource.env."),
    ] = ""

    def __post_init__(self) -> None:
        """Refuse an address that is none."""
        split_address(self.address, default_port=1)


class Settings(Strict, frozen=True):
    """The whole of yett.toml."""

    gate: GateSettings = GateSettings()
    identity: IdentitySettings = IdentitySettings()
    resources: dict[str, ResourceSettings] = {}
    data: Annotated[
        dict[str, DataSettings],
        Meta(
            description='`[data.<resource>]`: a column, `"schema.table.column"` with `*` and `?` in each part, or '
            '`"type:name"`, and its label; `unlabelled` is `open`, `scanned` or `closed`; `comments` is what a label '
            "in a column's comment begins with."
        ),
    ] = {}
    masks: dict[str, MaskSettings] = {}
    detectors: dict[str, DetectorSettings] = {}
    deny: dict[str, DenySettings] = {}
    policies: PolicySettings = PolicySettings()
    approvals: dict[str, FlowSettings] = {}
    access: dict[str, AccessSettings] = {}
    webhooks: dict[str, WebhookSettings] = {}
    recording: RecordingSettings = RecordingSettings()
    limits: LimitSettings = LimitSettings()
    listeners: list[ListenerSettings] = []
    admin: AdminSettings = AdminSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    @property
    def masking(self) -> MaskingSettings:
        """Return what is said of masking, as the masking room reads it."""
        return MaskingSettings(data=self.data, masks=self.masks, detectors=self.detectors)


def is_name(text: str) -> bool:
    """Say whether `text` can name a resource: lower case, digits, `-` and `_`, 63 at most."""
    return _NAME.fullmatch(text) is not None
