"""Interpreter: how Python and its allocator are set in a server, which answers in threads beside one that folds."""

import ctypes
import gc
import sys

SWITCH_SECONDS = 0.0005
"""How long a thread of Python may go on while others wait: with the usual 5 ms an answer waits longer for its turns than it takes."""
GARBAGE = 50_000, 20, 100
"""For `gc.set_threshold`: a fold makes ten thousands of tuples that no cycle holds."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Options of mallopt(3)."""
MAPPED_BYTES = 4 << 20
"""Arrays of this size go back to the system once they are free. By itself glibc keeps up to 32 MB of each: twice the memory in all."""
TRIMMED_BYTES = 32 << 20
"""What a heap may have free at its end: whoever sets the other option has 128 KB here, and each answer would ask the system anew."""


def set_for_serving() -> None:
    """Set this process up to serve; the allocator where it is glibc's."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GARBAGE)
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, TRIMMED_BYTES)
