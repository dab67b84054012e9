"""What IMAP users put into the junk folder and take out of it is told to spamd:
to the real one, and to one that is played: slow, deaf, refusing."""
import os
import re
import socket
import subprocess
import threading
import time

import pytest

import servers
from conftest import need, subfolder
from imap_client import Client
from site_under_test import DOMAIN

LEARNED = b"SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n"
DEMO = "demo@" + DOMAIN
LIMIT = 100  # FEEDBACK_QUEUE_MAX


class Teacher:
    """A spamd that remembers what it was told; answer is what it says, hold is
    waited for first."""

    def __init__(self, answer=LEARNED):
        self.answer, self.told = answer, []
        self.hold = threading.Event()
        self.hold.set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                octets = b""
                while True:
                    more = connection.recv(65536)
                    if not more:
                        break
                    octets += more
                self.told.append(octets)
                self.hold.wait(60)
                try:
                    connection.sendall(self.answer)
                except OSError:
                    pass

    def close(self):
        self.hold.set()
        if self.listener.fileno() < 0:
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(60)

    def wait(self, count):
        servers.wait_for("%d lessons" % count,
                         lambda: len(self.told) >= count)
        time.sleep(0.2)
        assert len(self.told) == count, self.told
        return self.told

    def lessons(self, count):
        """(spam or ham, subject) of each."""
        return [(re.search(rb"Message-class: (\w+)", told).group(1).decode(),
                 re.search(rb"Subject: (\w+)", told).group(1).decode())
                for told in self.wait(count)]


@pytest.fixture
def teacher():
    played = Teacher()
    yield played
    played.close()


@pytest.fixture
def site(make_site, teacher):
    site = make_site("sqlite")
    site.conf(spamd=teacher.address, spam_folder="Spam")
    return site


def message(subject, body=b"body"):
    return b"Subject: " + subject.encode() + b"\r\n\r\n" + body + b"\r\n"


def client_of(site, *folders, service="imap"):
    client = Client(site, service)
    for folder in ("Junk", "Trash", *folders):
        client.cmd("CREATE " + folder)
    return client


def put(client, *subjects, folder="INBOX"):
    for subject in subjects:
        assert client.append(message(subject), folder).status == "OK"


def test_which_lesson(site, teacher):
    client = client_of(site, "Spam", "Work")
    put(client, "copied", "moved", "other")
    client.cmd("SELECT INBOX")
    assert client.cmd("COPY 1 Junk").status == "OK"
    assert client.cmd("MOVE 2 Spam").status == "OK"
    put(client, "appended", folder="Junk")
    assert client.cmd("COPY 1 Work").status == "OK"
    assert teacher.lessons(3) == [("spam", "copied"), ("spam", "moved"),
                                  ("spam", "appended")]
    head = teacher.told[0].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"TELL SPAMC/1.")
    assert b"\r\nSet: local\r\n" in head
    assert b"\r\nUser: " + DEMO.encode() + b"\r\n" in head
    client.cmd("SELECT Junk")
    assert client.cmd("COPY 1 Spam").status == "OK"  # it is spam still
    assert client.cmd("COPY 1 Trash").status == "OK"
    assert client.cmd("MOVE 1 Trash").status == "OK"
    assert client.cmd("UID MOVE 1:* Work").status == "OK"
    client.cmd("SELECT Spam")
    assert client.cmd("UID COPY 1 INBOX").status == "OK"
    assert teacher.lessons(5)[3:] == [("ham", "appended"), ("ham", "moved")]
    servers.wait_for("the log", lambda: site.log.count("spam feedback") == 5)
    site.logged("as=spam result=learned", 3)
    site.logged("user=%s as=ham result=learned" % DEMO, 2)
    traces = set(re.findall(r"njiwa-imapd\[\d+\]: (\w+) spam feedback",
                            site.log))
    assert len(traces) == 1, "the session's"


@pytest.mark.parametrize("settings", [
    {"spam_feedback": "no"}, {"spamd": ""}], ids=str)
def test_off(site, teacher, settings):
    site.conf(**settings)
    client = client_of(site, "Work")
    put(client, "a", folder="Junk")
    client.cmd("SELECT Junk")
    assert client.cmd("COPY 1 Work").status == "OK"
    time.sleep(0.3)
    assert teacher.told == []
    assert len([line for line in site.processes().values()
                if "imapd" in line]) == 1, "no helper"


def test_over_tls_and_with_a_common_user(site, teacher):
    site.conf(spam_user="all")
    client = client_of(site, service="imaps")
    put(client, "a", folder="Junk")
    assert b"\r\nUser: all\r\n" in teacher.wait(1)[0]


def test_nobody_waits(site, teacher):
    """spamd is slow: commands are not, and the session's end loses nothing."""
    teacher.hold.clear()
    client = client_of(site)
    put(client, *"abcdefghij")
    client.cmd("SELECT INBOX")
    began = time.monotonic()
    assert client.cmd("MOVE 1:10 Junk").status == "OK"
    assert client.cmd("LOGOUT").status == "OK"
    assert time.monotonic() - began < 30
    assert client.at_end() == b"", "the helper does not hold the socket"
    client.close()
    teacher.hold.set()
    assert teacher.lessons(10) == [("spam", c) for c in "abcdefghij"]
    servers.wait_for("the helper's end", lambda: not [
        line for line in site.processes().values() if "imapd" in line])


def test_a_silent_spamd_keeps_no_helper(site, teacher):
    """Beyond the session's end it has the time of one lesson."""
    site.conf(spamd_timeout="2s")
    teacher.hold.clear()
    client = client_of(site)
    put(client, *"abcdefghij")
    client.cmd("SELECT INBOX")
    assert client.cmd("MOVE 1:10 Junk").status == "OK"
    client.cmd("LOGOUT")
    client.close()
    servers.wait_for("the helper's end", lambda: not [
        line for line in site.processes().values() if "imapd" in line], 18)
    site.wait_log("its session is over, and spamd fails")


def test_unheard_results_lose_nothing(site, teacher):
    """The session ends with results that it has not looked at."""
    client = client_of(site)
    put(client, *"abcdefghij")
    client.cmd("SELECT INBOX")
    assert client.cmd("MOVE 1:2 Junk").status == "OK"
    teacher.wait(2)
    teacher.hold.clear()
    assert client.cmd("MOVE 1:8 Junk").status == "OK"
    client.cmd("LOGOUT")
    client.close()
    time.sleep(0.3)
    teacher.hold.set()
    assert len(teacher.lessons(10)) == 10


def test_too_many_wait(site, teacher):
    teacher.hold.clear()
    client = client_of(site)
    for _ in range(LIMIT // 10):
        put(client, *"abcdefghij")
    put(client, "last", "over")
    client.cmd("SELECT INBOX")
    assert client.cmd("COPY 1:%d Junk" % LIMIT).status == "OK"
    assert "left out" not in site.log
    assert client.cmd("COPY %d:%d Junk" % (LIMIT + 1, LIMIT + 2)).status == "OK"
    site.wait_log("spam feedback: 2 messages are left out: too many wait")
    teacher.hold.set()
    teacher.wait(LIMIT)
    assert client.cmd("COPY %d:%d Junk" % (LIMIT + 1, LIMIT + 2)).status == "OK"
    assert teacher.lessons(LIMIT + 2)[LIMIT:] == [("spam", "last"),
                                                  ("spam", "over")]


def test_size(site, teacher):
    site.conf(spam_max_size="1k")
    client = client_of(site)
    for more in 1, 0:
        body = b"x" * (1024 - len(b"Subject: a\n\n\n") + more)
        assert client.append(message("a", body), "Junk").status == "OK"
    assert len(teacher.wait(1)[0].partition(b"\r\n\r\n")[2]) == 1024
    site.wait_log("more than spam_max_size")


def test_refused(site, teacher):
    """A spamd that does not learn is asked once in a session."""
    teacher.answer = (b"SPAMD/1.0 69 Service Unavailable: TELL commands are "
                      b"not enabled, set the --allow-tell switch.\r\n\r\n")
    client = client_of(site)
    put(client, "a", "b", "c", folder="Junk")
    site.wait_log("needs --allow-tell")
    site.wait_log("spam feedback of %s is lost: " % DEMO)
    teacher.wait(1)
    site.logged("needs --allow-tell", 1)


@pytest.mark.parametrize("how", ["gone", "silent", "rubbish"])
def test_spamd_fails(site, teacher, how):
    site.conf(spamd_timeout="4s")
    if how == "gone":
        teacher.close()
    elif how == "silent":
        teacher.hold.clear()
    else:
        teacher.answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    client = client_of(site)
    put(client, "a")
    client.cmd("SELECT INBOX")
    assert client.cmd("MOVE 1 Junk").status == "OK"
    site.wait_log("spam feedback of %s is lost: " % DEMO)
    assert client.cmd("NOOP").status == "OK"
    assert len(site.messages("demo", "Junk")) == 1
    if how == "gone":
        return
    # it is asked again for the next one
    teacher.hold.set()
    teacher.answer = LEARNED
    put(client, "b", folder="Junk")
    site.wait_log("as=spam result=learned")


def test_no_spamd_to_be_found(site):
    site.conf(spamd="nowhere")
    client = client_of(site)
    put(client, "a", folder="Junk")
    site.wait_log("no spam feedback: nowhere: no address")


# ---- the real one

@pytest.fixture
def learning(scratch):
    """A spamd with --allow-tell that keeps what each user taught it."""
    need("spamd")
    folder = subfolder(scratch, "teaching")
    os.mkdir(folder + "/users")
    os.chmod(folder + "/users", 0o777)
    server = servers.Spamd(folder, "--allow-tell",
                           "--virtual-config-dir=%s/users/%%u" % folder)
    server.folder = folder
    yield server
    server.stop()


def learnt(server):
    """Spam and ham of demo that spamd's Bayes knows."""
    done = subprocess.run(
        ["sa-learn", "--dump", "magic", "--dbpath",
         "%s/users/%s/bayes" % (server.folder, DEMO)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    found = dict((words[4].decode(), int(words[2])) for words in (
        line.split(None, 4) for line in done.stdout.splitlines()
        if b"non-token data: n" in line))
    return tuple(found.get("non-token data: n" + what)
                 for what in ("spam", "ham"))


def test_bayes(make_site, learning):
    site = make_site("sqlite")
    site.conf(spamd=learning.address)
    client = client_of(site, "Work")
    for subject, body in ("win", b"a prize"), ("love", b"from abroad"):
        client.append(message(subject, body))
    client.cmd("SELECT INBOX")
    assert client.cmd("MOVE 1:2 Junk").status == "OK"
    servers.wait_for("two lessons", lambda: site.log.count(
        "as=spam result=learned") == 2)
    assert learnt(learning) == (2, 0)
    client.cmd("SELECT Junk")
    assert client.cmd("COPY 1 INBOX").status == "OK"
    site.wait_log("as=ham result=learned")
    assert learnt(learning) == (1, 1)
    assert client.cmd("COPY 1 Work").status == "OK"
    site.wait_log("as=ham result=known")
    assert learnt(learning) == (1, 1)


def test_a_real_one_that_does_not_learn(make_site, spamd):
    site = make_site("sqlite")
    site.conf(spamd=spamd.address)
    client = client_of(site)
    put(client, "a", folder="Junk")
    site.wait_log("spamd does not learn (it needs --allow-tell)")
