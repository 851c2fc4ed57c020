"""What differs between two texts: words, letters in them, and what is left out of long ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seatrial.cli._differences import LETTER, WORD, differences, flowed, marked, shortened

texts = st.text(st.sampled_from("ab c,\n請"), max_size=40)


def whole(pieces):
    return "".join(text for text, _ in pieces)


@given(texts, texts)
def test_pieces_join_to_the_texts_and_agree_on_what_is_the_same(before, after):
    old, new = differences(before, after)
    assert (whole(old), whole(new)) == (before, after)
    same = [["".join(t for t, kind in pieces if not kind)] for pieces in (old, new)]
    assert same[0] == same[1]
    if before == after:
        assert all(not kind for _, kind in old)


def test_a_typing_error_is_a_letter_in_a_word():
    old, new = differences("my money back", "my monwy back")
    assert old == [("my ", ""), ("mon", WORD), ("e", LETTER), ("y", WORD), (" back", "")]
    assert new == [("my ", ""), ("mon", WORD), ("w", LETTER), ("y", WORD), (" back", "")]
    assert marked(old, "-") == "my [-money-] back"
    assert marked(new, "+") == "my {+monwy+} back"


def test_a_word_left_out_and_a_space_put_in_are_seen():
    old, new = differences("take it now", "take now")
    assert marked(old, "-") in ("take [-it -]now", "take[- it-] now")
    assert marked(new, "+") == "take now"
    old, new = differences("a doctor", "a doc tor")
    assert (" ", LETTER) in new


def test_errors_in_a_text_that_repeats_itself_are_found_place_by_place():
    before = " ".join(["word"] * 50)
    after = " ".join(["wird" if at % 3 else "word" for at in range(50)])
    old, _ = differences(before, after)
    assert sum(kind == LETTER for _, kind in old) == 33
    assert all(text == "o" for text, kind in old if kind == LETTER)


def test_what_is_far_from_any_difference_is_left_out():
    before = f"{'begin ' * 200}take 5 mg {'end ' * 200}"
    after = before.replace("take", "tahe")
    shown = marked(shortened(differences(before, after)[1]), "+")
    assert "{+tahe+}" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 400
    alone = shortened([("x" * 5000, "")])
    assert len(whole(alone)) < 700
    everywhere = shortened([(f"{at} " * 9, LETTER if at % 2 else "") for at in range(900)])
    assert len(whole(everywhere)) < 1300


@given(texts, texts, st.integers(3, 30))
def test_folded_lines_keep_their_pieces_and_stay_within_the_width(before, after, width):
    _, new = differences(before.replace("\n", " "), after.replace("\n", " "))
    lines = list(flowed(new, width))
    assert "".join(map(whole, lines)).replace(" ", "") == whole(new).replace(" ", "")
