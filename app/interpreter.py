"""Interpreter: how Python and its allocator are set in a server, which answers in its event loop and in threads, beside one that folds."""

import ctypes
import gc
import sys

SWITCH_SECONDS = 0.0005
"""How long a thread of Python may go on while others wait: with the usual 5 ms an answer waits longer for Python's lock than it takes."""
GARBAGE = 50_000, 20, 100
"""For `gc.set_threshold`: a fold makes ten thousands of tuples that no cycle holds."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Options of mallopt(3)."""
HEAPS = 1
"""One for all threads, where each finds what another has let go; they hold its lock for microseconds."""
MAPPED_BYTES = 10 << 20
"""Arrays of this size and more go back to the system once they are free; by itself glibc comes to keep 32 MB and less: twice the memory.
Smaller ones stay in the heap: a long answer makes dozens, and new pages for each take the system as long as the answer."""
TRIMMED_BYTES = 32 << 20
"""What the heap may have free at its end: whoever sets the other option has 128 KB here, and each answer would ask the system anew."""


def set_for_serving() -> None:
    """Set this process up to serve; the allocator where it is glibc's."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GARBAGE)
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_ARENA_MAX, HEAPS)
        libc.mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, TRIMMED_BYTES)
