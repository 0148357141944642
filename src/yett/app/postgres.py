"""Puts together what serves PostgreSQL: what is known of each resource's statements and names, and the limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from yett.app.login_secret import login_secret
from yett.app.masking import ResourceMasking, resource_maskings
from yett.config import Config
from yett.core.clock import Clock
from yett.gateway.gate import Service
from yett.gateway.reception import FrontDesk
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.labels import Sensitivity
from yett.protocols.postgres.login.scram_keys import ScramKeysCache
from yett.protocols.postgres.opening import Room, open_session, stop_statement
from yett.protocols.postgres.screening import Screen
from yett.protocols.postgres.sql.understanding import Limits, Understanding
from yett.protocols.postgres.statement_desk import Knowledge
from yett.protocols.postgres.talk import RelayLimits
from yett.protocols.postgres.texts import PROTOCOL, Texts

_SCREENS_MAX = 2_048


@dataclass(frozen=True, slots=True)
class Served:
    """A protocol's service, and by resource what it remembers of catalogs that others may change beside the gate."""

    service: Service
    catalogs: Mapping[str, NameCache]


def postgres_service(config: Config, desk: FrontDesk, clock: Clock) -> Served:
    """Return the service of all PostgreSQL resources."""
    limits = config.settings.limits
    understanding = Understanding(Limits(text_bytes_max=limits.statement))
    names = [name for name, one in config.settings.resources.items() if one.protocol == PROTOCOL]
    maskings = resource_maskings(config)
    knowledge = {
        name: Knowledge(name, Texts(name, understanding), NameCache(clock), clock, Sensitivity(maskings[name]))
        for name in names
    }
    screens = _Screens(maskings, {name: one.sensitivity for name, one in knowledge.items()})
    room = Room(
        knowledge, relay_limits(config), ScramKeysCache(), clock.monotonic, login_secret(config.data), screens.screen
    )
    service = Service(partial(open_session, room), desk, stop_statement)
    return Served(service, {name: one.names for name, one in knowledge.items()})


class _Screens:
    """What stands between each resource's answers and each restricted principal: made once, for all its sessions."""

    def __init__(self, maskings: Mapping[str, ResourceMasking], sensitivities: Mapping[str, Sensitivity]) -> None:
        self._maskings = maskings
        self._sensitivities = sensitivities
        self._made: dict[tuple[str, str], Screen] = {}

    def screen(self, resource: str, principal: str) -> Screen:
        """Return the screen."""
        masking = self._maskings[resource]
        made = self._made.get((resource, principal))
        if made is None:
            if len(self._made) >= _SCREENS_MAX:
                self._made.clear()
            scanned = masking.unlabelled != "open"
            covers = masking.has_labels
            masks = masking.masks(principal)
            made = Screen(masks, self._sensitivities[resource], scanned=scanned and covers, covers=covers)
            self._made[resource, principal] = made
        return made


def relay_limits(config: Config) -> RelayLimits:
    """Return what one client may make the gate hold."""
    limits = config.settings.limits
    return RelayLimits(
        message_bytes_max=limits.message,
        statement_bytes_max=limits.statement,
        parameters_max=limits.parameters,
        names_max=limits.prepared,
        in_flight_max=limits.in_flight,
        answer_bytes_kept=config.settings.recording.rows_bytes_max,
        target_message_bytes_max=limits.target_message,
        held_copy_bytes_max=limits.held_copy,
    )
