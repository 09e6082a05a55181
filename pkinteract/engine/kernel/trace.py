"""A ``@kernel`` function for one table: its loops run once, in Python, and leave straight machine code behind.

Where a table says which rows meet, walking it again at every evaluation takes twice the time of the arithmetic. So the
function is run with rows that write down what is done with them. Only whole numbers of the table steer it; what comes
out is the assembly of a function of two arguments, where the rows begin and a number that all lanes share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from pkinteract.engine.kernel.code import TRACED
from pkinteract.engine.kernel.vector import LANES

WIDTH = 8
"""Lanes of one pass: the values of fewer stay in registers, the instructions of more wait less for each other."""

_MAGIC = 1.5 * 2.0**52
"""Added to a small whole number, it leaves it in the lowest bits."""

_DOUBLE, _WHOLE = ir.DoubleType(), ir.IntType(64)
_VECTOR = ir.VectorType(_DOUBLE, WIDTH)
_FLAGS = ("contract", "nsz")
_NEUTRAL = {"fadd": 0.0, "fsub": 0.0, "fmul": 1.0, "fdiv": 1.0}


class TracedValue:
    """A row whose numbers are not known yet; what was done once with the same values is not done again."""

    __slots__ = ("builder", "known", "vector")

    def __init__(self, builder: Any, known: dict[object, TracedValue], vector: Any) -> None:
        self.builder, self.known, self.vector = builder, known, vector

    def _with(self, other: TracedValue | float, name: str, *, behind: bool = False) -> TracedValue | float:
        pair = (other, self) if behind else (self, other)
        if not isinstance(other, TracedValue):
            if other == _NEUTRAL[name] and not (behind and name in ("fsub", "fdiv")):
                return self
            if other == 0.0 and (name == "fmul" or (name == "fdiv" and behind)):
                return 0.0
            if other == 0.0 and name == "fsub":
                return -self
        return self._once(name, pair, lambda one, two: getattr(self.builder, name)(one, two, flags=_FLAGS))

    def _once(self, name: str, inputs: Sequence[TracedValue | float], make: Callable[..., Any]) -> TracedValue:
        key = (name, *(id(part) if isinstance(part, TracedValue) else part for part in inputs))
        if key not in self.known:
            vectors = [part.vector if isinstance(part, TracedValue) else _constant(part) for part in inputs]
            self.known[key] = TracedValue(self.builder, self.known, make(*vectors))
        return self.known[key]

    def __add__(self, other: TracedValue | float) -> TracedValue | float:
        return self._with(other, "fadd")

    def __radd__(self, other: float) -> TracedValue | float:
        return self._with(other, "fadd", behind=True)

    def __sub__(self, other: TracedValue | float) -> TracedValue | float:
        return self._with(other, "fsub")

    def __rsub__(self, other: float) -> TracedValue | float:
        return self._with(other, "fsub", behind=True)

    def __mul__(self, other: TracedValue | float) -> TracedValue | float:
        return self._with(other, "fmul")

    def __rmul__(self, other: float) -> TracedValue | float:
        return self._with(other, "fmul", behind=True)

    def __truediv__(self, other: TracedValue | float) -> TracedValue | float:
        return self._with(other, "fdiv")

    def __rtruediv__(self, other: float) -> TracedValue | float:
        return self._with(other, "fdiv", behind=True)

    def astype(self, kind: type) -> TracedValue:
        """Itself: whole numbers stay doubles until they are an exponent."""
        return self

    def __neg__(self) -> TracedValue:
        return self._once("negative", (self,), self.builder.fneg)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any) -> TracedValue:
        if ufunc is np.power:
            return self._once("power", inputs, self._power)
        if ufunc is np.ldexp:
            return self._once("two to", (self,), lambda vector: two_to(self.builder, vector, WIDTH))
        if ufunc in (np.maximum, np.minimum):
            sign = ">" if ufunc is np.maximum else "<"
            return self._once(sign, inputs, lambda one, two: self._chosen(sign, one, two))
        name = {np.sqrt: "sqrt", np.absolute: "fabs", np.floor: "floor"}[ufunc]
        function = _declared(self.builder, f"llvm.{name}.v{WIDTH}f64", _VECTOR, [_VECTOR])
        return self._once(name, (self,), lambda vector: self.builder.call(function, [vector]))

    def _chosen(self, sign: str, one: Any, two: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered(sign, one, two), one, two)

    def _power(self, *vectors: Any) -> Any:
        function = _declared(self.builder, "llvm.pow.f64", _DOUBLE, [_DOUBLE, _DOUBLE])
        vector = ir.Constant(_VECTOR, ir.Undefined)
        for lane in range(WIDTH):
            place = ir.Constant(ir.IntType(32), lane)
            given = [self.builder.extract_element(one, place) for one in vectors]
            vector = self.builder.insert_element(vector, self.builder.call(function, given), place)
        return vector


class _TracedRows:
    """Rows of a function that is being written: each is loaded once, and stored once at its end."""

    def __init__(self, builder: Any, rows: Any) -> None:
        self.builder, self.rows = builder, rows
        self.known: dict[object, TracedValue] = {}
        self.values: dict[int, TracedValue] = {}
        self.written: set[int] = set()

    def __getitem__(self, row: int) -> TracedValue:
        if row not in self.values:
            self.values[int(row)] = self.value(self.builder.load(self._pointer(int(row)), align=8))
        return self.values[int(row)]

    def __setitem__(self, row: int, value: TracedValue | float) -> None:
        self.values[int(row)] = value if isinstance(value, TracedValue) else self.value(_constant(value))
        self.written.add(int(row))

    def value(self, vector: Any) -> TracedValue:
        """A value of this function."""
        return TracedValue(self.builder, self.known, vector)

    def _pointer(self, row: int) -> Any:
        return self.builder.gep(self.rows, [ir.Constant(_WHOLE, row * (LANES // WIDTH))])

    def store(self) -> None:
        """Write what was assigned."""
        for row in sorted(self.written):
            self.builder.store(self.values[row].vector, self._pointer(row), align=8)


def traced(function: Callable[[Any, Any, Any], None], table: Any) -> str:
    """Assembly of ``function(h, rows, table)`` for a table: ``TRACED(address of the rows, h)``."""
    module = ir.Module()
    whole = ir.Function(module, ir.FunctionType(ir.VoidType(), [_WHOLE, _DOUBLE]), TRACED)
    entry, body, end = (whole.append_basic_block(part) for part in ("entry", "body", "end"))
    builder = ir.IRBuilder(entry)
    base = builder.inttoptr(whole.args[0], _VECTOR.as_pointer())
    h = splat(builder, whole.args[1], WIDTH)
    builder.branch(body)
    builder.position_at_end(body)
    chunk = builder.phi(_WHOLE)
    chunk.add_incoming(ir.Constant(_WHOLE, 0), entry)
    rows = _TracedRows(builder, builder.gep(base, [chunk]))
    function(rows.value(h), rows, table)
    rows.store()
    after = builder.add(chunk, ir.Constant(_WHOLE, 1))
    chunk.add_incoming(after, body)
    builder.cbranch(builder.icmp_unsigned("<", after, ir.Constant(_WHOLE, LANES // WIDTH)), body, end)
    builder.position_at_end(end)
    builder.ret_void()
    return str(module)


def machine_code(text: str) -> bytes:
    """Object code of an assembly, for this processor."""
    module = llvm.parse_assembly(text)
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2, jit=True,
        codemodel="jitdefault", reloc="static",
    )  # fmt: skip
    return bytes(target.emit_object(module))


def _constant(number: float) -> Any:
    return _spelled(float(number).hex())


@cache
def _spelled(number: str) -> Any:
    """A number in every lane, spelled once; by its digits, since minus zero is equal to zero."""
    return ir.Constant(_VECTOR, float.fromhex(number))


def _declared(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(result, arguments), name)


def splat(builder: Any, number: Any, width: int) -> Any:
    """A number in every lane."""
    empty = ir.Constant(ir.VectorType(_DOUBLE, width), ir.Undefined)
    first = builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width))


def two_to(builder: Any, exponents: Any, width: int) -> Any:
    """2 to the power of small whole numbers: they become the bits of an exponent."""
    vector, bits = ir.VectorType(_DOUBLE, width), ir.VectorType(_WHOLE, width)
    shifted = builder.fadd(exponents, ir.Constant(vector, [_MAGIC] * width))
    whole = builder.add(builder.bitcast(shifted, bits), ir.Constant(bits, [1023] * width))
    return builder.bitcast(builder.shl(whole, ir.Constant(bits, [52] * width)), vector)
