"""The `[recording]` part of yett.toml: where evidence goes, how it is kept, and when the gate must refuse."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from yett.core.durations import Duration
from yett.core.sizes import Size


class FileAnchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="file", tag_field="kind"):
    """Append every signed checkpoint to a file, which should be on another disk or machine."""

    path: Annotated[str, Meta(min_length=1, description="The file that checkpoints are appended to.")]


class HttpAnchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="http", tag_field="kind"):
    """POST every signed checkpoint as JSON lines."""

    url: Annotated[str, Meta(pattern="^https?://", description="Where checkpoints are posted, as JSON lines.")]
    authorization_env: Annotated[
        str, Meta(description="The environment variable that holds the Authorization header.")
    ] = ""
    timeout: Annotated[Duration, Meta(description="How long one POST may take.")] = Duration(5)


class KeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the two keys come from. An empty path is `<data>/keys/…`, made at the first start."""

    recording_path: Annotated[str, Meta(description="File of the key that makes recordings readable.")] = ""
    recording_env: Annotated[str, Meta(description="Environment variable that holds that key; wins over a path.")] = ""
    signing_path: Annotated[str, Meta(description="File of the Ed25519 key that signs checkpoints (PEM).")] = ""
    signing_env: Annotated[str, Meta(description="Environment variable that holds that key; wins over a path.")] = ""


class RecordingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sessions are recorded, and when the gate refuses because they could not be."""

    durability: Annotated[
        Literal["process", "power"],
        Meta(description="`process` survives kill -9; `power` also a power cut, by group commit."),
    ] = "process"
    rows_bytes_max: Annotated[
        Size, Meta(description="Answer bytes kept of one operation; beyond them only counts and a digest.")
    ] = Size(64 << 10)
    checkpoint_every_entries: Annotated[int, Meta(ge=1, description="Sign a recording after so many entries.")] = 1_000
    checkpoint_every: Annotated[Duration, Meta(description="Sign what was written at least this often.")] = Duration(10)
    reserve_bytes: Annotated[
        Size, Meta(description="Disk space set aside, so that what has begun can still be ended on a full disk.")
    ] = Size(16 << 20)
    free_bytes_min: Annotated[Size, Meta(description="Free space under which new operations are refused.")] = Size(
        64 << 20
    )
    probe_every: Annotated[Duration, Meta(description="How often the recordings' disk is tried.")] = Duration(0.25)
    stall_after: Annotated[
        Duration, Meta(description="A disk that does not answer for so long is stalled: new operations are refused.")
    ] = Duration(2)
    open_files_max: Annotated[
        int, Meta(ge=1, description="The most recordings kept open; idle ones are opened again when they go on.")
    ] = 512
    retention_days: Annotated[
        int, Meta(ge=0, description="Remove recordings older than so many days; 0 keeps them all.")
    ] = 0
    keys: KeySettings = msgspec.field(default_factory=KeySettings)
    anchors: Annotated[
        tuple[FileAnchor | HttpAnchor, ...],
        Meta(description="Places out of reach, where signed checkpoints are sent."),
    ] = ()
    anchor_every: Annotated[Duration, Meta(description="How often checkpoints are sent there.")] = Duration(1)
