"""A chat endpoint on the loopback interface, which does what a test says."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import define, field

KEY = "sk-test-0123456789abcdef"
MODEL = "small-1"


def answer(content="fine", *, model=MODEL, finish="stop", usage=(7, 3), logprobs=None, **message):
    """Give the body of an answer."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, **message},
                "finish_reason": finish,
                "logprobs": logprobs,
            }
        ],
    }
    if usage:
        body["usage"] = {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "total_tokens": sum(usage),
        }
    return body


def pieces(text, *, finish="stop", usage=(7, 3), model=MODEL):
    """Give the pieces of an answer in a stream."""
    rest = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
    for letter in text:
        yield {**rest, "choices": [{"index": 0, "delta": {"content": letter}}]}
    if finish:
        yield {**rest, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    if usage:
        counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
        yield {**rest, "choices": [], "usage": counts}


@define
class Reply:
    """What the server sends: a status, a body (a mapping is JSON), and how."""

    body: object = field(factory=answer)
    status: int = 200
    headers: dict = field(factory=dict)
    kind: str = "application/json"
    stream: bool = False
    done: bool = True
    drip: float = 0.0
    cut: bool = False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Keep quiet."""

    def do_POST(self):
        server = self.server.endpoint
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with server.lock:
            number = len(server.log)
            server.log.append(body)
            server.headers.append({k.lower(): v for k, v in self.headers.items()})
            server.now += 1
            server.most = max(server.most, server.now)
        try:
            reply = server.behave(body, number)
            reply = reply if isinstance(reply, Reply) else Reply(reply)
            self.send(reply)
            with server.lock:
                server.sent.append((body, reply))
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            with server.lock:
                server.now -= 1

    def send(self, reply):
        if reply.stream:
            lines = [f"data: {json.dumps(one)}\n\n" for one in reply.body]
            data = "".join([*lines, "data: [DONE]\n\n" if reply.done else ""]).encode()
            kind = "text/event-stream"
        else:
            text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            data, kind = text.encode(), reply.kind
        self.send_response(reply.status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.cut:
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        elif reply.drip:
            for byte in data:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(reply.drip)
        else:
            self.wfile.write(data)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """Keep quiet about clients that hang up."""


@define(eq=False)
class Endpoint:
    """A server: `behave(body, number)` gives each reply, `log` has every request."""

    behave: object = lambda body, number: answer()
    log: list = field(factory=list)
    headers: list = field(factory=list)
    sent: list = field(factory=list)
    now: int = 0
    most: int = 0
    lock: object = field(factory=threading.Lock)
    url: str = ""
