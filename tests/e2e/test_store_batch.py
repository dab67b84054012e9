"""Several messages that come together are killed, or meet a full disk, at each
of their system calls: whoever looks next finds all of them or none."""
import collections
import os
import pathlib
import re
import subprocess
import tempfile

import pytest

TEXT = b"Subject: batch\n\n" + b"a line of the body\n" * 50
COUNT = 5
LIST = ".njiwa-batch"

pytestmark = pytest.mark.usefixtures("strace")

WRITING = {"write", "fsync", "linkat", "fchown", "unlinkat", "fcntl"}


def tool(maildir, *words, inject=None, check=False):
    command = [os.path.join(os.environ["NJIWA_BUILD"],
                            "tests/tools/store_tool"), maildir, *words]
    if inject:
        command = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=all",
                   "-e", f"inject={inject}"] + command
    return subprocess.run(command, input=TEXT, timeout=60, check=check,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def batch(maildir, inject=None):
    return tool(maildir, "batch", "INBOX", str(COUNT), inject=inject)


def calls(maildir):
    trace = maildir.parent / "trace"
    subprocess.run(["strace", "-qq", "-o", trace, os.path.join(
        os.environ["NJIWA_BUILD"], "tests/tools/store_tool"), maildir,
        "batch", "INBOX", str(COUNT)], input=TEXT, timeout=60, check=True,
        stdout=subprocess.DEVNULL)
    counts = collections.Counter(
        re.findall(r"^(\w+)\(", trace.read_text(), re.M))
    for name in ("execve", "exit_group", "arch_prctl", "set_tid_address",
                 "set_robust_list", "rseq", "brk", "prlimit64", "access",
                 "mmap", "mprotect", "munmap", "read", "pread64"):
        counts.pop(name, None)
    return counts


def seen(maildir):
    """What a session that opens the folder sees."""
    out = tool(maildir, "show", "INBOX", check=True).stdout.decode()
    return len(re.findall(r"^\d+ ", out, re.M)), out


def files(maildir):
    return [path for path in (maildir / "cur").iterdir()
            if not path.name.startswith(".")]


def empty(maildir):
    for path in list((maildir / "cur").iterdir()):
        path.unlink()
    lock = maildir / "dovecot-uidlist.lock"
    if lock.exists():
        lock.unlink()


@pytest.fixture(name="maildir")
def fixture_maildir(scratch):
    maildir = pathlib.Path(tempfile.mkdtemp(dir=scratch)) / "Maildir"
    tool(maildir, "deliver", "INBOX", "S", check=True)
    empty(maildir)
    return maildir


def test_batch(maildir):
    assert batch(maildir).returncode == 0
    assert len(files(maildir)) == COUNT
    assert not (maildir / "cur" / LIST).exists()


def test_killed(maildir):
    outcomes = collections.Counter()
    partly = 0
    for name, count in calls(maildir).items():
        for nth in range(1, count + 1):
            empty(maildir)
            batch(maildir, inject=f"{name}:signal=KILL:when={nth}")
            lock = maildir / "dovecot-uidlist.lock"
            if lock.exists():  # test_store_crash.py waits such a one out
                lock.unlink()
            partly += 0 < len(files(maildir)) < COUNT
            seen(maildir)
            left = files(maildir)
            assert len(left) in (0, COUNT), (name, nth, left)
            assert all(path.read_bytes() == TEXT for path in left)
            assert not (maildir / "cur" / LIST).exists()
            assert not list((maildir / "tmp").iterdir())
            outcomes[len(left)] += 1
    # there were some of each, and some that had to be mended
    assert outcomes[0] > 20 and outcomes[COUNT] > 2 and partly >= COUNT - 1


def test_disk_full(maildir):
    failed = 0
    for name, count in calls(maildir).items():
        if name not in WRITING:
            continue
        for nth in range(1, count + 1):
            empty(maildir)
            done = batch(maildir, inject=f"{name}:error=ENOSPC:when={nth}")
            said = name == "write" and nth == count
            if done.returncode != 0 and not said:
                seen(maildir)
                assert files(maildir) == [], (name, nth)
            else:
                assert len(files(maildir)) == COUNT, (name, nth)
            failed += done.returncode != 0
    assert failed > 10


@pytest.mark.parametrize("text", [
    b"", b"\n", b"keep", b"../keep\n", b".keep\n", b"\0\n", b"/etc/passwd\n",
    b"gone\n" * 1000])
def test_lists_that_others_wrote(maildir, text):
    """No file but of cur is removed, and none that is half named."""
    assert tool(maildir, "deliver", "INBOX", "S").returncode == 0
    (maildir / "keep").write_bytes(b"")
    (maildir / "cur" / "keep").write_bytes(TEXT)
    (maildir / "cur" / ".keep").write_bytes(b"")
    (maildir / "cur" / LIST).write_bytes(text)
    seen(maildir)
    assert (maildir / "keep").exists()
    assert (maildir / "cur" / "keep").exists()
    assert (maildir / "cur" / ".keep").exists()
    assert not (maildir / "cur" / LIST).exists()
    assert len(files(maildir)) == 2
