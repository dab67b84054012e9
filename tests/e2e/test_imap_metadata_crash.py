"""METADATA's file when its writer is killed before each of its system calls, or
meets a full disk in each: the old entries or the new ones, never half."""
import os
import pathlib
import subprocess
import tempfile

import pytest

from test_store_crash import WRITING, tool

pytestmark = pytest.mark.usefixtures("strace")

OLD = "njiwa-metadata 1\n/private/a\told\n/private/b\told\n"
NEW = OLD.replace("old", "new")


@pytest.fixture(name="maildir")
def fixture_maildir(scratch):
    maildir = pathlib.Path(tempfile.mkdtemp(dir=scratch)) / "Maildir"
    assert note(maildir, "old") == 0
    return maildir


def note(maildir, value, inject=None):
    command = [tool(), maildir, "note", "INBOX", "/private/a", value,
               "/private/b", value]
    if inject:
        command = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=all",
                   "-e", "inject=" + inject] + command
    return subprocess.run(command, timeout=60, check=False,
                          stderr=subprocess.DEVNULL).returncode


def writes(maildir):
    """The system calls of a change."""
    trace = maildir.parent / "trace"
    subprocess.run(["strace", "-qq", "-o", trace, tool(), maildir, "note",
                    "INBOX", "/private/a", "old", "/private/b", "old"],
                   timeout=60, check=True)
    counts = {}
    for line in trace.read_text().splitlines():
        name = line.split("(")[0]
        if name in WRITING | {"renameat", "unlinkat", "close"}:
            counts[name] = counts.get(name, 0) + 1
    return counts


def again(maildir):
    """The next one finds what was left, a dead one's lock too."""
    lock = maildir / "njiwa-metadata.lock"
    if lock.exists():  # its age is waited out elsewhere
        os.unlink(lock)
    assert note(maildir, "old") == 0
    assert (maildir / "njiwa-metadata").read_text() == OLD


def test_killed(maildir):
    seen = set()
    for name, count in writes(maildir).items():
        for nth in range(1, count + 1):
            note(maildir, "new", f"{name}:signal=KILL:when={nth}")
            seen.add((maildir / "njiwa-metadata").read_text())
            again(maildir)
    assert seen == {OLD, NEW}, "both ends were met, and nothing between"


def test_full_disk(maildir):
    failed = 0
    for name, count in writes(maildir).items():
        if name not in WRITING:
            continue
        for nth in range(1, count + 1):
            code = note(maildir, "new", f"{name}:error=ENOSPC:when={nth}")
            text = (maildir / "njiwa-metadata").read_text()
            assert text in (OLD, NEW)
            if code == 0:
                assert text == NEW, (name, nth)
            failed += code != 0
            again(maildir)
    assert failed > 2
