"""Memory stays in memory: no core dumps, no tracing by others."""

import resource
import subprocess
import sys

_CHILD = """
import resource
resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, resource.getrlimit(resource.RLIMIT_CORE)[1]))
from yett.app.hardening import keep_memory_private
keep_memory_private()
import ctypes
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def test_core_dumps_are_off_and_nobody_may_trace() -> None:
    if 0 <= resource.getrlimit(resource.RLIMIT_CORE)[1] < 1 << 20:
        return  # the machine itself allows none
    said = subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["0", "0"]
