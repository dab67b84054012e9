"""What an idle IMAP connection holds: the proportional set size (PSS) of its
processes, with enough of them open that shared pages are shared.

The average is what counts, and for each what it has written itself.  Which
pages of a program's file a process has mapped is chance: the kernel maps what
lies around a page that is touched, in the randomised layout of that process,
and what no other happens to have mapped counts as its alone, 130 KB at times.

Behind TLS it is mostly GnuTLS: what the loader writes into its pages, and the
syntax trees that it builds when it starts, 450 KB a process, are not shared."""
import os
import time

import pytest

from imap_client import Client

CONNECTIONS = 20
MESSAGES = 1000
REST = 3.0  # seconds; the server gives memory back after two seconds of silence
PATIENCE = 20.0  # seconds that a busy machine may need for it


def fill(site):
    path = site.maildir()
    for name in ("", "/cur", "/new", "/tmp"):
        os.makedirs(path + name, exist_ok=True)
    for i in range(MESSAGES):
        name = "%d.M%06dP77.mx.test.dev,S=20,W=22:2,S" % (1700000000 + i, i)
        with open(path + "/cur/" + name, "wb") as file:
            file.write(b"Subject: x\n\nmessage\n")
    for folder, _, files in os.walk(site.data):
        for name in ["."] + files:
            os.chown(os.path.join(folder, name), 8, 8)


def rollup(pid):
    """KB: all of the process, and what is in no file."""
    sizes = {}
    with open("/proc/%d/smaps_rollup" % pid) as file:
        for line in file.readlines()[1:]:
            name, size = line.split()[:2]
            sizes[name] = int(size)
    return sizes["Pss:"], sizes["Pss_Anon:"]


def connection_sizes(site):
    """(KB, KB that are in no file) of each connection: its processes are a
    session of their own."""
    accountd = [daemon.pid for daemon in site.daemons]
    sizes = {}
    for pid in site.running():
        session = os.getsid(pid)
        if session not in accountd:
            all_of_it, written = sizes.get(session, (0, 0))
            more, more_written = rollup(pid)
            sizes[session] = all_of_it + more, written + more_written
    return sorted(sizes.values())


def fits(sizes, limit):
    return (sum(size for size, _ in sizes) < limit * len(sizes) and
            max(written for _, written in sizes) < limit)


@pytest.mark.parametrize("service,limit", [("imap", 350), ("imaps", 1000)])
def test_idle_memory(plain_build, make_site, service, limit):
    site = make_site("sqlite")
    site.conf(log_level="info")
    site.accountd()
    fill(site)
    clients = [Client(site, service) for _ in range(CONNECTIONS)]
    for client in clients:
        assert client.cmd("SELECT INBOX").find("%d EXISTS" % MESSAGES)
        assert len(client.cmd("FETCH 1:* (FLAGS UID)").untagged) == MESSAGES
    time.sleep(REST)
    end = time.monotonic() + PATIENCE
    sizes = connection_sizes(site)
    while not fits(sizes, limit) and time.monotonic() < end:
        time.sleep(1)
        sizes = connection_sizes(site)
    assert len(sizes) == CONNECTIONS
    assert fits(sizes, limit), "KB: %s" % sizes
    for client in clients:  # and they are alive
        assert client.cmd("NOOP").status == "OK"
