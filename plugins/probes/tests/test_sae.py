"""Sparse autoencoders: they find planted directions, and explain planted failures."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_probes import sae
from seatrial_probes._autoencoder import Autoencoder, load_autoencoder
from seatrial_probes._latents import ranked

from seatrial.errors import FileError, ParameterError, PlanError
from seatrial.statistics import auroc

pytest.importorskip("torch")
SMALL = {"expansion": 3.0, "active": 4, "steps": 150, "keep": (1, 4, 16)}


def sums(count=4000, width=32, directions=48, seed=0):
    """Vectors that are sums of a few of many directions, and the directions."""
    drawn = np.random.default_rng(seed)
    known = drawn.normal(size=(directions, width))
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    on = (drawn.random((count, directions)) < 0.06) * drawn.uniform(1, 3, (count, directions))
    return (on @ known + 1).astype(np.float32), known


@pytest.fixture(scope="module")
def trained_one():
    from seatrial_probes._autoencoder_training import trained

    vectors, known = sums()
    return trained(vectors, expansion=3, k=6, steps=300, batch=256, rate=6e-3), vectors, known


def test_the_directions_that_were_put_in_are_found(trained_one):
    autoencoder, vectors, known = trained_one
    nearest = (known @ autoencoder.decoder.T).max(axis=1)
    assert (nearest > 0.9).mean() > 0.8
    found = autoencoder.measured(vectors)
    assert found["explained_variance"] > 0.8
    assert found["l0"] <= 6
    assert found["dead"] < 0.1


def test_directions_have_unit_norm_and_the_seed_decides(trained_one):
    from seatrial_probes._autoencoder_training import trained

    assert np.allclose(np.linalg.norm(trained_one[0].decoder, axis=1), 1, atol=1e-5)
    one, same, other = (trained(trained_one[1], k=4, steps=5, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.encoder, same.encoder)
    assert not np.array_equal(one.encoder, other.encoder)


def test_measures_are_what_brute_force_says(trained_one):
    autoencoder, vectors, _ = trained_one
    latents = autoencoder.encode(vectors)
    lost = np.square(vectors - autoencoder.decode(latents)).sum()
    spread = np.square(vectors - vectors.mean(0)).sum()
    found = autoencoder.measured(vectors)
    assert found["explained_variance"] == pytest.approx(1 - lost / spread, rel=1e-4)
    assert found["l0"] == pytest.approx((latents > 0).sum(axis=1).mean())
    assert found["dead"] == pytest.approx((latents == 0).all(axis=0).mean())


def test_what_is_saved_is_loaded_to_the_last_bit(trained_one, tmp_path):
    autoencoder, vectors, _ = trained_one
    again = load_autoencoder(autoencoder.save(tmp_path / "sae.safetensors"))
    assert np.array_equal(again.encode(vectors), autoencoder.encode(vectors))
    assert (again.k, again.scale) == (autoencoder.k, autoencoder.scale)


def test_a_jump_relu_keeps_what_lies_above_its_threshold(tmp_path):
    from safetensors.numpy import save_file

    drawn = np.random.default_rng(0)
    tensors = {
        "W_enc": drawn.normal(size=(3, 5)),
        "b_enc": drawn.normal(size=5),
        "W_dec": drawn.normal(size=(5, 3)),
        "b_dec": drawn.normal(size=3),
        "threshold": np.full(5, 0.7),
    }
    save_file({name: one.astype("float32") for name, one in tensors.items()}, tmp_path / "a.st")
    x = drawn.normal(size=(20, 3))
    before = x @ tensors["W_enc"] + tensors["b_enc"]
    found = load_autoencoder(tmp_path / "a.st")
    assert np.allclose(found.encode(x), np.where(before > 0.7, before, 0), atol=1e-5)
    truth = found.encode(x) @ tensors["W_dec"] + tensors["b_dec"]
    assert np.allclose(found.decode(found.encode(x)), truth, atol=1e-5)


def test_linear_layers_lie_the_other_way_round_and_are_turned(trained_one, tmp_path):
    from safetensors.numpy import save_file

    autoencoder, vectors, _ = trained_one
    tensors = {
        "encoder.weight": autoencoder.encoder.T,
        "encoder.bias": autoencoder.encoder_bias,
        "decoder.weight": autoencoder.decoder.T,
        "pre_bias": autoencoder.decoder_bias,
    }
    save_file({n: np.ascontiguousarray(one) for n, one in tensors.items()}, tmp_path / "a.st")
    plain = Autoencoder(
        autoencoder.encoder,
        autoencoder.encoder_bias,
        autoencoder.decoder,
        autoencoder.decoder_bias,
        k=6,
    )
    assert np.allclose(
        load_autoencoder(tmp_path / "a.st", k=6).encode(vectors), plain.encode(vectors)
    )


def test_files_that_hold_no_autoencoder_are_refused(trained_one, tmp_path):
    from safetensors.numpy import save_file

    with pytest.raises(FileError, match="cannot be read"):
        load_autoencoder(tmp_path / "none.safetensors")
    save_file({"weights": np.ones(3, "float32")}, tmp_path / "a.st")
    with pytest.raises(FileError, match="no tensor W_enc"):
        load_autoencoder(tmp_path / "a.st")
    path = trained_one[0].save(tmp_path / "b.st")
    with pytest.raises(ParameterError, match="k must be"):
        load_autoencoder(path, k=10_000)


def test_latents_are_ranked_by_how_they_differ_and_rare_ones_are_left_out():
    drawn = np.random.default_rng(1)
    failed = drawn.random(300) < 0.5
    table = np.abs(drawn.normal(size=(300, 6)))
    table[:, 4] += failed
    table[:, 2] = 0
    table[0, 2] = 9
    assert ranked(table, failed)[0] == 4
    assert 2 not in ranked(table, failed)


def test_it_finds_the_planted_failure_and_names_it(residual_model, trapped):
    outcomes = trapped(240, seed=2)
    found = sae(**SMALL).build()(residual_model, outcomes[:160], seed=1)
    predicted = np.array(found.predict([one.case for one in outcomes[160:]]))
    failed = np.array([not one.right for one in outcomes[160:]])
    assert auroc(failed, predicted, None, 0.95).low > 0.85
    assert "stone" in " ".join(one.summary for one in found.findings)
    assert found.details["dense"]["auroc"] > 0.9
    assert "dense probe of the same layer" in found.summary
    assert found.details["searched"]["p"] < 0.01
    assert len(found.details["curve"]) == 2 * 3 * 4
    weights = np.array(found.details["direction"]["weights"])
    cause = residual_model.cause.numpy()
    assert weights @ cause / np.linalg.norm(weights) > 0.5


def test_the_same_seed_gives_the_same_explanation(residual_model, trapped):
    outcomes, explain = trapped(80), sae(**SMALL, layer=2).build()
    one, other = (explain(residual_model, outcomes, seed=3) for _ in range(2))
    assert one == other
    cases = [one.case for one in outcomes]
    assert list(one.predict(cases)) == list(other.predict(cases))
    assert list(one.predict([])) == []


def test_an_autoencoder_can_be_kept_and_used_again(residual_model, trapped, tmp_path):
    outcomes, path = trapped(80), str(tmp_path / "sae.safetensors")
    first = sae(**SMALL, layer=2, to=path).build()(residual_model, outcomes, seed=3)
    again = sae(layer=2, path=path, keep=(1, 4, 16)).build()(residual_model, outcomes, seed=3)
    cases = [one.case for one in outcomes]
    assert np.allclose(first.predict(cases), again.predict(cases))
    assert again.details["autoencoder"]["kind"] == "TopK"


def test_an_autoencoder_of_another_width_is_refused(residual_model, trapped, trained_one, tmp_path):
    path = str(trained_one[0].save(tmp_path / "a.st"))
    with pytest.raises(PlanError, match="32 wide, and this layer's are 24"):
        sae(layer=2, path=path).build()(residual_model, trapped(60), seed=0)


def test_nothing_but_failures_is_said_and_not_explained(residual_model, trapped):
    wrong = [one for one in trapped(60) if not one.right]
    assert "no success" in sae(**SMALL).build()(residual_model, wrong, seed=0).summary


def test_a_handful_of_outcomes_is_enough_to_say_something(residual_model, trapped):
    few = trapped(60)
    few = [next(one for one in few if one.right), next(one for one in few if not one.right)] * 2
    found = sae(**SMALL).build()(residual_model, few, seed=0)
    assert "no latent fires" in found.summary
    assert list(found.predict([one.case for one in few])) == [0.5] * 4
