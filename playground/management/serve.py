"""gunicorn as the child of `play`: `python -m playground.management.serve`. It ends when its parent does."""

import os
import signal

from gunicorn.app.wsgiapp import run

from playground.upstream.local_model.lifeline import at_parents_end

if __name__ == "__main__":
    at_parents_end(lambda: os.kill(os.getpid(), signal.SIGINT))
    run()
