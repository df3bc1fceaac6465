"""Vector instructions for compiled functions, written out instead of hoped for from a compiler.

The loops that price columns must take eight numbers at a time. Left to itself the compiler gathers and scatters them
one by one, and needs seconds to arrive there. A :func:`leaf` is a function whose body *writes* the instructions, on
vectors of eight doubles or sixteen singles: every processor's own vectors are a part of these, so the answers do not
depend on how wide its vectors are.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types as _types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, type_callable
from numba.np.arrayobj import populate_array

from bench.lp.layout import DOUBLES, SINGLES

types: Any = _types

_DOUBLE, _SINGLE, _WHOLE, _PLACE = ir.DoubleType(), ir.FloatType(), ir.IntType(64), ir.IntType(32)
#: A product may be added without being rounded first.
_FUSED = ("contract",)


def leaf(result: Any, *, width: int = DOUBLES) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function that compiled functions call; the decorated one writes its instructions.

    Parameters
    ----------
    result : numba type
        What it returns: ``types.none``, a number, or a tuple of numbers.
    width : {DOUBLES, SINGLES, SHORT}
        Its vectors.

    Notes
    -----
    The decorated function takes a :class:`Lanes` and the arguments: arrays come as pointers to their first element
    (all are contiguous), whole numbers as 64 bits. One that returns something ends by calling :meth:`Lanes.give`.
    """

    def wrap(body: Callable[..., Any]) -> Callable[..., Any]:
        def called(*_: Any) -> Any:
            raise NotImplementedError(f"{body.__name__} is called from compiled functions only")

        called.__name__ = called.__qualname__ = body.__name__
        called.__doc__ = body.__doc__
        full = inspect.signature(body)
        taken = full.replace(parameters=list(full.parameters.values())[1:])

        def typed(context: Any) -> Any:
            def kind(*_: Any) -> Any:
                return result

            kind.__signature__ = taken  # type: ignore[attr-defined]
            return kind

        type_callable(called)(typed)

        def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            values = [_passed(context, builder, *pair) for pair in zip(signature.args, arguments, strict=True)]
            kinds = [value.type for value in values]
            returned = context.get_value_type(signature.return_type)
            if signature.return_type == types.none:
                returned = ir.VoidType()
            module = builder.module
            name = ".".join(["leaf", body.__name__, *(str(kind).replace("*", "p") for kind in kinds)])
            function = module.globals.get(name)
            if function is None:
                function = ir.Function(module, ir.FunctionType(returned, kinds), name)
                function.linkage = "internal"
                function.attributes.add("nounwind")
                lanes = Lanes(ir.IRBuilder(function.append_basic_block("start")), width)
                body(lanes, *function.args)
                if not lanes.builder.block.is_terminated:
                    lanes.builder.ret_void()
            answer = builder.call(function, values)
            return context.get_dummy_value() if signature.return_type == types.none else answer

        lower_builtin(called, types.VarArg(types.Any))(lowered)
        return called

    return wrap


@intrinsic  # type: ignore[untyped-decorator]
def array_at(_: Any, address: Any, shape: Any, kind: Any) -> Any:
    """Return the contiguous array that lies at an address: its lengths as a tuple, its elements as a numpy type."""
    array = types.Array(kind.dtype, shape.count, "C")

    def written(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(array)(context, builder)
        lengths = cgutils.unpack_tuple(builder, arguments[1], shape.count)
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        strides = [size]
        for length in reversed(lengths[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        data = builder.inttoptr(arguments[0], context.get_data_type(kind.dtype).as_pointer())
        populate_array(made, data=data, shape=lengths, strides=strides, itemsize=size, meminfo=None)
        return made._getvalue()

    return array(address, shape, kind), written


def _passed(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, types.Array):
        if kind.layout != "C":
            raise TypeError(f"a leaf takes contiguous arrays, not {kind}")
        return context.make_array(kind)(context, builder, value).data
    if isinstance(kind, types.Integer):
        return context.cast(builder, value, kind, types.int64)
    return value


class Cell:
    """A vector or number that changes in a loop."""

    def __init__(self, builder: Any, value: Any):
        self._builder = builder
        # Where the function starts: what is reserved inside a loop is reserved again each time round.
        with builder.goto_entry_block():
            self._slot = builder.alloca(value.type)
        builder.store(value, self._slot)

    @property
    def value(self) -> Any:
        """What it holds now."""
        return self._builder.load(self._slot)

    @value.setter
    def value(self, new: Any) -> None:
        self._builder.store(new, self._slot)


class Lanes:
    """Writes the body of one leaf: arithmetic on vectors of one kind of number.

    Parameters
    ----------
    builder : IRBuilder
        Stands at the start of the function.
    width : int
        Numbers in a vector; singles when there are sixteen.
    """

    def __init__(self, builder: Any, width: int):
        self.builder = builder
        self.number = _SINGLE if width == SINGLES else _DOUBLE
        self.width = width
        self.vector = ir.VectorType(self.number, self.width)
        self._wholes = ir.VectorType(_WHOLE, self.width)

    # -- constants and vectors out of numbers ------------------------------------------------------------------

    def all(self, value: Any) -> Any:
        """Return a vector with the same in every lane: a Python float, a number or a whole number."""
        if isinstance(value, float):
            return ir.Constant(self.vector, [value] * self.width)
        kind = self._wholes if value.type == _WHOLE else self.vector
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(_PLACE, 0))
        return self.builder.shuffle_vector(first, first, self._pattern([0] * self.width))

    def one(self, value: float) -> Any:
        """Return a number."""
        return ir.Constant(self.number, value)

    def whole(self, value: int) -> Any:
        """Return a whole number."""
        return ir.Constant(_WHOLE, value)

    def cell(self, value: Any) -> Cell:
        """Return something that can change, with its first value."""
        return Cell(self.builder, value)

    # -- memory ------------------------------------------------------------------------------------------------

    def load(self, array: Any, place: Any) -> Any:
        """Return the vector that starts at a place of an array."""
        element = array.type.pointee
        kind = self._wholes if element == _WHOLE else self.vector
        return self.builder.load(self._at(array, place, kind), align=4 if element == _SINGLE else 8)

    def store(self, value: Any, array: Any, place: Any) -> None:
        """Write a vector into an array."""
        align = 4 if array.type.pointee == _SINGLE else 8
        self.builder.store(value, self._at(array, place, value.type), align=align)

    def get(self, array: Any, place: Any) -> Any:
        """Return one element of an array."""
        return self.builder.load(self.builder.gep(array, [place]))

    def put(self, value: Any, array: Any, place: Any) -> None:
        """Write one element of an array."""
        self.builder.store(value, self.builder.gep(array, [place]))

    def _at(self, array: Any, place: Any, kind: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(array, [place]), kind.as_pointer())

    # -- arithmetic, on vectors and on numbers alike -------------------------------------------------------------

    def plus(self, a: Any, b: Any) -> Any:
        """Return ``a + b``."""
        return self.builder.fadd(a, b, flags=_FUSED)

    def minus(self, a: Any, b: Any) -> Any:
        """Return ``a − b``."""
        return self.builder.fsub(a, b, flags=_FUSED)

    def times(self, a: Any, b: Any) -> Any:
        """Return ``a · b``."""
        return self.builder.fmul(a, b, flags=_FUSED)

    def over(self, a: Any, b: Any) -> Any:
        """Return ``a / b``."""
        return self.builder.fdiv(a, b)

    def size(self, a: Any) -> Any:
        """Return ``|a|``."""
        lanes = f"v{self.width}" if isinstance(a.type, ir.VectorType) else ""
        name = f"llvm.fabs.{lanes}{'f64' if self.number == _DOUBLE else 'f32'}"
        module = self.builder.module
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(a.type, [a.type]), name)
        return self.builder.call(function, [a])

    def above(self, a: Any, b: Any) -> Any:
        """Return whether ``a > b``, lane by lane."""
        return self.builder.fcmp_ordered(">", a, b)

    def choose(self, which: Any, a: Any, b: Any) -> Any:
        """Return ``a`` where ``which``, else ``b``."""
        return self.builder.select(which, a, b)

    def both(self, a: Any, b: Any) -> Any:
        """Return whether both hold, lane by lane."""
        return self.builder.and_(a, b)

    def either(self, a: Any, b: Any) -> Any:
        """Return whether one holds, lane by lane."""
        return self.builder.or_(a, b)

    def same(self, a: Any, b: Any) -> Any:
        """Return whether whole numbers are equal, lane by lane."""
        return self.builder.icmp_signed("==", a, b)

    def less(self, a: Any, b: Any) -> Any:
        """Return whether whole numbers ``a < b``, lane by lane."""
        return self.builder.icmp_signed("<", a, b)

    def larger(self, a: Any, b: Any) -> Any:
        """Return the larger of two."""
        return self.choose(self.above(a, b), a, b)

    def largest(self, vector: Any) -> Any:
        """Return the largest number of a vector."""
        return self._folded(vector, self.larger)

    def total(self, vector: Any) -> Any:
        """Return the sum of a vector: halves, quarters and so on."""
        return self._folded(vector, self.plus)

    def best(self, values: Any, places: Any) -> tuple[Any, Any]:
        """Return the largest value of a vector and the whole number that belongs to it, the least among equals."""
        b = self.builder
        top, place = self._lane(values, 0), self._lane(places, 0)
        for i in range(1, self.width):
            value, at = self._lane(values, i), self._lane(places, i)
            tie = b.and_(b.fcmp_ordered("==", value, top), b.icmp_signed("<", at, place))
            better = b.or_(self.above(value, top), tie)
            top, place = b.select(better, value, top), b.select(better, at, place)
        return top, place

    def _lane(self, vector: Any, i: int) -> Any:
        return self.builder.extract_element(vector, ir.Constant(_PLACE, i))

    def _folded(self, vector: Any, fold: Callable[[Any, Any], Any]) -> Any:
        width = self.width
        while width > 1:
            width //= 2
            other = self.builder.shuffle_vector(vector, vector, self._pattern(range(width, 2 * width)))
            mine = self.builder.shuffle_vector(vector, vector, self._pattern(range(width)))
            vector = fold(mine, other)
        return self._lane(vector, 0)

    def _pattern(self, places: Any) -> Any:
        places = list(places)
        return ir.Constant(ir.VectorType(_PLACE, len(places)), places)

    # -- whole numbers and loops ---------------------------------------------------------------------------------

    def positions(self, start: Any) -> Any:
        """Return the whole numbers ``start, start + 1, …`` as a vector."""
        return self.builder.add(self.all(start), ir.Constant(self._wholes, list(range(self.width))))

    def at(self, *terms: Any) -> Any:
        """Return a sum of whole numbers; a pair is a product."""
        b = self.builder
        total = self.whole(0)
        for term in terms:
            if isinstance(term, tuple):
                left, right = (self.whole(x) if isinstance(x, int) else x for x in term)
                term = b.mul(left, right)
            total = b.add(total, self.whole(term) if isinstance(term, int) else term)
        return total

    def bits(self, which: Any, place: int) -> Any:
        """Return a whole number with a bit for each lane that holds, the first at a place."""
        b = self.builder
        narrow = b.bitcast(which, ir.IntType(self.width))
        return b.shl(b.zext(narrow, _WHOLE), self.whole(place))

    def lowest(self, bits: Any) -> Any:
        """Return the place of the lowest bit that is set."""
        name = "llvm.cttz.i64"
        module = self.builder.module
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(_WHOLE, [_WHOLE, ir.IntType(1)]), name)
        return self.builder.call(function, [bits, ir.Constant(ir.IntType(1), 0)])

    @contextmanager
    def loop(self, stop: Any, step: int = 1, start: Any = 0) -> Iterator[Any]:
        """Repeat what is written inside for ``start, start + step, …`` below ``stop``."""
        b = self.builder
        before = b.block
        head, inside, after = (b.append_basic_block(name) for name in ("head", "inside", "after"))
        start, stop = (self.whole(x) if isinstance(x, int) else x for x in (start, stop))
        b.branch(head)
        b.position_at_end(head)
        i = b.phi(_WHOLE)
        i.add_incoming(start, before)
        b.cbranch(b.icmp_signed("<", i, stop), inside, after)
        b.position_at_end(inside)
        yield i
        following = b.add(i, self.whole(step))
        i.add_incoming(following, b.block)
        b.branch(head)
        b.position_at_end(after)

    def give(self, *values: Any) -> None:
        """Return a number, or several as a tuple."""
        b = self.builder
        if len(values) == 1:
            b.ret(values[0])
        else:
            kind = b.function.function_type.return_type
            whole = ir.Constant(kind, ir.Undefined)
            for i, value in enumerate(values):
                whole = b.insert_value(whole, value, i)
            b.ret(whole)
