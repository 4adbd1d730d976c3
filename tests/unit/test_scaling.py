import logging
from dataclasses import replace

import numpy as np
import pytest

from scarp import scaling
from scarp.errors import DataError
from scarp.patches import read_channel, read_flags
from scarp.scaling import Limits, Scaling, fit, from_json, scale, scene_limits, to_json
from tiny import tiny_patches

SHAPE = (64, 96)
EVERYWHERE = np.ones((1, 2, 2), dtype=bool)


def patch(*values):
    return np.array(values, dtype=np.float32).reshape(1, 2, 2)


def by_band(**bands):
    return Scaling("train", (1.0, 99.0), {name: Limits(*pair) for name, pair in bands.items()})


def test_limits_are_percentiles_of_a_band_over_all_its_epochs_and_training_patches(tmp_path):
    files = {event: tiny_patches(tmp_path, event) for event in ("A", "B")}
    training = [("A", 0), ("A", 4), ("B", 2)]
    fitted = fit(files, training, (2, 98))
    power = np.concatenate(
        [
            read_channel(files[event], channel, np.array([patch])).ravel()
            for event, patch in training
            for channel in ("PRE1_gVV", "POST1_gVV")
        ]
    )
    low, high = np.percentile(10 * np.log10(power), (2, 98))
    assert fitted.bands["gVV"].transform == "decibel"
    assert fitted.bands["gVV"].low == pytest.approx(low, rel=1e-5)
    assert fitted.bands["gVV"].high == pytest.approx(high, rel=1e-5)


def test_only_bands_of_the_files_get_limits_and_physical_ranges_are_kept(tmp_path):
    fitted = fit({"A": tiny_patches(tmp_path, "A")}, [("A", 0)], (1, 99))
    assert set(fitted.bands) == {"SLOPE", "gVV", "B04"}
    assert fitted.bands["SLOPE"] == Limits("identity", 0.0, 90.0)


def test_physical_ranges_can_be_replaced_by_percentiles(tmp_path):
    path = tiny_patches(tmp_path, "A")
    fitted = fit({"A": path}, [("A", 1)], (10, 90), physical_ranges=False)
    slope = read_channel(path, "None_SLOPE", np.array([1]))
    assert fitted.bands["SLOPE"].high == pytest.approx(np.percentile(slope, 90), rel=1e-5)


def test_other_patches_do_not_move_the_limits(tmp_path):
    red = np.full(SHAPE, 0.2, dtype=np.float32)
    red[:32, :32] = np.linspace(0.1, 0.3, 32, dtype=np.float32)
    red[32:, 64:] = 1.9  # patch 5
    path = tiny_patches(tmp_path, "A", channels=["POST1_B04"], values={"POST1_B04": red})
    fitted = fit({"A": path}, [("A", 0)], (0, 100))
    assert (fitted.bands["B04"].low, fitted.bands["B04"].high) == pytest.approx(
        (0.1, 0.3), rel=1e-3
    )


def test_invalid_missing_and_non_positive_pixels_do_not_move_the_limits(tmp_path):
    power = np.full(SHAPE, 0.1, dtype=np.float32)
    power[0, :4] = (np.nan, 0.0, 1e-3, 100.0)
    valid = np.ones(SHAPE, dtype=np.uint8)
    valid[0, 3] = 0
    path = tiny_patches(
        tmp_path, "A", channels=["PRE1_gVV"], values={"PRE1_gVV": power}, valid=valid
    )
    limits = fit({"A": path}, [("A", 0)], (0, 100)).bands["gVV"]
    assert (limits.low, limits.high) == pytest.approx((-30, -10), abs=1e-3)


def test_evenly_spaced_pixels_stand_for_all_where_there_are_too_many(tmp_path, monkeypatch):
    path = tiny_patches(tmp_path, "A")
    everything = fit({"A": path}, [("A", n) for n in range(6)], (5, 95)).bands["gVV"]
    monkeypatch.setattr(scaling, "MOST_VALUES", 2000)
    some = fit({"A": path}, [("A", n) for n in range(6)], (5, 95)).bands["gVV"]
    assert some != everything
    assert (some.low, some.high) == pytest.approx((everything.low, everything.high), abs=1.0)


def test_a_band_without_a_usable_pixel_gets_no_limits_and_is_named_when_it_is_needed(
    tmp_path, caplog
):
    nothing = np.full(SHAPE, np.nan, dtype=np.float32)
    path = tiny_patches(tmp_path, "A", values={"POST1_B04": nothing, "PRE1_B04": nothing})
    with caplog.at_level(logging.WARNING, "scarp"):
        fitted = fit({"A": path}, [("A", 0)], (1, 99))
    assert "band B04 has no usable pixel" in caplog.text
    with pytest.raises(DataError) as error:
        scale(patch(0, 0, 0, 0), EVERYWHERE, "POST1_B04", fitted, {})
    (fault,) = error.value.faults
    assert fault.offender == "POST1_B04"
    assert "B04" in fault.fact and "gVV" in fault.allowed


def test_limits_survive_json():
    before = by_band(gVV=("decibel", -22.125, 3.0), NDVI=("identity", -1.0, 1.0))
    corrected = replace(by_band(gVV=("decibel", -20.0, 2.0)), s2_offset="corrected")
    text = to_json([before, corrected])
    assert from_json(text) == before
    assert from_json(text, "train", "corrected") == corrected
    assert from_json(text, "patch").scope == "patch"
    assert '"scope"' not in text


def test_limits_become_0_and_1_and_values_beyond_are_cut():
    scaled = scale(
        patch(0.0, 0.2, 0.3, 0.5), EVERYWHERE, "POST1_B04", by_band(B04=("identity", 0.1, 0.3)), {}
    )
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.ravel(), [0, 0.5, 1, 1], atol=1e-6)


def test_missing_data_become_0_after_scaling_not_before():
    """With limits -1..1 a zero put in before scaling would come out as 0.5."""
    limits = by_band(NDVI=("identity", -1.0, 1.0))
    scaled = scale(patch(np.nan, 0.0, -1.0, 1.0), EVERYWHERE, "PRE1_NDVI", limits, {})
    np.testing.assert_allclose(scaled.ravel(), [0, 0.5, 0, 1])


def test_gamma_nought_is_scaled_in_decibel_and_zero_power_is_no_data():
    limits = by_band(gVV=("decibel", -20.0, 0.0))
    scaled = scale(patch(0.01, 0.1, 1.0, 0.0), EVERYWHERE, "PRE1_gVV", limits, {})
    np.testing.assert_allclose(scaled.ravel(), [0, 0.5, 1, 0], atol=1e-6)


def test_epochs_of_a_band_share_limits_so_that_a_change_stays_a_change():
    limits = by_band(B04=("identity", 0.0, 1.0))
    before = scale(patch(0.1, 0.2, 0.1, 0.2), EVERYWHERE, "PRE1_B04", limits, {})
    after = scale(patch(0.4, 0.5, 0.4, 0.5), EVERYWHERE, "POST1_B04", limits, {})
    np.testing.assert_allclose(after - before, 0.3, atol=1e-6)


def test_patch_scope_stretches_each_patch_by_its_own_valid_pixels():
    values = np.concatenate([patch(1, 2, 3, 9), patch(10, 20, 30, np.nan)])
    valid = np.ones((2, 2, 2), dtype=bool)
    valid[0, 1, 1] = False
    limits = Scaling("patch", (1, 99), {"DEM": Limits("identity", 0, 1000)})
    scaled = scale(values, valid, "None_DEM", limits, {})
    np.testing.assert_allclose(scaled[0].ravel(), [0, 0.5, 1, 1])
    np.testing.assert_allclose(scaled[1].ravel(), [0, 0.5, 1, 0])


def test_scene_scope_takes_percentiles_of_all_patches_of_the_event(tmp_path):
    path = tiny_patches(tmp_path, "A")
    limits = Scaling("scene", (5, 95), {"B04": Limits("identity", 7.0, 8.0)})
    scene = scene_limits(path, ["POST1_B04"], limits)
    everything = read_channel(path, "POST1_B04")
    low, high = np.percentile(everything, (5, 95))
    assert scene["POST1_B04"] == pytest.approx((low, high), rel=1e-5)
    valid = read_flags(path)[1] == 1
    one = scale(everything[:1], valid[:1], "POST1_B04", limits, scene)
    np.testing.assert_allclose(one, np.clip((everything[:1] - low) / (high - low), 0, 1), atol=1e-5)


def test_no_scene_is_read_for_the_other_scopes(tmp_path):
    limits = by_band(B04=("identity", 0, 1))
    assert scene_limits(tmp_path / "there is no such file", ["POST1_B04"], limits) == {}


@pytest.mark.parametrize("scope", ["train", "patch", "scene"])
def test_a_constant_channel_becomes_0(scope):
    limits = Scaling(scope, (1, 99), {"B04": Limits("identity", 0.3, 0.3)})
    scaled = scale(
        patch(0.3, 0.3, 0.3, 0.3), EVERYWHERE, "POST1_B04", limits, {"POST1_B04": (0.3, 0.3)}
    )
    np.testing.assert_array_equal(scaled, 0)


def test_a_patch_without_a_valid_pixel_becomes_0_in_patch_scope():
    limits = Scaling("patch", (1, 99), {"B04": Limits("identity", 0.0, 1.0)})
    scaled = scale(patch(0.1, 0.2, np.nan, 0.4), ~EVERYWHERE, "POST1_B04", limits, {})
    np.testing.assert_array_equal(scaled, 0)
