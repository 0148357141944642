"""What replaces the values of each label, the detectors that search the rest, and the tokens known again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yett.core.masks import MaskSpec, Scanner, Style
from yett.masking.detectors.built_in import built_in_names
from yett.masking.detectors.custom import CustomDetector, custom_detector
from yett.masking.labels import Labelling
from yett.masking.partial import OTHERS, PARTIALS, SECRETS, Partial
from yett.masking.scanner import scanner_of
from yett.masking.settings import DetectorSettings, MaskingSettings, MaskSettings
from yett.masking.tokens import Tokens, keyed

_HASH_BYTES = 16
_SCANNERS_MAX = 256
_SPECS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Detection:
    """The detectors of a gate as its settings have them."""

    custom: tuple[CustomDetector, ...]
    off: frozenset[str]
    labels: Mapping[str, str]

    @classmethod
    def of(cls, settings: Mapping[str, DetectorSettings]) -> "Detection":
        """Read `[detectors.*]`. Raises ValueError where one describes nothing that can be found."""
        own = {name: one for name, one in settings.items() if one.enabled and name not in built_in_names()}
        renamed = {name: one.label for name, one in settings.items() if name in built_in_names() and one.label}
        return cls(
            custom=tuple(custom_detector(name, one) for name, one in own.items()),
            off=frozenset(name for name, one in settings.items() if not one.enabled),
            labels=renamed,
        )


class GateMasks:
    """All masks of a gate: a `yett.core.masks.Masks`. The key has 32 bytes and belongs to this gate alone.

    Without `within`, labels whose scope is a resource or a principal are keyed as one nameless resource's.
    """

    def __init__(self, settings: MaskingSettings, key: bytes) -> None:
        self._settings = settings
        self._tokens = Tokens(key)
        self._detection = Detection.of(settings.detectors)
        self._resource = self._principal = ""
        self._specs: dict[str, MaskSpec] = {}
        self._scanners: dict[frozenset[str], Scanner] = {}

    def within(self, resource: str, principal: str) -> "GateMasks":
        """Return the same masks, keyed for one resource and one principal where a scope says so."""
        twin = object.__new__(GateMasks)
        twin._settings, twin._tokens, twin._detection = self._settings, self._tokens, self._detection
        twin._scanners, twin._specs = self._scanners, {}
        twin._resource, twin._principal = resource, principal
        return twin

    def labelling(self, resource: str) -> Labelling:
        """Return the labels of a resource's columns."""
        return Labelling(self._settings.data.get(resource))

    def spec(self, label: str) -> MaskSpec:
        """Return what replaces values of this label; an unknown label is redacted."""
        found = self._specs.get(label)
        if found is None:
            if len(self._specs) >= _SPECS_MAX:
                self._specs.clear()
            found = self._specs[label] = self._made(label, self._settings.masks.get(label, MaskSettings()))
        return found

    def scanner(self, seen: frozenset[str]) -> Scanner:
        """Return the detectors of every label but those in `seen`."""
        found = self._scanners.get(seen)
        if found is None:
            if len(self._scanners) >= _SCANNERS_MAX:
                self._scanners.clear()
            detection = self._detection
            found = scanner_of(detection.custom, detection.off | seen, detection.labels)
            self._scanners[seen] = found
        return found

    def holds_token(self, data: bytes) -> bool:
        """Say whether some bytes hold a mask token of this gate, of whatever label and scope."""
        return self._tokens.held_in(data)

    def _made(self, label: str, settings: MaskSettings) -> MaskSpec:
        constant = constant_of(label)
        match settings.as_style:
            case Style.NULL:
                return MaskSpec(label, Style.NULL, constant, "null", _nothing)
            case Style.PARTIAL if label not in SECRETS:
                partial, op = PARTIALS.get(label, OTHERS)
                return MaskSpec(label, Style.PARTIAL, constant, op, _partly(partial, constant))
            case Style.TOKEN:
                return MaskSpec(label, Style.TOKEN, constant, "call", self._token_of(label, settings.scope))
            case Style.HASH:
                return MaskSpec(label, Style.HASH, constant, "call", self._hash_of(label, settings.scope))
            case _:
                return MaskSpec(label, Style.REDACT, constant, "constant", _always(constant))

    def _token_of(self, label: str, scope: str) -> Callable[[bytes], bytes]:
        return self._tokens.maker(label, self._tokens.key_of("token", label, self._within(scope)))

    def _hash_of(self, label: str, scope: str) -> Callable[[bytes], bytes]:
        digest = keyed(self._tokens.key_of("hash", label, self._within(scope)))
        return lambda value: digest(value)[:_HASH_BYTES].hex().encode()

    def _within(self, scope: str) -> str:
        named = {"gate": "", "resource": self._resource, "principal": self._principal}[scope]
        return f"{scope}\0{named}"


def constant_of(label: str) -> bytes:
    """Return what redaction leaves of any value of a label."""
    return b"[%s]" % "".join(sign for sign in label if sign.isascii() and (sign.isalnum() or sign in "_- ")).encode()


def _partly(partial: Partial, constant: bytes) -> Callable[[bytes], bytes]:
    return lambda value: partial(value) or constant


def _always(constant: bytes) -> Callable[[bytes], bytes]:
    return lambda _value: constant


def _nothing(_value: bytes) -> None:
    return None
