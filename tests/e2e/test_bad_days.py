"""Days when what njiwa depends on is broken, slow, or away: the database, the
account service, the TLS key, descriptors."""
import os
import resource
import signal
import socket
import ssl
import threading
import time

import pytest

import servers
from imap_client import Client
from pop3_client import message, put, talk
from site_under_test import PASSWORD, full
from smtp_talk import DATA, Talk

LOGIN = 'LOGIN demo@test.dev "%s"' % PASSWORD


@pytest.fixture
def on_mysql(make_site):
    site = make_site("mysql")
    site.conf(mysql_connect_timeout="3s", mysql_query_timeout="3s")
    return site


def quota_row(site, user="demo"):
    rows = site.sql("SELECT bytes, messages FROM quota "
                    "WHERE username = '%s@test.dev'" % user)
    return tuple(map(int, rows[0])) if rows else (0, 0)


def on_disk(site, user="demo"):
    """What the quota's row should say."""
    paths = site.messages(user)
    return sum(map(os.path.getsize, paths)), len(paths)


def quota_can_be_mended(site):
    """What a database that was away was not told it is told when it is back,
    and what it may not have been told, again: nothing is missing.  What a
    service was not told is lost; the log says both, and what to do, and that
    does it."""
    servers.wait_for("the quota, or word that it is lost", lambda:
                     all(there >= due for there, due in
                         zip(quota_row(site), on_disk(site))) or
                     "are lost (njiwa quota recalc mends it)" in site.log,
                     servers.QUOTA_PATIENCE)
    assert quota_row(site) == on_disk(site) or \
        "njiwa quota recalc mends it" in site.log
    site.njiwa("quota", "recalc", full("demo"))
    assert quota_row(site) == on_disk(site)


def temporary_everywhere(site):
    """What each protocol says when accounts cannot be had: never that a user
    is unknown or a password wrong."""
    smtp = Talk(site)
    smtp.ehlo()
    assert smtp.envelope("demo@test.dev", "nobody@test.dev") == [451, 451]
    auth = Talk(site, "submissions")
    auth.ehlo()
    assert auth.login() == 454
    pop3 = talk(site)
    pop3.say("USER demo@test.dev")
    reply = pop3.say("PASS " + PASSWORD)
    assert reply.startswith(b"-ERR [SYS/TEMP]"), reply
    imap = Client(site, user=None)
    got = imap.cmd(LOGIN)
    assert got.status == "NO" and got.code == "UNAVAILABLE", got.tagged
    return smtp, auth, pop3, imap


def well_everywhere(smtp, auth, pop3, imap):
    """The same connections, when accounts are back."""
    assert smtp.say("RCPT TO:<demo@test.dev>") == 250
    assert smtp.say("RCPT TO:<nobody@test.dev>") == 550
    assert smtp.message() == 250
    assert auth.login() == 235
    pop3.login()
    assert imap.cmd(LOGIN).status == "OK"


# ---- the database

def test_database_stops_and_starts(on_mysql):
    """Sessions go on without it, and go on with it."""
    put(on_mysql, *[message(str(i), b"x") for i in range(4)])
    on_mysql.njiwa("quota", "recalc", full("demo"))
    imap, pop3 = Client(on_mysql), talk(on_mysql).login()
    assert imap.cmd("SELECT INBOX").status == "OK"
    on_mysql.mariadb.stop()
    try:
        clients = temporary_everywhere(on_mysql)
        assert imap.cmd("FETCH 1 BODY.PEEK[TEXT]").literal() == b"x\r\n"
        assert imap.cmd("STORE 1 +FLAGS (\\Deleted)").status == "OK"
        assert imap.cmd("EXPUNGE").find("1 EXPUNGE")
        appended = imap.append(message("more", b"y"))
        assert appended.status in ("OK", "NO"), appended.tagged
        assert imap.cmd("NOOP").status == "OK"
        assert pop3.say("RETR 2").startswith(b"+OK")
        assert pop3.lines()[-1] == b"x\r\n"
        assert pop3.say("DELE 2").startswith(b"+OK")
    finally:
        on_mysql.mariadb.start()
    well_everywhere(*clients)
    assert pop3.say("QUIT").startswith(b"+OK")
    assert imap.append(message("more", b"z")).status == "OK"
    imap.cmd("LOGOUT")
    for client in clients:
        client.sock.close()
    quota_can_be_mended(on_mysql)


def test_database_hangs(on_mysql):
    """As long as the time-out of a query says, and everything goes on."""
    imap = Client(on_mysql)
    on_mysql.mariadb.pause()
    begun = time.monotonic()
    try:
        clients = temporary_everywhere(on_mysql)
        assert imap.cmd("SELECT INBOX").status == "OK"
        assert time.monotonic() - begun < 60
    finally:
        on_mysql.mariadb.resume()
    time.sleep(1.5)  # for a second a failed connection is not tried again
    well_everywhere(*clients)
    assert imap.append(message("a", b"b")).status == "OK"
    imap.cmd("LOGOUT")
    quota_can_be_mended(on_mysql)


def test_database_restarts_under_load(on_mysql):
    """Every message that was accepted is there, every other was 451, and no
    address was ever said to be unknown."""
    on_mysql.accountd()
    codes, over = [], threading.Event()

    def send():
        while not over.is_set():
            client = Talk(on_mysql)
            client.ehlo()
            code, = client.envelope("demo@test.dev")
            if code == 250:
                code = client.say("DATA")
            if code == 354:
                client.send(DATA + b".\r\n")
                code, _ = client.reply()
            codes.append(code)
            client.sock.close()
            time.sleep(0.02)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        servers.wait_for("mail", lambda: codes.count(250) > 9)
        on_mysql.mariadb.stop()
        servers.wait_for("trouble", lambda: codes[-5:] == [451] * 5)
    finally:
        on_mysql.mariadb.start()
        over_at = len(codes)
    servers.wait_for("mail again", lambda: codes[over_at:].count(250) > 9)
    over.set()
    for thread in threads:
        thread.join(servers.PATIENCE)
    assert set(codes) == {250, 451}
    assert len(on_mysql.messages()) == codes.count(250)
    quota_can_be_mended(on_mysql)


# ---- the account service

def accountds(site):
    return [pid for pid, line in site.processes().items()
            if "njiwa-accountd" in line]


def kill_accountds(site):
    servers.kill(*accountds(site))


def test_accountd_dies_under_init(lite):
    """njiwa-init starts another one, for sessions that run and for new ones;
    a login is as good as before."""
    lite.init(("mx", "submissions", "pop3", "imap"))
    imap, pop3 = Client(lite), talk(lite).login()
    smtp = Talk(lite)
    smtp.ehlo()
    assert smtp.envelope("demo@test.dev") == [250]
    waiting = Client(lite, user=None)
    kill_accountds(lite)
    code = smtp.say("RCPT TO:<other@test.dev>")
    if code == 451:  # told of the death; the next one is a new connection
        code = smtp.say("RCPT TO:<other@test.dev>")
    assert code == 250, smtp.last
    assert smtp.message() == 250
    assert waiting.cmd(LOGIN).status == "OK" or \
        waiting.cmd(LOGIN).status == "OK"
    assert imap.append(message("a", b"b")).status == "OK"
    assert pop3.say("QUIT").startswith(b"+OK")
    Talk(lite, "submissions")
    imap.cmd("LOGOUT")
    assert Client(lite).cmd("NOOP").status == "OK"
    assert len(lite.messages()) == 2 and len(lite.messages("other")) == 1
    quota_can_be_mended(lite)


def test_own_accountd_dies(lite):
    """The one that a connection started for itself: that connection has
    none then, and says so; no other is touched."""
    smtp = Talk(lite)
    smtp.ehlo()
    assert smtp.envelope("demo@test.dev") == [250]
    imap = Client(lite)
    kill_accountds(lite)
    assert smtp.say("RCPT TO:<other@test.dev>") in (250, 451)
    assert imap.cmd("SELECT INBOX").status == "OK"
    other = Talk(lite)
    other.ehlo()
    assert other.envelope("demo@test.dev") == [250]
    assert other.message() == 250
    assert imap.cmd("NOOP").find("EXISTS")


# ---- the end of njiwa-init

def test_init_is_told_to_end(lite):
    """Nobody is let in; a client is not listened to any more, but what it has
    said is done: a message that was here gets its 250, half a one is nothing,
    and sessions pay the quota."""
    spamd = Slow()
    try:
        lite.conf(spamd=spamd.address)
        init = lite.init(("mx", "pop3", "imap", "imaps"), shutdown_grace="30s")
        put(lite, message("a", b"b"))
        half, whole = Talk(lite), Talk(lite)
        for smtp in half, whole:
            smtp.ehlo()
            assert smtp.envelope("demo@test.dev") == [250]
            assert smtp.say("DATA") == 354
        half.send(b"Subject: half\r\n\r\n")
        imap, tls = Client(lite), Client(lite, "imaps")
        assert tls.cmd("SELECT INBOX").status == "OK"
        assert imap.append(message("more", b"c")).status == "OK"
        tls.send(b"i IDLE\r\n")
        assert tls.response().startswith(b"+ ")
        pop3 = talk(lite).login()
        assert pop3.say("DELE 1").startswith(b"+OK")
        whole.send(b"Subject: whole\r\n\r\n.\r\n")
        servers.wait_for("the question to spamd", lambda: spamd.asked)
        init.send_signal(signal.SIGTERM)
        assert whole.reply()[0] == 250
        for client in half.sock, imap.sock, tls.sock, pop3.sock:
            client.settimeout(servers.PATIENCE)
            rest = client.recv(65536)
            while rest and client.recv(65536):
                pass
        assert init.wait(servers.PATIENCE) == 0
        assert "did not end in time" not in lite.log
        assert not lite.processes()
    finally:
        spamd.close()
    assert len(lite.messages()) == 3, "one deleted without QUIT, three here"
    assert not os.listdir(lite.maildir() + "/tmp")
    quota_is_right_but_for(lite, 1)


class Slow:
    """A spamd that takes a second, and then knows nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.asked = False
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.asked = True
            time.sleep(1)
            sock.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def quota_is_right_but_for(site, messages):
    """So many were put there by the test itself, and never counted."""
    assert quota_row(site)[1] == on_disk(site)[1] - messages


# ---- keys

KEYS = ["missing", "rubbish", "no rights", "other key", "wrong password"]


def bad_key(site, what):
    key = site.folder + "/bad.pem"
    if what == "rubbish":
        with open(key, "w") as out:
            out.write("-----BEGIN PRIVATE KEY-----\nAAAA\n")
    elif what == "no rights":
        os.mkdir(key)  # for root, too, no file to read
    elif what == "other key":
        servers.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", key)
    elif what == "wrong password":
        key = site.certs.encrypted_key
        site.conf(tls_key_password="not this one")
    site.conf(tls_key=key)


def tls_key_lines(site):
    return sum("tls_key" in line for line in site.log.splitlines())


@pytest.mark.parametrize("what", KEYS)
def test_bad_key(lite, what):
    """Services that need it close; the others work without TLS.  One line a
    connection says which file or setting it is."""
    bad_key(lite, what)
    for service in ("submissions", "pop3s", "imaps"):
        with pytest.raises((ssl.SSLError, OSError)):
            lite.connect(service)
    servers.wait_for("a line for each", lambda: tls_key_lines(lite) >= 3)
    assert tls_key_lines(lite) == 3, lite.log
    assert "not this one" not in lite.log
    imap = Client(lite, user=None)
    assert imap.cmd("STARTTLS").status in ("NO", "BAD")
    assert imap.cmd(LOGIN).status == "OK"
    pop3 = talk(lite)
    assert pop3.say("STLS").startswith(b"-ERR")
    pop3.login()
    smtp = Talk(lite)
    smtp.ehlo()
    assert smtp.say("STARTTLS") in (454, 502)
    assert smtp.envelope("demo@test.dev") == [250]
    assert smtp.message() == 250


# ---- descriptors and processes

def limited(limit, number):
    return lambda: resource.setrlimit(limit, (number, number))


def crashes(site):
    """How children of the launchers died of a signal of their own."""
    return [code for launcher in site.launchers.values()
            for code in launcher.codes if code < 0]


@pytest.mark.parametrize("service", ["mx", "imap", "pop3", "imaps"])
def test_few_descriptors(lite, service):
    """With any number of them a connection works or ends with words; no
    program crashes or hangs, and nothing stays."""
    works = 0
    lite.port(service)
    for number in range(3, 26):
        lite.launchers[service].enter = limited(
            resource.RLIMIT_NOFILE, number)
        try:
            works += once(lite, service)
        except (OSError, EOFError, AssertionError, ssl.SSLError):
            pass
        finally:
            for client in lite.clients:
                client.close()
    assert works > 0, "with 25 it works"
    servers.wait_for("end of all", lambda: not lite.processes() and
                     not lite.launchers[service].children)
    assert not crashes(lite)
    if service == "mx":
        assert len(lite.messages()) == works
        assert not os.listdir(lite.maildir() + "/tmp")


def once(site, service):
    """A conversation from its beginning to its end; was all of it good?"""
    if service == "mx":
        client = Talk(site)
        client.ehlo()
        good = client.envelope("demo@test.dev") == [250] and \
            client.message() == 250
        client.sock.close()
        return good
    if service == "pop3":
        client = talk(site)
        client.login()
        good = client.say("QUIT").startswith(b"+OK")
        client.sock.close()
        return good
    client = Client(site, service)
    try:
        return client.cmd("SELECT INBOX").status == "OK"
    finally:
        client.sock.close()
