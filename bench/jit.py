"""Compiled functions whose machine code is found again: by every process, and where nothing can be written to.

Two kinds. :func:`entry` and :func:`jit` compile with numba and let it keep the code. :func:`kept_code` keeps the plain
object code of one C function, which any later process loads with llvmlite alone in a few hundredths of a second, where
importing numba takes half a second. Both look for a folder in the same places, the first that can be used wins: the one
``NUMBA_CACHE_DIR`` names, the package's own, the user's cache folder, and a private folder of the system's temporary
directory. Without any of them every process compiles anew.

Environment: ``BENCH_NO_COMPILER=1`` (or numba's ``NUMBA_DISABLE_JIT=1``) does without compiled code altogether.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import pickle
import platform
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

_log = logging.getLogger(__name__)

_PACKAGE = Path(__file__).parent
_MAGIC = b"stykkpris object code 1\n"
#: Where the build of the package puts what :func:`packed_overloads` returns, in the folder of the functions' room.
OVERLOADS = "overloads.bitcode"
#: Products may be added without being rounded first, and zeros have no sign.
_ARITHMETIC = {"contract", "nsz"}


def _available(package: str) -> bool:
    if os.environ.get("BENCH_NO_COMPILER", "") not in ("", "0") or os.environ.get("NUMBA_DISABLE_JIT", "") == "1":
        return False
    return importlib.util.find_spec(package) is not None


#: Whether functions are compiled at all.
COMPILED: bool = _available("numba")


# -- functions that numba compiles and keeps ---------------------------------------------------------------------


def jit(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Compile a function to machine code and keep it; return it unchanged when there is no compiler.

    Floating-point semantics stay strict (no ``fastmath``), so that the compiled function and the plain one agree.
    """
    if not COMPILED:
        return function
    return _kept(function, {"nogil": True, "error_model": "numpy"})


def inlined(function: F) -> F:
    """Compile a small function into those of :func:`jit` that call it, without code of its own.

    Whatever it calls is otherwise linked and optimized once more, only to be thrown away.
    """
    if not COMPILED:
        return function
    import numba

    compiled: F = numba.njit(inline="always", error_model="numpy", nogil=True)(function)
    return compiled


def inner(function: F) -> F:
    """Compile a function that is only called from other compiled functions."""
    import numba

    compiled: F = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **options())(function)
    return compiled


def inner_once(function: F) -> F:
    """Compile a function into its only caller: it is then not optimized by itself first."""
    import numba

    compiled: F = numba.njit(inline="always", no_cpython_wrapper=True, no_cfunc_wrapper=True, **options())(function)
    return compiled


def options() -> dict[str, Any]:
    """Return numba's options for the kernel.

    Compiled at the first level of optimization, loops left as they are: vectors are written out already. Without
    counting of references: the caller holds every array, and compiled code makes none.
    """
    from numba.core import config
    from numba.core.compiler import Compiler
    from numba.core.compiler_lock import global_compiler_lock

    class Swift(Compiler):  # type: ignore[misc]
        """A lower ``NUMBA_OPT`` wins; the settings are the process's, so they change under the lock for a while."""

        def compile_extra(self, func: Callable[..., Any]) -> Any:
            with global_compiler_lock:
                before = config.OPT, config.LOOP_VECTORIZE
                config.OPT = type(config.OPT)(min(config.OPT, 1))
                config.LOOP_VECTORIZE = 0
                try:
                    return super().compile_extra(func)
                finally:
                    config.OPT, config.LOOP_VECTORIZE = before

    return {
        "error_model": "numpy",
        "nogil": True,
        "_nrt": False,
        "fastmath": _ARITHMETIC,
        "pipeline_class": Swift,
    }


def _kept(function: F, settings: dict[str, Any]) -> F:
    """Compile with numba's own cache, in the first folder that it or we can use."""
    import numba

    try:
        return _cached(function, settings)
    except RuntimeError:
        # Numba found no folder to write to: neither the package's own nor the user's.
        folder = private_folder()
    if folder is None:
        _log.warning("no folder for compiled code; every process compiles anew (set NUMBA_CACHE_DIR to avoid it)")
        uncached: F = numba.njit(**settings)(function)
        return uncached
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        return _cached(function, settings)
    finally:
        numba.config.CACHE_DIR = before


def _cached(function: F, settings: dict[str, Any]) -> F:
    """Compile with a cache that is thrown away when any file of the function's room changes, not only its own."""
    import numba

    compiled: F = numba.njit(cache=True, **settings)(function)
    index = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if index is not None:
        source = Path(function.__code__.co_filename)
        index._source_stamp = (index._source_stamp, _stamps(_room(source)))
        if source.is_relative_to(_PACKAGE):
            compiled._cache.__class__ = _shipped_cache()  # type: ignore[attr-defined]
    return compiled


def _room(source: Path) -> Path:
    """Return the folder whose files a function may be made of: the package's own part that it lies in."""
    return _PACKAGE / source.relative_to(_PACKAGE).parts[0] if source.is_relative_to(_PACKAGE) else source.parent


@cache
def _stamps(room: Path) -> tuple[tuple[str, float, int], ...]:
    """Return what tells that a file changed; asked once for each room, as it has many functions."""
    found = ((part.name, part.stat()) for part in sorted(room.rglob("*.py")))
    return tuple((name, stamp.st_mtime, stamp.st_size) for name, stamp in found)


# -- numba's functions, compiled while the package is built ------------------------------------------------------


def packed_overloads(entries: Sequence[tuple[Any, str]], room: Path) -> bytes:
    """Compile functions of :func:`jit` for signatures, but for the last step, which is the processor's own.

    The bytes lie as :data:`OVERLOADS` in the functions' room when the package was built. A process whose numba, Python
    and sources are those of the build makes machine code of them in a fraction of the time, and keeps it; any other
    compiles.
    """
    import numba
    from numba.core import serialize, sigutils

    code = {}
    for function, signature in entries:
        arguments, _ = sigutils.normalize_signature(signature)
        # Anew: of what was kept there is machine code alone.
        fresh = numba.jit(**function.targetoptions)(function.py_func)
        fresh.compile(arguments)
        result = fresh.overloads[arguments]
        parts = (result.library.serialize_using_bitcode(), *result._reduce()[1:])
        code[_overload(function.py_func, arguments)] = bytes(serialize.dumps(parts))
    return zlib.compress(f"{_setting(room)}\n".encode() + pickle.dumps(code), 9)


def _overload(function: Any, arguments: tuple[Any, ...]) -> str:
    return f"{function.__module__}.{function.__qualname__}{arguments}"


def _setting(room: Path) -> str:
    """Return what the code of a room's functions depends on, but for the processor."""
    import llvmlite.binding as llvm
    import numpy as np

    versions = (importlib.metadata.version("numba"), np.__version__.partition(".")[0], sys.implementation.cache_tag)
    return " ".join(
        (_kind_of_machine(llvm.get_default_triple()), *versions, _digest([*room.rglob("*.py"), Path(__file__)]))
    )


@cache
def _overloads(room: Path) -> dict[str, bytes]:
    """Return what was packed for a room; nothing where it is of other sources, versions or another machine."""
    try:
        head, _, code = zlib.decompress((room / OVERLOADS).read_bytes()).partition(b"\n")
    except (OSError, zlib.error):
        return {}
    found: dict[str, bytes] = pickle.loads(code) if head.decode() == _setting(room) else {}
    return found


@cache
def _shipped_cache() -> type:
    """Return numba's store of a function's code, which looks among what the package brings before it gives up."""
    from numba.core.caching import FunctionCache

    class Shipped(FunctionCache):  # type: ignore[misc]
        def load_overload(self, sig: Any, target_context: Any) -> Any:
            found = super().load_overload(sig, target_context)
            packed = None if found is not None else self._packed(sig)
            if packed is None:
                return found
            (name, _, bitcode), *rest = pickle.loads(packed)
            code = (_loadable(name, bitcode), *rest)
            with self._guard_against_spurious_io_errors():
                self._impl.locator.ensure_cache_path()
                self._cache_file.save(self._index_key(sig, target_context.codegen()), code)
            return self._impl.rebuild(target_context, code)

        def _packed(self, sig: Any) -> bytes | None:
            arguments = tuple(getattr(sig, "args", sig))
            room = _room(Path(self._py_func.__code__.co_filename))
            return _overloads(room).get(_overload(self._py_func, arguments))

    return Shipped


def _loadable(name: str, bitcode: bytes) -> tuple[str, str, tuple[bytes, bytes]]:
    """Return machine code with what other functions may be linked with, in the form that numba keeps both in."""
    import llvmlite.binding as llvm

    shared = llvm.parse_bitcode(bitcode)
    for function in shared.functions:
        if not function.is_declaration and function.linkage == llvm.Linkage.external:
            function.linkage = "linkonce_odr"
    return name, "object", (_machine_code(bitcode), bytes(shared.as_bitcode()))


# -- object code that llvmlite loads alone -----------------------------------------------------------------------


def object_code(function: Any, arguments: tuple[Any, ...]) -> tuple[str, bytes]:
    """Compile a function of :func:`inner` for these types; return its symbol and object code that stands by itself.

    Raises
    ------
    ImportError
        When the code needs functions of numba's own, which a process without numba does not have.
    """
    symbol, module = _whole_module(function, arguments)
    # Through bitcode, as what is shipped goes, so that both ways give the same code.
    return symbol, _machine_code(bytes(module.as_bitcode()))


def packed_bitcode(function: Any, arguments: tuple[Any, ...], sources: list[Path]) -> bytes:
    """Compile likewise, but stop before machine code: what any processor of this kind makes its own of in a second.

    Eight of nine seconds go into what comes before. The bytes are what :func:`kept_code` takes as ``shipped``.
    """
    symbol, module = _whole_module(function, arguments)
    head = f"{_kind_of_machine(module.triple)} {_digest(sources)} {symbol}\n"
    return zlib.compress(head.encode() + bytes(module.as_bitcode()), 9)


def _whole_module(function: Any, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    """Return the symbol and the module that everything is linked into."""
    with _whole_only(function.py_func.__name__):
        function.compile(arguments)
        result = function.overloads[arguments]
        library = result.library
        library._ensure_finalized()
    module = library._final_module
    outside = [f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")]
    if outside:
        raise ImportError(f"the object code does not stand by itself: it calls {', '.join(outside)}")
    return result.fndesc.mangled_name, module


def _emitted(shipped: Path, sources: list[Path]) -> tuple[str, bytes] | None:
    """Return symbol and object code from packed bitcode; nothing where it is of other sources or another machine."""
    import llvmlite.binding as llvm

    try:
        head, _, code = zlib.decompress(shipped.read_bytes()).partition(b"\n")
        kind, digest, symbol = head.decode().split(" ")
    except (OSError, ValueError, zlib.error):
        return None
    if kind != _kind_of_machine(llvm.get_default_triple()) or digest != _digest(sources):
        return None
    try:
        return symbol, _machine_code(code)
    except RuntimeError:  # written by a newer LLVM than this one
        return None


def _machine_code(bitcode: bytes) -> bytes:
    """Return object code for this processor, by the settings that numba has for it."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    machine = target.create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="static" if target.name.startswith("x86") else "default",
        codemodel="jitdefault",
        jit=True,
    )
    return bytes(machine.emit_object(llvm.parse_bitcode(bitcode)))


def _kind_of_machine(triple: str) -> str:
    """Return architecture and system, without the versions that a triple may carry."""
    return f"{triple.partition('-')[0]}-{sys.platform}"


def _digest(sources: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@contextmanager
def _whole_only(name: str) -> Iterator[None]:
    """Optimize only the module that all others are linked into, and make no machine code before the end.

    Numba does both for every function it compiles on the way; here nobody calls them, and it is a third of the time.
    """
    from numba.core.codegen import CPUCodeLibrary, JITCodeLibrary
    from numba.core.compiler_lock import global_compiler_lock

    with global_compiler_lock:
        before = JITCodeLibrary._finalize_specific, CPUCodeLibrary._optimize_final_module

        def optimize(library: Any) -> None:
            if name in library.name:
                before[1](library)

        JITCodeLibrary._finalize_specific = lambda library: None
        CPUCodeLibrary._optimize_final_module = optimize
        try:
            yield
        finally:
            JITCodeLibrary._finalize_specific, CPUCodeLibrary._optimize_final_module = before


def kept_code(
    name: str, sources: list[Path], compile_: Callable[[], tuple[str, bytes]], shipped: Path | None = None
) -> int:
    """Return the address of a C function, from kept object code or compiled now and kept.

    Parameters
    ----------
    name : str
        What the code is kept as.
    sources : list of Path
        Files it is made of: when one changes, so does the key of the code.
    compile_ : callable () -> (symbol, object code)
        See :func:`object_code`; called only when none is kept for these sources, this processor and these versions.
    shipped : Path, optional
        Where :func:`packed_bitcode` may lie, made when the package was built.

    Raises
    ------
    ImportError
        When there is neither kept code nor a compiler.
    """
    if not _available("llvmlite"):
        raise ImportError("compiled code is switched off, or llvmlite is not installed")
    key = _key(name, sources)
    for folder in _folders():
        code = _read(folder / f"{name}-{key}.o", key)
        if code is not None:
            return _address(code)
    symbol, machine = (_emitted(shipped, sources) if shipped is not None else None) or compile_()
    code = symbol.encode() + b"\0" + machine
    if not any(_write(folder, f"{name}-{key}.o", key, code) for folder in _folders()):
        _log.warning("no folder for compiled code; every process compiles anew (set NUMBA_CACHE_DIR to avoid it)")
    return _address(code)


def kept_bytes(key: str, make: Callable[[], bytes], *, most: int) -> bytes:
    """Return bytes that were made before, or make them now and keep them for other processes of this user.

    Parameters
    ----------
    key : str
        A hash of everything the bytes depend on, versions too.
    make : callable () -> bytes
    most : int
        Files that are kept; beyond, the oldest go.
    """
    for folder in _users_folders():
        found = _read(folder / f"{key}.kept", key)
        if found is not None:
            return found
    made = make()
    for folder in _users_folders():
        if _write(folder, f"{key}.kept", key, made):
            _swept(folder, most)
            break
    return made


def _swept(folder: Path, most: int) -> None:
    """Delete the oldest of the files that :func:`kept_bytes` keeps, down to half of what there may be."""
    try:
        found = [(path.stat().st_mtime, path) for path in folder.glob("*.kept")]
        for _, path in sorted(found)[: -(most // 2)] if len(found) > most else []:
            path.unlink(missing_ok=True)
    except OSError:  # another process sweeps too
        _log.debug("could not sweep %s", folder)


def _users_folders() -> Iterator[Path]:
    """Give the folders of the user, not the package's own."""
    package = Path(__file__).parent
    return (folder for folder in _folders() if not folder.is_relative_to(package))


def _key(name: str, sources: list[Path]) -> str:
    """Return what the code depends on as one short text: sources, versions and the processor with its features."""
    import llvmlite.binding as llvm

    digest = hashlib.sha256(name.encode())
    digest.update(_digest(sources).encode())
    versions = [importlib.metadata.version(package) for package in ("llvmlite", "numpy")]
    features = sorted(feature for feature, has in llvm.get_host_cpu_features().items() if has)
    for part in (sys.version, platform.machine(), sys.platform, *versions, llvm.get_host_cpu_name(), *features):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:32]


def _folders() -> Iterator[Path]:
    """Give the folders code may be kept in, the best first; only those that nobody else can write to."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        yield Path(named)
        return
    yield Path(__file__).parent / "__pycache__"
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        yield (Path(cache) if cache else Path.home() / ".cache") / "stykkpris"
    except RuntimeError:
        _log.debug("no home folder")
    private = private_folder()
    if private is not None:
        yield private


def _read(path: Path, key: str) -> bytes | None:
    """Return the code a file holds; nothing when it is not whole, not ours, or somebody else could have written it."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or not (_trusted(found) and _trusted(path.parent.lstat())):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    head, rest = content[: len(_MAGIC)], content[len(_MAGIC) :]
    mine, digest, code = rest[: len(key)], rest[len(key) : len(key) + 32], rest[len(key) + 32 :]
    whole = head == _MAGIC and mine == key.encode() and hashlib.sha256(code).digest() == digest
    return code if whole else None


def _trusted(found: os.stat_result) -> bool:
    """Whether only this user or the system's administrator can write what was found."""
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid in (os.getuid(), 0) and not found.st_mode & 0o022


def _write(folder: Path, name: str, key: str, code: bytes) -> bool:
    """Keep code under a name, whole or not at all; return whether it can be read back."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, temporary = tempfile.mkstemp(dir=folder, prefix=name, suffix=".part")
        with os.fdopen(number, "wb") as file:
            file.write(_MAGIC + key.encode() + hashlib.sha256(code).digest() + code)
        Path(temporary).replace(folder / name)
    except OSError:
        return False
    return _read(folder / name, key) is not None


#: Engines own the machine code, so they live as long as the process.
_ENGINES: list[Any] = []


def _address(code: bytes) -> int:
    """Load object code that stands behind its symbol; return where its function lies."""
    import llvmlite.binding as llvm

    symbol, _, whole = code.partition(b"\0")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(whole))
    engine.finalize_object()
    _ENGINES.append(engine)
    return int(engine.get_function_address(symbol.decode()))


def private_folder() -> Path | None:
    """Return a folder under the temporary directory that only this user can write, or ``None``.

    Kept machine code is executed, so a folder that anyone else owns or may write is refused.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"stykkpris-kernel-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    safe = stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == user)
    if not safe or found.st_mode & 0o022 or not os.access(folder, os.W_OK):
        return None
    return folder
