"""Many clients at once, some of which vanish in the midst of it: no message is
lost or doubled, and nothing is left behind.  NJIWA_SOAK says how many messages
(a tenth of the 20000 that a release is tried with, unless it is set)."""
import collections
import glob
import os
import re
import time

import servers
import soak
from init_under_test import children_of

MESSAGES = int(os.environ.get("NJIWA_SOAK", "2000"))
CONNECTIONS = 50
NUMBER = re.compile(rb"^X-Number: (\d+)$", re.M)
STANDING = (" -s", " -l", " -k")  # a stem, its loader, their signer
# Octets that a process may be larger after the soak than after a first round.
GROWTH = 512 << 10


def private_octets(pid):
    with open("/proc/%d/smaps_rollup" % pid) as rollup:
        return sum(int(line.split()[1]) << 10 for line in rollup
                   if line.startswith("Private_"))


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def standing(site, init):
    """pid: (command, descriptors, private octets) of what stays for good."""
    lines = site.processes()
    return {pid: (lines[pid], descriptors(pid), private_octets(pid))
            for pid in lines if pid == init.pid or
            pid in children_of(init.pid) or
            lines[pid].strip().endswith(STANDING)}


def open_files(pid):
    """One that is closed while we look is none."""
    for path in glob.glob("/proc/%d/fd/*" % pid):
        try:
            yield os.readlink(path)
        except FileNotFoundError:
            continue


def files_of(folder):
    return [name for _, _, names in os.walk(folder) for name in names]


def settle(site, init):
    """Waits until only what stays for good is there; it."""
    seen = [None]

    def quiet():
        before, seen[0] = seen[0], set(site.processes())
        time.sleep(0.3)
        return before == seen[0] and not any(
            "smtpd" in line and not line.strip().endswith(STANDING)
            for line in site.processes().values())

    servers.wait_for("quiet", quiet, 60)
    return standing(site, init)


def delivered(site, users):
    """number: the mailboxes that have it."""
    found = collections.defaultdict(list)
    for user in users:
        for text in site.contents(user):
            found[int(NUMBER.search(text).group(1))].append(user)
    return found


def judge(crowd, found):
    counts = collections.Counter()
    for number, (fate, recipient) in crowd.fates.items():
        where = found.pop(number, [])
        user = recipient.partition("@")[0]
        counts[fate] += 1
        if fate == soak.CERTAIN:
            assert where == [user], (number, where)
        elif fate == soak.OPEN:
            assert where in ([], [user]), (number, where)
        else:
            assert not where, (number, where)
    assert not found, "messages that nobody sent"
    return counts


def test_soak(make_site, plain_build):
    site = make_site("mysql")
    users = ["demo", "other", "third", "fourth"]
    for name in users[2:]:
        site.add_user(name)
    init = site.init(services=("mx",), max_connections_per_ip=1000,
                     account_idle="0")
    recipients = [user + "@test.dev" for user in users]
    port = site.port("mx")
    first = soak.Crowd(port, recipients, 100, CONNECTIONS, seed=1)
    first.run()
    before = settle(site, init)
    for user in users:
        for path in site.messages(user):
            os.unlink(path)
    crowd = soak.Crowd(port, recipients, MESSAGES, CONNECTIONS, seed=2)
    crowd.run()
    after = settle(site, init)
    counts = judge(crowd, delivered(site, users))
    assert counts[soak.CERTAIN] > MESSAGES * 0.9
    assert counts[soak.NOWHERE] > MESSAGES * 0.02
    for user in users:
        assert os.listdir(site.maildir(user) + "/tmp") == []
    assert files_of(site.settings["spool_dir"]) == []
    # nor a message without a name that somebody still holds
    held = [path for pid in after for path in open_files(pid)
            if path.startswith(site.data)]
    assert held == []
    # what a stem replaced is another process of the same name
    assert sorted(line for line, _, _ in after.values()) == \
        sorted(line for line, _, _ in before.values())
    for pid in set(before) & set(after):
        assert after[pid][1] <= before[pid][1], after[pid]
        assert after[pid][2] <= before[pid][2] + GROWTH, (before, after)
    quota = {row[0]: int(row[1]) for row in site.sql(
        "SELECT username, messages FROM quota")}
    for user in users:
        had = sum(1 for fate, to in first.fates.values()
                  if fate == soak.CERTAIN and to.startswith(user + "@"))
        now = len(site.messages(user))
        # those whose fate was open in the first round may count too
        assert now + had <= quota[user + "@test.dev"] <= now + had + 5


