"""A disk that turns read-only under the store: what cannot be recorded is refused in words, and nothing of it runs."""

import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest

from e2e.gates import EVERYTHING, Gate, gate_before
from e2e.held import until


def turn_read_only(disk: Path) -> None:
    found = subprocess.run(["findmnt", "-no", "SOURCE", str(disk)], capture_output=True, text=True, check=True)
    trigger = Path("/sys/fs/ext4") / Path(found.stdout.strip()).name / "trigger_fs_error"
    if not trigger.exists():
        pytest.skip("this kernel breaks no file system on request")
    trigger.write_text("1")


def status(gate: Gate, path: str) -> int:
    try:
        with urlopen(f"{gate.admin}{path}", timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_a_store_that_cannot_be_written_any_more_refuses_and_the_gate_says_so(server, authority, disk: Path) -> None:
    with gate_before(server, authority, policies={"everything": EVERYTHING}) as gate:
        gate.terminate()
        gate.config.write_text(gate.config.read_text().replace(str(gate.data), str(disk / "data")))
        gate.start()
        with gate.route().connect() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS brittle (id int)")
            turn_read_only(disk)
            told = []
            for number in range(3):
                with pytest.raises(psycopg.Error) as refused:
                    connection.execute(f"INSERT INTO brittle VALUES ({number}) /* after it broke */")
                told.append(str(refused.value))
                if connection.closed:
                    break
        assert "recorded" in told[0] or "written" in told[0], told
        with pytest.raises(psycopg.OperationalError):
            gate.route().connect()
        assert "after it broke" not in server.log_text
        assert until(lambda: status(gate, "/readyz") == 503)
        assert status(gate, "/healthz") == 200
        assert '"exception"' not in gate.log_text, gate.log_text[-2000:]
