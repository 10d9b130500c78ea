"""A provider that streams: `python -m benchmarks.mock_stream PORT`.

It sends `max_tokens` tokens (or one), `user` of them per second. Each token has its number and when it left,
in nanoseconds of the machine's monotonic clock, which all processes share: `@7:123456789;`.
"""

import asyncio
import json
import sys
import time

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\n"
)
_CHUNK = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1_700_000_000,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "%s"}, "finish_reason": None}],
}
_TOKEN = f"data: {json.dumps(_CHUNK, separators=(',', ':'))}\n\n"
_LAST = "data: [DONE]\n\n"


def _chunked(text: str) -> bytes:
    return f"{len(text):x}\r\n{text}\r\n".encode()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        writer.close()  # a probe whether the port listens
        return
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    if not length:  # the page asks for the models
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()
        return
    body = json.loads(await reader.readexactly(length))
    pause = 1 / float(body.get("user", 1000))
    writer.write(_HEAD)
    due = asyncio.get_running_loop().time()
    for number in range(body.get("max_tokens", 1)):
        writer.write(_chunked(_TOKEN.replace("%s", f"@{number}:{time.monotonic_ns()};")))
        due += pause
        await asyncio.sleep(due - asyncio.get_running_loop().time())
    writer.write(_chunked(_LAST) + b"0\r\n\r\n")
    await writer.drain()
    writer.close()


async def _main(port: int) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
