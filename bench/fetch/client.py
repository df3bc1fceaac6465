"""A polite client with a memory: few calls, one at a time, and never the same one twice.

Every answer is kept on disk with its address, time and hash, so that what was asked once is
answered offline ever after.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from bench.errors import ResourceError

#: Calls in a window of seconds where the server does not say; Statistics Norway's guide names 30 a minute.
CALLS, WINDOW = 30, 60.0

#: Times a call is tried that the server puts off, and the longest wait it may ask for, in seconds.
TRIES, LONGEST = 5, 300.0

_PUT_OFF = (429, 502, 503, 504)
_POLICY = re.compile(r"\s*(\d+)\s*;\s*w=(\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes
    ----------
    content : bytes
    address : str
        With its query.
    question : str
        What was sent with it as JSON; empty for a plain call.
    fetched : str
        Time in UTC, ISO 8601.
    sha256 : str
        Of ``content``.
    """

    content: bytes
    address: str
    question: str
    fetched: str
    sha256: str

    def provenance(self) -> dict[str, str]:
        """Return where it came from, without what it says."""
        said = {"address": self.address, "fetched": self.fetched, "sha256": self.sha256}
        return said | ({"question": self.question} if self.question else {})


def default_cache() -> Path:
    """Return the folder where answers are kept: ``STYKKPRIS_CACHE``, or the user's cache folder."""
    own = os.environ.get("STYKKPRIS_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    return Path(base) / "stykkpris" if base else Path.home() / ".cache" / "stykkpris"


class Client:
    """Ask a server, and remember the answer.

    Parameters
    ----------
    cache : path
        Folder of the answers.
    offline : bool
        Never ask: what is not remembered is an error.
    refresh : bool
        Ask again, also for what is remembered.
    wait, clock : callable
        ``time.sleep`` and ``time.monotonic``.

    Raises
    ------
    ResourceError
        When the server cannot be reached, says no, or puts the call off longer than :data:`LONGEST`.
    """

    def __init__(
        self,
        cache: Path,
        *,
        offline: bool = False,
        refresh: bool = False,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._cache, self._offline, self._refresh = cache, offline, refresh
        self._wait, self._clock = wait, clock
        self._calls: deque[float] = deque()
        self._limit, self._window = CALLS, WINDOW
        self._fresh: set[str] = set()

    def limit(self, calls: int, window: float) -> None:
        """Keep to ``calls`` in ``window`` seconds; a server that says nothing (0) leaves the limit as it is."""
        if calls > 0 and window > 0:
            self._limit, self._window = calls, window

    def get(self, address: str, query: Mapping[str, str] | None = None, *, missing: bool = False) -> Answer | None:
        """Call an address; with ``missing`` an answer 404 is None, else an error."""
        from urllib.parse import urlencode

        whole = f"{address}?{urlencode(query)}" if query else address
        return self._answer(whole, "", missing)

    def post(self, address: str, question: Mapping[str, Any]) -> Answer:
        """Send a question as JSON."""
        answer = self._answer(address, json.dumps(question, ensure_ascii=False, sort_keys=True), False)
        assert answer is not None
        return answer

    def _answer(self, address: str, question: str, missing: bool) -> Answer | None:
        key = hashlib.sha256(f"{address}\n{question}".encode()).hexdigest()
        if not self._refresh or key in self._fresh:
            kept = self._remembered(key)
            if kept is not None:
                return kept
        if self._offline:
            raise ResourceError(
                f"{address} has not been fetched before, and --offline asks no server: run the line once without it"
            )
        content = self._called(address, question, missing)
        if content is None:
            return None
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = Answer(content, address, question, stamp, hashlib.sha256(content).hexdigest())
        self._remember(key, answer)
        self._fresh.add(key)
        return answer

    # -- memory --------------------------------------------------------------------------------------------------

    def _remembered(self, key: str) -> Answer | None:
        try:
            said = json.loads((self._cache / f"{key}.json").read_text(encoding="utf-8"))
            content = (self._cache / f"{key}.answer").read_bytes()
            answer = Answer(content, said["address"], said.get("question", ""), said["fetched"], said["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        # A file that was changed or cut is no answer of the server's: it is asked for again.
        return answer if hashlib.sha256(content).hexdigest() == answer.sha256 else None

    def _remember(self, key: str, answer: Answer) -> None:
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            for name, data in (
                (f"{key}.answer", answer.content),
                (f"{key}.json", json.dumps(answer.provenance(), ensure_ascii=False, indent=1).encode()),
            ):
                part = self._cache / f"{name}.{os.getpid()}.part"
                part.write_bytes(data)
                part.replace(self._cache / name)
        except OSError as error:
            raise ResourceError(
                f"answers cannot be kept in {str(self._cache)!r} ({error.strerror}): name another folder with --cache"
            ) from None

    # -- calls ---------------------------------------------------------------------------------------------------

    def _called(self, address: str, question: str, missing: bool) -> bytes | None:
        httpx = _httpx()
        from bench import __version__

        headers = {"User-Agent": f"stykkpris/{__version__} (efficiency benchmarking)", "Accept": "application/json"}
        trouble = ""
        with httpx.Client(headers=headers, timeout=60.0, follow_redirects=True) as web:
            for attempt in range(TRIES):
                self._pace()
                try:
                    if question:
                        asked = {"Content-Type": "application/json"}
                        reply = web.post(address, content=question.encode(), headers=asked)
                    else:
                        reply = web.get(address)
                except httpx.InvalidURL as error:
                    raise ResourceError(f"{address!r} is no address: {error}") from None
                except httpx.HTTPError as error:
                    trouble = f"it cannot be reached ({error or type(error).__name__})"
                    self._pause(2.0**attempt, address, trouble, attempt)
                    continue
                policy = _POLICY.match(reply.headers.get("x-ratelimit-policy", ""))
                if policy:
                    self.limit(int(policy[1]), float(policy[2]))
                if reply.status_code == 404 and missing:
                    return None
                if reply.status_code in _PUT_OFF:
                    trouble = f"it answered {reply.status_code} {reply.reason_phrase}"
                    self._pause(_asked_wait(reply.headers, 2.0 ** (attempt + 1)), address, trouble, attempt)
                    continue
                if reply.is_error:
                    raise ResourceError(f"{address} answered {reply.status_code}: {_reason(reply)}")
                content: bytes = reply.content
                return content
        raise ResourceError(f"{address}: {trouble}, {TRIES} times; try again later")

    def _pace(self) -> None:
        """Wait until one more call keeps within the limit."""
        now = self._clock()
        while self._calls and now - self._calls[0] >= self._window:
            self._calls.popleft()
        if len(self._calls) >= self._limit:
            self._wait(self._window - (now - self._calls[0]))
            self._calls.popleft()
        self._calls.append(self._clock())

    def _pause(self, seconds: float, address: str, trouble: str, attempt: int) -> None:
        if attempt + 1 == TRIES:
            return
        if seconds > LONGEST:
            raise ResourceError(f"{address}: {trouble} and asks to wait {seconds:.0f} seconds; try again after that")
        self._wait(seconds)


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise ResourceError(
            "fetching needs the extra «fetch»: pip install 'stykkpris[fetch]'; files that are there already need none"
        ) from None
    return httpx


def _asked_wait(headers: Mapping[str, str], otherwise: float) -> float:
    """Return the seconds ``Retry-After`` asks for, as a number or a date (RFC 9110, 10.2.3)."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return otherwise


def _reason(reply: Any) -> str:
    """Return what a server says of its refusal: PxWeb's ``title`` or Klass's message, else the phrase of the code."""
    try:
        said = reply.json()
    except ValueError:
        return str(reply.text.strip()[:200] or reply.reason_phrase)
    if isinstance(said, dict):
        return str(next((said[key] for key in ("title", "error", "message") if said.get(key)), reply.reason_phrase))
    return str(reply.reason_phrase)
