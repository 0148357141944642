"""Start the gate and keep it running until it is told to stop."""

from yett.cli.options import ConfigOption


def up(config: ConfigOption = None) -> None:
    """Start the gate.

    It checks its settings, policies and credentials first, says where it listens, and runs until SIGTERM or Ctrl-C;
    then it lets running statements finish (`[gate] drain`). SIGHUP reads policies and certificates again.

    Example: yett up --config /etc/yett/yett.toml
    """
    from yett.app.preflight import start_checks  # noqa: PLC0415 - the help must not wait for the whole gate
    from yett.app.serving import serve  # noqa: PLC0415 - as above
    from yett.config import find_config, load_config  # noqa: PLC0415 - as above

    found = load_config(find_config(config))
    start_checks(found)
    serve(found)
