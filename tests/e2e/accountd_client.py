"""What a keeper says to njiwa-accountd, in Python (common/account/wire.h)."""
import struct

RESOLVE, LOGIN, LOOKUP, QUOTA_ADD, BIND, ANSWER = range(1, 7)
FOUND, UNKNOWN, DENIED, DROP, NOT_LOCAL, TEMPFAIL, DISABLED = range(7)


def text(value):
    octets = value.encode() if isinstance(value, str) else value
    return struct.pack("=I", len(octets)) + octets


class Reader:
    def __init__(self, octets):
        self.octets, self.at = octets, 0

    def take(self, form):
        values = struct.unpack_from("=" + form, self.octets, self.at)
        self.at += struct.calcsize("=" + form)
        return values[0] if len(values) == 1 else values

    def text(self):
        size = self.take("I")
        self.at += size
        return self.octets[self.at - size:self.at].decode()

    def user(self):
        name, home = self.text(), self.text()
        uid, gid, limit, used, messages, disabled = self.take("IIQqqI")
        return dict(name=name, home=home, uid=uid, gid=gid, limit=limit,
                    used=used, messages=messages, disabled=bool(disabled))

    def target(self):
        if not self.take("I"):
            return self.text()
        user = self.user()
        self.detail = self.text()
        return user["name"]


class Client:
    def __init__(self, sock):
        self.sock = sock
        sock.settimeout(60)

    def send(self, kind, body, trace=""):
        self.sock.send(struct.pack("=H", kind) + text(trace) + body)

    def receive(self):
        octets = self.sock.recv(70000)
        if not octets:
            raise EOFError("accountd closed the connection")
        answer = Reader(octets)
        assert answer.take("H") == ANSWER
        outcome, more, count = answer.take("III")
        self.text = answer.text()
        return outcome, more, count, answer

    def resolve(self, address):
        self.send(RESOLVE, text(address))
        targets, more = [], 1
        while more:
            outcome, more, count, answer = self.receive()
            targets += [answer.target() for _ in range(count)]
        return (outcome, sorted(targets)) if targets else outcome

    def user(self, kind, body):
        self.send(kind, body)
        outcome, _, count, answer = self.receive()
        return answer.user() if count else outcome

    def login(self, name, password):
        return self.user(
            LOGIN, text(name) + text(password) + text("imap") + text("::1"))

    def lookup(self, name):
        return self.user(LOOKUP, text(name))

    def add(self, name, octets, messages):
        self.send(QUOTA_ADD, text(name) + struct.pack("=qq", octets, messages))

    def add_together(self, *adds):
        self.send(QUOTA_ADD, b"".join(text(name) + struct.pack("=qq", *add)
                                      for name, *add in adds))

    def bind(self, name):
        self.send(BIND, text(name) + text("imap"))
        return self.receive()[0]

    def close(self):
        self.sock.close()
