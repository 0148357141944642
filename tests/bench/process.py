"""Asks the kernel what a process has used: memory now and at most, and processor time."""

import os
import re
import time
from pathlib import Path

from bench.rounds import NotMeasured


def resident_kib(pid: int) -> int:
    """Return the memory that the process has now (VmRSS)."""
    return _status(pid, "VmRSS")


def settled_kib(pid: int, *, still_seconds: float = 1.0, wait_seconds: float = 15.0) -> int:
    """Return the memory that the process has once that has stayed the same for a while, or when the wait is over."""
    started = since = time.monotonic()
    last = resident_kib(pid)
    while time.monotonic() - since < still_seconds and time.monotonic() - started < wait_seconds:
        time.sleep(0.1)
        now = resident_kib(pid)
        if now != last:
            last, since = now, time.monotonic()
    return last


def peak_kib(pid: int) -> int:
    """Return the most it had since the last reset (VmHWM)."""
    return _status(pid, "VmHWM")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that all threads of the process have had, to the nanosecond."""
    # This is how clock_getcpuclockid(3) makes a process's own clock from its number.
    return time.clock_gettime((~pid << 3) | 2)


def family_cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of all its children, those that have ended and were waited for too."""
    # Behind the name, which may hold blanks, proc(5) has cutime and cstime as fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    alive = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return ended + cpu_seconds(pid) + sum(_cpu_seconds_or_none(child) for child in alive)


def reset_peak(pid: int) -> None:
    """Let the peak begin anew at what the process has now (proc(5): clear_refs, 5)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _cpu_seconds_or_none(pid: int) -> float:
    try:
        return cpu_seconds(pid)
    except OSError:
        return 0.0  # it has ended a moment ago


def _status(pid: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        msg = f"the kernel does not say {name} of process {pid}"
        raise NotMeasured(msg)
    return int(found[1])
