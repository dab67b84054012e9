"""What the tests of POP3 need beside poplib: a client that says lines as they
are, and maildrops with known contents."""
import os

from site_under_test import MAIL_UID, PASSWORD, full


def put(site, *messages, user="demo", hints=True, folder="cur", flags=""):
    """Files in a user's Maildir as another program leaves them there."""
    top = site.maildir(user)
    for name in ("", "/cur", "/new", "/tmp"):
        if not os.path.isdir(top + name):
            os.makedirs(top + name)
    path = top
    while path != site.data:
        os.chown(path, MAIL_UID, MAIL_UID)
        path = os.path.dirname(path)
    for name in ("cur", "new", "tmp"):
        os.chown(top + "/" + name, MAIL_UID, MAIL_UID)
    for octets in messages:
        put.count += 1
        name = "%d.M%dP1.host" % (1700000000 + put.count, put.count)
        if hints:
            name += ",S=%d,W=%d" % (len(octets), len(crlf(octets)))
        if folder == "cur":
            name += ":2," + flags
        path = "%s/%s/%s" % (top, folder, name)
        with open(path, "wb") as out:
            out.write(octets)
        os.chown(path, MAIL_UID, MAIL_UID)


put.count = 0


def crlf(octets):
    """The octets with CRLF line ends, as they are sent."""
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def message(subject, *lines):
    return b"\n".join((b"From: a@example.org", b"Subject: " + subject.encode(),
                       b"", *lines, b""))


class Talk:
    """A client that says lines and reads replies."""

    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile("rb")
        self.greeting = self.line()

    def line(self):
        return self.file.readline()

    def send(self, octets):
        self.sock.sendall(octets)

    def say(self, line):
        """The first line of the answer."""
        self.send(line.encode() + b"\r\n")
        return self.line()

    def lines(self):
        """The rest of a multi-line answer, still stuffed."""
        return list(iter(self.line, b".\r\n"))

    def login(self, user="demo", password=PASSWORD):
        assert self.say("USER " + full(user)).startswith(b"+OK")
        reply = self.say("PASS " + password)
        assert reply.startswith(b"+OK"), reply
        return self

    def at_end(self):
        return self.file.read() == b""


def talk(site, service="pop3", **how):
    return Talk(site.connect(service, **how))
