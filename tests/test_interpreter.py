"""Claims about the interpreter: a server's threads take turns fast, and what it frees goes back to the system."""

import subprocess
import sys

IN_A_SERVER = """
import gc, sys
import numpy as np
import psutil
from app.interpreter import GARBAGE, SWITCH_SECONDS, set_for_serving
set_for_serving()
assert abs(sys.getswitchinterval() - SWITCH_SECONDS) < 1e-6
assert gc.get_threshold() == GARBAGE
held = lambda: psutil.Process().memory_info().rss
for megabytes in (31, 5, 31, 5):  # by itself glibc would keep the smaller ones in its heap once it has met a larger one
    arrays = [np.ones(megabytes << 20, "u1") for _ in range(8)]
    before = held()
    keep = np.ones(4 << 10, "u1")
    del arrays
    assert before - held() > 7 * megabytes << 20
"""


def test_threads_take_turns_fast_and_freed_arrays_go_back_to_the_system() -> None:
    subprocess.run([sys.executable, "-c", IN_A_SERVER], check=True)
