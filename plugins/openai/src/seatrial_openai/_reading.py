"""What an endpoint answered: checked, and read as a prediction."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from seatrial import Prediction

from ._faults import Fault, of_status
from ._questions import Question

__all__ = ["parsed", "prediction", "usage_of"]

SHOWN = 120
LARGEST = 2**53
SURE = 1e-3
"""The largest log-probability: 0, and what rounding adds."""

TOKENS = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
LETTER = re.compile(r"\W*([A-Za-z])\W*|\W*([A-Z])[).:]\s.*", re.DOTALL)


def parsed(text: str, kind: str) -> Mapping[str, Any]:
    """Read a body that came with status 200; raises `Fault` for what is no answer of a model."""
    if "html" in kind.lower() or text.lstrip()[:1] == "<":
        msg = "the endpoint answered with a page of HTML, not JSON: look at base_url"
        raise Fault(msg)
    try:
        body = json.loads(text)
    except ValueError:
        msg = f"the endpoint's answer is no JSON: {text[:SHOWN]!r}"
        raise Fault(msg, retryable=True) from None
    if not isinstance(body, Mapping):
        msg = f"the endpoint's answer is no object but {text[:SHOWN]!r}"
        raise Fault(msg)
    if error := body.get("error"):
        code = error.get("code") if isinstance(error, Mapping) else None
        raise of_status(code if isinstance(code, int) else 200, error)
    return body


def usage_of(body: Mapping[str, Any]) -> dict[str, float]:
    """Read how many tokens a body says were used; empty where it does not say."""
    usage = body.get("usage")
    if not isinstance(usage, Mapping):
        return {}
    found = {ours: usage.get(theirs) for theirs, ours in TOKENS.items()}
    return {name: n for name, n in found.items() if type(n) is int and 0 <= n < LARGEST}


def prediction(
    body: Mapping[str, Any],
    asked: Question,
    *,
    served_as: Sequence[str],
    logprobs: bool,
    usage_required: bool,
) -> Prediction:
    """Read a body as the answer to a question; raises `Fault` for what must not count as one."""
    if str(body.get("model")) not in served_as:
        named = "', '".join(served_as)
        msg = (
            f"the endpoint answered with the model {body.get('model')!r}, and '{named}' was asked: "
            "ask for that one, or name it in served_as"
        )
        raise Fault(msg)
    if usage_required and len(usage_of(body)) < len(TOKENS):
        msg = "the endpoint does not say how many tokens it used; usage_required=False allows that"
        raise Fault(msg)
    choice, message = _choice(body)
    finish = choice.get("finish_reason")
    if not isinstance(finish, str):
        msg = "the answer has no finish_reason: it was cut off"
        raise Fault(msg, retryable=True)
    content, refusal = message.get("content"), message.get("refusal")
    details: dict[str, Any] = {
        "finish": finish,
        **{key: str(body[key]) for key in ("id", "model", "system_fingerprint") if body.get(key)},
    }
    if isinstance(refusal, str) and refusal:
        return Prediction(refusal, refused=True, details=details)
    if finish == "content_filter":
        return Prediction(
            content if isinstance(content, str) else "", refused=True, details=details
        )
    if not isinstance(content, str) or not content.strip():
        why = "it used up max_tokens before it said anything" if finish == "length" else finish
        msg = f"the answer is empty ({why})"
        raise Fault(msg)
    tokens = _logprobs(choice) if logprobs else None
    if tokens is not None:
        details["logprob"] = math.fsum(one["logprob"] for one in tokens)
    return _answered(content.strip(), asked, tokens, details)


def _choice(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, Mapping) else None
    if not isinstance(first, Mapping) or not isinstance(message, Mapping):
        msg = "the answer has no choices" if not choices else "the answer has no message"
        raise Fault(msg)
    return first, message


def _logprobs(choice: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = choice.get("logprobs")
    tokens = given.get("content") if isinstance(given, Mapping) else None
    if isinstance(tokens, list) and all(map(_is_token, tokens)):
        return tokens
    old = isinstance(given, Mapping) and "token_logprobs" in given
    why = "has log-probabilities in the form of completions" if old else "has no log-probabilities"
    msg = f"the answer {why}; leave logprobs out for this endpoint"
    raise Fault(msg)


def _is_token(one: Any) -> bool:
    if not isinstance(one, Mapping) or not isinstance(one.get("top_logprobs") or [], list):
        return False
    known = [one, *(one.get("top_logprobs") or ())]
    return all(
        isinstance(each, Mapping)
        and isinstance(each.get("logprob"), int | float)
        and -math.inf < each["logprob"] <= SURE
        for each in known
    )


def _answered(
    text: str,
    asked: Question,
    tokens: Sequence[Mapping[str, Any]] | None,
    details: dict[str, Any],
) -> Prediction:
    if asked.options is None:
        return Prediction(text, details=details)
    chosen = _chosen(text, asked)
    if chosen is None:
        return Prediction(text, refused=False, details={**details, "unparsed": True})
    return Prediction(
        chosen,
        probabilities=None if tokens is None else _probabilities(asked, tokens),
        refused=None if asked.refusals is None else chosen in asked.refusals,
        details=details,
    )


def _chosen(text: str, asked: Question) -> str | None:
    """Find the option that an answer names, by its letter or by its words; None if by neither."""
    found = LETTER.fullmatch(text)
    if found and (letter := (found[1] or found[2]).upper()) in asked.letters:
        return asked.letters[letter]
    said = text.strip(" \t\n.\"'").casefold()
    for option in asked.options or ():
        if said == option.strip(" \t\n.\"'").casefold():
            return option
    return None


def _probabilities(asked: Question, tokens: Sequence[Mapping[str, Any]]) -> dict[str, float] | None:
    """Weigh the options by what the first letter of the answer might have been."""
    for token in tokens:
        weights = dict.fromkeys(asked.letters, 0.0)
        for one in (token, *(token.get("top_logprobs") or ())):
            letter = str(one.get("token", "")).strip(" (")
            if letter in weights:
                weights[letter] = max(weights[letter], math.exp(float(one["logprob"])))
        total = math.fsum(weights.values())
        if total:
            return {asked.letters[key]: weight / total for key, weight in weights.items()}
    return None
