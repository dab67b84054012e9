"""MOVE is killed, or meets a full disk, at each of its system calls, or another
one moves the same messages: each is in one of the folders, once."""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from conftest import need
from disks import small_disk

COUNT = 3
MANY = 300
WRITING = {"write", "fsync", "linkat", "fchown", "renameat2", "openat"}
START = ("execve", "exit_group", "arch_prctl", "set_tid_address",
         "set_robust_list", "rseq", "brk", "prlimit64", "access", "mmap",
         "mprotect", "munmap", "read", "pread64", "newfstatat", "fstat",
         "getdents64", "close", "fcntl", "getrandom", "lseek")


@pytest.fixture(autouse=True)
def strace():
    need("strace")


def command(maildir, *words, inject=None):
    strace = [] if inject is None else [
        "strace", "-qq", "-o", "/dev/null", "-e", "trace=all", "-e",
        "inject=" + inject]
    return strace + [
        os.path.join(os.environ["NJIWA_BUILD"], "tests/tools/store_tool"),
        str(maildir), *words]


def tool(maildir, *words, inject=None, check=False):
    return subprocess.run(command(maildir, *words, inject=inject), timeout=60,
                          check=check, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def calls(maildir, *words):
    trace = maildir.parent / "trace"
    subprocess.run(["strace", "-qq", "-o", trace] + command(maildir, *words),
                   timeout=60, check=True, stdout=subprocess.DEVNULL)
    counts = collections.Counter(
        re.findall(r"^(\w+)\(", trace.read_text(), re.M))
    for name in START:
        counts.pop(name, None)
    return counts


def text_of(number):
    return b"Subject: %d.\n\nbody of %d\n" % (number, number)


def fill(maildir, count=COUNT):
    """The same messages again, in INBOX alone; no lock is left."""
    for folder in (maildir, maildir / ".to"):
        for path in (folder / "cur").iterdir():
            path.unlink()
        for path in folder.glob("dovecot-uidlist.lock*"):
            path.unlink()  # test_store_crash.py waits such a one out
    for number in range(count):
        path = maildir / "cur" / ("1.M%dP1.x:2,S" % number)
        path.write_bytes(text_of(number))


def found(maildir, folder):
    """The numbers of the messages there."""
    return sorted(int(re.match(rb"Subject: (\d+)\.", path.read_bytes())[1])
                  for path in (maildir / folder / "cur").iterdir()
                  if path.name[0] != ".")


def shown(maildir, folder):
    out = tool(maildir, "show", folder, check=True).stdout.decode()
    return [int(uid) for uid in re.findall(r"^(\d+) ", out, re.M)]


@pytest.fixture(name="maildir")
def fixture_maildir(scratch):
    maildir = pathlib.Path(tempfile.mkdtemp(dir=scratch)) / "Maildir"
    tool(maildir, "create", "to", check=True)
    fill(maildir)
    return maildir


def once(maildir, count=COUNT):
    """How many got there; each message is in one of the folders."""
    moved = found(maildir, ".to")
    assert sorted(moved + found(maildir, ".")) == list(range(count))
    assert not list((maildir / "tmp").iterdir())
    return len(moved)


def test_killed(maildir):
    """And whoever looks next shows them so, under uids of their own."""
    outcomes = collections.Counter()
    known = set()
    for name, count in calls(maildir, "move", "INBOX", "to").items():
        for nth in range(1, count + 1):
            fill(maildir)
            tool(maildir, "move", "INBOX", "to",
                 inject="%s:signal=KILL:when=%d" % (name, nth))
            moved = once(maildir)
            outcomes[moved] += 1
            for path in maildir.glob("**/dovecot-uidlist.lock*"):
                path.unlink()
            uids = shown(maildir, "to")
            assert len(uids) == moved and not known & set(uids)
            known.update(uids)
            assert len(shown(maildir, "INBOX")) == COUNT - moved
    assert set(outcomes) == set(range(COUNT + 1)), outcomes


def test_copy_is_killed(maildir):
    """All of the copies are there, or none, for who looks next."""
    outcomes = collections.Counter()
    partly = 0
    for name, count in calls(maildir, "copy", "INBOX", "to").items():
        for nth in range(1, count + 1):
            fill(maildir)
            tool(maildir, "copy", "INBOX", "to",
                 inject="%s:signal=KILL:when=%d" % (name, nth))
            partly += 0 < len(found(maildir, ".to")) < COUNT
            for path in maildir.glob("**/dovecot-uidlist.lock*"):
                path.unlink()
            copies = len(shown(maildir, "to"))
            assert copies in (0, COUNT), (name, nth)
            assert len(found(maildir, ".to")) == copies
            assert found(maildir, ".") == list(range(COUNT))
            outcomes[copies] += 1
    assert partly >= COUNT - 1 and min(outcomes[0], outcomes[COUNT]) > 1


def test_disk_full(maildir):
    failed = 0
    for name, count in calls(maildir, "move", "INBOX", "to").items():
        if name not in WRITING:
            continue
        for nth in range(1, count + 1):
            fill(maildir)
            done = tool(maildir, "move", "INBOX", "to",
                        inject="%s:error=ENOSPC:when=%d" % (name, nth))
            moved = once(maildir)
            assert moved == COUNT or done.returncode != 0
            failed += done.returncode != 0
    assert failed > 5


def test_between_file_systems(maildir):
    """A copy and a removal: with a crash in between it is in both."""
    done = tool(maildir, "move", "INBOX", "to",
                inject="renameat2:error=EXDEV")
    assert done.returncode == 0 and once(maildir) == COUNT
    assert len(shown(maildir, "to")) == COUNT
    fill(maildir)
    assert len(shown(maildir, "INBOX")) == COUNT
    assert race(maildir, *[("move", "INBOX", "to")] * 2,
                inject="renameat2:error=EXDEV") == [0, 0]
    assert once(maildir) == COUNT


def test_folder_on_a_disk_of_its_own(maildir):
    """COPY, MOVE there and back, and mail that is delivered."""
    shutil.rmtree(maildir / ".to")
    (maildir / ".to").mkdir()
    with small_disk(str(maildir / ".to"), "size=1m"):
        assert tool(maildir, "deliver", "to", "S", "uid").returncode == 0
        assert shown(maildir, "to") == [1]
        tool(maildir, "copy", "INBOX", "to", check=True)
        tool(maildir, "move", "INBOX", "to", check=True)
        assert len(shown(maildir, "to")) == 2 * COUNT + 1
        assert shown(maildir, "INBOX") == []
        assert not list((maildir / ".to" / "tmp").iterdir())
        tool(maildir, "move", "to", "INBOX", check=True)
        assert shown(maildir, "to") == []
    assert len(shown(maildir, "INBOX")) == 2 * COUNT + 1


def race(maildir, *commands, inject=None):
    running = [subprocess.Popen(command(maildir, *words, inject=inject),
                                stdout=subprocess.DEVNULL)
               for words in commands]
    return [process.wait(60) for process in running]


def test_moved_by_two(maildir):
    tool(maildir, "create", "other", check=True)
    fill(maildir, MANY)
    assert len(shown(maildir, "INBOX")) == MANY
    assert race(maildir, ("move", "INBOX", "to"),
                ("move", "INBOX", "other")) == [0, 0]
    first, second = found(maildir, ".to"), found(maildir, ".other")
    assert sorted(first + second) == list(range(MANY))
    assert not found(maildir, ".")
    assert len(shown(maildir, "to")) == len(first)
    assert len(shown(maildir, "other")) == len(second)


def test_folder_deleted_meanwhile(maildir):
    """Either the messages are deleted with it, as those who were there before,
    or they stay where they were; none is in between."""
    for _ in range(5):
        fill(maildir, MANY)
        moved, deleted = race(maildir, ("move", "INBOX", "to"),
                              ("delete", "to"))
        assert deleted == 0 and moved in (0, 1)
        assert len(found(maildir, ".")) == (0 if moved == 0 else MANY)
        tool(maildir, "create", "to", check=True)
    tool(maildir, "delete", "to", check=True)
    assert not list(maildir.glob("..njiwa-gone*"))
