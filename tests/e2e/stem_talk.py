"""Connections that a stem of njiwa-init forks, and the processes beside it."""
import os
import re

import servers
from init_under_test import state_of
from site_under_test import SERVICES

NOBODY = 65534
GREETING = {"mx": b"220 ", "pop3": b"+OK", "imap": b"* OK"}


def program_base(pid):
    """Where the program is in the memory of the process; "" when it is gone.
    What is below it may be a sanitizer's own."""
    try:
        program = os.readlink("/proc/%d/exe" % pid)
        with open("/proc/%d/maps" % pid) as maps:
            return next((line.split("-")[0] for line in maps
                         if line.rstrip("\n").endswith(" " + program)), "")
    except OSError:
        return ""


def parent(pid):
    with open("/proc/%d/stat" % pid) as stat:
        return int(stat.read().rsplit(")", 1)[1].split()[1])


def uid(pid):
    with open("/proc/%d/status" % pid) as status:
        return int(re.search(r"\nUid:\t(\d+)", status.read())[1])


def stems(site, service="pop3"):
    """The processes that fork for the service."""
    return beside(site, service, "s")


def beside(site, service, letter):
    """The processes of a stem that show themselves by that letter: s itself, l
    its loader, k the signer, who has the key."""
    tail = "%s -p %s -%s" % (SERVICES[service][:2] + (letter,))
    return [pid for pid, line in site.processes().items()
            if line.strip().endswith(tail)]


def served_by(site, service, known):
    """The processes of a connection, made after those in known."""
    tail = "%s -p %s" % SERVICES[service][:2]
    return [pid for pid, line in site.processes().items()
            if line.strip().endswith(tail) and pid not in known]


class Talk:
    """One connection that has been greeted."""

    def __init__(self, site, service="pop3"):
        known = set(site.processes())
        self.sock = site.connect(service)
        self.file = self.sock.makefile("rb")
        self.greeting = self.file.readline()
        self.pids = served_by(site, service, known)

    def say(self, line):
        self.sock.sendall(line.encode() + b"\r\n")
        return self.file.readline()

    def keeper(self):
        return [pid for pid in self.pids if state_of(pid) and
                uid(pid) != NOBODY][0]

    def front(self):
        return [pid for pid in self.pids if state_of(pid) and
                uid(pid) == NOBODY][-1]

    def close(self):
        self.file.close()
        self.sock.close()


def warm(site, service="pop3"):
    """Waits until connections come from a stem; its pid and one of them."""
    found = []

    def forked():
        talk = Talk(site, service)
        assert talk.greeting.startswith(GREETING.get(service, b"+OK"))
        base, pids = program_base(talk.pids[0]), stems(site, service)
        # a loader that has just been forked still looks like its stem
        if base and [program_base(pid) for pid in pids] == [base]:
            found.append((pids[0], talk))
            return True
        talk.close()
        return False

    servers.wait_for("a connection from a stem", forked)
    return found[0]


def only(site, service, letter):
    """The one process that shows itself by that letter."""
    found = []
    servers.wait_for("-" + letter, lambda: found.extend(
        beside(site, service, letter)) or found)
    return found[0]


def shakes_hands(site, talk):
    assert talk.say("STLS").startswith(b"+OK")
    with site.certs.context().wrap_socket(talk.sock) as tls:
        tls.sendall(b"CAPA\r\n")
        assert tls.recv(100).startswith(b"+OK")
