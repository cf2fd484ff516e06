"""glibc's allocator, set for training: it reads its settings once, when a process starts."""

import os
import sys

# Each step allocates and frees hundreds of MB. Kept by the process, in huge pages, a step took 1.1 s instead of 1.9 s.
SETTINGS = ":".join(
    f"glibc.malloc.{name}={value}"
    for name, value in {"hugetlb": 1, "mmap_threshold": 2**32, "trim_threshold": 2**33, "top_pad": 2**28}.items()
)


def restart_with_settings():
    """Starts this program again, in the same process, with the settings; at once back if they are there."""
    if os.environ.get("GLIBC_TUNABLES") != SETTINGS:
        os.environ["GLIBC_TUNABLES"] = SETTINGS
        os.execv(sys.executable, [sys.executable, *sys.argv])
