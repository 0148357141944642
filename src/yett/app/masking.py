"""Puts together what each resource's data is, and what replaces it."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.app.kept_secret import kept_secret
from yett.config import Config, Settings
from yett.core.masks import Masks, Style
from yett.interceptors.covering import ResourceData
from yett.masking.labels import COMMENTS_KEY, UNLABELLED_KEY, UNNAMED, Labelling
from yett.masking.masks import GateMasks
from yett.masking.spelling import known_labels

_LOSS = "; tokens and hashes made with it are not known again"


@dataclass(frozen=True, slots=True)
class ResourceMasking:
    """What a protocol needs to know of one resource's data."""

    resource: str
    labelling: Labelling
    gate: GateMasks

    @property
    def has_labels(self) -> bool:
        """Say whether anything of this resource is labelled or searched; if not, its answers pass as they are."""
        return self.labelling.has_labels

    @property
    def unlabelled(self) -> str:
        """Return what becomes of columns without a label: `open`, `scanned` or `closed`."""
        return str(self.labelling.unlabelled)

    def label_of(self, schema: str, table: str, column: str, type_name: str = "", comment: str = "") -> str:
        """Return the label of a column, "" for none."""
        return self.labelling.label_of(schema, table, column, type_name, comment)

    def keeps_null(self, label: str) -> bool:
        """Say whether what masks values of this label leaves NULL alone what was NULL."""
        return self.gate.spec(label).style is not Style.NULL

    def masks(self, principal: str) -> Masks:
        """Return the masks for one principal (`issuer/subject`): tokens and hashes may be its own."""
        return self.gate.within(self.resource, principal)


def resource_maskings(config: Config) -> Mapping[str, ResourceMasking]:
    """Return what is known of every resource's data. Raises ConfigError when the key of tokens can't be kept."""
    masks = GateMasks(config.settings.masking, masking_key(config))
    return {name: ResourceMasking(name, masks.labelling(name), masks) for name in config.settings.resources}


def masking_key(config: Config) -> bytes:
    """Return the key of tokens and hashes: random, made at the first start, in the gate's data folder."""
    return kept_secret(config.data, "masking.key", _LOSS)


def resource_data(settings: Settings) -> Mapping[str, ResourceData]:
    """Return what covering needs to know of every resource's data."""
    # One label too many costs a question to policy, never a value.
    found = tuple(sorted(known_labels(settings.masking)))
    return {name: _data(settings, name, found) for name in settings.resources}


def _data(settings: Settings, resource: str, found: tuple[str, ...]) -> ResourceData:
    keys = settings.data.get(resource)
    unlabelled = Labelling(keys).unlabelled
    given = (label for key, label in (keys or {}).items() if key not in (UNLABELLED_KEY, COMMENTS_KEY))
    # A comment may give any label: those with a mask, and the one of a comment that names none.
    labels = {*given, *settings.masks, *found, UNNAMED} - {""}
    return ResourceData(str(unlabelled), tuple(sorted(labels)), found)
