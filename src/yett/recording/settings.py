"""The `[recording]` part of yett.toml: where evidence goes, how it is kept, and when the gate must refuse."""

from typing import Annotated, Literal

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
Bytes = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class FileAnchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="file", tag_field="kind"):
    """Append every signed checkpoint to a file, which should be on another disk or machine."""

    path: str


class HttpAnchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="http", tag_field="kind"):
    """POST every signed checkpoint as JSON lines. `authorization_env` names the variable that holds the header."""

    url: str
    authorization_env: str = ""
    timeout_seconds: Seconds = 5.0


class KeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the two keys come from: a path, or the name of an environment variable, which wins.

    An empty path means `<data>/keys/recording.key` and `<data>/keys/signing.key`, made at the first start.
    """

    recording_path: str = ""
    recording_env: str = ""
    signing_path: str = ""
    signing_env: str = ""


class RecordingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sessions are recorded.

    `durability = "process"` survives `kill -9`; `"power"` also survives a power cut, by group commit.
    `rows_bytes_max` bounds the answer bytes kept for one operation; after it only counts and a digest are kept.
    `free_bytes_min` is the free space under which new operations are refused; `reserve_bytes` is set aside so that
    what has begun can still be ended. `retention_days = 0` keeps recordings until somebody removes them.
    """

    durability: Literal["process", "power"] = "process"
    rows_bytes_max: Bytes = 65_536
    checkpoint_every_entries: Positive = 1_000
    checkpoint_every_seconds: Seconds = 10.0
    reserve_bytes: Bytes = 16 * 1024 * 1024
    free_bytes_min: Bytes = 64 * 1024 * 1024
    probe_seconds: Seconds = 0.25
    stall_seconds: Seconds = 2.0
    open_files_max: Positive = 512
    retention_days: Annotated[int, msgspec.Meta(ge=0)] = 0
    keys: KeySettings = msgspec.field(default_factory=KeySettings)
    anchors: tuple[FileAnchor | HttpAnchor, ...] = ()
    anchor_every_seconds: Seconds = 1.0
