"""A crowd of SMTP clients of which some vanish: what each message came to.

A vanishing client closes its connection, politely or with a reset, at a random
octet of its dialogue.  What the server must then have done with the message:

    CERTAIN   its 250 was read: it is there exactly once
    OPEN      its last dot was sent and no reply was read: there at most once
    NOWHERE   anything before that: it is not there"""
import random
import socket
import struct
import threading

CERTAIN, OPEN, NOWHERE = "certain", "open", "nowhere"
END = b"\r\n.\r\n"
RESET = struct.pack("ii", 1, 0)


class Vanished(Exception):
    """The client's own doing."""


class Client:
    """One connection that says a script and may stop in its midst."""

    def __init__(self, port, chance):
        self.sock = socket.create_connection(("127.0.0.1", port), 60)
        self.chance = chance
        self.buffer = b""
        self.left = None  # octets that are still sent before it vanishes

    def vanish_after(self, octets):
        self.left = octets

    def send(self, octets):
        if self.left is not None and len(octets) >= self.left:
            self.sock.sendall(octets[:self.left])
            self.vanish()
        if self.left is not None:
            self.left -= len(octets)
        self.sock.sendall(octets)

    def vanish(self):
        if self.chance.random() < 0.5:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.sock.close()
        raise Vanished()

    def reply(self):
        """The code of the next reply; 0 at the end of the connection."""
        while True:
            while b"\n" not in self.buffer:
                more = self.sock.recv(4096)
                if not more:
                    return 0
                self.buffer += more
            line, _, self.buffer = self.buffer.partition(b"\n")
            if line[3:4] != b"-":
                return int(line[:3])

    def say(self, line, wanted):
        self.send(line + b"\r\n")
        code = self.reply()
        assert code == wanted, (line[:60], code)


class Crowd:
    """count messages over connections at a time, a share of which vanish."""

    def __init__(self, port, recipients, count, connections, seed):
        self.port, self.recipients = port, recipients
        self.count, self.connections = count, connections
        self.chance = random.Random(seed)
        self.share = 0.05
        self.fates = {}
        self.errors = []
        self.lock = threading.Lock()
        self.next = 0

    def run(self):
        threads = [threading.Thread(target=self.work)
                   for _ in range(self.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not self.errors, self.errors[:5]
        assert len(self.fates) == self.count

    def take(self):
        """A number, a recipient and a chance of its own; None at the end."""
        with self.lock:
            if self.next == self.count or self.errors:
                return None
            self.next += 1
            return (self.next, self.chance.choice(self.recipients),
                    random.Random(self.chance.getrandbits(64)))

    def work(self):
        while True:
            task = self.take()
            if task is None:
                return
            number, recipient, chance = task
            try:
                fate = self.send_one(number, recipient, chance)
            except (OSError, AssertionError) as error:
                self.errors.append((number, repr(error)))
                return
            with self.lock:
                self.fates[number] = (fate, recipient)

    def send_one(self, number, recipient, chance):
        text = (b"Subject: soak\r\nX-Number: %d\r\n\r\n" % number +
                b"x" * 70 + b"\r\n" + b"y" * chance.randrange(20, 4000))
        envelope = (b"EHLO soak.example\r\n", b"MAIL FROM:<s@example.org>\r\n",
                    b"RCPT TO:<%s>\r\n" % recipient.encode(), b"DATA\r\n")
        whole = sum(map(len, envelope)) + len(text + END)
        client = Client(self.port, chance)
        if chance.random() < self.share:
            client.vanish_after(chance.randrange(1, whole + 1))
        ended = False
        try:
            with client.sock:
                assert client.reply() == 220
                for line, wanted in zip(envelope, (250, 250, 250, 354)):
                    client.say(line[:-2], wanted)
                ended = client.left is not None and \
                    client.left == len(text + END)
                client.send(text + END)
                ended = True
                assert client.reply() == 250
                client.send(b"QUIT\r\n")
        except Vanished:
            return OPEN if ended else NOWHERE
        return CERTAIN
