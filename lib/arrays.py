"""Arrays of NumPy: one name per type of element, the same in the whole of lib."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
AnyFloats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]
Ints16 = NDArray[np.uint16]
Ints8 = NDArray[np.int8]
Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]
Positions = NDArray[np.intp]  # in another array
Bools = NDArray[np.bool_]
Objects = NDArray[np.object_]
Array = NDArray[Any]
