"""Puts together what serves PostgreSQL: what is known of each resource's statements and names, and the limits."""

from functools import partial

from yett.app.login_secret import login_secret
from yett.config import Config
from yett.core.clock import Clock
from yett.gateway.gate import Service
from yett.gateway.reception import FrontDesk
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.login.scram_keys import ScramKeysCache
from yett.protocols.postgres.opening import Room, open_session, stop_statement
from yett.protocols.postgres.sql.understanding import Limits, Understanding
from yett.protocols.postgres.statement_desk import Knowledge
from yett.protocols.postgres.talk import RelayLimits
from yett.protocols.postgres.texts import PROTOCOL, Texts


def postgres_service(config: Config, desk: FrontDesk, clock: Clock) -> Service:
    """Return the service of all PostgreSQL resources."""
    limits = config.settings.limits
    understanding = Understanding(Limits(text_bytes_max=limits.statement))
    names = [name for name, one in config.settings.resources.items() if one.protocol == PROTOCOL]
    knowledge = {name: Knowledge(name, Texts(name, understanding), NameCache(clock), clock) for name in names}
    room = Room(knowledge, relay_limits(config), ScramKeysCache(), clock.monotonic, login_secret(config.data))
    return Service(partial(open_session, room), desk, stop_statement)


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
    )
