"""What commands on large mailboxes take: each server has the same messages,
hard-linked from one fixture, in folders that it has never seen.  "Cold" is the
first time that a server is asked; the page cache stays warm."""
import os
import shutil
import socket
import subprocess
import time

PEOPLE = ("Asha Juma <asha@example.org>", "Baraka Otieno <b@example.net>",
          "=?utf-8?q?Zo=C3=AB?= <zoe@example.com>", "\"Q, P\" <qp@example.org>")
WORDS = "barua njiwa ndege safari habari rafiki shule kazi bahari mlima".split()
MESSAGE = """\
Return-Path: <%(sender)s>
Received: from mail.example.org by mx.test.dev; %(date)s
From: %(person)s
To: User <user1@test.dev>, Other <other@test.dev>
Cc: %(other)s
Subject: %(subject)s
Date: %(date)s
Message-ID: <%(n)d.bench@example.org>
In-Reply-To: <%(before)d.bench@example.org>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b%(n)d"

--b%(n)d
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

%(text)s
--b%(n)d
Content-Type: text/html; charset=utf-8

<p>%(text)s</p>
--b%(n)d--
"""
BATCH = 1000            # messages of COPY, MOVE and APPEND
CHANGED_MAX = 10000     # of STORE
READ_MAX = 10000        # of BODY.PEEK[] and of SEARCH BODY


def message(n):
    words = [WORDS[(n * 7 + i * i) % len(WORDS)] for i in range(60)]
    return MESSAGE % {
        "n": n, "before": n - n % 5, "sender": "list@example.org",
        "person": PEOPLE[n % 4], "other": PEOPLE[(n + 1) % 4],
        "subject": "%s %s %d" % (words[0], words[1], n),
        "date": time.strftime("%a, %d %b %Y %H:%M:%S +0000",
                              time.gmtime(1700000000 + n * 997)),
        "text": "\n".join(" ".join(words) for _ in range(3))}


class Imap:
    """A client that costs little: it only looks for the end of an answer."""

    def __init__(self, port, user, password):
        self.sock = socket.create_connection(("127.0.0.1", port), 300)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tail = b""
        self.until(b"* OK")
        self.do("LOGIN %s %s" % (user, password))

    def until(self, start):
        """Reads to the end of the line that begins so; all of it."""
        parts, tail = [self.tail], self.tail
        while not (tail.endswith(b"\r\n") and tail[
                tail.rfind(b"\n", 0, -1) + 1:].startswith(start)):
            part = self.sock.recv(1 << 20)
            if not part:
                raise RuntimeError("hung up: %r" % tail[-200:])
            parts.append(part)
            tail = tail[-500:] + part
        self.tail = b""
        return b"".join(parts)

    def do(self, command):
        """The answer, which must be OK."""
        self.sock.sendall(b"x " + command.encode() + b"\r\n")
        answer = self.until(b"x ")
        if not answer[answer.rfind(b"\n", 0, -1) + 1:].startswith(b"x OK"):
            raise RuntimeError("%s: %r" % (command[:60], answer[-200:]))
        return answer

    def timed(self, command):
        began = time.monotonic()
        self.do(command)
        return (time.monotonic() - began) * 1e3

    def append(self, folder, octets):
        self.sock.sendall(b"x APPEND %s {%d}\r\n" % (
            folder.encode(), len(octets)))
        self.until(b"+")
        self.sock.sendall(octets + b"\r\n")
        self.until(b"x OK")

    def close(self):
        self.do("LOGOUT")
        self.sock.close()


class Mailboxes:
    """The figures of one server after the other, of mailboxes of one size."""

    def __init__(self, folder, maildir, count):
        self.maildir, self.count = maildir, count
        self.fixture = "%s/fixture-%d" % (folder, count)
        os.makedirs(self.fixture)
        for n in range(count):
            with open("%s/%d.M%dP1.bench:2,%s" % (
                    self.fixture, 1700000000 + n, n, "S" * (n % 3 > 0)),
                      "w") as out:
                out.write(message(n))

    def fresh(self, name):
        """A folder that nobody has seen."""
        path = "%s/.%s" % (self.maildir, name)
        shutil.rmtree(path, ignore_errors=True)
        for sub in ("new", "tmp"):
            os.makedirs(path + "/" + sub, 0o700)
        subprocess.run(["cp", "-al", self.fixture, path + "/cur"], check=True)
        subprocess.run(["chown", "-R", "8:8", path], check=True)

    def remove(self, *names):
        for name in names:
            shutil.rmtree("%s/.%s" % (self.maildir, name), ignore_errors=True)

    def measure(self, connect, say):
        """connect() logs in; each figure is said: what, ms."""
        self.fresh("Big")
        for name in ("Copied", "Moved"):
            self.remove(name)
        client = connect()
        for name in ("Copied", "Moved"):
            client.do("CREATE " + name)
        self.reading(client, connect, say)
        self.searching(client, say)
        self.changing(client, say)
        self.following(client, connect, say)
        client.close()
        self.remove("Big", "Copied", "Moved")

    def reading(self, client, connect, say):
        say("SELECT, cold", client.timed("SELECT Big"))
        say("FETCH ENVELOPE, cold", client.timed("FETCH 1:* ENVELOPE"))
        say("FETCH BODYSTRUCTURE, cold",
            client.timed("FETCH 1:* BODYSTRUCTURE"))
        other = connect()
        say("SELECT, warm", other.timed("SELECT Big"))
        for item in ("FLAGS", "ENVELOPE", "BODYSTRUCTURE"):
            say("FETCH %s, warm" % item, other.timed("FETCH 1:* " + item))
        last = min(self.count, READ_MAX)
        say("BODY.PEEK[] of %d" % last,
            other.timed("FETCH 1:%d BODY.PEEK[]" % last))
        other.close()

    def searching(self, client, say):
        say("SEARCH SUBJECT", client.timed("SEARCH SUBJECT safari"))
        last = min(self.count, READ_MAX)
        say("SEARCH BODY in %d" % last,
            client.timed("SEARCH 1:%d BODY nothing" % last))
        say("SORT (DATE)", client.timed("SORT (DATE) UTF-8 ALL"))
        say("THREAD=REFERENCES",
            client.timed("THREAD REFERENCES UTF-8 ALL"))

    def changing(self, client, say):
        last = min(self.count, CHANGED_MAX)
        batch = min(self.count // 2, BATCH)
        for sign in "+-":
            say("STORE %sFLAGS of %d" % (sign, last), client.timed(
                "STORE 1:%d %sFLAGS.SILENT (\\Flagged)" % (last, sign)))
        say("COPY of %d" % batch, client.timed("COPY 1:%d Copied" % batch))
        began, octets = time.monotonic(), message(1).replace(
            "\n", "\r\n").encode()
        for _ in range(batch):
            client.append("Copied", octets)
        say("APPEND of %d, one by one" % batch,
            (time.monotonic() - began) * 1e3)
        say("MOVE of %d" % batch, client.timed("MOVE 1:%d Moved" % batch))

    def following(self, client, connect, say):
        """One change, and what a client does that was here before it."""
        other = connect()
        other.do("ENABLE QRESYNC")
        answer = other.do("SELECT Big").decode()
        known = [answer.split("[%s " % word)[1].split("]")[0]
                 for word in ("UIDVALIDITY", "HIGHESTMODSEQ")]
        other.do("UNSELECT")
        client.do("STORE * +FLAGS.SILENT (\\Answered)")
        say("QRESYNC after one change",
            other.timed("SELECT Big (QRESYNC (%s %s))" % tuple(known)))
        other.close()
