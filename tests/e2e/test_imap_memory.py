"""What an idle IMAP connection holds: the proportional set size (PSS) of all
processes of the service, with enough of them open that shared pages are shared,
as njiwa-init serves them: forked from a stem.  What the stem and the loader
of TLS hold is there once; what each further connection adds counts.

The average is what counts, and for each process what it has written itself.
Which pages of a program's file a process has mapped is chance: the kernel maps
what lies around a page that is touched."""
import os
import time

import pytest

from imap_client import Client

CONNECTIONS = 20
MESSAGES = 1000
REST = 3.0  # seconds; the server gives memory back after two seconds of silence
PATIENCE = 60.0  # seconds that a busy machine may need for it


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


def process_sizes(site):
    """(KB, KB that are in no file) of each process of the service."""
    return sorted(rollup(pid) for pid, line in site.processes().items()
                  if "njiwa-imapd" in line)


def opened(site, service, count):
    clients = [Client(site, service) for _ in range(count)]
    for client in clients:
        assert client.cmd("SELECT INBOX").find("%d EXISTS" % MESSAGES)
        assert len(client.cmd("FETCH 1:* (FLAGS UID)").untagged) == MESSAGES
    time.sleep(REST)
    return clients


@pytest.mark.parametrize("service,limit", [("imap", 350), ("imaps", 700)])
def test_idle_memory(plain_build, make_site, service, limit):
    site = make_site("sqlite")
    site.init(services=(service,), log_level="info",
              max_connections_per_ip=100)
    fill(site)
    clients = opened(site, service, 2)
    before = sum(size for size, _ in process_sizes(site))

    def each():
        """(KB that a connection adds, most KB that one has written)."""
        sizes = process_sizes(site)
        return ((sum(size for size, _ in sizes) - before) / CONNECTIONS,
                sorted(written for _, written in sizes)[-2])

    clients += opened(site, service, CONNECTIONS)
    end = time.monotonic() + PATIENCE
    while max(each()) > limit and time.monotonic() < end:
        time.sleep(1)
    assert max(each()) <= limit, each()
    for client in clients:  # and they are alive
        assert client.cmd("NOOP").status == "OK"
