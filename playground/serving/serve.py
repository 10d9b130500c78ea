"""gunicorn as the child of `play`: `python -m playground.serving.serve`. It ends when its parent does."""

import os
import signal
import time

from gunicorn.app.wsgiapp import run

from playground.upstream.local_model.lifeline import at_parents_end

_STOP_SECONDS = 3.0


def _end() -> None:
    os.kill(os.getpid(), signal.SIGINT)  # gunicorn's quick shutdown
    time.sleep(_STOP_SECONDS)
    os.killpg(0, signal.SIGKILL)  # the process group that `play` made for us: a call may still wait


if __name__ == "__main__":
    at_parents_end(_end)
    run()
