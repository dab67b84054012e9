"""The chain of content filters: clamd, real and played; filters that die, and
fronts whose keeper does."""
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest

import servers
from clamd_under_test import EICAR, SIGNATURE, STREAM_MAX, Clamd
from conftest import need
from smtp_talk import DATA, Talk

BACK_ENDS = ["sqlite"]
INFECTED = (b"Subject: an attachment\r\nContent-Type: text/plain\r\n\r\n" +
            EICAR + b"\r\n")


@pytest.fixture(scope="module")
def clamd():
    need("clamd")
    with tempfile.TemporaryDirectory(prefix="njiwa-clamd-") as folder:
        server = Clamd(folder)
        yield server
        server.stop()


class Filter:
    """A server of one answer: reads until enough(octets), then answers and
    closes; answer None never does, "" closes at once."""

    def __init__(self, answer, enough=lambda octets: True, path=None):
        self.answer, self.enough, self.heard = answer, enough, []
        self.taken = []
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            os.chmod(path, 0o666)
            self.listener.listen(8)
            self.address = path
        else:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.taken.append(sock)
            threading.Thread(target=self.talk, args=(sock,),
                             daemon=True).start()

    def talk(self, sock):
        octets = b""
        try:
            while not self.enough(octets):
                piece = sock.recv(65536)
                if not piece:
                    break
                octets += piece
            self.heard.append(octets)
            if self.answer is None:
                return
            sock.sendall(self.answer)
            sock.close()
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.taken:
            sock.close()


def whole(octets):
    return octets.endswith(b"\0\0\0\0")


@pytest.fixture
def played(site):
    running = []

    def start(answer, enough=whole, **settings):
        server = Filter(answer, enough)
        running.append(server)
        site.conf(clamd=server.address, **settings)
        return server

    yield start
    for server in running:
        server.close()


def send(site, octets=DATA, recipients=("demo@test.dev",), service="mx"):
    talk = Talk(site, service, timeout=60)
    talk.ehlo()
    assert set(talk.envelope(*recipients)) == {250}
    code = talk.message(octets)
    send.text = talk.last[1]
    return code


# ---- clamd

def test_clamd(site, clamd):
    site.conf(clamd=clamd.path)
    assert send(site) == 250
    site.wait_log("verdict=clean filter=clamd")
    assert send(site, INFECTED) == 554
    assert send.text.startswith("5.7.1 Infected: " + SIGNATURE)
    site.wait_log("verdict=infected filter=clamd")
    assert len(site.messages("demo")) == 1


def test_clamd_looks_at_users_too(site, clamd):
    site.conf(clamd=clamd.path)
    client = site.smtp("submissions", login="demo")
    code, _ = client.docmd("MAIL", "FROM:<demo@test.dev>")
    client.docmd("RCPT", "TO:<other@test.dev>")
    assert client.data(b"From: demo@test.dev\r\n\r\n" + EICAR)[0] == 554
    assert site.messages("other") == []


def test_clamds_own_limit(site, clamd):
    """It stops reading: what it says is still heard."""
    site.conf(clamd=clamd.path, clamd_max_size="20M")
    filler = (b"x" * 76 + b"\r\n") * (2 * STREAM_MAX // 78)
    assert send(site, DATA + filler) == 250
    stored, = site.contents("demo")
    assert b"\nX-Virus-Checker: skipped (size)\n" in stored
    site.wait_log("beyond its StreamMaxLength")


def test_clamd_max_size(site, played):
    server = played(b"stream: OK\0", clamd_max_size="1k")
    assert send(site, DATA + b"x" * 70 + b"\r\n") == 250
    assert len(server.heard) == 1
    assert send(site, DATA + (b"x" * 70 + b"\r\n") * 20) == 250
    assert len(server.heard) == 1
    assert b"\nX-Virus-Checker: skipped (size)\n" in site.contents("demo")[1]
    site.wait_log("verdict=skipped filter=clamd")


def test_what_clamd_gets(site, played):
    server = played(b"stream: OK\0")
    text = (b"y" * 76 + b"\r\n") * 1000
    assert send(site, b"A: b\r\n\r\n" + text) == 250
    octets, = server.heard
    assert octets.startswith(b"zINSTREAM\0")
    rest, message = octets[10:], b""
    while rest[:4] != b"\0\0\0\0":
        size = int.from_bytes(rest[:4], "big")
        message += rest[4:4 + size]
        rest = rest[4 + size:]
    assert rest == b"\0\0\0\0"
    assert message == site.contents("demo")[0]


@pytest.mark.parametrize("answer,code,says", [
    (b"stream: Evil\x01\xffName.X FOUND\0", 554, "Infected: Evil??Name.X"),
    (b"stream: " + b"n" * 500 + b" FOUND\0", 554, "n" * 128 + " ["),
    (b"stream: FOUND\0", 451, "Cannot check for viruses"),
    (b"stream: OK", 451, "Cannot check"),
    (b"stream: OK \0", 451, "Cannot check"),
    (b"stream: Can't open file ERROR\0", 451, "Cannot check"),
    (b"UNKNOWN COMMAND\0", 451, "Cannot check"),
    (b"", 451, "Cannot check"),
    (b"\0", 451, "Cannot check"),
    (b"x" * 100000, 451, "Cannot check"),
    (None, 451, "Cannot check")],
    ids=["odd name", "long name", "no name", "no end", "blank", "error",
         "unknown", "closes", "empty", "endless", "silent"])
def test_answers(site, played, answer, code, says):
    played(answer, clamd_timeout="1m" if answer else "1s")
    assert send(site) == code
    assert says in send.text
    assert site.messages("demo") == []
    if code == 451:
        site.wait_log("verdict=unavailable filter=clamd")
        site.conf(clamd_unavailable="accept")
        assert send(site) == 250
        stored, = site.contents("demo")
        assert b"\nX-Virus-Checker: unavailable\n" in stored


def test_an_answer_before_the_message(site, played):
    """OK is no verdict on what was not read; a find is one on what was."""
    server = played(b"stream: OK\0", lambda octets: len(octets) > 10)
    big = b"A: b\r\n\r\n" + (b"z" * 76 + b"\r\n") * 50000
    assert send(site, big) == 451
    server.answer = b"stream: Early FOUND\0"
    assert send(site, big) in (554, 451)
    server.answer = b"INSTREAM size limit exceeded. ERROR\0"
    assert send(site, big) in (250, 451)


def test_clamd_down(site):
    site.conf(clamd="127.0.0.1:%d" % servers.free_port())
    assert send(site) == 451
    site.conf(clamd=site.folder + "/nobody")
    assert send(site) == 451
    site.conf(clamd="no address at all")
    assert send(site) == 451
    site.conf(clamd_unavailable="accept")
    assert send(site) == 250


def test_clamd_killed_while_it_looks(site):
    need("clamd")
    server = Clamd(site.folder)
    site.conf(clamd=server.path)
    try:
        server.process.send_signal(signal.SIGSTOP)
        talk = Talk(site, timeout=60)
        talk.ehlo()
        talk.envelope("demo@test.dev")
        assert talk.say("DATA") == 354
        talk.send(DATA + b".\r\n")
        time.sleep(0.3)
        server.process.kill()
        assert talk.reply()[0] == 451
    finally:
        server.process.kill()
        server.process.wait(60)


# ---- clamd and spamd at their worst

class Bad(Filter):
    """late: a good answer after the time limit; dies: in the midst of a large
    message, by a reset; trickles: an octet now and then, without an end."""

    def __init__(self, how, answer):
        self.how = how
        super().__init__(answer)

    def talk(self, sock):
        try:
            if self.how == "dies":
                sock.recv(1000)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                b"\1\0\0\0\0\0\0\0")
                sock.close()
                return
            self.heard.append(sock.recv(65536))
            if self.how == "late":
                time.sleep(5)
                sock.sendall(self.answer)
            while self.how == "trickles":
                sock.sendall(b"x")
                time.sleep(0.1)
        except OSError:
            pass


@pytest.mark.parametrize("how", ["late", "dies", "trickles"])
@pytest.mark.parametrize("name,answer", [
    ("clamd", b"stream: OK\0"),
    ("spamd", b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; 1.0 / 5.0\r\n\r\n\n")])
def test_a_filter_at_its_worst(site, name, answer, how):
    server = Bad(how, answer)
    site.conf(**{name: server.address, name + "_timeout": "1s",
                 "spam_unavailable": "defer", "spam_max_size": "10M"})
    body = DATA + (b"x" * 76 + b"\r\n") * (50000 if how == "dies" else 1)
    try:
        talk = Talk(site, timeout=60)
        talk.ehlo()
        for _ in range(2):  # what comes late is nobody's
            begun = time.monotonic()
            assert talk.envelope("demo@test.dev") == [250]
            assert talk.message(body) == 451
            assert time.monotonic() - begun < 40
        assert site.messages("demo") == []
        servers.wait_for("both in the log", lambda: site.log.count(
            "verdict=unavailable filter=" + name) == 2)
    finally:
        server.close()


# ---- a keeper that is gone

@pytest.mark.parametrize("name", ["clamd", "spamd"])
def test_a_front_without_its_keeper_does_not_wait(site, name):
    server = Filter(None, lambda octets: len(octets) > 20)
    site.conf(**{name: server.address, name + "_timeout": "10m"})
    try:
        talk = Talk(site)
        talk.ehlo()
        talk.envelope("demo@test.dev")
        assert talk.say("DATA") == 354
        talk.send(DATA + b".\r\n")
        servers.wait_for("the question", lambda: server.heard)
        servers.kill(site.keeper().pid)
        assert talk.reply()[0] in (0, 451)
        assert talk.ended()
        servers.wait_for("the front's end", lambda: not [
            line for line in site.running().values()
            if "njiwa-smtpd" in line])
        assert site.messages("demo") == []
    finally:
        server.close()


# ---- what the filters cost

WITHOUT_MAIL = b"EHLO a\r\nNOOP\r\nQUIT\r\n"
WITH_MAIL = (b"EHLO a\r\nMAIL FROM:<a@example.org>\r\n"
             b"RCPT TO:<demo@test.dev>\r\nDATA\r\n" + DATA +
             b".\r\nQUIT\r\n")


def calls(site, octets):
    """How often each call that makes, joins or speaks to others was made."""
    path = site.folder + "/calls"
    with open(path, "wb"), open(site.log_file, "ab") as log:
        subprocess.run(
            ["strace", "-f", "-qq", "-o", path, "-e",
             "trace=socket,connect,socketpair,clone,clone3,fork,vfork,sendto,"
             "sendmsg,pipe2,pread64,pwrite64,openat"]
            + site.command("mx"), env=site.env, input=octets, stderr=log,
            stdout=subprocess.DEVNULL, timeout=60, check=True)
    with open(path) as file:
        names = [line.split()[1].partition("(")[0] for line in file
                 if "resumed" not in line and "---" not in line]
    return {name: names.count(name) for name in sorted(set(names))}


def spoken(made):
    return made.get("sendmsg", 0) + made.get("sendto", 0)


def test_a_connection_without_mail_costs_the_same(site):
    """Filters are not connected to before there is something to show."""
    need("strace")
    site.accountd()
    before = calls(site, WITHOUT_MAIL)
    assert before["socket"] and before["clone"]
    site.conf(clamd="127.0.0.1:1", milters="inet:127.0.0.1:1 unix:/none",
              spamd="127.0.0.1:1")
    assert calls(site, WITHOUT_MAIL) == before


def test_without_filters_nothing_is_asked(site):
    """Front and keeper say what the message takes and no more: MAIL, RCPT,
    DATA, COMMIT and their answers, and lines for the log."""
    need("strace")
    site.conf(log_level="error")
    site.accountd()
    before, after = calls(site, WITHOUT_MAIL), calls(site, WITH_MAIL)
    assert after.get("socket") == before.get("socket")
    assert after.get("connect") == before.get("connect")
    assert after["clone"] == before["clone"]
    # the keeper counts the lines of its copy
    assert after.get("pread64", 0) <= before.get("pread64", 0) + 1
    site.conf(clamd="/nobody", clamd_unavailable="accept")
    asked = calls(site, WITH_MAIL)
    assert asked["connect"] == after["connect"] + 1
    assert spoken(asked) > spoken(after)

def test_the_chain_in_order(site, clamd):
    """clamd's word comes before spamd's, which is not asked then."""
    spamd = Filter(b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; 1.0 / 5.0\r\n\r\n\n",
                   lambda octets: octets.endswith(b"body\n"))
    try:
        site.conf(clamd=clamd.path, spamd=spamd.address)
        assert send(site, INFECTED) == 554
        assert spamd.heard == []
        assert send(site) == 250
        assert len(spamd.heard) == 1
    finally:
        spamd.close()
