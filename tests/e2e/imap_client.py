"""A bare IMAP client for tests: sends lines and octets as they are, and reads
answers one by one.  imaplib hides too much for what is tested here."""
import re
import select
import time

from servers import PATIENCE


class Answer:
    def __init__(self, untagged, tagged):
        self.untagged, self.tagged = untagged, tagged

    @property
    def status(self):
        return self.tagged.split(b" ")[1].decode() if self.tagged else None

    @property
    def code(self):
        found = re.match(rb"\S+ \S+ \[([^\]]*)\]", self.tagged or b"")
        return found.group(1).decode() if found else None

    def find(self, text):
        """The first untagged response that holds text, or None."""
        for line in self.untagged:
            if text.encode() in line:
                return line
        return None

    def all(self, text):
        return [line for line in self.untagged if text.encode() in line]

    def literal(self, number=0):
        """The octets of a literal of the untagged responses, counted."""
        seen = 0
        for line in self.untagged:
            at = 0
            while True:
                found = re.compile(rb"\{(\d+)\}\r\n").search(line, at)
                if not found:
                    break
                end = found.end() + int(found.group(1))
                if seen == number:
                    return line[found.end():end]
                seen, at = seen + 1, end
        return None


class Client:
    def __init__(self, site, service="imap", tls=None, user="demo",
                 password="thepassword", domain="test.dev"):
        self.sock = site.connect(service, tls=tls)
        self.buffer = b""
        self.count = 0
        self.greeting = self.response()
        if user:
            answer = self.cmd('LOGIN %s@%s "%s"' % (user, domain, password))
            assert answer.status == "OK", answer.tagged

    def fill(self):
        got = self.sock.recv(65536)
        if not got:
            raise EOFError(self.buffer)
        self.buffer += got

    def line(self):
        while b"\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def response(self):
        """One response with its literals, without its last line end."""
        out = self.line()
        while True:
            found = re.search(rb"\{(\d+)\}\r\n$", out)
            if not found:
                assert out.endswith(b"\r\n"), out
                return out[:-2]
            size = int(found.group(1))
            while len(self.buffer) < size:
                self.fill()
            out, self.buffer = out + self.buffer[:size], self.buffer[size:]
            out += self.line()

    def send(self, octets):
        self.sock.sendall(octets)

    def tag(self):
        self.count += 1
        return b"t%d" % self.count

    def cmd(self, text, *literals):
        """A command; each "{}" in it is a literal, sent when asked for."""
        if isinstance(text, str):
            text = text.encode()
        tag = self.tag()
        parts = (tag + b" " + text).split(b"{}")
        untagged = []
        for part, octets in zip(parts, literals):
            self.send(part + b"{%d}\r\n" % len(octets))
            line = self.response()
            while line.startswith(b"* "):
                untagged.append(line)
                line = self.response()
            if not line.startswith(b"+"):
                return Answer(untagged, line)
            self.send(octets)
        self.send(parts[-1] + b"\r\n")
        return self.finish(tag, untagged)

    def finish(self, tag, untagged=None):
        untagged = untagged or []
        while True:
            line = self.response()
            if line.startswith(tag + b" "):
                return Answer(untagged, line)
            untagged.append(line)
            assert line.startswith(b"* "), line

    def append(self, message, mailbox="INBOX", before=""):
        return self.cmd("APPEND %s %s{}" % (mailbox, before), message)

    def is_readable(self, seconds):
        """poll, as select knows 1,024 descriptors at most."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def wait(self, text, seconds=PATIENCE):
        """The next response that holds text, and the time it took."""
        start = time.monotonic()
        end = start + seconds
        while True:
            while b"\n" not in self.buffer:
                left = end - time.monotonic()
                if left <= 0 or not self.is_readable(left):
                    raise TimeoutError(text)
                self.fill()
            line = self.response()
            if text.encode() in line:
                return line, time.monotonic() - start

    def at_end(self):
        """Everything until the server closes."""
        out = self.buffer
        while True:
            try:
                got = self.sock.recv(65536)
            except ConnectionResetError:
                got = b""
            if not got:
                return out
            out += got

    def close(self):
        self.sock.close()
