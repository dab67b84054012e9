"""A client of SMTP that says exactly what it is told to, right or wrong."""
import base64

DATA = b"Subject: hello\r\n\r\nbody\r\n"


class Talk:
    def __init__(self, site, service="mx", tls=None, timeout=60):
        self.site, self.buffer = site, b""
        self.sock = site.connect(service, tls, timeout)
        self.greeting = self.reply()

    def send(self, octets):
        self.sock.sendall(octets)

    def line(self):
        """The next line, b"" at the end of the connection."""
        while b"\n" not in self.buffer:
            more = self.sock.recv(65536)
            if not more:
                return b""
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        assert line.endswith(b"\r"), line
        return line[:-1]

    def reply(self):
        """(code, text): all lines of a reply; (0, "") at the end."""
        texts = []
        while True:
            line = self.line()
            if not line:
                return 0, ""
            texts.append(line[4:].decode())
            if line[3:4] == b" ":
                return int(line[:3]), "\n".join(texts)

    def say(self, line):
        """Says a line (text or octets, CRLF added); the code it is told."""
        if isinstance(line, str):
            line = line.encode()
        self.send(line + b"\r\n")
        self.last = self.reply()
        return self.last[0]

    def text(self, line):
        self.say(line)
        return self.last[1]

    def ehlo(self):
        assert self.say("EHLO client.example") == 250
        return self.last[1].split("\n")[1:]

    def starttls(self):
        assert self.say("STARTTLS") == 220
        context = self.site.certs.context()
        self.sock = self.site.track(context.wrap_socket(self.sock))

    def login(self, user="demo@test.dev", password="thepassword"):
        plain = base64.b64encode(
            ("\0%s\0%s" % (user, password)).encode()).decode()
        return self.say("AUTH PLAIN " + plain)

    def envelope(self, *recipients, sender="s@example.org", options=""):
        """MAIL and RCPTs; the codes of the latter."""
        assert self.say("MAIL FROM:<%s>%s" % (sender, options)) == 250
        return [self.say("RCPT TO:<%s>" % r) for r in recipients]

    def message(self, octets=DATA):
        """DATA and the message, dots as they are; the final code."""
        assert self.say("DATA") == 354, self.last
        self.send(octets + b".\r\n")
        self.last = self.reply()
        return self.last[0]

    def ended(self):
        """Did the server close?"""
        return self.sock.recv(1) == b""
