"""Wakes a callback at a moment of the monotonic clock to within some tens of microseconds.

The loop's own timers are rounded up to whole milliseconds (epoll's unit), which would look like latency of the target.
"""

import ctypes
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from gevent.hub import get_hub

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_CLOCK_MONOTONIC = 1
_TFD_NONBLOCK, _TFD_CLOEXEC, _TFD_TIMER_ABSTIME = 0o4000, 0o2000000, 1
_READ = 1


class _Itimerspec(ctypes.Structure):
    """How timerfd_settime(2) takes an interval and a moment."""

    _fields_ = (
        ("interval_seconds", ctypes.c_long),
        ("interval_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


class Alarm:
    """Calls back in the loop once for each time it is set; a later setting replaces an earlier one."""

    def __init__(self, callback: Callable[[], None]) -> None:
        """Prepare what calls `callback`, in the hub: it may not wait."""
        self._callback = callback
        loop = get_hub().loop
        self._descriptor = -1
        self._timer: Any = None
        if _LIBC is not None:
            self._descriptor = _LIBC.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if self._descriptor < 0:
            self._timer = loop.timer(0)
            return
        self._spec = _Itimerspec()
        self._pointer = ctypes.byref(self._spec)
        self._watcher: Any = loop.io(self._descriptor, _READ)
        self._watcher.start(self._rings)

    def set(self, at_monotonic_seconds: float) -> None:
        """Ring at a moment of `time.monotonic`; at once where it has passed."""
        if self._timer is not None:
            self._timer.stop()
            get_hub().loop.update_now()
            self._timer = get_hub().loop.timer(max(at_monotonic_seconds - time.monotonic(), 0.0))
            self._timer.start(self._callback)
            return
        nanoseconds = max(int(at_monotonic_seconds * 1e9), 1)  # 0 would turn it off
        self._spec.seconds, self._spec.nanoseconds = divmod(nanoseconds, 1_000_000_000)
        assert _LIBC is not None
        _LIBC.timerfd_settime(self._descriptor, _TFD_TIMER_ABSTIME, self._pointer, None)

    def close(self) -> None:
        """Never ring again."""
        if self._timer is not None:
            self._timer.stop()
            return
        self._watcher.stop()
        self._watcher.close()
        os.close(self._descriptor)

    def _rings(self) -> None:
        try:
            os.read(self._descriptor, 8)
        except BlockingIOError:  # it was set anew meanwhile
            return
        self._callback()
