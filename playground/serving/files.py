"""How many files a worker may have open, and how many connections follow from that."""

import resource

from playground.config_types import SettingError

# Beyond that nobody needs more; some systems take no larger number, or close each in turn.
_MOST_FILES = 65_536
_MOST_CONNECTIONS = 10_000
# The listener, gunicorn's own pipes, logs, libraries, the cache, a file that is just being read.
_OWN_FILES = 64
# A running call has a socket to its provider; a page that asks the database has its file, log and index.
_FILES_A_THREAD = 4


def raise_limit() -> int:
    """Raises the soft limit of open files as far as the hard one lets it; gives what holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    while soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # macOS has a further limit, which it does not tell
            wanted //= 2
        else:
            return wanted
    return _MOST_FILES if soft == resource.RLIM_INFINITY else soft


def connections(files: int, threads: int) -> int:
    """How many browsers may be connected to a worker at a time, so that no call lacks a file.

    Raises `SettingError` when that is not even one for each thread and one that waits.
    """
    left = files - _OWN_FILES - _FILES_A_THREAD * threads
    if left <= threads:
        most = (files - _OWN_FILES - 1) // (_FILES_A_THREAD + 1)
        raise SettingError(
            f"{threads} threads need more than the {files} open files that a process may have here: raise "
            f"`ulimit -n`, or set PLAYGROUND_THREADS to {max(2, most)} or less."
        )
    return min(left, _MOST_CONNECTIONS)
