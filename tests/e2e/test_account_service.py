"""njiwa-accountd behind a socket: many clients, several processes, and what it
gives up of what it was started with."""
import os
import resource
import signal
import socket
import struct
import subprocess
import time

import pytest

import servers
from accountd_client import (ANSWER, FOUND, LOGIN, QUOTA_ADD, RESOLVE,
                             TEMPFAIL, text)
from accountd_under_test import Service, pair_of, quota_row
from init_under_test import cpu_seconds
from site_under_test import DOMAIN


@pytest.fixture
def service(site):
    site.conf(account_workers=2)
    running = Service(site)
    running.site = site
    yield running
    running.close()


def test_additions_of_many_clients_are_atomic(service):
    demo = "demo@" + DOMAIN
    clients = [service.client() for _ in range(20)]
    for _ in range(10):
        for client in clients:
            client.add(demo, 7, 1)
    for client in clients:
        assert [client.receive()[0] for _ in range(10)] == [FOUND] * 10
    assert quota_row(service.site, demo) == [1400, 200]


def test_additions_of_one_request_have_one_answer(service):
    demo, other, client = "demo@" + DOMAIN, "other@" + DOMAIN, service.client()
    client.add_together((demo, 7, 1), (other, 9, 1), (demo, 1, 1))
    assert client.receive()[0] == FOUND
    client.add_together(*[(demo, 1, 0)] * 64)
    assert client.receive()[0] == FOUND
    assert client.resolve(demo)[0] == FOUND
    assert quota_row(service.site, demo) == [72, 2]
    assert quota_row(service.site, other) == [9, 1]
    client.add_together(*[(demo, 1, 0)] * 65)
    with pytest.raises(EOFError):
        client.receive()


@pytest.mark.parametrize("octets", [
    b"x", struct.pack("=H", 0), struct.pack("=H", 99) + b"x",
    struct.pack("=H", RESOLVE), struct.pack("=HI", RESOLVE, 1 << 31),
    struct.pack("=H", RESOLVE) + text("a@b") + b"more",
    struct.pack("=H", RESOLVE) + text("x" * 321),
    struct.pack("=H", QUOTA_ADD), struct.pack("=HI", QUOTA_ADD, 0),
    struct.pack("=H", QUOTA_ADD) + text("a@b") + bytes(16) + b"more",
    struct.pack("=H", LOGIN) + text("a@b") + text("x" * 1025) + text("") * 2,
    struct.pack("=H", RESOLVE) + b"x" * 5000,
    struct.pack("=H", ANSWER) + text("a@b")],
    ids=lambda octets: octets[:8].hex())
def test_rubbish(service, octets):
    bad, good = service.client(), service.client()
    bad.sock.send(octets)
    with pytest.raises(EOFError):
        bad.receive()
    assert good.resolve("demo@" + DOMAIN)[0] == FOUND


def test_many_targets(service):
    """An answer in parts, to a client that is slow to read it."""
    names = ["n%04d@%s.example.org" % (i, "x" * 40) for i in range(1000)]
    service.site.sql("INSERT INTO forwarder (address, action, aliases) VALUES "
                     "('list@%s', 'alias', '%s')" % (DOMAIN, "|".join(names)))
    slow, quick = service.client(), service.client()
    for _ in range(20):
        slow.send(RESOLVE, text("list@" + DOMAIN))
    assert quick.resolve("list@" + DOMAIN) == (FOUND, names)
    time.sleep(0.2)
    for _ in range(20):
        got, more = [], 1
        while more:
            outcome, more, count, answer = slow.receive()
            assert outcome == FOUND
            got += [answer.target() for _ in range(count)]
        assert got == names
    assert slow.resolve("demo@" + DOMAIN)[0] == FOUND


def test_stranger_is_sent_away(service):
    """Neither root nor the mail user may be anybody."""
    code = ("import socket,sys; s=socket.socket(socket.AF_UNIX,"
            "socket.SOCK_SEQPACKET); s.connect(sys.argv[1]); "
            "sys.exit(len(s.recv(10)))")
    for uid, status in ((8, None), (65534, 0)):
        child = subprocess.Popen(["python3", "-c", code, service.path],
                                 user=uid, group=uid, extra_groups=[])
        if status is None:
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(1)
            child.kill()
            child.wait()
        else:
            assert child.wait(servers.PATIENCE) == status


def test_killed_worker_comes_again(service):
    clients = [service.client() for _ in range(6)]
    assert all(c.resolve("demo@" + DOMAIN)[0] == FOUND for c in clients)
    victim = service.workers()[0]
    os.kill(victim, signal.SIGKILL)
    servers.wait_for("another worker", lambda: len(service.workers()) == 2
                     and victim not in service.workers())
    assert all(service.client().resolve("demo@" + DOMAIN)[0] == FOUND
               for _ in range(6))


def test_term_answers_what_has_come(service):
    client = service.client()
    assert client.resolve("demo@" + DOMAIN)[0] == FOUND
    client.add("demo@" + DOMAIN, 5, 1)
    service.process.send_signal(signal.SIGTERM)
    assert client.receive()[0] == FOUND
    with pytest.raises(EOFError):
        client.receive()
    assert service.process.wait(servers.PATIENCE) == 0
    assert quota_row(service.site, "demo@" + DOMAIN) == [5, 1]


def identities(pid):
    """All uids and gids of a process, and its capabilities."""
    with open("/proc/%d/status" % pid) as file:
        lines = {line.partition(":")[0]: line.partition(":")[2]
                 for line in file}
    return (lines["Uid"].split(), lines["Gid"].split(),
            {int(lines[name], 16) for name in ("CapPrm", "CapEff", "CapInh")})


def test_root_is_given_up(service):
    """Behind a database server it is the owner of mail; the file of this site
    is root's, and nobody else could open it."""
    mysql = service.site.mariadb is not None
    assert service.client().resolve("demo@" + DOMAIN)[0] == FOUND
    for pid in [service.process.pid] + service.workers():
        uids, gids, capabilities = identities(pid)
        assert uids == ["8" if mysql else "0"] * 4
        assert gids == ["8" if mysql else "0"] * 4
        assert capabilities <= ({0} if mysql else {0, 1 << 1})
    if mysql:  # whose sessions are of the same uid
        assert "PermissionError" in as_uid_8(
            "open('/proc/%d/mem' % pid)", service.process.pid)


def test_list_of_domains_that_is_roots_alone(mysql_site):
    os.chmod(mysql_site.settings["host_list"], 0o600)
    client = pair_of(mysql_site)
    assert client.resolve("demo@" + DOMAIN)[0] == FOUND
    uids, _, capabilities = identities(client.process.pid)
    assert uids == ["8"] * 4 and capabilities == {0, 1 << 2}
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


def as_uid_8(code, pid):
    return subprocess.run(
        ["python3", "-c", "import sys; pid = int(sys.argv[1]); " + code,
         str(pid)], user=8, group=8, extra_groups=[], check=False,
        stderr=subprocess.PIPE, timeout=20).stderr.decode()


def test_owner_of_the_file(make_site):
    site = make_site("sqlite")
    os.mkdir(site.folder + "/db")
    os.chown(site.folder + "/db", 33, 34)
    os.rename(site.folder + "/accounts.sqlite", site.folder + "/db/accounts")
    site.conf(sqlite_file=site.folder + "/db/accounts")
    for owner, uids, gids in ((33, ["33"] * 4, ["34"] * 4),
                              (0, ["0"] * 4, ["0"] * 4)):
        os.chown(site.folder + "/db/accounts", owner, owner)
        client = pair_of(site)
        assert client.resolve("demo@" + DOMAIN)[0] == FOUND
        client.add("demo@" + DOMAIN, 5, 1)
        assert client.receive()[0] == FOUND
        assert identities(client.process.pid)[:2] == (uids, gids)
        client.close()
        assert client.process.wait(servers.PATIENCE) == 0


def test_out_of_descriptors(make_site):
    """It accepts again though it has no client whose leaving could help."""
    site = make_site("sqlite")
    site.conf(account_workers=1)
    service = Service(site)
    servers.wait_for("a worker", service.workers)
    worker = service.workers()[0]
    first = service.client()
    assert first.resolve("demo@" + DOMAIN)[0] == FOUND
    with_it = len(os.listdir("/proc/%d/fd" % worker))
    first.close()
    servers.wait_for("its end there, too", lambda: len(
        os.listdir("/proc/%d/fd" % worker)) < with_it)
    used = {int(fd) for fd in os.listdir("/proc/%d/fd" % worker)}
    free = min(set(range(len(used) + 1)) - used)
    old = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (free, old[1]))
    client = service.client()
    client.send(RESOLVE, text("demo@" + DOMAIN))
    servers.wait_for("a full house", lambda: "no room for more" in site.log)
    before = cpu_seconds(worker)
    time.sleep(1.5)
    assert cpu_seconds(worker) - before < 0.1
    resource.prlimit(worker, resource.RLIMIT_NOFILE, old)
    assert client.receive()[0] == FOUND
    service.close()


def test_ignored_sigchld(site):
    """As below `trap '' CHLD`: a killed process is seen and comes again."""
    site.conf(account_workers=1)
    service = Service(site, preexec_fn=lambda: signal.signal(
        signal.SIGCHLD, signal.SIG_IGN))
    servers.wait_for("a worker", service.workers)
    os.kill(service.workers()[0], signal.SIGKILL)
    assert service.client().resolve("demo@" + DOMAIN)[0] == FOUND
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(servers.PATIENCE) == 0
    service.close()


def test_idle_service_ends(site):
    site.conf(account_idle="1s", account_workers=2)
    service = Service(site)
    client = service.client()
    other = service.client()
    assert other.resolve("demo@" + DOMAIN)[0] == FOUND
    time.sleep(1.5)
    assert client.resolve("demo@" + DOMAIN)[0] == FOUND
    assert service.process.poll() is None
    for pid in service.workers():  # clients of the dead count no more
        os.kill(pid, signal.SIGKILL)
    assert service.process.wait(servers.PATIENCE) == 0
    service.close()


def test_additions_wait_for_the_database(mariadb, mysql_site):
    """Those of a time without it are made once when it is back, also when
    their clients are long gone."""
    mysql_site.conf(account_workers=1, mysql_connect_timeout="1s")
    service, demo = Service(mysql_site), "demo@" + DOMAIN
    try:
        client = service.client()
        client.add(demo, 7, 1)
        assert client.receive()[0] == FOUND
        mariadb.stop()
        try:
            for _ in range(3):
                client.add(demo, 100, 1)
                assert client.receive()[0] == TEMPFAIL
            begin = time.monotonic()
            other = service.client()
            for number in range(50):
                other.add("u%d@%s" % (number % 5, DOMAIN), 1, 1)
                assert other.receive()[0] == TEMPFAIL
            assert time.monotonic() - begin < 20, "nobody waits for it"
            client.close()
            other.close()
        finally:
            mariadb.start()
        for user, row in (demo, [307, 4]), ("u3@" + DOMAIN, [10, 10]):
            servers.wait_for("the row", lambda u=user, r=row: quota_row(
                mysql_site, u) == r)
        mysql_site.wait_log("the quota of 6 users is brought up to date")
        assert "are lost" not in mysql_site.log
        mysql_site.logged("wait for the database", 1)
    finally:
        service.close()


def test_additions_of_a_connection_wait(mariadb, mysql_site):
    """One that serves a connection alone stays for them."""
    client, demo = pair_of(mysql_site), "demo@" + DOMAIN
    client.add(demo, 7, 1)
    assert client.receive()[0] == FOUND
    mariadb.stop()
    try:
        client.add(demo, 100, 1)
        assert client.receive()[0] == TEMPFAIL
        client.close()
        time.sleep(0.5)
        assert client.process.poll() is None
    finally:
        mariadb.start()
    assert client.process.wait(servers.PATIENCE) == 0
    assert quota_row(mysql_site, demo) == [107, 2]


def test_a_database_that_says_nothing(mysql_site):
    """Whoever asks meanwhile waits for one attempt to connect and not for that
    of everybody before him; additions do not keep it trying."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        silent.settimeout(0)
        mysql_site.conf(account_workers=1, mysql_connect_timeout="2s",
                        mysql_host="127.0.0.1:%d" % silent.getsockname()[1])
        service, tried = Service(mysql_site), []

        def tries():
            try:
                while True:
                    tried.append(silent.accept())
            except BlockingIOError:
                return len(tried)

        try:
            clients = [service.client() for _ in range(8)]
            begin = time.monotonic()
            for client in clients:
                client.send(RESOLVE, text("demo@" + DOMAIN))
            assert [client.receive()[0] for client in clients] == [TEMPFAIL] * 8
            assert time.monotonic() - begin < 8
            time.sleep(1.1)
            before = tries()
            clients[0].add("demo@" + DOMAIN, 7, 1)
            assert clients[0].receive()[0] == TEMPFAIL
            assert tries() == before + 1
            assert clients[1].bind("demo@" + DOMAIN) == FOUND
            time.sleep(9)
            assert tries() == before + 2, "once, and not again so soon"
        finally:
            service.close()
            for conn, _ in tried:
                conn.close()


def test_additions_are_given_up_at_the_end(mariadb, mysql_site):
    service, demo = Service(mysql_site), "demo@" + DOMAIN
    client = service.client()
    client.add(demo, 7, 1)
    assert client.receive()[0] == FOUND
    mariadb.stop()
    try:
        client.add(demo, 100, 1)
        assert client.receive()[0] == TEMPFAIL
        service.close()
        mysql_site.wait_log(
            "1 quota additions are lost (njiwa quota recalc mends it)")
    finally:
        mariadb.start()
    assert quota_row(mysql_site, demo) == [7, 1]
