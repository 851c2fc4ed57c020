"""A model behind a chat endpoint."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, finalize

from attrs import define, field
from attrs.validators import deep_iterable, ge, gt, in_, instance_of, optional

from seatrial import Failed, Prediction
from seatrial.errors import ModelError, ParameterError, StoreError
from seatrial.kit import digest, plain, template_fields

from ._faults import Fault, Secrets
from ._questions import Question, question
from ._reading import prediction, usage_of

if TYPE_CHECKING:
    from ._client import Client
    from ._ledger import Ledger

__all__ = ["ChatModel", "chat_model"]

SCHEME = 1
"""Raised whenever the same request is read as another answer: old records no longer count."""

OPENAI = "https://api.openai.com/v1"
INSTRUCTION = "Answer with the letter of one option, and nothing else."
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RATES = ("input", "output")
MILLION = 1_000_000
SPENDABLE = ("requests", "input_tokens", "output_tokens", "cost")
OMITTED = ("temperature", "max_tokens")
TAKEN = ("model", "messages", "stream", "stream_options", "n")


def _address(_: Any, __: Any, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        msg = "base_url must begin with http:// or https:// and a host"
        raise ParameterError(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "base_url must hold no user, password or query: keys come from the environment alone"
        raise ParameterError(msg)


def _variable(_: Any, __: Any, name: str) -> None:
    if name and not VARIABLE.fullmatch(name):
        msg = (
            "key_variable must be the name of an environment variable, such as OPENAI_API_KEY; the "
            "key itself is never written into a specification"
        )
        raise ParameterError(msg)


def _rates(_: Any, __: Any, price: Mapping[str, float] | None) -> None:
    if price is not None and (
        set(price) != {*RATES} or not all(_amount(p) for p in price.values())
    ):
        msg = "price must be { input = …, output = … }, for a million tokens each"
        raise ParameterError(msg)


def _limits(model: ChatModel, _: Any, budget: Mapping[str, float] | None) -> None:
    if budget is None:
        return
    if not budget or not all(key in SPENDABLE and _amount(n) for key, n in budget.items()):
        msg = f"budget must name one or more of {', '.join(SPENDABLE)}, each with its limit"
        raise ParameterError(msg)
    if model.cache is None:
        msg = "a budget needs cache, a folder in which what was spent is kept between runs"
        raise ParameterError(msg)
    if "cost" in budget and model.price is None:
        msg = "a budget of cost needs price = { input = …, output = … }, for a million tokens each"
        raise ParameterError(msg)


def _amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _template(_: Any, __: Any, prompt: str | None) -> None:
    if prompt is not None:
        template_fields(prompt)


def _more(_: Any, __: Any, extra: Mapping[str, Any]) -> None:
    if wrong := [key for key in extra if key in TAKEN]:
        msg = f"extra must not hold {wrong[0]!r}, which is set by other options or not at all"
        raise ParameterError(msg)


def _free() -> Any:
    """Mark an option that changes no answer, so that it is not part of the identity."""
    return {"answers": False}


@define(eq=False, kw_only=True)
class ChatModel:
    """A model behind an OpenAI-compatible chat endpoint.

    Making one checks what is given; the first request reads the key and opens the connection.

    - `model`: the name to ask for. An answer under another name is refused unless `served_as`
      lists it.
    - `base_url`: the address before `/chat/completions`; `key_variable`: the environment variable
      that holds the key, "" for an endpoint that needs none.
    - `prompt`: a template over the parts of an input; `system`: a system turn for conversations
      without one. Options of a case are listed by letters, before `instruction`.
    - `temperature`, `max_tokens`, `seed`: sent as they are, but for those that `omit` names;
      `token_limit` names the field of `max_tokens`. `extra` is added to every request.
    - `logprobs`: how many alternatives of each token to ask for, 0 for none. With options they
      become probabilities.
    - `max_concurrency`: how many requests wait at once; `timeout`: the seconds for a whole answer;
      `read_timeout`: those for the next piece of it; `stream`: whether it comes in pieces.
    - `cache`: a folder in which answers are kept by request, and what was spent; `price`: of a
      million `input` and `output` tokens; `budget`: at which totals of "requests", "input_tokens",
      "output_tokens" or "cost" to stop. Requests under way then still end.
    - `usage_required`: whether answers that do not say how many tokens they took are refused.
    - `deterministic`: whether a different answer to the same question, on resuming, stops a run.
    """

    remote = True
    batch_size = 1

    model: str = field(validator=instance_of(str))
    base_url: str = field(default=OPENAI, validator=[instance_of(str), _address])
    key_variable: str = field(
        default="OPENAI_API_KEY", validator=[instance_of(str), _variable], metadata=_free()
    )
    served_as: Sequence[str] = field(default=(), converter=tuple, metadata=_free())
    prompt: str | None = field(default=None, validator=[optional(instance_of(str)), _template])
    system: str | None = field(default=None, validator=optional(instance_of(str)))
    instruction: str = field(default=INSTRUCTION, validator=instance_of(str))
    temperature: float = field(default=0.0, validator=[instance_of((int, float)), ge(0)])
    max_tokens: int = field(default=256, validator=[instance_of(int), ge(1)])
    omit: Sequence[str] = field(default=(), converter=tuple, validator=deep_iterable(in_(OMITTED)))
    token_limit: str = field(default="max_tokens", validator=instance_of(str))
    seed: int | None = field(default=None, validator=optional(instance_of(int)))
    logprobs: int = field(default=0, validator=[instance_of(int), ge(0)])
    extra: Mapping[str, Any] = field(factory=dict, converter=dict, validator=_more)
    stream: bool = field(default=False, validator=instance_of(bool), metadata=_free())
    max_concurrency: int = field(default=8, validator=[instance_of(int), ge(1)], metadata=_free())
    timeout: float = field(default=120.0, validator=gt(0), metadata=_free())
    read_timeout: float = field(default=60.0, validator=gt(0), metadata=_free())
    cache: str | None = field(default=None, validator=optional(instance_of(str)), metadata=_free())
    price: Mapping[str, float] | None = field(default=None, validator=_rates, metadata=_free())
    budget: Mapping[str, float] | None = field(default=None, validator=_limits, metadata=_free())
    usage_required: bool = field(default=True, validator=instance_of(bool), metadata=_free())
    deterministic: bool = field(default=False, validator=instance_of(bool), metadata=_free())
    _clients: Any = field(factory=WeakKeyDictionary, init=False, repr=False, metadata=_free())
    _kept: Any = field(default=None, init=False, repr=False, metadata=_free())
    _anew: bool = field(default=False, init=False, repr=False, metadata=_free())

    @property
    def identity(self) -> str:
        """The address, the model's name, and everything that is asked of it besides."""
        options = {
            one.name: getattr(self, one.name)
            for one in self.__attrs_attrs__
            if one.metadata.get("answers", True)
        }
        return f"chat:{digest(json.dumps([SCHEME, plain(options)], sort_keys=True))}"

    @property
    def uncached(self) -> ChatModel:
        """The same model, which asks the endpoint also where the cache has an answer."""
        other = copy.copy(self)
        other._anew = True
        return other

    def request(self, value: Any, /) -> dict[str, Any]:
        """Give the body of the request that an input becomes; raises `ModelError` for a misfit."""
        return self._body(self._question(value))

    async def __call__(self, inputs: Sequence[Any], /) -> list[Prediction | Failed]:
        """Ask about each input; what has no answer is `Failed`, and says whether to ask again.

        `details` hold the `request` (a digest), the `usage`, `finish`, and what the endpoint calls
        the answer and the model. Of options that cannot be told from the answer, `value` is the
        text and `details["unparsed"]` is true.
        """
        return list(await asyncio.gather(*map(self._answer, inputs)))

    async def _answer(self, value: Any) -> Prediction | Failed:
        usage: dict[str, float] = {}
        secrets = Secrets()
        try:
            asked = self._question(value)
            body = self._body(asked)
            name = digest(json.dumps([self.base_url, body], sort_keys=True))
            ledger = self._ledger()
            known = ledger.answer(name) if ledger and not self._anew else None
            if known is not None:
                return self._read(known, asked, name, {"cached": 1})
            client = self._client()
            secrets = client.secrets
            self._check_budget(ledger)
            usage = {"requests": 1}
            if ledger:
                ledger.spend(usage)
            given = await client.answer(body, stream=self.stream)
            tokens = self._priced(usage_of(given))
            usage |= tokens
            if ledger:
                ledger.spend(tokens)
            given = json.loads(secrets.without(json.dumps(given)))
            found = self._read(given, asked, name, usage)
            if ledger:
                ledger.keep(name, given)
        except Fault as fault:
            return fault.answer(secrets, usage)
        except ModelError as error:
            return Failed(str(error), usage=usage)
        except StoreError as error:  # no case's fault, and no further answer could be kept
            return Failed(str(error), stops=True, usage=usage)
        return found

    def _question(self, value: Any) -> Question:
        return question(value, prompt=self.prompt, system=self.system, instruction=self.instruction)

    def _body(self, asked: Question) -> dict[str, Any]:
        wanted = {
            "temperature": None if "temperature" in self.omit else self.temperature,
            self.token_limit: None if "max_tokens" in self.omit else self.max_tokens,
            "seed": self.seed,
            "logprobs": True if self.logprobs else None,
            "top_logprobs": self.logprobs or None,
        }
        more = {key: value for key, value in wanted.items() if value is not None}
        messages = [dict(one) for one in asked.messages]
        return {"model": self.model, "messages": messages, **more, **plain(self.extra)}

    def _read(
        self, given: Mapping[str, Any], asked: Question, name: str, usage: Mapping[str, float]
    ) -> Prediction:
        found = prediction(
            given,
            asked,
            served_as=self.served_as or (self.model,),
            logprobs=bool(self.logprobs),
            usage_required=self.usage_required,
        )
        details = {**found.details, "request": name, "usage": usage}
        return Prediction(
            found.value,
            probabilities=found.probabilities,
            refused=found.refused,
            details=details,
        )

    def _priced(self, tokens: Mapping[str, float]) -> dict[str, float]:
        if self.price is None or not tokens:
            return dict(tokens)
        cost = sum(tokens.get(f"{name}_tokens", 0) * self.price[name] for name in RATES)
        return {**tokens, "cost": cost / MILLION}

    def _check_budget(self, ledger: Ledger | None) -> None:
        if ledger is None or self.budget is None:
            return
        spent = ledger.spent
        for name, limit in self.budget.items():
            if spent.get(name, 0.0) >= limit:
                msg = (
                    f"the budget is spent: {name} {spent.get(name, 0.0):,.6g} of {limit:,.6g}; "
                    "raise budget to go on"
                )
                raise Fault(msg, stops=True)

    def _client(self) -> Client:
        """Give the client of this event loop: one that was opened on another cannot be used."""
        from ._client import Client

        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            made = Client.of(
                self.base_url,
                self.key_variable,
                timeout=self.timeout,
                read=self.read_timeout,
                limit=self.max_concurrency,
            )
            finalize(self._clients, made.leave, loop).atexit = False
            self._clients[loop] = made
        found: Client = self._clients[loop]
        return found

    def _ledger(self) -> Ledger | None:
        from ._ledger import Ledger

        if self.cache is not None and self._kept is None:
            self._kept = Ledger(Path(self.cache).expanduser())
        kept: Ledger | None = self._kept
        return kept


def chat_model(model: str, **options: Any) -> ChatModel:
    """Describe a model behind a chat endpoint; the options are those of `ChatModel`.

    Raises `ParameterError` for one that makes no sense.
    """
    try:
        return ChatModel(model=model, **options)
    except ParameterError:
        raise
    except (TypeError, ValueError) as error:
        msg = f"chat_model: {error.args[0] if error.args else error}"
        raise ParameterError(msg) from error
