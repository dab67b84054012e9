"""A milter that the tests play: says what a table tells it to, and remembers
what it heard.  On a TCP port of loopback, a thread for each connection."""
import socket
import struct
import threading

from smtp_talk import Talk

MESSAGE = (b"Subject: hello\r\nX-A: one\r\nX-A: two\r\n folded\r\n"
           b"From: <s@example.org>\r\n\r\nline\r\n..dot\r\n")
STORED_BODY = b"line\n.dot\n"
ALL_ACTIONS, NO_STEPS = 0x1ff, 0
CONTINUE, ACCEPT, DISCARD, REJECT, TEMPFAIL, SKIP = (
    (c, b"") for c in b"cadrts")


def packet(letter, octets=b""):
    return struct.pack("!IB", len(octets) + 1, letter) + octets


def header(letter, name, value, index=None):
    """h, i or m: add, insert, change."""
    number = b"" if index is None else struct.pack("!I", index)
    return (ord(letter), number + name + b"\0" + value + b"\0")


def text(letter, *texts):
    return (ord(letter), b"".join(t + b"\0" for t in texts))


class Played:
    """answers: letter of a command: list of (letter, octets) that it is told,
    or a function of the octets that gives one; None hangs, b"" hangs up."""

    def __init__(self, answers=None, actions=ALL_ACTIONS, steps=NO_STEPS,
                 version=6, symbols=b"", greeting=None, slow=0):
        self.answers = answers or {}
        self.greeting = greeting
        self.options = struct.pack("!III", version, actions, steps) + symbols
        self.steps, self.slow = steps, slow
        self.heard, self.macros = [], {}
        self.offered = None
        self.socks = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = "inet:127.0.0.1:%d" % self.port
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.socks.append(sock)
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        try:
            with sock, sock.makefile("rb") as stream:
                while self.step(sock, stream):
                    pass
        except OSError:
            pass

    def step(self, sock, stream):
        head = stream.read(4)
        if len(head) < 4:
            return False
        octets = stream.read(struct.unpack("!I", head)[0])
        letter, octets = octets[:1].decode(), octets[1:]
        if letter == "D":
            values = octets[1:].split(b"\0")[:-1]
            self.macros.setdefault(octets[:1].decode(), []).append(
                dict(zip(values[::2], values[1::2])))
            return True
        self.heard.append((letter, octets))
        if letter == "O":
            self.offered = struct.unpack("!III", octets)
            sock.sendall(packet(ord("O"), self.options)
                         if self.greeting is None else self.greeting)
            return True
        return self.answer(sock, letter, octets)

    def answer(self, sock, letter, octets):
        if letter in "AQ":
            return letter == "A"
        answers = self.answers.get(letter, [CONTINUE])
        if callable(answers):
            answers = answers(octets)
        if answers is None:
            return True
        if answers == b"":
            return False
        for answer in answers:
            sock.sendall(answer if isinstance(answer, bytes)
                         else packet(*answer))
        return True

    def letters(self):
        return "".join(letter for letter, _ in self.heard)

    def said(self, letter):
        return [octets for l, octets in self.heard if l == letter]

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.socks:
            sock.close()


class Playing:
    """Starts milters and puts the last one into the site's settings; as a
    context it gives the function that does so."""

    def __init__(self, site):
        self.site, self.running = site, []

    def start(self, answers=None, options="", **how):
        milter = Played(answers, **how)
        self.running.append(milter)
        self.site.conf(milters="{ %s%s }" % (milter.address, options))
        return milter

    def __enter__(self):
        return self.start

    def __exit__(self, *error):
        for milter in self.running:
            milter.close()


def send(site, octets=MESSAGE, recipients=("demo@test.dev",), talk=None,
         sender="s@example.org"):
    """One message; the codes of MAIL, RCPTs and the message, the last reply."""
    talk = talk or Talk(site, timeout=60)
    if talk.greeting[0] == 220 and not getattr(talk, "greeted", False):
        talk.ehlo()
        talk.greeted = True
    codes = [talk.say("MAIL FROM:<%s>" % sender)]
    if codes[0] == 250:
        codes += [talk.say("RCPT TO:<%s>" % r) for r in recipients]
    if 250 in codes[1:]:
        code = talk.say("DATA")
        if code == 354:
            talk.send(octets + b".\r\n")
            talk.last = talk.reply()
            code = talk.last[0]
        codes.append(code)
    return codes


def stored(site, user="demo", folder=""):
    octets, = site.contents(user, folder)
    head, _, body = octets.partition(b"\n\n")
    return head.split(b"\n"), body


def own(head):
    """The message's own header, without our trace."""
    at = next(i for i, line in enumerate(head) if line.startswith(b"Received"))
    while head[at + 1][:1] in (b" ", b"\t"):
        at += 1
    return head[at + 1:]
