"""How many files a worker may have open, and how many connections that allows."""

import resource

from playground.config_types import SettingError

# Nobody needs more. Some systems reject larger limits, and some programs close every possible file in turn.
_MOST_FILES = 65_536
_MOST_CONNECTIONS = 10_000
# The listener, gunicorn's own pipes, logs, libraries, the cache, a file being read.
_OWN_FILES = 64
# A running call has a socket to its provider; a page that queries SQLite has its file, log and index.
_FILES_A_THREAD = 4


def raise_limit() -> int:
    """Raise the soft limit of open files as far as the hard limit allows, and return the limit in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    while soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # macOS has a further limit, which it does not report
            wanted //= 2
        else:
            return wanted
    return _MOST_FILES if soft == resource.RLIM_INFINITY else soft


def connections(files: int, threads: int) -> int:
    """Return how many browsers may be connected to a worker at once without a call running out of files.

    Raises `SettingError` if that is not even one connection for each thread plus one that waits.
    """
    left = files - _OWN_FILES - _FILES_A_THREAD * threads
    if left <= threads:
        most = (files - _OWN_FILES - 1) // (_FILES_A_THREAD + 1)
        raise SettingError(
            f"{threads} threads need more open files than the limit of {files}: raise `ulimit -n`, or set "
            f"PLAYGROUND_THREADS to {max(2, most)} or less."
        )
    return min(left, _MOST_CONNECTIONS)
