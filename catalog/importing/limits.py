"""The limits of one import: memory, processor time and real time. The process that does the work sets them for itself."""

import resource
import signal
from contextlib import suppress
from pathlib import Path

from django.conf import settings

MIB = 1024 * 1024


def memory_sentence() -> str:
    """Why an import that ran out of memory was stopped."""
    return f"It needs more than {settings.IMPORT_MEMORY} MiB of memory (IMPORT_MEMORY). Split the file."


def time_sentence() -> str:
    """Why an import that ran out of time was stopped."""
    return f"It took longer than {settings.IMPORT_SECONDS} seconds (IMPORT_SECONDS). Split the file, or try again later."


def limit_this_process() -> None:
    """Limit this process for the rest of its life. Do not call it in a process that serves requests.

    Memory beyond ``IMPORT_MEMORY`` MiB on top of what is in use now raises ``MemoryError``. After ``IMPORT_SECONDS`` of
    processor time the kernel sends SIGXCPU, after as many seconds of real time SIGALRM; both end the process.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # without /proc, or where a stricter limit is set already
        in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        most = in_use + settings.IMPORT_MEMORY * MIB
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    with suppress(ValueError):
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + settings.IMPORT_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 10))
    signal.setitimer(signal.ITIMER_REAL, settings.IMPORT_SECONDS)
