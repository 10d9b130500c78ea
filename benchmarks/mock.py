"""A provider that answers at once, in a process of its own: `python -m benchmarks.mock PORT`."""

import json
import socket
import socketserver
import sys

_TEXT = "Hello! How can I help you today? " * 8
_CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": _TEXT}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 72, "total_tokens": 81},
}
_MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": _TEXT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 72},
}
_RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1_700_000_000,
    "model": "m",
    "status": "completed",
    "output": [
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": _TEXT, "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 9, "output_tokens": 72, "total_tokens": 81},
}


def _answer(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


_ANSWERS = {
    b"/v1/chat/completions": _answer(_CHAT),
    b"/v1/messages": _answer(_MESSAGE),
    b"/v1/responses": _answer(_RESPONSE),
    b"/v1/models": _answer({"object": "list", "data": [{"id": "m", "object": "model"}]}),  # LiteLLM asks
}


class _Handler(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        """Read one request, as long as its Content-Length says, and answer it."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            if not (chunk := self.request.recv(65_536)):
                return
            data += chunk
        head = data[:end].lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
        while len(data) < end + 4 + length:
            data += self.request.recv(65_536)
        self.request.sendall(_ANSWERS[data.split(b" ", 2)[1]])


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256


if __name__ == "__main__":
    with _Server(("127.0.0.1", int(sys.argv[1])), _Handler) as server:
        server.serve_forever()
