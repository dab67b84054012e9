"""Sessions of POP3 and IMAP as such: how many a user may have, who has to leave
for a new one, and how they end when the server does."""
import contextlib
import os
import signal
import threading
import time

import pytest

import servers
from imap_client import Client
from init_under_test import state_of
from site_under_test import PASSWORD, full

REST = 4.6  # seconds, after which a session is known to wait for its user
END = 60    # for what happens at once, on a busy machine
TAKEN = b"Another session of yours needs the place"
STOPPED = b"Shutting down"


@pytest.fixture
def site(make_site):
    made = make_site("sqlite")
    made.conf(max_sessions_per_user=3, account_workers=2)
    made.accountd()
    return made


class Pop3:
    """One that has logged in, or the answer that it got."""

    def __init__(self, site, service="pop3", user="demo"):
        self.sock = site.connect(service)
        self.file = self.sock.makefile("rb")
        self.file.readline()
        self.say("USER " + full(user))
        self.answer = self.say("PASS " + PASSWORD)

    def say(self, line):
        self.sock.sendall(line.encode() + b"\r\n")
        return self.file.readline()

    def at_end(self):
        return self.file.read()

    def lives(self):
        return self.say("NOOP") == b"+OK\r\n"


class Imap(Client):
    def lives(self):
        return self.cmd("NOOP").status == "OK"


def talk(site, service, user="demo"):
    made = (Imap if service.startswith("imap") else Pop3)(
        site, service, user=user)
    if service.startswith("pop3"):
        assert made.answer.startswith(b"+OK"), made.answer
    return made


def refusal(site, service, user="demo"):
    """What one more hears to its login, and until its end."""
    if service.startswith("pop3"):
        client = Pop3(site, service, user)
        return client.answer + client.at_end()
    client = Client(site, service, user=None)
    client.send(b'a LOGIN %s "%s"\r\n'
                % (full(user).encode(), PASSWORD.encode()))
    return client.at_end()


@contextlib.contextmanager
def all_working(clients):
    """None of them is ever silent for long, and all live in the end."""
    over, lives = threading.Event(), []

    def work():
        while not over.wait(0.2):
            lives.append(all(client.lives() for client in clients))

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join(servers.PATIENCE)
    assert all(lives) and all(client.lives() for client in clients)


@pytest.mark.parametrize("service", ["imap", "imaps", "pop3", "pop3s"])
def test_the_one_idle_for_longest_leaves(site, service):
    first = talk(site, service)
    time.sleep(REST)
    second = talk(site, service)
    time.sleep(1)
    third = talk(site, service)
    time.sleep(1)
    assert first.lives()  # and is idle for a shorter time than second
    time.sleep(REST)
    assert third.lives()
    fourth = talk(site, service)
    assert TAKEN in second.at_end()
    assert first.lives() and third.lives() and fourth.lives()
    site.logged("session ended: Another session", 1)


def test_who_is_in_idle_leaves_as_well(site):
    clients = [talk(site, "imap") for _ in range(3)]
    for client in clients:
        client.cmd("SELECT INBOX")
        client.send(b"i IDLE\r\n")
        assert client.response().startswith(b"+ ")
        time.sleep(1)
    time.sleep(REST)
    assert talk(site, "imap").lives()
    # IDLE is ended like any command, and then the session
    assert clients[0].at_end().splitlines()[-2:] == [
        b"i OK IDLE completed", b"* BYE " + TAKEN]
    clients[1].send(b"DONE\r\n")
    assert clients[1].finish(b"i").status == "OK"


@pytest.mark.parametrize("service,answer", [
    ("imap", b"a NO [LIMIT] Too many"), ("imaps", b"a NO [LIMIT] Too many"),
    ("pop3", b"-ERR [IN-USE] Too many")])
def test_nobody_leaves_who_works(site, service, answer):
    """None of them has been silent for long enough."""
    clients = [talk(site, service) for _ in range(3)]
    with all_working(clients):
        assert answer in refusal(site, service)
    site.wait_log("has 3 sessions (%s), of which none is at rest"
                  % service.rstrip("s"))
    # of another user and of another service there are none
    assert talk(site, service, user="other").lives()
    assert talk(site, "imap" if service == "pop3" else "pop3").lives()
    clients[0].sock.close()
    if service.startswith("pop3"):
        clients[0].file.close()
    servers.wait_for("room", lambda: answer not in refusal_or_none(
        site, service))


def refusal_or_none(site, service):
    try:
        return refusal_at_once(site, service)
    except OSError:
        return b""


def refusal_at_once(site, service):
    """The answer to the login alone; the connection is closed."""
    if service.startswith("pop3"):
        client = Pop3(site, service)
        client.file.close()
        client.sock.close()
        return client.answer
    client = Client(site, service, user=None)
    answer = client.cmd('LOGIN %s "%s"' % (full("demo"), PASSWORD)).tagged
    client.close()
    return answer.replace(b"t1 ", b"a ")


def test_places_are_free_again(site):
    for _ in range(4):
        clients = [talk(site, "imap") for _ in range(3)]
        for client in clients:
            assert client.cmd("LOGOUT").status == "OK"
            client.at_end()
        servers.wait_for("their end", lambda: not [
            line for line in site.running().values() if "imapd" in line])


def test_a_process_that_dies_counts_nobody(site):
    """Its sessions go on, and their places are free."""
    daemon = site.daemons[0]
    clients = [talk(site, "imap") for _ in range(3)]
    workers = [pid for pid, line in site.running().items()
               if "accountd" in line and pid != daemon.pid]
    assert len(workers) == 2
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
        servers.wait_for("its end", lambda: state_of(pid) == "")
    site.wait_log("started again")
    more = [talk(site, "imap") for _ in range(3)]
    with all_working(clients + more):
        assert b"[LIMIT]" in refusal(site, "imap")


@pytest.mark.parametrize("settings", [
    {"max_sessions_per_user": 0}, {"account_socket": "/nonexistent"}])
def test_any_number(make_site, settings):
    """By the setting; and where no service is shared."""
    site = make_site("sqlite")
    site.conf(max_sessions_per_user=1)
    site.conf(**settings)
    if "account_socket" not in settings:
        site.accountd()
    clients = [talk(site, "imap") for _ in range(4)]
    time.sleep(REST)
    clients.append(talk(site, "imap"))
    assert all(client.lives() for client in clients)


# ---- the end of the server

def keepers(site, service):
    return [child.pid for child in site.launchers[service].children]


@pytest.mark.parametrize("service", ["imap", "imaps"])
@pytest.mark.parametrize("idle", [False, True])
def test_bye_when_the_server_stops(site, service, idle):
    client = talk(site, service)
    client.cmd("SELECT INBOX")
    if idle:
        client.send(b"i IDLE\r\n")
        assert client.response().startswith(b"+ ")
    for pid in keepers(site, service):
        os.kill(pid, signal.SIGTERM)
    assert client.at_end().endswith(b"* BYE " + STOPPED + b"\r\n")
    site.wait_log("session ended: Shutting down")


@pytest.mark.parametrize("service", ["pop3", "pop3s"])
def test_pop3_when_the_server_stops(site, service):
    client = talk(site, service)
    for pid in keepers(site, service):
        os.kill(pid, signal.SIGTERM)
    assert client.at_end() == b"-ERR [SYS/TEMP] " + STOPPED + b"\r\n"


@pytest.mark.parametrize("service", ["imap", "imaps"])
def test_what_was_begun_is_ended_first(site, service):
    """A command that came before the signal has its answer, and a message that
    has not come whole is not there."""
    client, other = talk(site, service), talk(site, service)
    client.cmd("SELECT INBOX")
    other.send(b"b APPEND INBOX {1000+}\r\nSubject: half")
    time.sleep(0.3)
    client.send(b"a SEARCH ALL\r\n")
    time.sleep(0.3)
    for pid in keepers(site, service):
        os.kill(pid, signal.SIGTERM)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)  # impatient
    text = client.at_end()
    assert b"a OK " in text and text.endswith(STOPPED + b"\r\n")
    assert other.at_end().endswith(STOPPED + b"\r\n")
    assert site.messages() == []


def test_njiwa_init_says_goodbye_for_all(site):
    init = site.init(services=("imap", "imaps", "pop3"))
    clients = [talk(site, service) for service in ("imap", "imaps", "pop3")]
    init.send_signal(signal.SIGTERM)
    assert init.wait(END) == 0
    for client in clients:
        assert client.at_end().endswith(STOPPED + b"\r\n")
