"""Modification sequences (RFC 7162) in a client's answers."""
import re

SIMPLE = b"Subject: x\r\n\r\nbody\r\n"


def fill(client, count):
    for _ in range(count):
        assert client.append(SIMPLE).status == "OK"


def highest(answer):
    """HIGHESTMODSEQ of a SELECT, or of what enabled CONDSTORE."""
    found = re.search(rb"\[HIGHESTMODSEQ (\d+)\]",
                      b"\n".join(answer.untagged))
    assert found, answer.untagged
    return int(found.group(1))


def modseqs(client):
    """Of all messages, in their order."""
    got = client.cmd("FETCH 1:* MODSEQ").untagged
    return [int(re.search(rb"MODSEQ \((\d+)\)", line).group(1))
            for line in got if b"MODSEQ (" in line]


def modseq(client, number):
    got = client.cmd("FETCH %d MODSEQ" % number).untagged
    return int(re.search(rb"MODSEQ \((\d+)\)", got[-1]).group(1))


def numbers(text):
    """A sequence set's numbers."""
    out = set()
    for part in text.split(","):
        first, _, last = part.partition(":")
        out |= set(range(int(first), int(last or first) + 1))
    return out


def vanished(answer, earlier=False):
    """The uids of all VANISHED responses."""
    start = b"* VANISHED (EARLIER) " if earlier else b"* VANISHED "
    out = set()
    for line in answer.untagged:
        if line.startswith(start) and (earlier or b"EARLIER" not in line):
            out |= numbers(line[len(start):].decode())
    return out
