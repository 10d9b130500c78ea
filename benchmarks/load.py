"""Open many streams at once and time their tokens: `python -m benchmarks.load`, with a job as JSON on stdin.

It is a process of its own, so that its work is not the server's. It prints `open` when all streams are, then
JSON: `complete`, `first_ms` (from a request to its first token), `late_ms` (each token's way from the
provider to here), `tokens`.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

_TOKEN = re.compile(rb"@(\d+):(\d+);")


@dataclass
class Stream(asyncio.Protocol):
    request: bytes
    tokens: int
    ended: "asyncio.Future[None]"
    began: int = 0
    first_ms: float | None = None
    late_ms: dict[int, float] = field(default_factory=dict)
    rest: bytes = b""
    whole: bool = False

    def connection_made(self, transport: Any) -> None:
        self.began = time.monotonic_ns()
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self.rest + data
        for number, left in _TOKEN.findall(data):
            if int(number) not in self.late_ms:
                self.late_ms[int(number)] = (now - int(left)) / 1e6
                self.first_ms = self.first_ms or (now - self.began) / 1e6
        self.rest = data[-64:]
        self.whole = self.whole or b"0\r\n\r\n" in self.rest

    def connection_lost(self, error: Exception | None) -> None:
        del error
        if not self.ended.done():
            self.ended.set_result(None)


def _same(stream: Stream) -> Stream:
    return stream


async def _run(job: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    streams = []
    for number in range(job["streams"]):
        # Not all in the same millisecond, as people do not come all at once.
        await asyncio.sleep(job["ramp_seconds"] / job["streams"])
        stream = Stream(job["request"].encode(), job["tokens"], loop.create_future())
        streams.append(stream)
        await loop.create_connection(partial(_same, stream), "127.0.0.1", job["port"])
        if number % 50 == 0:
            await asyncio.sleep(0)
    print("open", flush=True)
    await asyncio.wait([stream.ended for stream in streams], timeout=job["timeout"])
    return {
        "complete": sum(stream.whole and len(stream.late_ms) == job["tokens"] for stream in streams),
        "first_ms": [stream.first_ms for stream in streams if stream.first_ms is not None],
        "late_ms": [late for stream in streams for late in stream.late_ms.values()],
        "tokens": sum(len(stream.late_ms) for stream in streams),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_run(json.load(sys.stdin)))))
