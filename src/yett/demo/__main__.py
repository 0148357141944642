"""Starts the quick start: a sample PostgreSQL, the gate before it, and the lines to paste next."""

import argparse
import shutil
import signal
import socket
import sys
from pathlib import Path

from yett.core.errors import YettError
from yett.demo.embedded import free_port
from yett.demo.gate import start_gate
from yett.demo.place import Place, make_place
from yett.demo.target import Target, start_target

_PORT = 6432
_ADMIN_PORT = 6480


def main() -> int:
    """Run until interrupted; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m yett.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/demo"), help="where everything is kept")
    parser.add_argument("--policies", type=Path, default=Path("policies"), help="where the policies to start from are")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(options.folder.resolve(), options.policies.resolve())
    except YettError as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _run(folder: Path, policies: Path) -> int:
    print("starting a sample PostgreSQL (the first time it is made and filled, which takes some seconds)", flush=True)
    target = start_target(folder)
    try:
        place = make_place(folder, policies, target, port=_free(_PORT), admin_port=_free(_ADMIN_PORT))
        print(f"starting the gate (its log is {_short(place.log)})", flush=True)
        with place.log.open("ab") as log:
            gate = start_gate(place.config, f"http://127.0.0.1:{place.admin_port}", output=log.fileno())
        try:
            gate.await_ready()
            print(lines_to_paste(place, target), flush=True)
            return gate.process.wait()
        finally:
            gate.terminate()
    finally:
        target.server.stop()


def lines_to_paste(place: Place, target: Target) -> str:
    """Return what a newcomer may try next, as lines for other terminals in this folder."""
    tools = Path(sys.executable).parent
    psql = "psql" if shutil.which("psql") else _short(target.server.binaries.tool("psql"))
    here = f'export PATH="{tools}:$PATH" YETT_CONFIG={_short(place.config)}'
    ana, dana = (_short(place.token_file(name)) for name in ("ana", "dana"))
    address = f"host=127.0.0.1 port={place.port} dbname=orders user=ana"
    reports = address.replace("dbname=orders", "dbname=reports")
    return f"""
The gate is open. In another terminal, in this folder:

  {here}

  # as Ana of support, who signs in with a token of the company's provider
  export PGPASSWORD=$(cat {ana})

  {psql} "{address}" -c "SELECT id, name, country FROM customers LIMIT 5"
  {psql} "{address}" -c "SELECT name, email, national_id FROM customers LIMIT 5"
  {psql} "{address}" -c "DROP TABLE customers"
  {psql} "{address}" -c "SELECT * FROM hr.payroll LIMIT 3"

  # the same from Python
  python -c "import psycopg; print(psycopg.connect('{address}').execute('SELECT count(*) FROM orders').fetchone())"

  # an agent of this gate's own: it looks, and changes nothing
  yett agent add reporter --group agents
  yett token issue reporter

  # the same database as the resource reports: Ana works there as a role that is made for her and may do no more
  {psql} "{reports}" -c "SELECT current_user"

  # a change that somebody else must say yes to: it says so, and waits ...
  {psql} "{address}" -c "UPDATE products SET price = price * 1.1 WHERE id = 1"

  # ... for Dana, in a third terminal: the notice names the TICKET
  {here}
  export YETT_TOKEN=$(cat {dana})
  yett approvals list
  yett approvals approve TICKET

  # a role for a while: Ana asks, Dana approves that TICKET too, and Ana may read payroll
  YETT_TOKEN=$(cat {ana}) yett request payroll-reader --for 10m --reason "the numbers of case 4711"
  {psql} "{address}" -c "SELECT * FROM hr.payroll LIMIT 3"

  # what happened, the proof that nobody changed it, and what is usual for whom
  yett sessions
  yett replay ID
  yett verify
  yett baseline learn
  yett baseline list

The policies are in {_short(place.folder / "policies")}: change one, save, and the next statement is judged by it.
The tokens count for 8 hours, then start this again. Ctrl-C here closes the gate and stops the sample.
"""


def _short(path: Path) -> str:
    """Return the path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _free(wanted: int) -> int:
    """Return the port that the documents name, or any other one where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
    return wanted


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
