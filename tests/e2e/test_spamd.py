"""The client of spamd and of filter commands: against a spamd that the test
plays, against the real one, and against spamc."""
import errno
import os
import socket
import subprocess
import threading
import time

import pytest

import servers
from conftest import need

GOOD = b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 15.0 / 5.0\r\n\r\nX-Spam-A: b\n\n"
SMALL = b"Subject: small\n\nbody\n"
BIG = b"Subject: big\n\n" + b"body line of the message\n" * 100000


@pytest.fixture
def ask(build, tmp_path):
    """ask(where, message, user or command, seconds): result, rest, headers."""
    def run(where, message, what="", seconds=60.0):
        path = tmp_path / "message"
        path.write_bytes(message)
        done = subprocess.run(
            [os.path.join(build, "tests/e2e/spam_probe"), str(where),
             str(path), what, "%d" % (seconds * 1000)],
            stdout=subprocess.PIPE, timeout=120, check=True)
        first, _, headers = done.stdout.decode().partition("\n")
        result, _, rest = first.partition(" ")
        return int(result), rest, headers
    return run


class Played:
    """A spamd of one connection, played by a function of its socket."""

    def __init__(self, play):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        self.port = self.listener.getsockname()[1]
        self.request = None
        self.thread = threading.Thread(target=self.serve, args=(play,))
        self.thread.start()

    def serve(self, play):
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(60)
            self.request = play(connection)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.thread.join()
        self.listener.close()


def listen(connection):
    """Everything up to the client's half-close."""
    pieces = []
    while True:
        piece = connection.recv(65536)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def slowly(connection, octets):
    for i in range(len(octets)):
        connection.sendall(octets[i:i + 1])
        time.sleep(0.001)


@pytest.mark.parametrize("message", [b"", SMALL, BIG],
                         ids=["empty", "small", "big"])
@pytest.mark.parametrize("user", ["", "a@b.example"], ids=["nobody", "user"])
def test_request(ask, message, user):
    def play(connection):
        request = listen(connection)
        slowly(connection, GOOD)
        return request

    with Played(play) as spamd:
        assert ask(spamd.port, message, user) == (
            0, "15.000 5.000", "X-Spam-A: b\n")
    head = b"HEADERS SPAMC/1.5\r\n"
    if user:
        head += b"User: " + user.encode() + b"\r\n"
    head += b"Content-length: %d\r\n\r\n" % len(message)
    assert spamd.request == head + message


def says(octets, heard=True):
    def play(connection):
        if heard:
            listen(connection)
        connection.sendall(octets)
    return play


def reset(connection):
    listen(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize("play,code,text", [
    (says(b""), errno.EPROTO, "closed without an answer"),
    (says(GOOD[:30]), errno.EPROTO, "closed without an answer"),
    (says(b"SPAMD/1.0 75 EX_TEMPFAIL\r\n\r\n"), errno.EAGAIN, "EX_TEMPFAIL"),
    (says(b"SPAMD/1.0 74 EX_IOERR\r\n\r\n"), errno.EPROTO, "EX_IOERR"),
    (says(b"220 mx ESMTP\xff\r\n"), errno.EPROTO, "220 mx ESMTP\\xff"),
    (says(b"x" * 2000), errno.EPROTO, "too long"),
    (says(b"SPAMD/1.1 0 EX_OK\r\n\r\nX-Spam-A: b\n"), errno.EPROTO,
     "no verdict"),
    (says(GOOD.replace(b"\r\n\r\n", b"\r\nContent-length: 99\r\n\r\n")
          [:-1]), errno.EPROTO, "cut off"),
    (reset, errno.ECONNRESET, "broke off"),
], ids=["nothing", "half", "tempfail", "ioerr", "smtp", "long", "mute",
        "short", "reset"])
def test_failures(ask, play, code, text):
    with Played(play) as spamd:
        result, why, _ = ask(spamd.port, SMALL)
    assert (result, text in why) == (-code, True), why


def test_refusal_before_the_message(ask):
    """What spamd says early is heard, though the message cannot be sent."""
    def play(connection):
        connection.sendall(b"SPAMD/1.0 76 Bad header line\r\n\r\n")
        listen(connection)

    with Played(play) as spamd:
        result, why, _ = ask(spamd.port, BIG)
    assert (result, "Bad header line" in why) == (-errno.EPROTO, True), why


@pytest.mark.parametrize("begin", [b"", GOOD[:40]], ids=["mute", "half"])
def test_hanging(ask, begin):
    def play(connection):
        connection.sendall(begin)
        listen(connection)
        time.sleep(1)

    started = time.monotonic()
    with Played(play) as spamd:
        assert ask(spamd.port, SMALL, seconds=0.3)[0] == -errno.ETIMEDOUT
    assert time.monotonic() - started < 250


def test_not_reading(ask):
    def play(connection):
        time.sleep(3)

    with Played(play) as spamd:
        assert ask(spamd.port, BIG, seconds=0.3)[0] == -errno.ETIMEDOUT


def test_dripping(ask):
    """A drip a while keeps nobody waiting past the deadline."""
    def play(connection):
        listen(connection)
        connection.sendall(GOOD[:50])
        try:
            for _ in range(3000):
                connection.sendall(b"x")
                time.sleep(0.01)
        except OSError:
            pass

    started = time.monotonic()
    with Played(play) as spamd:
        assert ask(spamd.port, SMALL, seconds=0.5)[0] == -errno.ETIMEDOUT
    assert time.monotonic() - started < 25


def gtube(pad=b""):
    return b"From: a@example.org\nTo: b@example.org\nSubject: test\n\n" + \
        servers.Spamd.gtube + b"\n" + pad


def test_real_spamd(ask, spamd):
    result, score, headers = ask(spamd.port, gtube(), "b@example.org", 60)
    assert result == 0, score
    assert float(score.split()[0]) >= 999
    assert "X-Spam-Flag: YES\n" in headers
    assert "X-Spam-Status: Yes, score=" in headers
    for line in headers.splitlines():
        assert line.startswith(("X-Spam-", " ", "\t")), line
    result, score, headers = ask(spamd.port, SMALL, "", 60)
    assert result == 0, score
    assert float(score.split()[0]) < 999
    assert "X-Spam-Status: " in headers


def test_real_spamc(ask, spamd):
    need("spamc")
    command = "exec spamc -d 127.0.0.1 -p %d -t 60" % spamd.port
    for pad in (b"", b"padding of the body\n" * 10000):
        result, score, headers = ask("-", gtube(pad), command, 60)
        assert result == 0, score
        assert float(score.split()[0]) >= 999
        assert "X-Spam-Flag: YES\n" in headers


def test_spamc_without_spamd(ask):
    """spamc gives the message back unmarked: nobody looked at it."""
    need("spamc")
    command = "exec spamc --retry-sleep=0 --connect-retries=1 -d 127.0.0.1 " \
        "-p %d" % servers.free_port()
    result, why, _ = ask("-", gtube(), command, 30)
    assert (result, "no verdict" in why) == (-errno.EPROTO, True), why


def test_command_hanging(ask):
    started = time.monotonic()
    result, _, _ = ask("-", BIG, "exec sleep 9", 0.3)
    assert result == -errno.ETIMEDOUT
    assert time.monotonic() - started < 250


def test_command_missing(ask):
    result, _, _ = ask("-", BIG, "exec /nonexistent/filter 2>/dev/null", 10)
    assert result == -errno.EPROTO
