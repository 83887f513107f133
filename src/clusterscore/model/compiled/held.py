"""Tuples of arrays held in memory, where compiled code finds them by their address.

So a sampler can call the log-density as a C function from several threads, and none waits for Python's lock: with
Python between them two chains on two cores ran 1.3 times as fast as one after the other, without it twice. Besides, it
takes long to compile what unpacks such a tuple from Python: here only :func:`_hold` does it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

import numba
import numba.core.cgutils
import numba.extending
import numpy as np
from numba import types
from numba.core.registry import cpu_target

from clusterscore.model.compiled.jit import compiled

_cgutils: Any = numba.core.cgutils  # numba has no stubs to speak of
_typeof: Any = numba.typeof
_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.extending.intrinsic


class Held:
    """A named tuple of arrays, numbers and such tuples in memory, where it stays as long as this object lives.

    Attributes
    ----------
    memory
        The bytes.

    Raises
    ------
    TypeError
        Where an array has other dimensions, or another type, than the tuple's class declares.
    """

    def __init__(self, values: NamedTuple) -> None:
        self._values, self.kind = _owned(values), kind_of(type(values))
        if _typeof(self._values) != self.kind:
            raise TypeError(f"{type(values).__name__} holds something else than it declares")
        context = cpu_target.target_context
        self.memory = np.zeros(context.get_abi_sizeof(context.get_value_type(self.kind)), dtype=np.uint8)
        _hold(self.address, self._values)

    @property
    def address(self) -> int:
        """Where the tuple stands."""
        return int(self.memory.ctypes.data)


def kind_of(declared: Any) -> Any:
    """Return numba's type of the named tuples of a class, for :func:`load`."""
    return _typeof(_blank(declared))


def _blank(declared: Any) -> Any:
    """Return the smallest value of a declared type: a named tuple, an array annotated with its dimensions, a number."""
    if get_origin(declared) is Annotated:
        array, n_dims = get_args(declared)
        return np.zeros((1,) * n_dims, dtype=get_args(array)[-1])
    if issubclass(declared, tuple):
        return declared(*map(_blank, get_type_hints(declared, include_extras=True).values()))
    return declared()


def _owned(value: Any) -> Any:
    """Return a tuple whose arrays are copies of one layout, so that all designs are of one kind."""
    if isinstance(value, tuple):
        return type(value)(*map(_owned, value))
    return np.array(value, order="C") if isinstance(value, np.ndarray) else value


@_intrinsic
def load(_typing: Any, address: Any, kind: Any) -> Any:
    """Read a tuple of a kind from its address, an unsigned integer or a void pointer."""
    found = kind.instance_type

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = context.get_value_type(found).as_pointer()
        cast = builder.bitcast if signature.args[0] == types.voidptr else builder.inttoptr
        return builder.load(cast(arguments[0], pointer))

    return found(address, kind), codegen


@_intrinsic
def _store(_typing: Any, _address: Any, value: Any) -> Any:
    """Write a tuple to memory; its arrays are borrowed."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        borrowed = _borrowed(context, builder, signature.args[1], arguments[1])
        builder.store(borrowed, builder.inttoptr(arguments[0], borrowed.type.as_pointer()))
        return context.get_dummy_value()

    return types.void(types.uintp, value), codegen


def _borrowed(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return a value whose arrays are not counted by numba, which would otherwise free them."""
    if isinstance(kind, types.Array):
        array = _cgutils.create_struct_proxy(kind)(context, builder, value)
        array.meminfo = _cgutils.get_null_value(array.meminfo.type)
        array.parent = _cgutils.get_null_value(array.parent.type)
        return array._getvalue()  # noqa: SLF001 - how numba reads its proxies
    if isinstance(kind, types.BaseTuple):
        parts: Any = kind
        for place, part in enumerate(parts):
            borrowed = _borrowed(context, builder, part, builder.extract_value(value, place))
            value = builder.insert_value(value, borrowed, place)
    return value


@compiled
def _hold(address: int, values: Any) -> None:
    _store(address, values)
