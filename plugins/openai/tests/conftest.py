"""A chat endpoint on the loopback interface, and a way to ask a model of it."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "stand_ins"))
from chat_endpoint import KEY, MODEL, Endpoint, Handler, Server
from seatrial_openai import chat_model


@pytest.fixture
def endpoint(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = Endpoint()
    server = Server(("127.0.0.1", 0), Handler)
    server.endpoint = found
    found.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def ask(endpoint):
    """Ask a model of the endpoint about inputs, on one loop."""
    loop = asyncio.new_event_loop()
    models = []

    def asked(*inputs, **options):
        options = {"base_url": endpoint.url, "timeout": 5.0, **options}
        models.append(chat_model(options.pop("model", MODEL), **options))
        return loop.run_until_complete(models[-1](inputs))

    yield asked
    for model in models:
        for client in model._clients.values():
            loop.run_until_complete(client._openai.close())
    loop.close()
