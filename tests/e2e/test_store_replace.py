"""A message takes the place of another one (REPLACE), and is killed at each of
its system calls: whoever looks next sees one of both."""
import collections
import pathlib
import subprocess
import tempfile

import pytest

from conftest import need
from test_store_move import calls, command, tool

OLD = b"Subject: old\n\nold\n"
NEW = b"Subject: new\n\nnew\n"
LIST = ".njiwa-batch"


@pytest.fixture(autouse=True)
def strace():
    need("strace")


@pytest.fixture(name="maildir")
def fixture_maildir(scratch):
    maildir = pathlib.Path(tempfile.mkdtemp(dir=scratch)) / "Maildir"
    tool(maildir, "create", "to", check=True)
    return maildir


def fill(maildir):
    for folder in (maildir, maildir / ".to"):
        for path in (folder / "cur").iterdir():
            path.unlink()
        for path in folder.glob("dovecot-uidlist*"):
            path.unlink()
    (maildir / "cur" / "1.M1P1.x:2,S").write_bytes(OLD)


def replace(maildir, to, inject=None):
    return subprocess.run(
        command(maildir, "replace", "INBOX", "1", to, inject=inject),
        input=NEW, timeout=60, check=False, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL).returncode


def files(maildir):
    """The messages of both folders."""
    return sorted(path.read_bytes() for folder in (maildir, maildir / ".to")
                  for path in (folder / "cur").iterdir()
                  if path.name != LIST)


def unlock(maildir):
    for path in maildir.glob("**/dovecot-uidlist.lock*"):
        path.unlink()  # test_store_crash.py waits such a one out


@pytest.mark.parametrize("to", ["INBOX", "to"])
def test_killed(maildir, to):
    outcomes = collections.Counter()
    fill(maildir)
    both = 0
    for name, count in calls(maildir, "replace", "INBOX", "1", to).items():
        for nth in range(1, count + 1):
            fill(maildir)
            replace(maildir, to, "%s:signal=KILL:when=%d" % (name, nth))
            left = files(maildir)
            assert left in ([OLD], [NEW], [NEW, OLD]), (name, nth)
            both += len(left) == 2
            unlock(maildir)
            tool(maildir, "show", "INBOX", check=True)
            assert not (maildir / "cur" / LIST).exists()
            now = files(maildir)
            assert len(now) == 1, (name, nth, left)
            assert now == [NEW] or len(left) == 1
            outcomes[now[0]] += 1
            assert not list((maildir / "tmp").iterdir())
    assert both and min(outcomes[OLD], outcomes[NEW]) > 2


def test_disk_full(maildir):
    fill(maildir)
    for name, count in calls(maildir, "replace", "INBOX", "1", "to").items():
        if name not in ("write", "fsync", "linkat", "openat", "unlinkat"):
            continue
        for nth in range(1, count + 1):
            fill(maildir)
            code = replace(maildir, "to",
                           "%s:error=ENOSPC:when=%d" % (name, nth))
            unlock(maildir)
            tool(maildir, "show", "INBOX", check=True)
            assert NEW in files(maildir) if code == 0 else files(maildir)


@pytest.mark.parametrize("line", [
    b"=../keep/1.M1P1.x\n", b"=./keep/\n", b"=./nothing/1.M1P1.x\n", b"=\n",
    b"=././1.M1P1.x\n", b"=.to/1.M1P1.x/1.M1P1.x\n", b"=./kee/1.M1P1.x\n",
    b"=./keep/../keep\n", b"=./keep/1.M1P1\n", b"=./keep/1.M1P1.x"])
def test_lines_that_others_wrote(maildir, line):
    """Nothing goes but a message of this folder, and that only for one that has
    come."""
    fill(maildir)
    (maildir / "cur" / "keep:2,").write_bytes(NEW)
    (maildir / "cur" / LIST).write_bytes(line)
    tool(maildir, "show", "INBOX", check=True)
    assert files(maildir) == [NEW, OLD]
    (maildir / "cur" / LIST).write_bytes(b"=./keep/1.M1P1.x\n")
    tool(maildir, "show", "INBOX", check=True)
    assert files(maildir) == [NEW]
