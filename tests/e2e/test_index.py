"""The index where it cannot be what it should: its disk is full or read-only,
it has grown to its ceiling, its files are taken away, readers die.  A session
works as without one, says so once in the log, and nothing is lost."""
import ctypes
import os
import signal

import pytest

import servers
from conftest import lacking
from disks import remount, small_disk
from imap_client import Client
from modseqs import SIMPLE, fill, highest, modseqs
from site_under_test import MAIL_UID, PASSWORD
from tool_under_test import NOUSER, bad, call, full, good

COUNT = 5
SMALLEST = 16 << 20  # of the setting index_size
LOST_MAX = 7  # times that a session opens one anew


def index(site, *names):
    return os.path.join(site.maildir(), "njiwa-index", *names)


def works(client, count=COUNT):
    """What each client does; the SELECT's answer."""
    got = client.cmd("SELECT INBOX (CONDSTORE)")
    assert got.status == "OK" and got.find("%d EXISTS" % count), got.untagged
    seen = client.cmd("FETCH 1:* (UID FLAGS RFC822.SIZE ENVELOPE)")
    assert seen.status == "OK" and len(seen.all("ENVELOPE")) == count
    assert client.cmd("STORE 1 +FLAGS (\\Flagged)").find("\\Flagged")
    assert client.cmd("SEARCH FLAGGED").untagged == [b"* SEARCH 1"]
    assert client.cmd("STORE 1 -FLAGS (\\Flagged)").status == "OK"
    assert client.cmd("SEARCH FLAGGED").untagged == [b"* SEARCH"]
    came = client.append(SIMPLE).untagged + client.cmd("NOOP").untagged
    assert b"* %d EXISTS" % (count + 1) in came
    assert client.cmd("STORE %d +FLAGS (\\Deleted)" % (count + 1)).status == \
        "OK"
    assert client.cmd("EXPUNGE").find("%d EXPUNGE" % (count + 1))
    return got


def leave(*clients):
    """After this they write no more."""
    for client in clients:
        client.cmd("LOGOUT")
        client.at_end()
        client.close()


def session(site, *wanted):
    """One that works without an index, and says why, once."""
    before = len(site.log)
    client = Client(site)
    assert works(client).find("[NOMODSEQ]")
    assert works(client).find("[NOMODSEQ]")
    assert client.cmd("SEARCH MODSEQ 1").status == "BAD"
    leave(client)
    said = [line for line in site.log[before:].splitlines()
            if "ndex" in line]
    assert len(said) == 1, said
    for text in wanted:
        assert text in said[0], said
    assert PASSWORD not in site.log


def whole(site, count=COUNT):
    """One with an index."""
    client = Client(site)
    got = highest(works(client, count))
    leave(client)
    return got


@pytest.fixture
def filled(lite):
    client = Client(lite)
    fill(client, COUNT)
    client.close()
    return lite


def fill_disk(folder):
    with open(folder + "/filler", "wb", 0) as out:
        for size in (1 << 12, 1):
            try:
                while out.write(b"x" * size):
                    pass
            except OSError:
                pass


def test_full(filled):
    """Before there is one, while it grows, and when there is room again."""
    site, place = filled, filled.folder + "/indexes"
    os.mkdir(place)
    site.conf(index_dir=place)
    with small_disk(place, "size=2m"):
        fill_disk(place)
        session(site, place, "No space left")
        os.unlink(place + "/filler")
        first = whole(site)
        client = Client(site)
        told = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
        assert told > first
        fill_disk(place)
        # it goes on with what was told, for as long as this is selected
        before, count = len(site.log), COUNT
        while "ndex" not in site.log[before:]:
            assert client.append(SIMPLE).status == "OK"
            assert client.cmd("NOOP").status == "OK"
            count += 1
            assert count < 500
        for flags in "ab":
            told = max(modseqs(client))
            assert client.cmd("STORE 1:* FLAGS (%s)" % flags).status == "OK"
            assert min(modseqs(client)) > told
        said = [line for line in site.log[before:].splitlines()
                if "ndex" in line]
        assert len(said) == 1 and "No space left" in said[0], said
        told = max(modseqs(client))
        assert client.cmd("SELECT INBOX").find("[NOMODSEQ]")
        assert len(client.cmd("SEARCH KEYWORD b").untagged[0].split()) == \
            count + 2
        client.close()
        os.unlink(place + "/filler")
        assert whole(site, count) > told


def test_read_only(filled):
    """A mount where the account has a folder, or has none; and, beside the
    mail, a folder that is not the user's."""
    site, place = filled, filled.folder + "/indexes"
    whole(site)
    for name in os.listdir(index(site)):
        os.unlink(index(site, name))
    os.chown(index(site), 0, 0)
    os.chmod(index(site), 0o755)
    session(site, index(site), "Permission denied")
    assert not os.listdir(index(site))
    os.mkdir(place)
    site.conf(index_dir=place)
    with small_disk(place, "size=2m"):
        remount(place, "ro")
        session(site, place, "Read-only file system")
        remount(place, "rw")
        whole(site)
        remount(place, "ro")
        session(site, place, "Read-only file system")


def many(site, count):
    """As many files as there are messages, with the longest names."""
    Client(site).close()
    cur = site.maildir() + "/cur/"
    servers.wait_for("the Maildir", lambda: os.path.isdir(cur))
    first = site.folder + "/data/first"
    with open(first, "wb") as out:
        out.write(SIMPLE)
    os.chown(first, MAIL_UID, MAIL_UID)
    for i in range(count):
        os.link(first, "%s1700000000.M%06dP1.%s:2,S" % (cur, i, "h" * 220))


def test_ceiling(lite):
    """More messages than fit.  One that is full so soon is not made anew: it
    would not fit again."""
    count, made, first = 50000, set(), len(lite.log)
    lite.conf(index_size="16M")
    with small_disk(lite.data, "size=200m"):
        many(lite, count)
        for _ in range(2):
            client = Client(lite)
            got = client.cmd("SELECT INBOX")
            assert got.find("%d EXISTS" % count) and got.find("[NOMODSEQ]")
            assert client.cmd("STORE 7 +FLAGS (\\Flagged)").status == "OK"
            assert client.cmd("SEARCH FLAGGED").untagged == [b"* SEARCH 7"]
            assert client.cmd("STORE 7 -FLAGS (\\Flagged)").status == "OK"
            assert client.cmd("SELECT INBOX").find("[NOMODSEQ]")
            client.close()
            data = os.stat(index(lite, "data.mdb"))
            made.add(data.st_ino)
            assert data.st_size <= SMALLEST
        said = [line for line in lite.log[first:].splitlines()
                if "ndex" in line]
        assert len(said) == 2 and "index_size" in said[0], said
        assert len(made) == 1
        lite.conf(index_size="64M")
        client = Client(lite)
        assert highest(client.cmd("SELECT INBOX"))
        client.close()


def test_two_rebuild(filled):
    """The files are taken away from under two sessions."""
    one, two = Client(filled), Client(filled)
    for client in one, two:
        told = highest(client.cmd("SELECT INBOX (CONDSTORE)"))
    for turn in range(LOST_MAX):
        for name in os.listdir(index(filled)):
            os.unlink(index(filled, name))
        tags = []
        for client, keyword in ((one, b"x"), (two, b"y")):
            tags.append(client.tag())
            client.send(b"%s STORE 1:* %sFLAGS (%s)\r\n" % (
                tags[-1], b"-" if turn % 2 else b"+", keyword))
        for client, tag in zip((one, two), tags):
            assert client.finish(tag).status == "OK"
        for client in one, two, one, two:
            assert client.cmd("NOOP").status == "OK"
        assert modseqs(one) == modseqs(two), turn
        for keyword in "xy":
            wanted = b"* SEARCH" if turn % 2 else b"* SEARCH 1 2 3 4 5"
            assert two.cmd("SEARCH KEYWORD " + keyword).untagged == [wanted]
        third = Client(filled)
        now = highest(third.cmd("SELECT INBOX"))
        third.close()
        assert now >= max(modseqs(one)) > told
        told = now
    leave(one, two)
    whole(filled)


def hold(path):
    """A process that reads in the environment until it is killed."""
    try:
        lmdb = ctypes.CDLL("liblmdb.so.0")
    except OSError:
        lacking("liblmdb0")
    done, ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        env, txn = ctypes.c_void_p(), ctypes.c_void_p()
        failed = lmdb.mdb_env_create(ctypes.byref(env)) or \
            lmdb.mdb_env_open(env, path.encode(), 0, 0o600) or \
            lmdb.mdb_txn_begin(env, None, 0x20000, ctypes.byref(txn))
        os.write(ready, b"%d" % bool(failed))
        signal.pause()
    assert os.read(done, 1) == b"0"
    os.close(done)
    os.close(ready)
    return pid


def test_killed_reader(filled):
    """Its slot keeps no page from being used again, also for a session that
    has been there before."""
    client = Client(filled)
    client.cmd("SELECT INBOX")
    pid = hold(index(filled))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    size = os.stat(index(filled, "data.mdb")).st_size
    for _ in range(100):
        client.cmd("STORE 1:* +FLAGS.SILENT (x)")
        client.cmd("STORE 1:* -FLAGS.SILENT (x)")
    assert os.stat(index(filled, "data.mdb")).st_size < 2 * size


# ---- the administrator's verbs ----

def shown(site):
    lines = good(site, "index", "show", full("demo")).splitlines()
    return dict(line.split(": ", 1) if ": " in line else (line[:-1], "")
                for line in lines)


def change(path, octets):
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(octets)


def test_verbs(filled):
    site, data = filled, index(filled, "data.mdb")
    with open("/proc/sys/kernel/random/boot_id") as file:
        boot = file.read().strip()
    good(site, "index", "drop", full("demo"))
    good(site, "index", "drop", full("demo"))  # there is none any more
    got = shown(site)
    assert got["used"] == "no, there is none yet" and got["octets"] == "0"
    client = Client(site)
    told = highest(works(client))
    got = shown(site)
    assert got["used"] == "yes" and got["boot"] == boot and \
        got["place"] == index(site), got
    assert (got["mailboxes"], got["messages"]) == ("1", str(COUNT))
    assert int(got["texts"]) >= COUNT and int(got["text octets"]) > COUNT
    assert int(got["octets"]) == os.stat(data).st_size
    # from under a session, which goes on
    good(site, "index", "drop", full("demo"))
    assert not os.listdir(index(site))
    assert highest(works(client)) > told
    assert shown(site)["used"] == "yes"
    leave(client)
    # looking changes nothing, whatever there is
    with open(data, "rb") as file:
        whole_file = file.read()
    for octets, used in (
            (whole_file.replace(boot.encode(), b"x" * len(boot)),
             "no, it is of before the last boot"),
            (b"rubbish" * 999, "no, it is damaged or of another version"),
            (whole_file[:2 * 4096], "no, it is damaged or of another version")):
        change(data, octets)
        os.unlink(index(site, "lock.mdb"))
        assert shown(site)["used"] == used
        with open(data, "rb") as file:
            assert file.read() == octets
        for name in os.listdir(index(site)):
            assert os.stat(index(site, name)).st_uid == MAIL_UID
    whole(site)
    assert shown(site)["used"] == "yes"
    # not through a link
    os.rename(index(site), site.maildir() + "/elsewhere")
    os.symlink("elsewhere", index(site))
    for verb in "show", "drop":
        status, out, _ = call(site, "index", verb, full("demo"))
        assert status and not out
    assert os.listdir(site.maildir() + "/elsewhere")
    bad(site, NOUSER, "index", "show", full("nobody"))
    site.conf(index_dir=site.folder + "/indexes", index="no")
    got = shown(site)
    assert got["place"] == site.folder + "/indexes/" + full("demo")
    assert got["used"] == "no, the setting index says so"
