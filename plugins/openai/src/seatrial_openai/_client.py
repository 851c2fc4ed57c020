"""The client of one endpoint, on one event loop, and one request through it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

import openai
from attrs import define, field

from ._faults import Fault, Secrets, of_status
from ._reading import parsed
from ._streams import joined

__all__ = ["Client"]

CONNECT = 10.0
OFFICIAL = "https://api.openai.com/"
NO_KEY = "none"
SECRET = 4
"""How many characters a text has at least that may be a secret."""


@define(eq=False)
class Client:
    """Sends requests, as many at once as are free, each within a total deadline.

    The client's own retries are off: the run asks again, and counts each attempt.
    """

    secrets: Secrets
    timeout: float
    _openai: openai.AsyncOpenAI = field(repr=False)
    _free: asyncio.Semaphore

    @classmethod
    def of(cls, base_url: str, variable: str, *, timeout: float, read: float, limit: int) -> Client:
        """Make one, with the key of an environment variable; raises `Fault` where it has none."""
        key = os.environ.get(variable, "").strip() if variable else ""
        if variable and not key:
            msg = (
                f"the environment variable {variable} is not set: put the key of {base_url} there, "
                'or give key_variable="" for an endpoint that needs none'
            )
            raise Fault(msg, stops=True)
        theirs = base_url.startswith(OFFICIAL)
        absent = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        headers: Any = {} if theirs else absent  # what the environment says of OpenAI is for OpenAI
        client = openai.AsyncOpenAI(
            api_key=key or NO_KEY,
            base_url=base_url,
            max_retries=0,
            timeout=openai.Timeout(read, connect=CONNECT),
            default_headers=headers,
        )
        secrets = [one for one in (key, *_custom_headers()) if len(one) >= SECRET]
        return cls(Secrets(tuple(secrets)), timeout, client, asyncio.Semaphore(limit))

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close the connections, on the loop that they belong to."""
        if loop.is_running():
            asyncio.run_coroutine_threadsafe(self._openai.close(), loop)

    async def answer(self, body: Mapping[str, Any], *, stream: bool) -> Mapping[str, Any]:
        """Send one request, and give the body of the answer; raises `Fault` where there is none."""
        async with self._free:
            try:
                async with asyncio.timeout(self.timeout):
                    send = self._streamed if stream else self._whole
                    return await send(body)
            except TimeoutError:
                msg = f"the endpoint did not finish its answer within {self.timeout:g} s"
                raise Fault(msg, retryable=True) from None
            except openai.APIStatusError as error:
                raise _status(error) from None
            except openai.APITimeoutError:
                msg = "the endpoint fell silent"
                raise Fault(msg, retryable=True) from None
            except openai.APIConnectionError as error:
                raise _lost(error.__cause__ or error) from None
            except Exception as error:
                if type(error).__module__.startswith("httpx"):  # while a stream is read
                    raise _lost(error) from None
                raise

    async def _whole(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        create = self._openai.chat.completions.with_raw_response.create
        model, messages, more = _split(body)
        raw = await create(model=model, messages=messages, extra_body=more)
        response = raw.http_response
        return parsed(response.text, response.headers.get("content-type", ""))

    async def _streamed(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        model, messages, more = _split(body)
        create = self._openai.chat.completions.with_streaming_response.create
        more = {**more, "stream_options": {"include_usage": True}}
        async with create(model=model, messages=messages, stream=True, extra_body=more) as raw:
            kind = raw.headers.get("content-type", "")
            if "event-stream" not in kind:
                return parsed((await raw.read()).decode("utf-8", "replace"), kind)
            return await joined(raw.iter_lines())


def _custom_headers() -> list[str]:
    """Give what the client sends besides because the environment says so: it may be a key, too."""
    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
    return [line.partition(":")[2].strip() for line in lines]


def _split(body: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    more = {key: value for key, value in body.items() if key not in ("model", "messages")}
    return body["model"], body["messages"], more


def _lost(error: BaseException) -> Fault:
    msg = f"the connection to the endpoint failed ({type(error).__name__}: {error})"
    return Fault(msg, retryable=True)


def _status(error: openai.APIStatusError) -> Fault:
    try:
        body = json.loads(error.response.text)
        said = body.get("error", body.get("message")) if isinstance(body, Mapping) else None
    except ValueError:
        said = error.response.text
    except Exception:  # noqa: BLE001 - the rest of a stream that failed may be out of reach
        said = error.message
    return of_status(error.status_code, said, error.response.headers)
