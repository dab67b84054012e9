"""A delivery that is killed before each of its system calls, or meets a full
disk in each of them, leaves nothing or one whole message, never half of one,
never two, and a Maildir that the next delivery can use."""
import collections
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

import pytest

from disks import small_disk

TEXT = b"Subject: crash\n\n" + b"a line of the body\n" * 500

pytestmark = pytest.mark.usefixtures("strace")

# Calls that can change what is on the disk; they may fail with ENOSPC.
WRITING = {"openat", "write", "fsync", "linkat", "renameat2", "renameat",
           "mkdirat", "fchown", "utimensat", "ftruncate"}


def tool():
    return os.path.join(os.environ["NJIWA_BUILD"], "tests/tools/store_tool")


def deliver(maildir, *more, inject=None):
    command = [tool(), maildir, "deliver", *more]
    if inject:
        command = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=all",
                   "-e", f"inject={inject}"] + command
    return subprocess.run(command, input=TEXT, timeout=60, check=False,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).returncode


def calls_of(maildir, *more):
    """How often a delivery makes each system call, after its start."""
    trace = maildir.parent / "trace"
    subprocess.run(["strace", "-qq", "-o", trace, tool(), maildir, "deliver",
                    *more], input=TEXT, timeout=60, check=True,
                   stdout=subprocess.DEVNULL)
    names = re.findall(r"^(\w+)\(", trace.read_text(), re.M)
    counts = collections.Counter(names)
    for name in ("execve", "exit_group", "arch_prctl", "set_tid_address",
                 "set_robust_list", "rseq", "brk", "prlimit64", "access"):
        counts.pop(name, None)
    return counts


def messages(maildir):
    """The messages there are; each must be whole."""
    found = []
    for folder in ("new", "cur"):
        for path in (maildir / folder).iterdir():
            assert path.read_bytes() == TEXT, path
            assert f",S={len(TEXT)},W=" in path.name
            found.append(path)
    return found


def empty(maildir):
    for path in messages(maildir):
        path.unlink()
    lock = maildir / "dovecot-uidlist.lock"
    if lock.exists():  # its holder is dead; test_left_lock waits it out
        lock.unlink()


@pytest.fixture(name="maildir")
def fixture_maildir(scratch):
    maildir = pathlib.Path(tempfile.mkdtemp(dir=scratch)) / "Maildir"
    assert deliver(maildir, "INBOX", "!") == 0
    empty(maildir)
    return maildir


@pytest.mark.parametrize("how", [("INBOX", "!"), ("INBOX", "S", "uid")])
def test_killed(maildir, how):
    delivered = 0
    kills = 0
    for name, count in calls_of(maildir, *how).items():
        for nth in range(1, count + 1):
            empty(maildir)
            deliver(maildir, *how, inject=f"{name}:signal=KILL:when={nth}")
            found = len(messages(maildir))
            assert found <= 1
            assert not list((maildir / "tmp").iterdir())
            delivered += found
            kills += 1
            empty(maildir)
            assert deliver(maildir, *how) == 0
            assert len(messages(maildir)) == 1
    # both ends were met: before the message had a name, and after it
    assert kills > 20 and 0 < delivered < kills


@pytest.mark.parametrize("how", [("INBOX", "!"), ("INBOX", "S", "uid")])
def test_disk_full(maildir, how):
    failed = 0
    for name, count in calls_of(maildir, *how).items():
        if name not in WRITING:
            continue
        for nth in range(1, count + 1):
            empty(maildir)
            code = deliver(maildir, *how,
                           inject=f"{name}:error=ENOSPC:when={nth}")
            # standard output is the tool's last write: the message is there
            said = name == "write" and nth == count
            assert len(messages(maildir)) == (1 if code == 0 or said else 0)
            assert not list((maildir / "tmp").iterdir())
            failed += code != 0
    assert failed > 5


def test_left_lock(maildir):
    """The lock of a killed process is taken over."""
    assert deliver(maildir, "INBOX", "S", "uid") == 0
    deliver(maildir, "INBOX", "S", "uid", inject="linkat:signal=KILL:when=2")
    assert (maildir / "dovecot-uidlist.lock").exists()
    assert deliver(maildir, "INBOX", "S", "uid") == 0
    assert not (maildir / "dovecot-uidlist.lock").exists()
    show = subprocess.run([tool(), maildir, "show", "INBOX"], check=True,
                          stdout=subprocess.PIPE, timeout=60).stdout
    uids = [int(line.split()[0]) for line in show.splitlines()[1:]]
    assert uids == [1, 3]  # 2 was the dead one's


def shown(maildir):
    done = subprocess.run([tool(), maildir, "show", "INBOX"], check=True,
                          stdout=subprocess.PIPE, timeout=60)
    return [int(line.split()[0]) for line in done.stdout.splitlines()[1:]]


def test_entry_before_its_file(maildir):
    """A message that is listed and not yet linked is not taken for one that
    is gone: whoever looks shows it with those behind it, as it would need
    another uid later."""
    assert deliver(maildir, "INBOX", "S", "uid") == 0
    slow = threading.Thread(target=deliver, args=(
        maildir, "INBOX", "S", "uid"), kwargs={
            "inject": "linkat:delay_enter=5000000:when=2"})
    slow.start()
    uidlist = maildir / "dovecot-uidlist"
    while len(uidlist.read_text().splitlines()) < 3:
        time.sleep(0.01)
    assert len(messages(maildir)) == 1
    assert deliver(maildir, "INBOX", "!") == 0
    assert shown(maildir) == [1, 2, 3]
    slow.join()
    assert len(messages(maildir)) == 3


def test_full_disk(scratch):
    """A real one."""
    top = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    with small_disk(top, "size=64k", owner=0):
        codes = [deliver(top / "Maildir", "INBOX", "!", "uid")
                 for _ in range(12)]
        assert codes[0] == 0 and codes[-1] == 1
        assert len(messages(top / "Maildir")) == codes.count(0)
        assert not list((top / "Maildir" / "tmp").iterdir())


def steps_to_the_disk(maildir, *how):
    """What is written and synced of a delivery, in order, by its place."""
    trace = maildir.parent / "trace"
    subprocess.run(["strace", "-qq", "-y", "-o", trace, "-e",
                    "trace=write,fsync,linkat", tool(), maildir, "deliver",
                    *how], input=TEXT, check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    places = [("tmp/", "file"), ("dovecot-uidlist>", "list"),
              ("cur>", "folder"), ("new>", "folder")]
    steps = []
    for line in trace.read_text().splitlines():
        call, rest = line.split("(", 1)
        where = [name for place, name in places if str(maildir / place) in rest]
        if where and (call != "linkat" or "folder" in where):
            steps.append((call, where[-1]))
    return steps


def test_order(maildir):
    """A message is on the disk before it has its name, and its uid is too; and
    the list's entry is written before the first fsync, which has both in one
    write of a journal."""
    assert deliver(maildir, "INBOX", "S", "uid") == 0
    assert steps_to_the_disk(maildir, "INBOX", "S", "uid") == [
        ("write", "file"), ("write", "list"), ("fsync", "file"),
        ("fsync", "list"), ("linkat", "folder"), ("fsync", "folder")]
    assert steps_to_the_disk(maildir, "INBOX", "!") == [
        ("write", "file"), ("fsync", "file"), ("linkat", "folder"),
        ("fsync", "folder")]


@pytest.mark.parametrize("count", [1, 5])
def test_removals_reach_the_disk(maildir, count):
    """What was expunged stays away after a crash: one fsync of the folder
    comes after all removals."""
    uids = []
    for _ in range(count):
        assert deliver(maildir, "INBOX", "S", "uid") == 0
    listed = (maildir / "dovecot-uidlist").read_text().splitlines()[1:]
    uids = [line.split()[0] for line in listed][-count:]
    trace = maildir.parent / "trace"
    subprocess.run(["strace", "-qq", "-y", "-o", trace, "-e",
                    "trace=unlinkat,fsync", tool(), maildir, "expunge",
                    "INBOX", *uids], check=True, timeout=60)
    calls = [line for line in trace.read_text().splitlines()
             if str(maildir / "cur") in line]
    assert [line.split("(")[0] for line in calls] == \
        ["unlinkat"] * count + ["fsync"]
    assert messages(maildir) == []
