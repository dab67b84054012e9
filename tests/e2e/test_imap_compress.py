"""COMPRESS=DEFLATE (RFC 4978): between the session and TLS."""
import imaplib
import random
import time
import zlib

import pytest

from compressed_client import CompressedClient, CompressedSocket
from imap_client import Client

BACK_ENDS = ["sqlite"]
TEXT = b"Subject: x\r\n\r\n" + b"a line like all others\r\n" * 10000
IDLE_KB = 400   # of a compressed connection that rests, as others and a window
PATIENCE = 60.0


@pytest.fixture(params=["imap", "imaps"])
def client(site, request):
    return CompressedClient(site, request.param)


def test_session(client):
    assert client.cmd("CAPABILITY").find(" COMPRESS=DEFLATE ")
    before = client.sock.sent
    assert client.append(TEXT).status == "OK"
    assert client.sock.sent - before < len(TEXT) // 50
    client.cmd("SELECT INBOX")
    before = client.sock.received
    assert client.cmd("FETCH 1 BODY.PEEK[]").literal() == TEXT
    assert client.sock.received - before < len(TEXT) // 50
    noise = b"Subject: y\r\n\r\n" + bytes(
        random.Random(7).choices(range(32, 127), k=300000)) + b"\r\n"
    assert client.append(noise).status == "OK"
    client.cmd("NOOP")
    assert client.cmd("FETCH 2 BODY.PEEK[]").literal() == noise
    client.send(b"".join(b"p%d NOOP\r\n" % i for i in range(500)))
    for i in range(500):
        assert client.response() == b"p%d OK NOOP completed" % i
    assert client.cmd("LOGOUT").find("BYE")


def test_active(client):
    got = client.cmd("COMPRESS DEFLATE")
    assert got.status == "NO" and got.code == "COMPRESSIONACTIVE"
    assert client.cmd("NOOP").status == "OK"


def test_refusals(site):
    client = Client(site, user=None)
    assert client.cmd("COMPRESS DEFLATE").status == "BAD"  # not before login
    client = Client(site)
    assert client.cmd("COMPRESS").status == "BAD"
    assert client.cmd("COMPRESS GZIP").status == "NO"
    assert client.cmd("COMPRESS DEFLATE x").status == "NO"
    assert client.cmd("NOOP").status == "OK"
    assert client.cmd("compress deflate").status == "OK"


def test_idle(site, client):
    client.cmd("SELECT INBOX")
    tag = client.tag()
    client.send(tag + b" IDLE\r\n")
    assert client.response().startswith(b"+")
    other = Client(site)
    for number in range(1, 4):
        other.append(TEXT)
        assert client.wait("%d EXISTS" % number)
    client.send(b"DONE\r\n")
    assert client.finish(tag).status == "OK"


def test_octet_by_octet(site):
    client = CompressedClient(site)
    packed = (client.sock.out.compress(b"a NOOP\r\n" + b"b NOOP\r\n" * 3)
              + client.sock.out.flush(zlib.Z_SYNC_FLUSH))
    for i in range(len(packed)):
        client.sock.sock.sendall(packed[i:i + 1])
    assert client.finish(b"a").status == "OK"
    for _ in range(3):
        assert client.finish(b"b").status == "OK"


@pytest.mark.parametrize("octets", [
    b"a NOOP\r\n", b"\xff" * 100, b"\xe9\xa1\x07\xc2\n\xca\xd8\xac\xbd\n",
    b"\x07"])
def test_what_is_not_compressed(site, octets):
    """The connection ends, and no other one."""
    client = CompressedClient(site)
    client.sock.sock.sendall(octets + b"\xff" * 64)
    client.sock.sock.settimeout(10)
    with pytest.raises((EOFError, ConnectionError)):
        while True:
            client.line()
    assert Client(site).cmd("NOOP").status == "OK"


def test_end_of_their_stream(site):
    """A last block is an end of file: what came before is answered."""
    client = CompressedClient(site)
    client.sock.sock.sendall(client.sock.out.compress(b"a NOOP\r\n")
                             + client.sock.out.flush(zlib.Z_FINISH))
    assert client.finish(b"a").status == "OK"
    client.sock.sock.settimeout(10)
    with pytest.raises((EOFError, ConnectionError)):
        client.line()


def data_kb(site):
    sizes = []
    for pid, line in site.processes().items():
        if "njiwa-imapd" not in line:
            continue
        with open("/proc/%d/status" % pid) as file:
            for line in file:
                if line.startswith("VmData:"):
                    sizes.append(int(line.split()[1]))
    return max(sizes)


def test_bomb(plain_build, site):
    """A thousandfold: it is taken in pieces and runs into the limits that all
    input has."""
    site.conf(session_memory="64M")
    client = CompressedClient(site)
    client.sock.sock.settimeout(60)
    pack = client.sock.out
    # a line without an end: the session reads past it in a few kilobytes
    bomb = pack.compress(b"x NOOP " + b"y" * (200 << 20)) + pack.flush(
        zlib.Z_SYNC_FLUSH)
    assert len(bomb) < 1 << 20
    client.sock.sock.sendall(bomb)
    client.send(b"\r\n")
    got = client.finish(b"x")
    assert got.status == "BAD" and got.code == "TOOBIG"
    assert data_kb(site) < 30000
    # a literal that nobody takes
    size = 65 << 20
    client.send(b"l STATUS {%d+}\r\n" % size)
    got = client.response()
    assert got.startswith((b"* BYE", b"l BAD")), got
    # a message above the limit
    client = CompressedClient(site)
    client.send(b"m APPEND INBOX {%d+}\r\n" % (60 << 20))
    client.send(b"z" * (60 << 20))
    client.send(b"\r\n")
    assert client.finish(b"m").code == "TOOBIG"
    assert client.cmd("NOOP").status == "OK"


def test_slow_reader(site):
    """More output than a socket holds, taken late: all of it comes."""
    client = CompressedClient(site)
    noise = b"Subject: y\r\n\r\n" + bytes(
        random.Random(8).choices(range(32, 127), k=4000000)) + b"\r\n"
    assert client.append(noise).status == "OK"
    client.cmd("SELECT INBOX")
    tag = client.tag()
    client.send(tag + b" FETCH 1 BODY.PEEK[]\r\n")
    time.sleep(1)
    got = client.finish(tag)
    assert got.literal() == noise


def anonymous_kb(site):
    sizes = []
    for pid, line in site.processes().items():
        if "njiwa-imapd" not in line:
            continue
        with open("/proc/%d/smaps_rollup" % pid) as file:
            sizes += [int(line.split()[1]) for line in file
                      if line.startswith("Pss_Anon:")]
    return max(sizes)


@pytest.mark.parametrize("idle", [False, True])
def test_rest(plain_build, site, idle):
    """What compression needs goes with the silence."""
    client = CompressedClient(site)
    client.append(TEXT)
    client.cmd("SELECT INBOX")
    client.cmd("FETCH 1:* BODY.PEEK[]")
    assert anonymous_kb(site) > IDLE_KB  # or there is nothing to be seen
    if idle:
        client.send(b"i IDLE\r\n")
        Client(site).append(TEXT)
        assert client.wait("2 EXISTS")
    end = time.monotonic() + PATIENCE
    while anonymous_kb(site) >= IDLE_KB and time.monotonic() < end:
        time.sleep(0.5)
    assert anonymous_kb(site) < IDLE_KB
    if idle:
        client.send(b"DONE\r\n")
        assert client.finish(b"i").status == "OK"
    assert client.cmd("FETCH 1 BODY.PEEK[]").literal() == TEXT
    assert client.append(TEXT).status == "OK"
    assert client.cmd("NOOP").status == "OK"


class Compressing(imaplib.IMAP4):
    """Python's client with a file that compresses."""

    def compress(self):
        code, _ = self._simple_command("COMPRESS", "DEFLATE")
        assert code == "OK"
        self.sock = CompressedSocket(self.sock)
        self.pending = b""

    def take(self):
        got = self.sock.recv(65536)
        if not got:
            raise self.abort("closed")
        self.pending += got

    def read(self, size):
        if not isinstance(self.sock, CompressedSocket):
            return super().read(size)
        while len(self.pending) < size:
            self.take()
        out, self.pending = self.pending[:size], self.pending[size:]
        return out

    def readline(self):
        if not isinstance(self.sock, CompressedSocket):
            return super().readline()
        while b"\n" not in self.pending:
            self.take()
        out, _, self.pending = self.pending.partition(b"\n")
        return out + b"\n"

    def shutdown(self):
        self.sock.close()


def test_imaplib(site):
    imaplib.Commands.setdefault("COMPRESS", ("AUTH", "SELECTED"))
    sock = site.connect("imap")
    host, port = sock.getpeername()
    sock.close()
    client = Compressing(host, port)
    client.login("demo@test.dev", "thepassword")
    client.compress()
    assert client.append("INBOX", None, None, TEXT)[0] == "OK"
    assert client.select("INBOX") == ("OK", [b"1"])
    assert client.fetch("1", "(RFC822)")[1][0][1] == TEXT
    client.logout()
