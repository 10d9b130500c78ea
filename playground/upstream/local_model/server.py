"""The model's process: `python -m playground.upstream.local_model.server`.

Reads one line of JSON from standard input (`model`, `port`, `key`: a key does not belong on a command line),
serves Chat Completions with llama.cpp's server, and ends when its input ends.
"""

import json
import os
import signal
import sys
import threading

import xllamacpp

from playground.upstream.local_model.lifeline import at_parents_end, killed_with_parent

MODEL_ID = "smollm2-135m-instruct"
# Parallel requests, each of a request's `n` counted. They share the context.
PARALLEL = 8
_BATCH = 256
_PING_SECONDS = 5


def serve(model: str, port: int, key: str) -> None:
    """Serve until the process ends. Raises `RuntimeError` if the model cannot be loaded."""
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {MODEL_ID}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.reuse_port = True  # the parent reserves the port for us, see `supervisor`
    params.api_keys = [key]
    params.n_parallel = PARALLEL
    params.kv_unified = True
    # Progress is reported after each batch; small ones show that a slow machine is still working.
    params.n_batch = params.n_ubatch = _BATCH
    params.sse_ping_interval = _PING_SECONDS
    params.ui = False
    params.verbosity = 1  # errors only: prompts do not belong in a log
    server = xllamacpp.Server(params)
    threading.Event().wait()
    del server


def main() -> None:
    # Ctrl-C in the terminal is meant for the parent, which ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    killed_with_parent()
    config = json.loads(sys.stdin.readline())
    at_parents_end(lambda: os._exit(0))
    serve(config["model"], config["port"], config["key"])


if __name__ == "__main__":
    main()
