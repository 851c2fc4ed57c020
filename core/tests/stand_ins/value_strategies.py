"""Values of the core's modalities, for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seatrial import Volume

arrays = hnp.arrays(
    st.sampled_from(["u1", "i2", "i8", "f4", "f8", ">f4", ">i2", "?"]),
    hnp.array_shapes(max_dims=4, max_side=4),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
images = hnp.arrays(
    st.sampled_from(["u1", "u2"]), st.sampled_from([(1, 1, 3), (2, 3, 1), (4, 2, 3)])
)
masks = hnp.arrays(st.sampled_from(["u1", "i8", "?"]), hnp.array_shapes(min_dims=2, max_dims=3))
volumes = st.builds(
    Volume,
    hnp.arrays(
        st.sampled_from(["f4", "i2"]),
        hnp.array_shapes(min_dims=4, max_dims=4, max_side=3),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    st.sampled_from([np.eye(4), np.diag([2.0, 2.0, 5.0, 1.0])]),
)
conversations = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["system", "user", "assistant", "tool"]),
            "content": texts | st.lists(texts | images, max_size=3),
        }
    ),
    min_size=1,
    max_size=3,
)
