"""The client's side of SCRAM-SHA-256 and -PLUS (RFC 5802, 7677), written from
the RFCs and from nothing of ours, and ways to say its messages in SMTP, IMAP
and POP3.  Where it is told to, it lies."""
import base64
import hashlib
import hmac
import os
import stringprep
import unicodedata


def b64(octets):
    return base64.b64encode(octets).decode()


def saslprep(text):
    """RFC 4013, without its prohibitions: the server has them to itself."""
    mapped = "".join(" " if stringprep.in_table_c12(c) else c for c in text
                     if not stringprep.in_table_b1(c))
    return unicodedata.ucd_3_2_0.normalize("NFKC", mapped)


def mac(key, text):
    return hmac.new(key, text, "sha256").digest()


class Scram:
    """One exchange: first(), then final(server's first), then verify()."""

    def __init__(self, user, password, flag="n", binding=b"", authzid="",
                 nonce=None):
        self.user = user.replace("=", "=3D").replace(",", "=2C")
        self.password = saslprep(password).encode()
        self.nonce = nonce or b64(os.urandom(18))
        self.gs2 = "%s,%s," % (flag, "a=" + authzid if authzid else "")
        self.binding = binding

    def first(self):
        self.bare = "n=%s,r=%s" % (self.user, self.nonce)
        return self.gs2 + self.bare

    def final(self, server_first):
        fields = dict(f.split("=", 1) for f in server_first.split(","))
        assert fields["r"].startswith(self.nonce)
        assert len(fields["r"]) > len(self.nonce)
        self.salt = base64.b64decode(fields["s"])
        self.iterations = int(fields["i"])
        salted = hashlib.pbkdf2_hmac("sha256", self.password, self.salt,
                                     self.iterations)
        client_key = mac(salted, b"Client Key")
        bare = "c=%s,r=%s" % (b64(self.gs2.encode() + self.binding),
                              fields["r"])
        auth = ",".join((self.bare, server_first, bare)).encode()
        signature = mac(hashlib.sha256(client_key).digest(), auth)
        self.server = mac(mac(salted, b"Server Key"), auth)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return bare + ",p=" + b64(proof)

    def verify(self, server_final):
        assert server_final == "v=" + b64(self.server), server_final


class Lines:
    """A protocol's lines for an exchange, over a file made of a socket."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def send(self, line):
        self.sock.sendall(line.encode() + b"\r\n")

    def line(self):
        while b"\n" not in self.buffer:
            more = self.sock.recv(65536)
            if not more:
                return ""
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r").decode()

    def until(self, begins):
        """The last line of those up to one that begins so."""
        while True:
            line = self.line()
            if not line or line.startswith(begins):
                return line


class Smtp(Lines):
    goes_on, good = "334 ", "235 "
    stranger, starttls = "535 ", "STARTTLS"

    def __init__(self, sock, greeted=False):
        super().__init__(sock)
        if not greeted:
            self.until("220 ")

    def capabilities(self):
        self.send("EHLO client.example")
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return [word for line in lines if line[4:].startswith("AUTH ")
                for word in line[4:].split()[1:]]

    def begin(self, mechanism, initial):
        self.send("AUTH " + mechanism + (" " + initial if initial else ""))
        return self.line()

    def answer(self, line):
        self.send(line)
        return self.line()


class Pop3(Smtp):
    goes_on, good = "+ ", "+OK"
    stranger, starttls = "-ERR [AUTH]", "STLS"

    def __init__(self, sock, greeted=False):
        Lines.__init__(self, sock)
        if not greeted:
            self.until("+OK")

    def capabilities(self):
        self.send("CAPA")
        lines = [self.line()]
        while lines[-1] not in (".", ""):
            lines.append(self.line())
        return [word for line in lines if line.startswith("SASL ")
                for word in line.split()[1:]]


class Imap(Smtp):
    goes_on, good = "+ ", "a OK"
    stranger, starttls = "a NO [AUTHENTICATIONFAILED]", "a STARTTLS"

    def __init__(self, sock, greeted=False):
        Lines.__init__(self, sock)
        if not greeted:
            self.until("* OK")

    def capabilities(self):
        self.send("a CAPABILITY")
        line = self.line()
        self.until("a ")
        return [word[5:] for word in line.split() if word.startswith("AUTH=")]

    def begin(self, mechanism, initial):
        self.send("a AUTHENTICATE " + mechanism +
                  (" " + initial if initial else ""))
        return self.until(("+ ", "a ", "* BYE"))

    def answer(self, line):
        self.send(line)
        return self.until(("+ ", "a ", "* BYE"))


PROTOCOLS = {"submission": Smtp, "imap": Imap, "pop3": Pop3,
             "submissions": Smtp, "imaps": Imap, "pop3s": Pop3}


def log_in(talk, scram, mechanism="SCRAM-SHA-256", early=True):
    """Runs an exchange; the last line that the server said."""
    first = b64(scram.first().encode())
    line = talk.begin(mechanism, first if early else "")
    if not early and line.startswith(talk.goes_on):
        assert line == talk.goes_on
        line = talk.answer(first)
    if not line.startswith(talk.goes_on):
        return line
    said = base64.b64decode(line[len(talk.goes_on):]).decode()
    line = talk.answer(b64(scram.final(said).encode()))
    if not line.startswith(talk.goes_on):
        return line
    scram.verify(base64.b64decode(line[len(talk.goes_on):]).decode())
    return talk.answer("")
