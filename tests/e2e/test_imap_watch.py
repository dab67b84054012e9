"""IDLE where the kernel has no inotify instance left for the uid of all mail
(fs.inotify.max_user_instances, which is 128 on Debian): nobody hears less."""
import os
import time

import pytest

import servers
from conftest import need
from imap_client import Client
from init_under_test import cpu_seconds
from inotify_limit import inotify_instances

LIMIT = 128
SESSIONS = int(os.environ.get("NJIWA_IDLE_SESSIONS", "348"))  # of one uid
WATCHED = 5.0  # seconds of silence, whose CPU time is counted
MOVING = 500000  # us that a file's new name takes, in the midst of a look


@pytest.fixture
def site(make_site):
    made = make_site("sqlite")
    made.conf(max_sessions_per_user=0, login_delay="0", log_level="info")
    return made


def put(site, number, folder="new"):
    """A message that another program puts into new/ of demo's, or cur/."""
    name = "%d.M%dP1.host" % (time.time(), number)
    path = site.maildir() + "/tmp/" + name
    name += ":2," if folder == "cur" else ""
    with open(path, "wb") as out:
        out.write(b"Subject: new\n\ntext\n")
    os.chown(path, 8, 8)
    os.rename(path, "%s/%s/%s" % (site.maildir(), folder, name))


def idle(site):
    client = Client(site)
    assert client.cmd("SELECT INBOX").status == "OK"
    client.send(b"i IDLE\r\n")
    assert client.response().startswith(b"+ ")
    return client


def end(client):
    client.send(b"DONE\r\n")
    assert client.finish(b"i").status == "OK"


def through_strace(site, *changes):
    """Sessions whose system calls are tampered with."""
    need("strace")
    command = ["strace", "-f", "-qq", "-o", "/dev/null"]
    for change in changes:
        command += ["-e", change]
    site.launchers["imap"] = site.launcher(
        command + site.command("imap"), site.env, site.log_file)


def without(site, *calls):
    """Sessions for which these system calls fail."""
    through_strace(site, "trace=" + ",".join(calls),
                   *("inject=%s:error=EMFILE" % call for call in calls))


def hears_all(site, client, other):
    """All that may happen in a folder, and not late."""
    waits = []
    for count in (1, 2, 3):
        put(site, count)
        line, took = client.wait("EXISTS")
        assert line == b"* %d EXISTS" % count
        waits.append(took)
    other.cmd("SELECT INBOX")
    other.cmd("STORE 2 +FLAGS (\\Flagged)")
    waits.append(client.wait("FETCH")[1])
    other.cmd("STORE 1 +FLAGS.SILENT (\\Deleted)")
    other.cmd("EXPUNGE")
    waits.append(client.wait("EXPUNGE")[1])
    assert sorted(waits)[2] < 5, waits


# Without inotify it is dnotify that tells; without signalfd too, nothing is
# left but to look every second.
@pytest.mark.parametrize("calls", [
    ("inotify_init1",), ("inotify_add_watch",),
    ("inotify_init1", "signalfd4")], ids=" ".join)
def test_without(plain_build, site, calls):
    site.accountd()  # which has its own signalfd
    other = Client(site)
    without(site, *calls)
    client = idle(site)
    hears_all(site, client, other)
    end(client)
    site.logged("no inotify instances are left", 1)


def sessions(site):
    return [pid for pid, line in site.processes().items()
            if "njiwa-imapd" in line]


def test_more_than_the_limit(plain_build, site):
    """So many idle sessions of one uid; the CPU time that they take for nothing
    is next to none."""
    with inotify_instances(LIMIT):
        many_sessions(site)


def many_sessions(site):
    site.conf(account_workers=1)
    site.accountd()
    clients = [idle(site) for _ in range(SESSIONS)]
    pids, waste = sessions(site), []

    def rest():
        """When the last of them has given its memory back."""
        before = sum(cpu_seconds(pid) for pid in pids)
        time.sleep(WATCHED)
        waste.append(sum(cpu_seconds(pid) for pid in pids) - before)
        return waste[-1] < WATCHED * 0.02

    servers.wait_for("rest", rest)
    before = sum(cpu_seconds(pid) for pid in pids)
    start = time.monotonic()
    put(site, 1)
    for client in clients:
        assert client.wait("EXISTS")[0] == b"* 1 EXISTS"
    took = time.monotonic() - start
    cost = sum(cpu_seconds(pid) for pid in pids) - before
    print("%d idle sessions: %.2f s CPU in %.0f s of silence; one delivery "
          "told to all in %.2f s, %.2f s CPU"
          % (SESSIONS, waste[-1], WATCHED, took, cost))
    for client in clients[::50]:
        end(client)
    site.logged("no inotify instances are left", 1)


NOTIFY = "NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange))"


@pytest.mark.parametrize("command", ["IDLE", NOTIFY])
@pytest.mark.parametrize("folder", ["new", "cur"])
def test_what_comes_in_the_midst(plain_build, site, folder, command):
    """While a session moves other mail to cur: to those who look next the
    directories are as its own work has left them."""
    through_strace(site, "trace=renameat2",
                   "inject=renameat2:delay_exit=%d" % MOVING)
    client = Client(site)
    client.cmd("SELECT INBOX")
    put(site, 1)
    os.utime(site.maildir() + "/new", (1700000000, 1700000000))
    client.send(b"x " + command.encode() + b"\r\n")
    servers.wait_for("the move", lambda: os.listdir(site.maildir() + "/cur"))
    put(site, 2, folder)
    if command == NOTIFY:
        got = client.finish(b"x")
        if got.find("2 EXISTS"):
            return
        assert got.find("1 EXISTS")
        client.send(b"i IDLE\r\n")
    client.wait("2 EXISTS")
