"""Many sessions of one user that do whatever comes to mind, each with a model
of its mailbox (imap_model.py), and one ledger of what messages there must be.

What the ledger holds against the server:
    a uid of a mailbox is one message for ever, with the octets it came with;
    no message goes that nobody asked to be removed, none that is gone returns;
    none is there twice but by APPEND, COPY or MOVE, or by an answer that was
    never heard (a session that was killed)."""
import collections
import hashlib
import random
import re
import threading
import time

import imap_client
from imap_model import Untrue, View, numbers

BOXES = ("INBOX", "one", "two")
FLAGS = ("\\Seen", "\\Flagged", "\\Answered", "$stress", "later")
CROWDED = 120  # messages in a mailbox, from which more are removed than made


def text_of(name):
    """The message called name, the same each time."""
    chance = random.Random(name)
    lines = ["".join(chance.choices("abcdefghij klmnop", k=70))
             for _ in range(chance.randrange(1, 40))]
    return ("From: a@example.org\r\nSubject: %s\r\nX-Stress: %s\r\n\r\n%s\r\n"
            % (name, name, "\r\n".join(lines))).encode()


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.uidvalidity = {}
        self.names = {}         # (box, uid): name
        self.created = {}       # (box, uid): name, as an answer said
        self.sources = {}       # (box, uid): what it is a copy of
        self.removable = set()  # (box, uid) that somebody asked to remove
        self.gone = {}          # (box, uid): when it was told
        self.delivered = set()  # names
        self.maybe = collections.Counter()  # name: copies nobody heard of
        self.steps = collections.Counter()
        self.refused = collections.Counter()
        self.serial = 0
        self.failed = False     # a worker has; the others stop

    def new_name(self, kind):
        with self.lock:
            self.serial += 1
            return "%s%d" % (kind, self.serial)

    def is_called(self, box, uid, name):
        with self.lock:
            if self.names.setdefault((box, uid), name) != name:
                raise Untrue("%s uid %d was %s and is %s" % (
                    box, uid, self.names[box, uid], name))

    def was_created(self, box, uid, name, source=None):
        """By COPY or MOVE of source, a (box, uid), or by APPEND."""
        self.is_called(box, uid, name)
        with self.lock:
            if (box, uid) in self.created:
                raise Untrue("%s uid %d was made twice" % (box, uid))
            self.created[box, uid] = name
            self.sources[box, uid] = source

    def has_validity(self, box, value):
        with self.lock:
            if self.uidvalidity.setdefault(box, value) != value:
                raise Untrue("UIDVALIDITY of %s was %d and is %d" % (
                    box, self.uidvalidity[box], value))

    def are_gone(self, box, uids):
        now = time.monotonic()
        with self.lock:
            for uid in uids:
                self.gone.setdefault((box, uid), now)

    def are_there(self, box, uids, since):
        """uids in a view that was taken after since."""
        with self.lock:
            for uid in uids:
                if self.gone.get((box, uid), since) < since:
                    raise Untrue("%s uid %d is back" % (box, uid))

    def closes(self, box, found):
        """The mailbox at the end, {uid: name}; every copy has an origin."""
        for uid, name in found.items():
            self.is_called(box, uid, name)
        known = set(self.created) | set(self.gone)
        lost = [key for key in known
                if key[0] == box and key[1] not in found and
                not self.was_removable(key) and not self.unheard(key)]
        if lost:
            raise Untrue("lost: %s" % [
                (key, self.names.get(key), self.sources.get(key, "-"),
                 key in self.created, key in self.gone,
                 [k for k in self.names if self.names[k] == self.names[key]])
                for key in lost])
        back = [uid for uid in found if (box, uid) in self.gone]
        if back:
            raise Untrue("removed, and there: %s %s" % (box, back))

    def was_removable(self, key):
        """It, or what it is a copy of: \\Deleted is copied too.  Of what the
        first one is a copy is not known when no answer came."""
        while key not in self.removable:
            if key not in self.sources:
                return self.unheard(key) and any(
                    self.names.get(other) == self.names.get(key)
                    for other in self.removable)
            key = self.sources[key]
            if key is None:
                return False
        return True

    def unheard(self, key):
        """Is it perhaps a copy of which no answer came?"""
        return key not in self.created and \
            (key not in self.names or self.maybe[self.names[key]])

    def counts(self):
        """When all mailboxes are closed: nothing doubled, nothing missing."""
        came = collections.Counter()
        for key, name in self.names.items():
            if key not in self.created:
                came[name] += 1
        for name in self.delivered:
            if not came[name]:
                raise Untrue("%s was delivered and never seen" % name)
            came[name] -= 1
        doubled = {name: n for name, n in came.items()
                   if n > self.maybe[name]}
        if doubled:
            raise Untrue("doubled: %s" % {
                name: [(key, self.sources.get(key, "-"), key in self.created)
                       for key in self.names if self.names[key] == name]
                for name in doubled})


class Worker(threading.Thread):
    """One session after another.  connect() makes a logged-in Client."""

    def __init__(self, ledger, connect, seed, until, killed=False):
        super().__init__(daemon=True)
        self.ledger, self.connect, self.until = ledger, connect, until
        self.chance = random.Random(seed)
        self.killed = killed  # its sessions may end at any time
        self.error = None
        self.client = self.view = self.box = None
        self.open_copies = []  # names that the command in hand may copy

    def run(self):
        while time.monotonic() < self.until and not self.ledger.failed:
            try:
                self.session()
            except (EOFError, OSError) as error:
                if not self.killed:
                    self.fails(error)
            except Exception as error:  # what the test shows
                self.fails(error)
            with self.ledger.lock:
                self.ledger.maybe.update(self.open_copies)
            self.open_copies = []

    def fails(self, error):
        self.error = error
        self.ledger.failed = True

    def session(self):
        self.client = self.begin()
        try:
            self.select()
            for _ in range(self.chance.randrange(5, 80)):
                if time.monotonic() > self.until or self.ledger.failed:
                    break
                self.step()
            self.cmd("LOGOUT")
        finally:
            self.client.close()

    def begin(self):
        try:
            return self.connect()
        except AssertionError as error:
            if self.killed and "UNAVAILABLE" in str(error):
                raise EOFError from None  # its keeper was
            raise

    ACTIONS = (("select", 1), ("noop", 2), ("flags", 2), ("body", 4),
               ("envelope", 3), ("store", 6), ("delete", 2), ("expunge", 2),
               ("append", 3), ("copy", 2), ("move", 2), ("search", 3),
               ("idle", 1), ("status", 1), ("fetch_range", 2))

    def step(self):
        names, weights = zip(*self.ACTIONS)
        name = self.chance.choices(names, weights)[0]
        if len(self.view.messages) > CROWDED and name in ("append", "copy"):
            name = "delete"
        getattr(self, "do_" + name)()
        self.learn()
        with self.ledger.lock:
            self.ledger.steps[name] += 1

    # ---- a command, and what its responses do to the model

    def cmd(self, text, *literals, fixed=False):
        known = set(self.view.uids) if self.view else set()
        answer = self.client.cmd(text, *literals)
        self.take(answer.untagged, fixed, known)
        if answer.status == "BAD" or not answer.status:
            raise Untrue("%r: %r" % (text, answer.tagged))
        if answer.status == "NO":
            with self.ledger.lock:
                self.ledger.refused[
                    answer.tagged.split(b" ", 1)[1].decode()] += 1
        return answer

    def take(self, untagged, fixed, known):
        if not self.view:
            return
        self.view.numbers_fixed = fixed
        for line in untagged:
            if line.startswith(b"* BYE") and not self.killed and \
                    b"ogging out" not in line and b"oodbye" not in line:
                raise Untrue(line)
            try:
                self.view.feed(line)
            except Untrue as error:
                raise Untrue("%s (in %r)" % (error, untagged[:40])) from None
        self.view.numbers_fixed = False
        self.ledger.are_gone(self.box, self.view.expunged)
        self.view.expunged = []
        new = [uid for uid in self.view.uids if uid and uid not in known]
        self.ledger.are_there(self.box, new, self.view.began)

    def learn(self):
        """Asks for the uids of what has come."""
        first = self.view.nameless()
        while first:
            self.cmd("FETCH %d:* (UID FLAGS)" % first, fixed=True)
            again = self.view.nameless()
            if again and again <= first:
                raise Untrue("no uid of message %d" % first)
            first = again

    def pick(self, most=5):
        uids = self.view.uids
        return self.chance.sample(uids, min(len(uids), self.chance.randrange(
            1, most + 1)))

    def names_of(self, uids):
        """{uid: name} of those that are still there."""
        if not uids:
            return {}
        self.view.fetched = []
        self.cmd("UID FETCH %s BODY.PEEK[HEADER.FIELDS (X-STRESS)]" %
                 ",".join(map(str, uids)))
        names = {}
        for uid, items in self.view.fetched:
            value = items.get("BODY[HEADER.FIELDS (X-STRESS)]")
            if isinstance(value, bytes) and value:
                found = re.match(rb"X-Stress: (\w+)", value)
                names[uid] = found.group(1).decode()
                self.ledger.is_called(self.box, uid, names[uid])
        return names

    # ---- what it may do

    def select(self):
        self.box = self.chance.choice(BOXES)
        self.view = View()
        if self.cmd("SELECT " + self.box).status != "OK":
            raise Untrue("SELECT " + self.box)
        self.ledger.has_validity(self.box, self.view.uidvalidity)
        self.learn()

    do_select = select

    def do_noop(self):
        self.cmd("NOOP")

    def do_flags(self):
        if self.view.messages:
            self.cmd("FETCH 1:* (UID FLAGS)", fixed=True)

    def do_fetch_range(self):
        if self.view.messages:
            first = self.chance.randrange(1, len(self.view.messages) + 1)
            self.cmd("FETCH %d:* (UID FLAGS RFC822.SIZE INTERNALDATE "
                     "BODYSTRUCTURE)" % first, fixed=True)

    def do_body(self):
        uids = self.pick(3)
        if not uids:
            return
        self.view.fetched = []
        self.cmd("UID FETCH %s (BODY.PEEK[] RFC822.SIZE)" %
                 ",".join(map(str, uids)))
        for uid, items in self.view.fetched:
            octets = items.get("BODY[]")
            if octets is None or octets == "NIL":
                continue  # flags of others, or it is gone
            found = re.search(rb"^X-Stress: (\w+)\r$", octets, re.M)
            name = found.group(1).decode()
            self.ledger.is_called(self.box, uid, name)
            text = text_of(name)
            if not octets.endswith(text):
                raise Untrue("uid %d is not %s: %s" % (
                    uid, name, hashlib.sha256(octets).hexdigest()))
            if int(items["RFC822.SIZE"]) != len(octets):
                raise Untrue("RFC822.SIZE of uid %d" % uid)

    def do_envelope(self):
        if not self.view.messages:
            return
        number = self.chance.randrange(1, len(self.view.messages) + 1)
        self.view.fetched = []
        self.cmd("FETCH %d (UID ENVELOPE)" % number, fixed=True)
        for uid, items in self.view.fetched:
            if isinstance(items.get("ENVELOPE"), list):
                subject = items["ENVELOPE"][1]
                if isinstance(subject, bytes):
                    self.ledger.is_called(self.box, uid, subject.decode())

    def do_store(self):
        uids = self.pick()
        if not uids:
            return
        flags = set(self.chance.sample(FLAGS, self.chance.randrange(1, 3)))
        how = self.chance.choice(("+FLAGS", "-FLAGS", "FLAGS"))
        self.cmd("UID STORE %s %s (%s)" % (
            ",".join(map(str, uids)), how, " ".join(flags)))

    def remove(self, uids):
        with self.ledger.lock:
            self.ledger.removable.update((self.box, uid) for uid in uids)

    def do_delete(self):
        names = self.names_of(self.pick())
        if names:
            self.remove(names)
            self.cmd("UID STORE %s +FLAGS.SILENT (\\Deleted)" %
                     ",".join(map(str, names)))

    def do_expunge(self):
        uids = self.pick(20)
        if uids and self.chance.random() < 0.5:
            self.cmd("UID EXPUNGE " + ",".join(map(str, uids)))
        else:
            self.cmd("EXPUNGE")

    def do_append(self):
        name = self.ledger.new_name("a")
        box = self.chance.choice(BOXES)
        self.open_copies = [name]
        answer = self.cmd("APPEND %s (%s) {}" % (
            box, self.chance.choice(FLAGS)), text_of(name))
        self.open_copies = []
        if answer.status == "OK":
            words = answer.code.split()
            self.ledger.has_validity(box, int(words[1]))
            self.ledger.was_created(box, int(words[2]), name)

    def transfer(self, verb):
        names = self.names_of(self.pick())
        if not names:
            return
        box = self.chance.choice([b for b in BOXES if b != self.box])
        if verb == "MOVE":
            self.remove(names)
        self.open_copies = list(names.values())
        answer = self.cmd("UID %s %s %s" % (
            verb, ",".join(map(str, names)), box))
        self.open_copies = []
        found = [re.search(rb"\[COPYUID (\d+) ([\d:,]+) ([\d:,]+)\]", line)
                 for line in answer.untagged + [answer.tagged]]
        for code in filter(None, found):
            _, sources, targets = (g.decode() for g in code.groups())
            for source, target in zip(numbers(sources), numbers(targets)):
                self.ledger.was_created(box, target, names[source],
                                        (self.box, source))

    def do_copy(self):
        self.transfer("COPY")

    def do_move(self):
        self.transfer("MOVE")

    def do_search(self):
        if self.chance.random() < 0.5:
            self.cmd("SEARCH UNSEEN", fixed=True)
            if any(not 1 <= n <= len(self.view.messages)
                   for n in self.view.found):
                raise Untrue("SEARCH found %s" % self.view.found)
            return
        self.cmd("UID SEARCH ALL")
        self.learn()
        more = set(self.view.found) - set(self.view.uids)
        if more:
            # removed by others while the answer was under way
            with self.ledger.lock:
                if any((self.box, uid) in self.ledger.created and
                       not self.ledger.was_removable((self.box, uid))
                       for uid in more):
                    raise Untrue("UID SEARCH found %s" % more)

    def do_idle(self):
        known = set(self.view.uids)
        tag = self.client.tag()
        self.client.send(tag + b" IDLE\r\n")
        untagged = []
        while True:
            line = self.client.response()
            if line.startswith(b"+"):
                break
            untagged.append(line)
        time.sleep(self.chance.random())
        self.client.send(b"DONE\r\n")
        answer = self.client.finish(tag, untagged)
        self.take(answer.untagged, False, known)

    def do_status(self):
        box = self.chance.choice(BOXES)
        answer = self.cmd("STATUS %s (MESSAGES UNSEEN UIDVALIDITY)" % box)
        found = re.search(rb"UIDVALIDITY (\d+)", answer.find("STATUS"))
        self.ledger.has_validity(box, int(found.group(1)))


def listing(client, box):
    """{uid: (name, flags)} of a mailbox, by a session of its own."""
    view = View()
    for command in ("SELECT " + box, "UID FETCH 1:* (UID FLAGS "
                    "BODY.PEEK[HEADER.FIELDS (X-STRESS)])"):
        answer = client.cmd(command)
        assert answer.status == "OK", answer.tagged
        for line in answer.untagged:
            view.feed(line)
    out = {}
    for uid, items in view.fetched:
        value = items["BODY[HEADER.FIELDS (X-STRESS)]"]
        out[uid] = (value.split()[1].decode(),
                    frozenset(f for f in items["FLAGS"] if f != "\\Recent"))
    return out


class Pipe:
    """Stands for a site whose IMAP server is Dovecot's own program."""

    def __init__(self, start):
        self.start = start

    def connect(self, _service, tls=None):
        return self.start()


def dovecot_client(start):
    return imap_client.Client(Pipe(start), user=None)
