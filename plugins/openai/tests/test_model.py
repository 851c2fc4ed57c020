"""What goes out, how answers are read, and what is never told."""

from __future__ import annotations

import base64
import io
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from chat_endpoint import KEY, MODEL, Reply, answer, pieces
from PIL import Image
from seatrial_openai import chat_model

from seatrial import Volume
from seatrial.errors import ModelError, ParameterError

ASKED = {
    "question": "May I?",
    "options": ("Yes", "No, see a doctor"),
    "refusals": ("No, see a doctor",),
}


def test_a_text_goes_out_with_the_options_of_the_model(ask, endpoint):
    (found,) = ask("hello", system="Be brief.", seed=3, extra={"top_p": 0.5}, max_tokens=9)
    assert found.value == "fine"
    assert endpoint.log == [
        {
            "model": MODEL,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "hello"},
            ],
            "temperature": 0.0,
            "max_tokens": 9,
            "seed": 3,
            "top_p": 0.5,
        }
    ]
    assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}"


def test_what_is_omitted_is_not_sent_and_the_limit_may_have_another_name():
    body = chat_model(MODEL, omit=["temperature"], token_limit="max_completion_tokens").request("x")
    assert body.keys() == {"model", "messages", "max_completion_tokens"}


def test_a_request_is_known_without_sending_it(ask, endpoint):
    ask({"question": "why?", "other": "x"}, prompt="Q: {question}")
    assert (
        chat_model(MODEL, prompt="Q: {question}").request({"question": "why?"}) == endpoint.log[0]
    )


def test_a_conversation_goes_out_as_it_is():
    talk = (
        {"role": "user", "content": "Is it there?", "name": "Ann"},
        {"role": "assistant", "content": None, "tool_calls": ({"id": "1"},)},
        {"role": "tool", "content": "timed out", "tool_call_id": "1"},
    )
    sent = chat_model(MODEL).request(talk)["messages"]
    assert sent == [
        {"role": "user", "content": "Is it there?", "name": "Ann"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "timed out", "tool_call_id": "1"},
    ]
    own = ({"role": "system", "content": "Own."}, *talk)
    model = chat_model(MODEL, system="Other.")
    assert model.request(own)["messages"][0]["content"] == "Own."
    assert model.request(talk)["messages"][0]["content"] == "Other."


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_parts_of_a_message(dtype, channels):
    whole = np.random.default_rng(0).integers(0, 256, (5, 7, channels))
    scale = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[dtype]
    picture = (whole * scale).astype(dtype)
    talk = ({"role": "user", "content": ("Look:", picture, picture)},)
    for value in (talk, {"question": "Look:", "pictures": [picture, picture]}):
        (message,) = chat_model(MODEL).request(value)["messages"]
        text, first, second = message["content"]
        assert (text, first) == ({"type": "text", "text": "Look:"}, second)
        data = first["image_url"]["url"].removeprefix("data:image/png;base64,")
        read = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        assert (read.reshape(whole.shape) == whole).all()


def test_what_can_neither_be_told_nor_shown_is_refused():
    volume = Volume(np.zeros((1, 2, 2, 2), np.float32), np.eye(4))
    with pytest.raises(ModelError, match="takes texts and pictures, not Volume"):
        chat_model(MODEL).request({"question": "What is it?", "volume": volume})


def test_options_are_listed_and_chosen_by_letter_or_words(ask, endpoint):
    said = ["B", "(b)", "B) No, see a doctor", "no, see a doctor.", "A", "A person may.", "Both"]
    endpoint.behave = lambda body, number: answer(said[number])
    found = [ask(ASKED)[0] for _ in said]
    text = endpoint.log[0]["messages"][0]["content"]
    assert text.startswith("May I?\n\nA) Yes\nB) No, see a doctor\n\nAnswer with the letter")
    doctor = ASKED["options"][1]
    assert [one.value for one in found] == [doctor] * 4 + ["Yes", "A person may.", "Both"]
    assert [one.refused for one in found] == [True] * 4 + [False] * 3
    assert [one.details.get("unparsed", False) for one in found] == [False] * 5 + [True] * 2


def test_options_follow_the_last_turn_of_a_conversation():
    talk = ({"role": "user", "content": "a"}, {"role": "assistant", "content": "b"})
    value = {"talk": (*talk, {"role": "user", "content": "c"}), "options": ("x", "y")}
    messages = chat_model(MODEL).request(value)["messages"]
    assert messages[0]["content"] == "a"
    assert messages[2]["content"].startswith("c\n\nA) x\nB) y\n\n")
    tool = {**value, "talk": (*talk, {"role": "tool", "content": "t", "tool_call_id": "1"})}
    *_, said, listed = chat_model(MODEL).request(tool)["messages"]
    assert said == {"role": "tool", "content": "t", "tool_call_id": "1"}
    assert (listed["role"], listed["content"][:9]) == ("user", "A) x\nB) y")


def token(text, logprob, *others):
    top = [{"token": one, "logprob": p} for one, p in ((text, logprob), *others)]
    return {"token": text, "logprob": logprob, "top_logprobs": top}


def test_log_probabilities_become_probabilities_of_options(ask, endpoint):
    logprobs = {"content": [token("A", math.log(0.6), ("B", math.log(0.2)), ("x", math.log(0.1)))]}
    endpoint.behave = lambda body, number: answer("A", logprobs=logprobs)
    (found,) = ask(ASKED, logprobs=5)
    assert found.probabilities == pytest.approx({"Yes": 0.75, "No, see a doctor": 0.25})
    assert endpoint.log[0]["logprobs"] is True
    assert endpoint.log[0]["top_logprobs"] == 5
    (found,) = ask("hello", logprobs=5)
    assert found.details["logprob"] == pytest.approx(math.log(0.6))


@pytest.mark.parametrize(
    ("logprobs", "reason"),
    [
        (None, "has no log-probabilities"),
        ({"content": None}, "has no log-probabilities"),
        ({"tokens": ["A"], "token_logprobs": [-0.1]}, "in the form of completions"),
    ],
)
def test_log_probabilities_that_are_missing_are_missed(ask, endpoint, logprobs, reason):
    endpoint.behave = lambda body, number: answer("A", logprobs=logprobs)
    (found,) = ask(ASKED, logprobs=5)
    assert reason in found.reason
    assert ask(ASKED)[0].value == "Yes"


def test_an_answer_in_pieces_is_the_answer_at_once(ask, endpoint):
    logprobs = {"content": [token("a", -0.5)]}
    several = [{**one} for one in pieces("aäb")]
    for one in several[:2]:
        one["choices"][0]["logprobs"] = logprobs
    endpoint.behave = lambda body, number: (
        Reply(several, stream=True)
        if body.get("stream")
        else answer("aäb", logprobs={"content": [token("a", -0.5)] * 2})
    )
    (one,), (other,) = (ask("hello", stream=way, logprobs=1) for way in (True, False))
    assert one == other
    assert endpoint.log[0]["stream_options"] == {"include_usage": True}


# keys


def test_a_key_is_told_nowhere(ask, endpoint, tmp_path):
    endpoint.behave = lambda body, number: answer(f"your key is {KEY}", id=KEY)
    model = chat_model(MODEL, base_url=endpoint.url)
    (found,) = ask("hello", cache=str(tmp_path))
    assert found.value == "your key is [key]"
    for text in (repr(model), model.identity, repr(found), repr(vars(ask))):
        assert KEY not in text
    assert KEY.encode() not in b"".join(one.read_bytes() for one in tmp_path.iterdir())


def test_headers_of_the_environment_are_sent_and_told_nowhere(ask, endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: hush-hush")
    endpoint.behave = lambda body, number: Reply({"error": "no hush-hush here"}, 400)
    assert ask("hello")[0].reason == "the endpoint answered 400: no [key] here"
    assert endpoint.headers[0]["x-gateway"] == "hush-hush"


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("Incorrect API key provided: sk-proj-abc*****wxyz.", "provided: [key]"),
        ("header Authorization: Bearer abc.def-123456", "Authorization: [key]"),
    ],
)
def test_what_looks_like_a_key_is_hidden_in_errors(ask, endpoint, said, hidden):
    endpoint.behave = lambda body, number: Reply({"error": {"message": said}}, 400)
    assert hidden in ask("hello")[0].reason


def test_a_key_that_is_missing_stops_before_anything_is_sent(ask, endpoint, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    (found,) = ask("hello")
    assert found.stops
    assert "OPENAI_API_KEY is not set" in found.reason
    assert ask("hello", key_variable="")[0].value == "fine"
    monkeypatch.setenv("OTHER", "other-key")
    ask("hello", key_variable="OTHER")
    sent = [one["authorization"] for one in endpoint.headers]
    assert sent == ["Bearer none", "Bearer other-key"]


def test_the_environment_redirects_nothing_and_tells_other_endpoints_nothing(
    ask, endpoint, monkeypatch
):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    assert ask("hello")[0].value == "fine"
    assert not {"openai-organization", "openai-project"} & endpoint.headers[0].keys()
    assert chat_model(MODEL).base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"key_variable": KEY}, "the key itself is never written"),
        ({"base_url": "http://me:word@host/v1"}, "keys come from the environment alone"),
        ({"base_url": "http://host/v1?key=word"}, "keys come from the environment alone"),
        ({"base_url": "host/v1"}, "must begin with http"),
        ({"budget": {"cost": 1}}, "a budget needs cache"),
        ({"budget": {"cost": 1}, "cache": "x"}, "needs price"),
        ({"budget": {"tokens": 1}, "cache": "x"}, "must name one or more of requests"),
        ({"price": {"input": 1}}, "price must be"),
        ({"extra": {"stream": True}}, "extra must not hold 'stream'"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"omit": ["seed"]}, "seed"),
        ({"prompt": "{a.b}"}, "plain name of a part"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_options_that_make_no_sense_are_refused_and_no_secret_is_quoted(options, reason):
    with pytest.raises(ParameterError, match=reason) as caught:
        chat_model(MODEL, **options)
    assert not [word for word in (KEY, "word") if word in str(caught.value).split()]


# identity and cost of importing


def test_the_identity_changes_with_what_is_asked_and_with_nothing_else():
    def named(**options):
        return chat_model(options.pop("model", MODEL), **options).identity

    same = [
        {"cache": "x"},
        {"max_concurrency": 2},
        {"timeout": 1},
        {"stream": True},
        {"key_variable": "OTHER"},
        {"price": {"input": 1, "output": 2}},
    ]
    others = [
        {"model": "m"},
        {"base_url": "http://127.0.0.1:1/v1"},
        {"temperature": 1.0},
        {"system": "s"},
        {"prompt": "{a}"},
        {"logprobs": 1},
        {"extra": {"top_p": 1}},
    ]
    assert {named(**one) for one in same} == {named()}
    assert len({named(), *(named(**one) for one in others)}) == 1 + len(others)


def test_importing_and_describing_load_neither_the_client_nor_numpy():
    code = (
        "import sys, seatrial_openai as o; o.chat_model('m').identity;"
        "print({'openai', 'httpx2', 'numpy', 'sqlite3'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ
    )
    assert done.stdout.strip() == "set()", done.stderr
