"""From ``@kernel`` functions to object code: what numba must know of rows of lanes. Run by a process of its own.

    python -m pkinteract.engine.kernel.compiler FOLDER MODULE

writes one object file per entry point in a module of the engine. Nothing else imports this one: whoever runs the code
needs llvmlite alone.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import njit, types
from numba.core.extending import intrinsic, models, register_model
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

from pkinteract.engine.kernel import vector
from pkinteract.engine.kernel.entries import ENTRIES, Entry
from pkinteract.engine.kernel.vector import LANES

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_SINGLE = ir.VectorType(ir.FloatType(), LANES)
_BITS = ir.VectorType(ir.IntType(64), LANES)
_MASK = ir.VectorType(ir.IntType(1), LANES)
_FLAGS = ("contract", "nsz")

_MAGIC = 1.5 * 2.0**52
"""Added to a small whole number, it leaves it in the lowest bits."""


class _Named(types.Type):  # type: ignore[misc]
    """A type of ours, by its name alone."""


class _RowType(_Named):
    pass


class _MaskType(_Named):
    pass


class _RowsType(_Named):
    pass


class _SingleRowsType(_Named):
    pass


ROW, MASK, ROWS, SINGLE_ROWS = _RowType("row"), _MaskType("mask"), _RowsType("rows"), _SingleRowsType("single rows")
POINTERS = {
    "rows": ROWS,
    "single rows": SINGLE_ROWS,
    "doubles": types.CPointer(types.float64),
    "integers": types.CPointer(types.int64),
    "words": types.CPointer(types.uint64),
    "int32s": types.CPointer(types.int32),
    "uint32s": types.CPointer(types.uint32),
    "uint16s": types.CPointer(types.uint16),
    "bytes": types.CPointer(types.uint8),
}
"""What an address may stand for, by its name in an entry."""


def _modelled(kind: type, ir_type: Any) -> None:
    def begin(self: Any, manager: Any, numba_type: Any) -> None:
        models.PrimitiveModel.__init__(self, manager, numba_type, ir_type)

    register_model(kind)(type(f"{kind.__name__}Model", (models.PrimitiveModel,), {"__init__": begin}))


_modelled(_RowType, _VECTOR)
_modelled(_MaskType, _MASK)
_modelled(_RowsType, _VECTOR.as_pointer())
_modelled(_SingleRowsType, _SINGLE.as_pointer())


def _typed(key: Any, accepts: Callable[[tuple[Any, ...]], Any]) -> None:
    """Say what type a word gives for types of arguments; None for those that it does not take."""
    namespace = {"key": key, "generic": lambda self, args, kws: accepts(args)}
    template = type(f"Typing{getattr(key, '__name__', key)}", (AbstractTemplate,), namespace)
    infer_global(key)(template)
    if key.__module__ == vector.__name__:
        infer_global(key, types.Function(template))


def _splat(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """A number in every lane; a row as it is."""
    if kind == ROW:
        return value
    value = context.cast(builder, value, kind, types.float64)
    empty = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _elementwise(key: Any, result: Any, write: Callable[[Any, Any, Any], Any]) -> None:
    """A word of two arguments of which one may be a number."""

    def accepts(args: tuple[Any, ...]) -> Any:
        if ROW in args and all(arg == ROW or isinstance(arg, types.Float) for arg in args):
            return signature(result, *args)
        return None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        one, two = (_splat(context, builder, kind, arg) for kind, arg in zip(sig.args, args, strict=True))
        return write(builder, one, two)

    _typed(key, accepts)
    for pair in ((_RowType, _RowType), (_RowType, types.Float), (types.Float, _RowType)):
        lower_builtin(key, *pair)(lower)


def _computed(name: str, builder: Any, a: Any, b: Any) -> Any:
    return getattr(builder, name)(a, b, flags=_FLAGS)


def _compared(sign: str, builder: Any, a: Any, b: Any) -> Any:
    return builder.fcmp_ordered(sign, a, b)


for _keys, _name in (
    ((operator.add, operator.iadd), "fadd"),
    ((operator.sub, operator.isub), "fsub"),
    ((operator.mul, operator.imul), "fmul"),
    ((operator.truediv, operator.itruediv), "fdiv"),
):
    for _key in _keys:
        _elementwise(_key, ROW, partial(_computed, _name))
for _key, _sign in ((operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">=")):
    _elementwise(_key, MASK, partial(_compared, _sign))


def _chosen(builder: Any, sign: str, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(sign, a, b), a, b)


_elementwise(vector.larger, ROW, lambda builder, a, b: _chosen(builder, ">", a, b))
_elementwise(vector.smaller, ROW, lambda builder, a, b: _chosen(builder, "<", a, b))


def _masks(key: Any, name: str) -> None:
    _typed(key, lambda args: signature(MASK, MASK, MASK) if args == (MASK, MASK) else None)
    lower_builtin(key, _MaskType, _MaskType)(lambda context, builder, sig, args: getattr(builder, name)(*args))


_masks(operator.and_, "and_")
_masks(operator.or_, "or_")


def _takes(*kinds: Any, gives: Any) -> Callable[[tuple[Any, ...]], Any]:
    return lambda args: signature(gives, *kinds) if args == kinds else None


def _intrinsic_call(builder: Any, name: str, value: Any) -> Any:
    return builder.call(_declared(builder, f"llvm.{name}.v{LANES}f64", value.type, [value.type]), [value])


def _declared(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(result, arguments), name)


for _word, _llvm in ((vector.size, "fabs"), (vector.root, "sqrt"), (vector.floor, "floor")):
    _typed(_word, _takes(ROW, gives=ROW))
    lower_builtin(_word, _RowType)(
        lambda context, builder, sig, args, name=_llvm: _intrinsic_call(builder, name, args[0])
    )

_typed(operator.neg, _takes(ROW, gives=ROW))
lower_builtin(operator.neg, _RowType)(lambda context, builder, sig, args: builder.fneg(args[0]))


def _accepts_choice(args: tuple[Any, ...]) -> Any:
    fits = len(args) == 3 and args[0] == MASK and all(arg == ROW or isinstance(arg, types.Float) for arg in args[1:])
    return signature(ROW, *args) if fits else None


def _lower_choice(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    one, two = (_splat(context, builder, kind, arg) for kind, arg in zip(sig.args[1:], args[1:], strict=True))
    return builder.select(args[0], one, two)


_typed(vector.choose, _accepts_choice)
for _pair in ((_RowType, _RowType), (_RowType, types.Float), (types.Float, _RowType), (types.Float, types.Float)):
    lower_builtin(vector.choose, _MaskType, *_pair)(_lower_choice)


def _lower_two_to(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    shifted = builder.fadd(args[0], ir.Constant(_VECTOR, [_MAGIC] * LANES))
    bits = builder.add(builder.bitcast(shifted, _BITS), ir.Constant(_BITS, [1023] * LANES))
    return builder.bitcast(builder.shl(bits, ir.Constant(_BITS, [52] * LANES)), _VECTOR)


_typed(vector.two_to, _takes(ROW, gives=ROW))
lower_builtin(vector.two_to, _RowType)(_lower_two_to)


def _lower_power(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    double = ir.DoubleType()
    function = _declared(builder, "llvm.pow.f64", double, [double, double])
    powers = ir.Constant(_VECTOR, ir.Undefined)
    for lane in range(LANES):
        place = ir.Constant(ir.IntType(32), lane)
        value = builder.call(function, [builder.extract_element(arg, place) for arg in args])
        powers = builder.insert_element(powers, value, place)
    return powers


_typed(vector.power, _takes(ROW, ROW, gives=ROW))
lower_builtin(vector.power, _RowType, _RowType)(_lower_power)


def _lower_any(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    whole = builder.bitcast(args[0], ir.IntType(LANES))
    return builder.icmp_unsigned("!=", whole, ir.Constant(ir.IntType(LANES), 0))


_typed(vector.any_of, _takes(MASK, gives=types.boolean))
lower_builtin(vector.any_of, _MaskType)(_lower_any)


def _lower_largest(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    number = builder.fcmp_ordered("ord", args[0], args[0])
    values = builder.select(number, args[0], ir.Constant(_VECTOR, [float("inf")] * LANES))
    largest = builder.extract_element(values, ir.Constant(ir.IntType(32), 0))
    for lane in range(1, LANES):
        largest = _chosen(builder, ">", largest, builder.extract_element(values, ir.Constant(ir.IntType(32), lane)))
    return largest


_typed(vector.largest_of, _takes(ROW, gives=types.float64))
lower_builtin(vector.largest_of, _RowType)(_lower_largest)


def _lower_call(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    whole = ir.IntType(64)
    function = builder.inttoptr(args[0], ir.FunctionType(ir.VoidType(), [whole, ir.DoubleType()]).as_pointer())
    builder.call(function, [builder.ptrtoint(args[1], whole), args[2]])
    return context.get_dummy_value()


_typed(
    vector.call,
    lambda args: signature(types.none, types.int64, ROWS, types.float64) if args[:2] == (types.int64, ROWS) else None,
)
lower_builtin(vector.call, types.int64, _RowsType, types.float64)(_lower_call)


def _accepts_get(args: tuple[Any, ...]) -> Any:
    return signature(ROW, ROWS, types.intp) if args[0] == ROWS and isinstance(args[1], types.Integer) else None


def _accepts_set(args: tuple[Any, ...]) -> Any:
    if args[0] not in (ROWS, SINGLE_ROWS) or not isinstance(args[1], types.Integer):
        return None
    return signature(types.none, args[0], types.intp, args[2])


def _lower_get(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(builder.gep(args[0], [args[1]]), align=8)


def _lower_set(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    value = _splat(context, builder, sig.args[2], args[2])
    if sig.args[0] == SINGLE_ROWS:
        builder.store(builder.fptrunc(value, _SINGLE), builder.gep(args[0], [args[1]]), align=4)
    else:
        builder.store(value, builder.gep(args[0], [args[1]]), align=8)
    return context.get_dummy_value()


_typed(operator.getitem, _accepts_get)
lower_builtin(operator.getitem, _RowsType, types.Integer)(_lower_get)
_typed(operator.setitem, _accepts_set)
for _kind in (_RowsType, _SingleRowsType):
    for _value in (_RowType, types.Float):
        lower_builtin(operator.setitem, _kind, types.Integer, _value)(_lower_set)


def _at(kind: Any) -> Callable[..., Any]:
    """What takes an address for what it points to."""

    @intrinsic
    def pointer(typing_context: Any, address: Any) -> Any:
        def write(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(kind))

        return kind(types.int64), write

    return pointer


def _wrapped(entry: Entry) -> Any:
    """A function of addresses and numbers around the one of an entry."""
    function = getattr(import_module(entry.module), entry.function)
    space: dict[str, Any] = {"function": function}
    names = [f"x{n}" for n in range(len(entry.arguments))]
    given = []
    for name, kind in zip(names, entry.arguments, strict=True):
        if kind in POINTERS:
            space[f"at_{name}"] = _at(POINTERS[kind])
            given.append(f"at_{name}({name})")
        else:
            given.append(name)
    text = f"def whole({', '.join(names)}):\n    return function({', '.join(given)})\n"
    exec(text, space)
    kinds = [types.float64 if kind == "double" else types.int64 for kind in entry.arguments]
    options = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return njit(types.int64(*kinds), **options)(space["whole"])


def object_code(entry: Entry) -> tuple[str, bytes]:
    """The name of the machine function of an entry, and its object file."""
    whole = _wrapped(entry)
    chosen = whole.signatures[0]
    module = llvm.parse_assembly(whole.inspect_llvm(chosen))
    features = llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True, codemodel="jitdefault", reloc="static"
    )
    return whole.overloads[chosen].fndesc.llvm_func_name, target.emit_object(module)


def write_object_code(folder: Path, module: str) -> None:
    """Write the object code of every entry of a module into a folder."""
    for entry in ENTRIES:
        if entry.module == module:
            name, code = object_code(entry)
            (folder / entry.name).write_bytes(name.encode() + b"\n" + code)


if __name__ == "__main__":
    write_object_code(Path(sys.argv[1]), sys.argv[2])
