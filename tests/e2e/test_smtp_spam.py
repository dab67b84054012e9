"""The filter stage of njiwa-smtpd: spamd over its socket, a command on pipes,
and what happens when neither answers."""
import os
import socket
import threading

import pytest

import servers
from conftest import need
from smtp_talk import DATA, Talk

GTUBE = (b"Subject: win\r\nFrom: <a@example.org>\r\nX-Spam-Flag: NO\r\n\r\n" +
         servers.Spamd.gtube + b"\r\n")
COMMAND = """#!/usr/bin/python3
import os, sys
sys.stdout.write("X-Spam-Uid: %d %d %s\\n" % (
    os.getuid(), os.getgid(), os.listdir("/proc/self/fd")[3:-1]))
message = sys.stdin.buffer.read()
score = 99 if b"GTUBE" in message else 1
sys.stdout.write("X-Spam-Status: %s, score=%d required=5\\n" % (
    "Yes" if score > 5 else "No", score))
sys.stdout.flush()
sys.stdout.buffer.write(message)
"""


@pytest.fixture(params=["spamd", "spamc", "script"])
def filtered(request, lite):
    """A site with a filter of each kind."""
    if request.param == "script":
        path = lite.folder + "/filter"
        with open(path, "w") as out:
            out.write(COMMAND)
        os.chmod(path, 0o755)
        lite.conf(spam_command=path)
        return lite
    spamd = request.getfixturevalue("spamd")
    if request.param == "spamd":
        lite.conf(spamd=spamd.address)
    else:
        need("spamc")
        lite.conf(spam_command="spamc -d 127.0.0.1 -p %d" % spamd.port)
    return lite


class Deaf:
    """Takes connections and never answers, or answers with rubbish."""

    def __init__(self, answer=None):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.taken = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.taken.append(sock)
            if self.answer is not None:
                sock.sendall(self.answer)
                sock.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.taken:
            sock.close()


def send(site, octets, user="demo@test.dev"):
    talk = Talk(site, timeout=60)
    talk.ehlo()
    assert talk.envelope(user) == [250]
    return talk.message(octets)


def fields(stored):
    return [line for line in stored.partition(b"\n\n")[0].split(b"\n")
            if line[:1] not in b" \t"]


def test_clean(filtered):
    assert send(filtered, DATA) == 250
    stored, = filtered.contents("demo")
    names = [field.partition(b":")[0] for field in fields(stored)]
    assert b"X-Spam-Status" in names
    assert names.index(b"X-Spam-Status") < names.index(b"Subject")
    assert b"\nSubject: hello\n" in stored
    assert stored.endswith(b"\n\nbody\n")
    filtered.wait_log("verdict=clean")


def test_tagged(filtered):
    assert send(filtered, GTUBE) == 250
    stored, = filtered.contents("demo")
    assert b"\nSubject: *** SPAM *** win\n" in stored
    assert b"\nX-Old-Spam-Flag: NO\n" in stored
    assert b"\nX-Spam-Status: Yes" in stored
    assert stored.endswith(servers.Spamd.gtube + b"\n")
    filtered.wait_log("verdict=spam score=")


def test_command_has_no_rights_and_no_descriptors(lite):
    path = lite.folder + "/filter"
    with open(path, "w") as out:
        out.write(COMMAND)
    os.chmod(path, 0o755)
    lite.conf(spam_command=path)
    assert send(lite, DATA) == 250
    assert b"\nX-Spam-Uid: 8 8 []\n" in lite.contents("demo")[0]


def test_junk_folder(filtered):
    filtered.conf(spam_folder="Junk")
    assert send(filtered, GTUBE) == 250
    assert send(filtered, DATA) == 250
    assert len(filtered.messages("demo", "Junk")) == 1
    assert len(filtered.messages("demo")) == 1
    filtered.wait_log("where=Junk")


def test_rejected(filtered):
    filtered.conf(spam_reject_score="15")
    assert send(filtered, GTUBE) == 554
    assert send(filtered, DATA) == 250
    assert len(filtered.messages("demo")) == 1


def test_large_spam_is_moved_in_place(filtered):
    filler = (b"x" * 76 + b"\r\n") * 4000
    assert send(filtered, GTUBE + filler) == 250
    stored, = filtered.contents("demo")
    assert b"\nSubject: *** SPAM *** win\n" in stored
    assert stored.endswith(servers.Spamd.gtube + b"\n" +
                           filler.replace(b"\r\n", b"\n"))
    size = int(filtered.messages("demo")[0].split(",S=")[1].split(",")[0])
    assert size == len(stored)


def test_too_large_to_be_looked_at(filtered):
    filtered.conf(spam_max_size="10k")
    assert send(filtered, GTUBE + (b"x" * 76 + b"\r\n") * 200) == 250
    stored, = filtered.contents("demo")
    assert b"\nX-Spam-Checker: skipped (size)\n" in stored
    assert b"\nSubject: win\n" in stored


def test_users_are_not_filtered(filtered):
    client = filtered.smtp("submissions", login="demo")
    client.sendmail("demo@test.dev", ["other@test.dev"], GTUBE)
    stored, = filtered.contents("other")
    assert b"*** SPAM ***" not in stored and b"X-Spam-Status" not in stored


def check_unavailable(site):
    assert send(site, DATA) == 250
    stored, = site.contents("demo")
    assert b"\nX-Spam-Checker: unavailable\n" in stored
    site.wait_log("verdict=unavailable")
    site.conf(spam_unavailable="defer")
    assert send(site, DATA) == 451
    assert len(site.messages("demo")) == 1


def test_down(lite):
    lite.conf(spamd="127.0.0.1:%d" % servers.free_port())
    check_unavailable(lite)


def test_no_socket(lite):
    lite.conf(spamd=lite.folder + "/nobody-listens")
    check_unavailable(lite)


def test_unix_socket_hangs(lite):
    path = lite.folder + "/deaf"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen(8)
        lite.conf(spamd=path, spamd_timeout="1s")
        check_unavailable(lite)


@pytest.mark.parametrize("answer", [
    None, b"", b"SPAMD/1.1 76 Bad header line\r\n\r\n", b"\0" * 100000,
    b"SPAMD/1.1 0 EX_OK\r\nContent-length: 99999999999\r\n\r\n"],
    ids=["silent", "closes", "refuses", "nuls", "no verdict"])
def test_hangs_or_talks_rubbish(lite, answer):
    server = Deaf(answer)
    try:
        lite.conf(spamd=server.address, spamd_timeout="1s")
        check_unavailable(lite)
    finally:
        server.close()


@pytest.mark.parametrize("command", [
    "/nonexistent", "/bin/false", "/bin/true", "sleep 60", "yes X-Spam:"])
def test_bad_commands(lite, command):
    lite.conf(spam_command=command, spamd_timeout="1s")
    check_unavailable(lite)
