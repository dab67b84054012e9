"""The number of inotify instances that a uid may have, of the whole machine:
one test at a time changes it."""
import contextlib
import fcntl

import pytest

LIMIT = "/proc/sys/fs/inotify/max_user_instances"
LOCK = "/run/lock/njiwa-test-inotify"


@contextlib.contextmanager
def inotify_instances(number):
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(LIMIT) as file:
            before = file.read()
        try:
            with open(LIMIT, "w") as file:
                file.write(str(number))
        except OSError:
            pytest.skip("the limit cannot be set here")
        try:
            yield
        finally:
            with open(LIMIT, "w") as file:
                file.write(before)
