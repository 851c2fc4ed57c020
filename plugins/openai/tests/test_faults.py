"""Whatever an endpoint does wrong is recorded with its reason, and takes no other answer along."""

from __future__ import annotations

import asyncio
import json
import re
import time
from email.utils import formatdate

import pytest
from chat_endpoint import KEY, Reply, answer, pieces
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_openai._faults import Fault
from seatrial_openai._questions import question
from seatrial_openai._reading import parsed, prediction
from seatrial_openai._streams import joined

PASSING = {
    "500": Reply({"error": {"message": "internal"}}, 500),
    "503 of a proxy": Reply("<html>no</html>", 503, kind="text/html"),
    "429": Reply({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, 429),
    "200 with an error body": Reply({"error": {"message": "overloaded", "code": 502}}),
    "a body that is cut off": Reply(cut=True),
    "json that is cut off": Reply('{"id": "chatcmpl-1", "choices": [{"mess'),
    "a body byte by byte": Reply(drip=0.02),
    "no finish_reason": Reply(answer(finish=None)),
    "a stream without finish_reason": Reply(pieces("abc", finish=None), stream=True),
    "a stream that ends early": Reply(pieces("abc", finish=None), stream=True, done=False),
    "a stream that is cut off": Reply(pieces("abc"), stream=True, cut=True),
    "a stream byte by byte": Reply(pieces("abc"), stream=True, drip=0.02),
    "an error in a stream": Reply([{"error": {"message": "x", "code": 503}}], stream=True),
}
FINAL = {
    "400": (Reply({"error": {"message": "max_tokens is not supported"}}, 400), "answered 400: max"),
    "403": (Reply({"error": "flagged"}, 403), "answered 403: flagged"),
    "404": (Reply({"message": "no such model"}, 404), "answered 404: no such model"),
    "200 with an error body": (Reply({"error": {"message": "no"}}), "answered 200: no"),
    "200 HTML": (Reply("<!doctype html><p>log in", kind="text/html"), "page of HTML"),
    "200 HTML as JSON": (Reply("  <html></html>"), "page of HTML"),
    "a list": (Reply([1]), r"no object but '\[1\]'"),
    "no choices": (Reply({**answer(), "choices": []}), "no choices"),
    "no message": (Reply({**answer(), "choices": [{"index": 0}]}), "no message"),
    "no usage": (Reply(answer(usage=None)), "how many tokens it used"),
    "another model": (Reply(answer(model="large-2")), "'large-2', and 'small-1' was asked"),
    "no content": (Reply(answer(None)), "the answer is empty"),
    "only reasoning": (Reply(answer("", finish="length")), "used up max_tokens before"),
    "a call of a tool": (Reply(answer(None, finish="tool_calls")), "empty \\(tool_calls\\)"),
    "another model in a stream": (Reply(pieces("a", model="large-2"), stream=True), "'large-2'"),
    "no usage in a stream": (Reply(pieces("a", usage=None), stream=True), "how many tokens"),
    "an empty stream": (Reply([], stream=True), "model None"),
}
STOPPING = {
    "a spent quota": (
        Reply({"error": {"message": "pay", "code": "insufficient_quota"}}, 429),
        "quota of the account is spent: pay",
    ),
    "a wrong key": (Reply({"error": {"message": f"bad key {KEY}"}}, 401), r"bad key \[key\]"),
    "an unpaid account": (Reply({"error": {"message": "pay"}}, 402), "has to be paid for"),
}


def streams(reply):
    return {"stream": True} if reply.stream else {}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_to_be_asked_again(ask, endpoint, name):
    reply = PASSING[name]
    reply.body = list(reply.body) if reply.stream else reply.body
    endpoint.behave = lambda body, number: reply
    (found,) = ask("hello", timeout=0.5, read_timeout=0.3, **streams(reply))
    assert (found.retryable, found.stops) == (True, False), found.reason
    if "byte by byte" in name:
        assert "did not finish its answer within 0.5 s" in found.reason
    assert len(endpoint.log) == found.usage["requests"] == 1


@pytest.mark.parametrize("name", FINAL)
def test_what_is_no_answer_is_refused_and_not_asked_again(ask, endpoint, name):
    reply, reason = FINAL[name]
    reply.body = list(reply.body) if reply.stream else reply.body
    endpoint.behave = lambda body, number: reply
    (found,) = ask("hello", **streams(reply))
    assert (found.retryable, found.stops) == (False, False)
    assert re.search(reason, found.reason), found.reason


@pytest.mark.parametrize("name", STOPPING)
def test_what_every_request_would_meet_stops(ask, endpoint, name):
    reply, reason = STOPPING[name]
    endpoint.behave = lambda body, number: reply
    (found,) = ask("hello")
    assert found.stops
    assert re.search(reason, found.reason), found.reason


def test_refused_answers_that_were_paid_for_are_counted(ask, endpoint):
    endpoint.behave = lambda body, number: answer(model="large-2")
    (found,) = ask("hello", price={"input": 1, "output": 2})
    assert found.usage == {
        "requests": 1,
        "input_tokens": 7,
        "output_tokens": 3,
        "cost": pytest.approx(13e-6),
    }


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "soon"}, None),
        (
            {"retry-after": formatdate(time.time() + 9999, usegmt=True)},
            pytest.approx(9999, abs=900),
        ),
        ({}, None),
    ],
)
def test_a_server_may_say_how_long_to_wait(ask, endpoint, header, seconds):
    endpoint.behave = lambda body, number: Reply({}, 429, header)
    (found,) = ask("hello")
    assert found.retry_after == seconds


def test_nobody_listening_is_a_lost_connection(ask):
    (found,) = ask("hello", base_url="http://127.0.0.1:1/v1")
    assert found.retryable
    assert "the connection to the endpoint failed" in found.reason


def test_a_refusal_of_the_model_or_of_a_filter_is_an_answer_that_refused(ask, endpoint):
    replies = [
        answer(None, refusal="I cannot help with that."),
        answer(None, finish="content_filter"),
        answer("Take two", finish="content_filter"),
    ]
    endpoint.behave = lambda body, number: replies[number]
    found = [ask("hello")[0] for _ in replies]
    assert [(one.value, one.refused) for one in found] == [
        ("I cannot help with that.", True),
        ("", True),
        ("Take two", True),
    ]


def test_an_alias_is_taken_where_its_name_is_given_and_usage_may_be_waived(ask, endpoint):
    endpoint.behave = lambda body, number: answer(model="small-1-2026", usage=None)
    (found,) = ask("hello", served_as=["small-1-2026"], usage_required=False)
    assert (found.value, found.details["model"]) == ("fine", "small-1-2026")


def test_inputs_that_no_endpoint_takes_are_refused_unsent(ask, endpoint):
    found = ask({"a": "x", "b": "y"}, 3, {"question": "x", "options": []}, prompt=None)
    assert len(endpoint.log) == 0
    assert [one.usage for one in found] == [{}] * 3
    assert "without a prompt an input needs exactly one part of text" in found[0].reason


# anything at all

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda some: (
        st.lists(some, max_size=2) | st.dictionaries(st.text(max_size=3), some, max_size=2)
    ),
    max_leaves=4,
)


def places(value, path=()):
    """List the path of every value inside a body."""
    yield path
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*path, key))


def spoilt(value, path, junk):
    if not path:
        return junk
    copy = value.copy()
    copy[path[0]] = spoilt(copy[path[0]], path[1:], junk)
    return copy


def token(text):
    return {"token": text, "logprob": -0.5, "top_logprobs": [{"token": "B", "logprob": -1.0}]}


WHOLE = answer("A", logprobs={"content": [token("A")]})
PIECES = [{**one} for one in pieces("AB")]
ASKED = question({"q": "?", "options": ("x", "y")}, prompt=None, system=None, instruction="Choose.")


def read(made):
    """Give a prediction, or None for a fault; anything else is a crash."""
    try:
        return prediction(made(), ASKED, served_as=["small-1"], logprobs=True, usage_required=True)
    except Fault:
        return None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(list(places(WHOLE))), JUNK)
def test_a_spoilt_answer_is_a_fault_or_an_answer_and_never_a_crash(path, junk):
    text = json.dumps(spoilt(WHOLE, path, junk))
    found = read(lambda: parsed(text, "application/json"))
    if found is not None:
        assert isinstance(found.value, str)
        assert sum((found.probabilities or {"x": 1}).values()) == pytest.approx(1)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 3), st.data(), JUNK)
def test_a_spoilt_stream_is_a_fault_or_an_answer_and_never_a_crash(which, data, junk):
    several = list(PIECES)
    path = data.draw(st.sampled_from(list(places(several[which]))))
    several[which] = spoilt(several[which], path, junk)

    async def lines():
        for one in several:
            yield f"data: {json.dumps(one)}"

    found = read(lambda: asyncio.run(joined(lines())))
    assert found is None or isinstance(found.value, str)
