"""Claims about open files: connections get theirs as far as the system lets a process raise its limit, and never those of others."""

import subprocess
import sys

import pytest

ASK = """
import resource, sys
from app.open_files import room_for
soft, hard, connections = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(room_for(connections), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "room", "then"),
    [
        (256, 4096, 2500, 2500, 3012),
        (4096, 4096, 2500, 2500, 4096),
        (256, 1024, 2500, 512, 1024),
        (256, 256, 2500, 64, 256),
        (1024, 4096, 100, 100, 1024),
    ],
)
def test_connections_get_as_many_files_as_there_can_be(soft: int, hard: int, connections: int, room: int, then: int) -> None:
    asked = [sys.executable, "-c", ASK, *map(str, (soft, hard, connections))]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(room), str(then)]
    assert ("raise `ulimit -n`" in done.stderr) == (room < connections)
