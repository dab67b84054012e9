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


@pytest.fixture
def site(make_site):
    made = make_site("sqlite")
    made.conf(max_sessions_per_user=0, login_delay="0", log_level="info")
    return made


def put(site, number):
    """A message that another program puts into new/ of demo's."""
    name = "%d.M%dP1.host" % (time.time(), number)
    path = site.maildir() + "/tmp/" + name
    with open(path, "wb") as out:
        out.write(b"Subject: new\n\ntext\n")
    os.chown(path, 8, 8)
    os.rename(path, site.maildir() + "/new/" + name)


def idle(site):
    client = Client(site)
    assert client.cmd("SELECT INBOX").status == "OK"
    client.send(b"i IDLE\r\n")
    assert client.response().startswith(b"+ ")
    return client


def end(client):
    client.send(b"DONE\r\n")
    assert client.finish(b"i").status == "OK"


def without(site, *calls):
    """Sessions for which these system calls fail."""
    need("strace")
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e",
               "trace=" + ",".join(calls)]
    for call in calls:
        command += ["-e", "inject=%s:error=EMFILE" % call]
    site.launchers["imap"] = site.launcher(
        command + site.command("imap"), site.env, site.log_file)


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
    assert site.log.count("no inotify instances are left") == 1


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
    assert site.log.count("no inotify instances are left") == 1
