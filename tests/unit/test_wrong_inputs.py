"""Every wrong input is refused with a message that names offender and cure."""

from __future__ import annotations

import pytest

from wrong_inputs import CASES, ROOT, Wrong, message, page


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_message_names_offender_and_cure(case: Wrong) -> None:
    text = message(case)
    assert text, "the wrong input was accepted"
    assert case.offender in text
    assert case.cure in text


def test_docs_show_the_real_messages() -> None:
    assert (ROOT / "docs" / "wrong-inputs.md").read_text(encoding="utf-8") == page()
