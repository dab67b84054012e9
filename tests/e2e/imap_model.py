"""A mailbox as one IMAP session must believe it to be: fed with each response
in turn, and says so when one cannot be true.

    RFC 3501 7.3.1, 7.4.1: EXISTS never gets less but by EXPUNGE, and EXPUNGE
    comes only where numbers may change; 2.3.1.1: uids rise and stay; RFC 7162:
    modification sequences never fall."""
import re
import time


class Untrue(AssertionError):
    """A response that contradicts an earlier one, or the RFC."""


def tokens(text, at=0):
    """The items of a parenthesised list that begins at text[at], literals
    and quoted strings as bytes, atoms as str, lists as lists; and its end."""
    out = []
    at += 1
    while True:
        byte = text[at:at + 1]
        if byte == b")":
            return out, at + 1
        if byte == b" ":
            at += 1
        elif byte == b"(":
            inner, at = tokens(text, at)
            out.append(inner)
        elif byte == b'"':
            found = re.compile(rb'"((?:[^"\\]|\\.)*)"').match(text, at)
            out.append(re.sub(rb"\\(.)", rb"\1", found.group(1)))
            at = found.end()
        elif byte == b"{":
            found = re.compile(rb"\{(\d+)\}\r\n").match(text, at)
            at = found.end() + int(found.group(1))
            out.append(text[found.end():at])
        else:
            found = re.compile(rb"[^ ()\[]+(?:\[[^\]]*\](?:<\d+>)?)?").match(
                text, at)
            if not found:
                raise Untrue("no item at %r" % text[at:at + 40])
            out.append(found.group().decode())
            at = found.end()


class Message:
    def __init__(self):
        self.uid = None
        self.flags = None
        self.modseq = 0


class View:
    def __init__(self):
        self.began = time.monotonic()
        self.messages = []
        self.uidvalidity = self.uidnext = None
        self.highest = 0
        self.expunged = []  # uids, as they were told
        self.numbers_fixed = False  # no EXPUNGE may come now
        self.fetched = []   # (uid, {item: value}) since it was emptied
        self.found = None   # the last SEARCH

    # ---- what is fed

    def feed(self, line):
        """One untagged response."""
        words = line.split(b" ", 3)
        if words[1].isdigit():
            kind = words[2].upper()
            number = int(words[1])
            if kind == b"EXISTS":
                self.exists(number)
            elif kind == b"EXPUNGE":
                self.expunge(number)
            elif kind == b"FETCH":
                items, _ = tokens(line, line.index(b"("))
                self.fetch(number, dict(zip(items[::2], items[1::2])))
        elif words[1] == b"VANISHED":
            self.vanished(words[2:])
        elif words[1] == b"SEARCH":
            self.found = [int(w) for w in line.split()[2:] if w.isdigit()]
        elif words[1] == b"OK":
            self.code(line)

    def code(self, line):
        for name in ("UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"):
            found = re.match(rb"\S+ OK \[%s (\d+)\]" % name.encode(), line)
            if not found:
                continue
            value = int(found.group(1))
            if name == "UIDVALIDITY":
                self.uidvalidity = value
            elif name == "UIDNEXT":
                self.uidnext = value
            else:
                self.highest_is(value)

    def highest_is(self, value):
        if value < self.highest:
            raise Untrue("HIGHESTMODSEQ fell from %d to %d" %
                         (self.highest, value))
        self.highest = value

    def exists(self, number):
        if number < len(self.messages):
            raise Untrue("EXISTS %d, of %d" % (number, len(self.messages)))
        while len(self.messages) < number:
            self.messages.append(Message())

    def expunge(self, number):
        if self.numbers_fixed:
            raise Untrue("EXPUNGE where numbers must stay")
        if not 1 <= number <= len(self.messages):
            raise Untrue("EXPUNGE %d, of %d" % (number, len(self.messages)))
        gone = self.messages.pop(number - 1)
        if gone.uid:
            self.expunged.append(gone.uid)

    def vanished(self, words):
        earlier = words[0] == b"(EARLIER)"
        gone = set(numbers(words[-1].decode()))
        if self.numbers_fixed and not earlier:
            raise Untrue("VANISHED where numbers must stay")
        known = gone & set(self.uids)
        self.messages = [m for m in self.messages if m.uid not in known]
        self.expunged += sorted(known)
        if not earlier:
            for uid in sorted(gone - known):
                self.forget_nameless(uid)

    def forget_nameless(self, uid):
        """uid is gone, and is one of those whose uids were never asked for:
        one of them that stands where uid would."""
        found = None
        for at, message in enumerate(self.messages):
            if message.uid is None:
                found = at
            elif message.uid > uid:
                break
            else:
                found = None  # those before it have lower uids
        if found is None:
            raise Untrue("VANISHED %d: it was not there" % uid)
        del self.messages[found]

    def fetch(self, number, items):
        if not 1 <= number <= len(self.messages):
            raise Untrue("FETCH %d, of %d" % (number, len(self.messages)))
        message = self.messages[number - 1]
        if "UID" in items:
            self.name(number, message, int(items["UID"]))
        if "MODSEQ" in items:
            modseq = int(items["MODSEQ"][0])
            if modseq < message.modseq:
                raise Untrue("MODSEQ of %s fell" % message.uid)
            message.modseq = modseq
        if "FLAGS" in items:
            message.flags = {f for f in items["FLAGS"] if f != "\\Recent"}
        self.fetched.append((message.uid, items))

    def name(self, number, message, uid):
        if message.uid not in (None, uid):
            raise Untrue("message %d was uid %d, and is %d" %
                         (number, message.uid, uid))
        message.uid = uid
        for other, least in ((number - 2, True), (number, False)):
            if not 0 <= other < len(self.messages):
                continue
            near = self.messages[other].uid
            if near is not None and (near >= uid) == least:
                raise Untrue("uid %d beside %d" % (uid, near))

    # ---- what is asked

    @property
    def uids(self):
        return [m.uid for m in self.messages]

    def nameless(self):
        """The first message whose uid is not known yet, 0 when there is
        none."""
        for number, message in enumerate(self.messages, 1):
            if message.uid is None:
                return number
        return 0

    def state(self):
        return {m.uid: frozenset(m.flags or ()) for m in self.messages}


def numbers(text):
    """All numbers of a sequence set without a star."""
    for part in text.split(","):
        first, _, last = part.partition(":")
        first, last = int(first), int(last or first)
        yield from range(min(first, last), max(first, last) + 1)
