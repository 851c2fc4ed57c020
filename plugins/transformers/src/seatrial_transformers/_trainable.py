"""What training a language model needs of it: tokens as they are judged, and a way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from seatrial.errors import ModelError

from ._chat import neutral, rendered, tokenised, turns
from ._generation import Completion, ends_of, write
from ._prompts import question

if TYPE_CHECKING:
    from ._model import CausalLM

__all__ = ["Trainable"]

MARK = "seatrial"  # stands for an answer whose end in the chat template is looked for


@frozen(eq=False)
class Trainable:
    """A model as training sees it. Change a copy of `module`, never the module itself."""

    model: CausalLM

    @property
    def module(self) -> Any:
        """The torch module that answers."""
        return self.model.module

    @property
    def tokenizer(self) -> Any:
        """The tokenizer that belongs to the module."""
        return self.model.tokenizer

    @property
    def window(self) -> int | None:
        """How many tokens the model can take, None when it does not say."""
        window: int | None = self.model._loaded.window
        return window

    def shares(self, tokens: int, /) -> bool:
        """Say whether a row may hold several sequences of so many tokens, told apart by its mask.

        Some models cannot, and some only within the reach of their local attention.
        """
        return bool(self.model._loaded.shares(tokens))

    def reloaded(self, path: str | Path) -> CausalLM:
        """Describe the same model, options and all, with the files of another folder."""
        return evolve(self.model, path=str(path), revision=None)

    def encoded(
        self, value: Any, answers: Sequence[Any], /
    ) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
        """Give the tokens of an input's prompt, and those of each answer to it.

        They are the tokens by which the model is judged. Where it writes a text, an answer ends
        with the token that ends the model's turn; where it chooses, with the option's last. What
        a tokenizer makes of prompt and answer together may begin before the prompt's end: then
        the prompt is as long as what all answers have in common with it. Control tokens within an
        answer or an input are text. Raises `ModelError` for an answer that is empty or no option.
        """
        if not all(isinstance(one, str) and one.strip() for one in answers):
            msg = f"an answer must be a text that says something, not {list(answers)!r:.80}"
            raise ModelError(msg)
        asked = question(value, self.model.prompt)
        free = asked.options is None
        (text,), (templated,) = self.model._worded([asked.asked], by_default=free)
        end = self._end(templated) if free else ()
        if free and templated:
            prompt = tokenised(self.tokenizer, [text])[0][0]
            found = tokenised(self.tokenizer, neutral(self.tokenizer, list(answers)))
            return prompt, [(*ids, *end) for ids, _ in found]
        if strange := [one for one in answers if not free and one not in (asked.options or ())]:
            msg = f"the answer {strange[0]!r} is none of the options {list(asked.options or ())!r}"
            raise ModelError(msg)
        return self._joined(text, answers, templated, end)

    def sampled(
        self, inputs: Sequence[Any], /, *, temperature: float, seed: int
    ) -> list[Completion]:
        """Write an answer to each input by sampling, whatever the model's own temperature is."""
        asked = [question(one, self.model.prompt).asked for one in inputs]
        texts, templated = self.model._worded(asked, by_default=True)
        return write(
            self.model._loaded,
            texts,
            max_new_tokens=self.model.max_new_tokens,
            temperature=temperature,
            seed=seed,
            templated=templated,
            batch_tokens=self.model.batch_tokens,
        )

    def document(self, text: str, /) -> tuple[int, ...]:
        """Give the tokens of a text that is no prompt, between those that begin and end texts."""
        ((ids, _),) = tokenised(self.tokenizer, neutral(self.tokenizer, [text]))
        end = self.tokenizer.eos_token_id
        return (*self.model._loaded.lead, *ids, *(() if end is None else (end,)))

    def dialogue(
        self, value: Sequence[Mapping[str, Any]], /
    ) -> tuple[tuple[int, ...], tuple[bool, ...]]:
        """Give the tokens of a whole conversation, and which of them the assistant says.

        An assistant turn is what the template adds to the prompt that it answers, up to the token
        that ends it. Raises `ModelError` where there is no such turn, and where the template does
        not go on from a prompt as it began (it may drop or rewrite earlier turns).
        """
        messages = turns(value)
        spoken = [place for place, one in enumerate(messages) if one.role == "assistant" and place]
        if not spoken:
            msg = "the conversation has no assistant turn that answers another, to learn from"
            raise ModelError(msg)
        pieces, said = [], ""
        for place in spoken:
            prompt = rendered(self.tokenizer, messages[:place], self.model.system)
            whole = rendered(
                self.tokenizer, messages[: place + 1], self.model.system, answering=False
            )
            if not (prompt.startswith(said) and whole.startswith(prompt) and whole != prompt):
                msg = (
                    f"the chat template writes the beginning of a conversation otherwise once turn "
                    f"{place} is there, so what the assistant says in it cannot be told apart"
                )
                raise ModelError(msg)
            pieces += [prompt[len(said) :], whole[len(prompt) :]]
            said = whole
        ends = ends_of(self.module, self.tokenizer)
        ids: list[int] = []
        mask: list[bool] = []
        for number, (tokens, _) in enumerate(tokenised(self.tokenizer, pieces)):
            last = next((at for at, token in enumerate(tokens) if token in ends), len(tokens))
            ids += tokens
            mask += [number % 2 == 1 and at <= last for at in range(len(tokens))]
        return tuple(ids), tuple(mask)

    def _joined(
        self, text: str, answers: Sequence[str], templated: bool, end: tuple[int, ...]
    ) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
        from ._scoring import encode

        (one,) = encode(
            self.model._loaded,
            [(text, tuple(answers), templated)],
            separator=self.model.separator,
        )
        spans = [span for span in one.spans if span is not None]
        if len(spans) != len(answers):
            msg = f"an answer adds nothing to its prompt: {list(answers)!r:.80}"
            raise ModelError(msg)
        start = spans[0].start
        return spans[0].ids[:start], [(*span.ids[start:], *end) for span in spans]

    def _end(self, templated: bool) -> tuple[int, ...]:
        """Find the token that ends the model's turn: in a chat template, the template's."""
        ends = ends_of(self.module, self.tokenizer)
        written = self._closing() if templated else ()
        return tuple([token for token in written if token in ends][:1] or ends[:1])

    def _closing(self) -> Sequence[int]:
        said = [{"role": "user", "content": MARK}, {"role": "assistant", "content": MARK}]
        try:
            text = str(self.tokenizer.apply_chat_template(said, tokenize=False))
        except Exception:  # noqa: BLE001 - a template is foreign code and raises what it likes
            return ()
        return tokenised(self.tokenizer, [text[text.rfind(MARK) + len(MARK) :]])[0][0]
