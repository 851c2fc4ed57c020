"""Options, tokenised together with their prompt, and scored."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from seatrial.errors import ModelError

from ._chat import neutral, readable, tokenised
from ._choices import Choices, weighed
from ._likelihoods import log_likelihoods
from ._loading import Loaded
from ._tree import Span, shared_length

__all__ = ["Encoded", "encode", "joined", "score"]


@frozen
class Encoded:
    """A question in tokens: `prompt` is the prompt's own, of which the first `lead` begin any text.

    `rest` is the end of the prompt where an option's first token reaches into it, else None.
    """

    prompt: tuple[int, ...]
    lead: int
    spans: tuple[Span | None, ...]
    rest: Span | None

    @property
    def group(self) -> list[Span]:
        """What has to be computed."""
        return [span for span in (*self.spans, self.rest) if span is not None]

    def likelihoods(self, values: Sequence[float]) -> list[float | None]:
        """Read the options' log-likelihoods off what was computed for the group."""
        shift = values[-1] if self.rest is not None else 0.0
        each = iter(values)
        return [None if span is None else next(each) - shift for span in self.spans]

    def tokens(self, place: int) -> int:
        span = self.spans[place]
        if span is None:
            return 0
        return len(span.ids) - (span.start if self.rest is None else len(self.rest.ids))


def joined(prompt: str, option: str, separator: str) -> tuple[str, str]:
    """Split what stands before an option from the option, which takes the white space between them.

    Most tokenizers give a word and the space before it one token, so a prompt that ends in a space
    would leave the option's first token without its usual form.
    """
    bare = prompt.rstrip()
    space = prompt[len(bare) :]
    if not space and bare and not option[:1].isspace():
        space = separator
    return bare, space + option


def score(
    loaded: Loaded,
    prompts: Sequence[str],
    options: Sequence[Sequence[str]],
    *,
    separator: str,
    normalization: str,
    templated: Sequence[bool],
    batch_tokens: int,
) -> list[Choices]:
    """Score the options of each prompt; equal questions are computed once."""
    asked = [(p, tuple(o), t) for p, o, t in zip(prompts, options, templated, strict=True)]
    unique = list(dict.fromkeys(asked))
    encoded = encode(loaded, unique, separator=separator)
    found = log_likelihoods(
        loaded,
        [one.group for one in encoded],
        batch_tokens=batch_tokens,
    )
    answers = {}
    for question, one, values in zip(unique, encoded, found, strict=True):
        texts = question[1]
        tokens = [one.tokens(place) for place in range(len(texts))]
        answers[question] = weighed(texts, one.likelihoods(values), tokens, normalization)
    return [answers[one] for one in asked]


def encode(
    loaded: Loaded, asked: Sequence[tuple[str, tuple[str, ...], bool]], *, separator: str
) -> list[Encoded]:
    """Tokenise prompts together with their options; the third of each says if it is a template's.

    A chat template writes the token that begins a text itself. Control tokens inside an option are
    text, as in the turns of a conversation.
    """
    asked = [
        (prompt, tuple(neutral(loaded.tokenizer, options)), templated)
        for prompt, options, templated in asked
    ]
    texts: dict[str, tuple[int, ...]] = {}
    for prompt, options, _ in asked:
        for option in options:
            before, after = joined(prompt, option, separator)
            texts |= {before: (), before + after: ()}
    texts = {
        text: ids
        for text, (ids, _) in zip(texts, tokenised(loaded.tokenizer, list(texts)), strict=True)
    }
    return [
        _group(loaded, prompt, options, separator, templated, texts)
        for prompt, options, templated in asked
    ]


def _group(
    loaded: Loaded,
    prompt: str,
    options: tuple[str, ...],
    separator: str,
    templated: bool,
    texts: dict[str, tuple[int, ...]],
) -> Encoded:
    bare = texts[prompt.rstrip()] if options else ()
    lead = () if templated else loaded.lead_of(bare)
    whole = [
        texts["".join(joined(prompt, option, separator))] if option.strip() else None
        for option in options
    ]
    # Where an option's first token swallows the end of the prompt, all options are scored from
    # before that token, and the probability of the prompt's own end is taken off again.
    common = min((shared_length(bare, one) for one in whole if one), default=0)
    if not lead and not common:
        lead = _stand_in(loaded)
    start = len(lead) + common
    spans = tuple(
        None if one is None or one == bare else Span((*lead, *one), start) for one in whole
    )
    for span, option in zip(spans, options, strict=True):
        if span and loaded.window is not None and len(span.ids) > loaded.window:
            msg = (
                f"the prompt {readable(prompt)[:40]!r} with the option "
                f"{readable(option)[:40]!r} has {len(span.ids)} tokens, and the model takes "
                f"{loaded.window}; shorten it (nothing is cut off silently)"
            )
            raise ModelError(msg)
    rest = Span((*lead, *bare), start) if common < len(bare) and any(spans) else None
    return Encoded((*lead, *bare), len(lead), spans, rest)


def _stand_in(loaded: Loaded) -> tuple[int, ...]:
    """Give a token that an option can follow where there is no prompt."""
    for token in (loaded.tokenizer.bos_token_id, loaded.tokenizer.eos_token_id):
        if token is not None:
            return (token,)
    msg = "the prompt is empty, and the tokenizer has no token that begins or ends a text"
    raise ModelError(msg)
