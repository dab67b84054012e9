"""Small file systems for the time of a test."""
import contextlib
import subprocess

import pytest

import servers
from site_under_test import MAIL_UID


@contextlib.contextmanager
def small_disk(folder, options, owner=MAIL_UID):
    """Mounts a tmpfs on the folder, its owner's.  In a container without
    CAP_SYS_ADMIN nobody may: then the test is skipped."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "uid=%d,gid=%d,mode=700,%s" %
         (owner, owner, options), "njiwa", folder], check=False)
    if done.returncode:
        pytest.skip("no tmpfs may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder, how):
    """Makes it "ro" or "rw"; not while a process that ends writes there."""
    servers.wait_for("remount", lambda: subprocess.run(
        ["mount", "-o", "remount," + how, folder],
        stderr=subprocess.DEVNULL, check=False).returncode == 0)
