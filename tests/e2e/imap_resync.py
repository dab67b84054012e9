"""Sessions of imap_stress.py that come back to what they know."""
from imap_model import Untrue, View, numbers
from imap_stress import BOXES, FLAGS, Worker


class Resyncer(Worker):
    """A client that keeps what it knows of its mailboxes and only asks what
    has changed (RFC 7162): that must be all that has."""

    def __init__(self, *args, **how):
        super().__init__(*args, **how)
        self.saved = {}  # box: (uidvalidity, highest, {uid: flags})

    ACTIONS = Worker.ACTIONS + (("store_unchanged", 4),)

    def begin(self):
        client = super().begin()
        answer = client.cmd("ENABLE QRESYNC")
        if not answer.find("QRESYNC"):
            raise Untrue("ENABLE QRESYNC: %r" % answer.untagged)
        return client

    def select(self):
        self.box = self.chance.choice(BOXES)
        self.view = View()
        validity, modseq, known = self.saved.get(self.box, (0, 0, {}))
        how = ""
        if validity:
            how = " (QRESYNC (%d %d))" % (validity, modseq)
        answer = self.cmd("SELECT " + self.box + how)
        if answer.status != "OK" or not self.view.highest:
            raise Untrue("SELECT %s: %r" % (
                self.box, answer.untagged + [answer.tagged]))
        self.ledger.has_validity(self.box, self.view.uidvalidity)
        if self.view.highest < modseq:
            raise Untrue("HIGHESTMODSEQ fell")
        highest = self.view.highest
        expected = self.changed(known, answer) if validity else None
        self.view.fetched = []
        self.view.vanished_now = set()
        self.cmd("FETCH 1:* (UID FLAGS MODSEQ)" if self.view.messages
                 else "NOOP", fixed=bool(self.view.messages))
        if expected is not None:
            self.compare(expected, highest)
        self.learn()
        self.saved[self.box] = (self.view.uidvalidity, highest,
                                self.view.state())

    do_select = select

    def changed(self, known, answer):
        """What it knew, with what SELECT said of it."""
        state = dict(known)
        for line in answer.untagged:
            words = line.split()
            if words[1] == b"VANISHED":
                for uid in numbers(words[-1].decode()):
                    state.pop(uid, None)
        for uid, items in self.view.fetched:
            state[uid] = frozenset(f for f in items["FLAGS"]
                                   if f != "\\Recent")
        return state

    def compare(self, expected, highest):
        """What all the messages say now: who did not change since has the
        flags that are known, and nobody is missing."""
        there = {}
        for uid, items in self.view.fetched:
            if "MODSEQ" in items:
                there[uid] = (int(items["MODSEQ"][0]), frozenset(
                    f for f in items["FLAGS"] if f != "\\Recent"))
        for uid, (modseq, flags) in there.items():
            if modseq <= highest and expected.get(uid) != flags:
                raise Untrue("uid %d of %s: %s, resynced %s (modseq %d of %d)"
                             % (uid, self.box, flags, expected.get(uid),
                                modseq, highest))
        gone = set(expected) - set(there)
        self.cmd("NOOP")
        if gone & set(self.view.uids):
            raise Untrue("%s: %s were not fetched" % (self.box, gone))
        with self.ledger.lock:
            still = [uid for uid in gone if not self.removal(uid)]
        if still:
            raise Untrue("%s: %s are not there, and did not vanish" % (
                self.box, still))

    def removal(self, uid):
        key = (self.box, uid)
        return self.ledger.was_removable(key) or self.ledger.unheard(key)

    def do_store_unchanged(self):
        choice = [m for m in self.view.messages if m.uid and m.modseq]
        if not choice:
            return
        message = self.chance.choice(choice)
        flag = self.chance.choice(FLAGS)
        before = message.modseq
        self.view.fetched = []
        answer = self.cmd("UID STORE %d (UNCHANGEDSINCE %d) +FLAGS (%s)" % (
            message.uid, before, flag))
        if answer.code and answer.code.startswith("MODIFIED"):
            return
        after = [int(items["MODSEQ"][0]) for uid, items in self.view.fetched
                 if uid == message.uid and "MODSEQ" in items]
        if after and after[-1] < before:
            raise Untrue("MODSEQ of uid %d fell" % message.uid)
