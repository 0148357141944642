"""Plays the quick start as a scripted scenario with ordinary clients, prints it, and judges every step."""

import shutil
import sys
import time
from pathlib import Path

from stage import Stage, Unexpected
from steps import STEPS

from yett.core.errors import YettError
from yett.demo.gate import start_gate
from yett.demo.place import make_place
from yett.demo.target import start_target

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "build" / "check"


def main() -> int:
    """Play all steps in a folder of their own, begun anew; return the exit status."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        target = start_target(FOLDER)
    except YettError as failed:
        print(failed, file=sys.stderr)
        return 1
    try:
        place = make_place(FOLDER, ROOT / "policies", target)
        with (FOLDER / "gate.log").open("wb") as log:
            gate = start_gate(place.config, f"http://127.0.0.1:{place.admin_port}", output=log.fileno())
        try:
            gate.await_ready()
            return play(Stage(place, target, gate))
        finally:
            gate.terminate()
    except YettError as failed:
        print(failed, file=sys.stderr)
        print((FOLDER / "gate.log").read_text(errors="replace"), file=sys.stderr)
        return 1
    finally:
        target.server.stop()


def play(stage: Stage) -> int:
    """Play every step, the rest too when one goes wrong; return 0 only when all did what they should."""
    wrong = 0
    for number, step in enumerate(STEPS, start=1):
        print(f"\n{number}. {step.__doc__}", flush=True)
        started = time.monotonic()
        try:
            step(stage)
        except Unexpected as unexpected:
            wrong += 1
            print(f"   NOT AS IT SHOULD BE: {unexpected}", flush=True)
        except Exception as fault:  # noqa: BLE001 - a scenario goes on, and says what went wrong
            wrong += 1
            print(f"   NOT AS IT SHOULD BE: {type(fault).__name__}: {fault}", flush=True)
        else:
            print(f"   ok ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"\n{len(STEPS) - wrong} of {len(STEPS)} steps did what they should")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
