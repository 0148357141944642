"""The parts of yett.toml that say what the data is and what replaces it: `[data]`, `[masks]`, `[detectors]`."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from yett.core.masks import Style

PATTERN_CHARACTERS_MAX = 2_048
WORDS_MAX = 10_000
WORD_CHARACTERS_MAX = 200

DataSettings = Annotated[
    dict[str, str],
    Meta(
        description="`schema.table.column` (with `*` and `?` in each part) or `type:name`, and the label that it has; "
        '`unlabelled` is "open", "scanned" or "closed"; `comments` is what labels in column comments begin with.'
    ),
]
"""One `[data.<resource>]`: see `yett.masking.labels` for its keys."""

Word = Annotated[str, Meta(min_length=1, max_length=WORD_CHARACTERS_MAX)]


class MaskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[masks.<label>]`: what stands in place of the values of one label."""

    style: Annotated[
        Literal["redact", "partial", "token", "hash", "null"],
        Meta(description="`redact` leaves `[label]`, `partial` a little of it, `token` and `hash` a keyed stand-in."),
    ] = "redact"
    scope: Annotated[
        Literal["gate", "resource", "principal"],
        Meta(description="Within what the same value gives the same token or hash."),
    ] = "gate"

    @property
    def as_style(self) -> Style:
        """Return the style as the core names it."""
        return Style(self.style)


class DetectorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[detectors.<name>]`: a detector of one's own, or a built-in one switched off."""

    enabled: Annotated[bool, Meta(description="False switches the detector off; the way to do so for a built-in.")] = (
        True
    )
    pattern: Annotated[
        str, Meta(max_length=PATTERN_CHARACTERS_MAX, description="RE2 pattern of the values to find.")
    ] = ""
    label: Annotated[str, Meta(description="The label of what it finds; the detector's own name where unset.")] = ""
    validator: Annotated[
        str, Meta(description="A check that a find must pass: `luhn`, `mod97`, `mod11_10`, `verhoeff`, `ean`.")
    ] = ""
    words: Annotated[
        tuple[Word, ...],
        Meta(max_length=100, description="Finds count only near one of these words, within the same value."),
    ] = ()
    dictionary: Annotated[
        tuple[Word, ...],
        Meta(max_length=WORDS_MAX, description="Words that are found as they stand, whole, in either case."),
    ] = ()
    ignore_case: Annotated[bool, Meta(description="Letters of the pattern match in either case.")] = False


class MaskingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that yett.toml says of masking."""

    data: Annotated[dict[str, DataSettings], Meta(description="By resource: what its columns hold.")] = {}
    masks: Annotated[dict[str, MaskSettings], Meta(description="By label: what replaces its values.")] = {}
    detectors: Annotated[
        dict[str, DetectorSettings], Meta(description="By name: detectors added, or built-in ones switched off.")
    ] = {}
