"""Claims about the interpreter: a server's threads take turns fast, and large arrays go back to the system while others are used again."""

import subprocess
import sys

IN_A_SERVER = """
import gc, resource, sys, threading
import numpy as np
import psutil
from app.interpreter import GARBAGE, SWITCH_SECONDS, set_for_serving
set_for_serving()
assert abs(sys.getswitchinterval() - SWITCH_SECONDS) < 1e-6
assert gc.get_threshold() == GARBAGE
held = lambda: psutil.Process().memory_info().rss
for megabytes in (31, 12, 31, 12):  # by itself glibc would keep the smaller ones in its heap once it has met a larger one
    arrays = [np.ones(megabytes << 20, "u1") for _ in range(8)]
    before = held()
    keep = np.ones(4 << 10, "u1")
    del arrays
    assert before - held() > 7 * megabytes << 20

def pages(megabytes):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(8):
        np.ones(megabytes << 20, "u1")
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def in_a_thread():
    pages(9)  # what the first of them takes
    assert pages(9) < 100
    done.append(True)

done = []
for _ in range(2):
    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
assert len(done) == 2
"""


def test_threads_take_turns_fast_and_large_arrays_go_back_to_the_system_while_others_are_used_again() -> None:
    subprocess.run([sys.executable, "-c", IN_A_SERVER], check=True)
