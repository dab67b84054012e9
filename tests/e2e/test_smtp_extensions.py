"""Extensions of SMTP, LMTP, line ends, time and the end of the service, on the
real programs over sockets."""
import os
import signal
import smtplib
import socket
import subprocess
import time

import pytest

import servers
from site_under_test import MAIL_UID, PASSWORD, full
from smtp_talk import DATA, Talk


def begun(site, *recipients, options=""):
    talk = Talk(site)
    talk.ehlo()
    assert set(talk.envelope(*(recipients or ("demo@test.dev",)),
                             options=options)) == {250}
    return talk


def test_capabilities(lite):
    lite.conf(smtp_max_messages=7, smtp_max_recipients=123)
    said = Talk(lite).ehlo()
    for word in ("PIPELINING", "SIZE 26214400", "8BITMIME", "SMTPUTF8", "DSN",
                 "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES", "STARTTLS",
                 "LIMITS MAILMAX=7 RCPTMAX=123"):
        assert word in said


# ---- CHUNKING

def test_chunks_of_any_size(lite):
    """One message, cut at each octet, sent in one go with the commands."""
    text = b"Subject: x\r\n\r\n.\r\n..\r\nQUIT\r\n.\r\nlast"
    talk = begun(lite)
    for cut in range(len(text) + 1):
        talk.send(b"BDAT %d\r\n%sBDAT %d LAST\r\n%s"
                  b"MAIL FROM:<s@example.org>\r\nRCPT TO:<demo@test.dev>\r\n"
                  % (cut, text[:cut], len(text) - cut, text[cut:]))
        assert [talk.reply()[0] for _ in range(4)] == [250] * 4
    for stored in lite.contents():
        assert stored.endswith(b"\nSubject: x\n\n.\n..\nQUIT\n.\nlast\n")
    assert len(lite.contents()) == len(text) + 1


def test_large_message_in_chunks(site):
    talk = begun(site, "demo@test.dev", "other@test.dev")
    chunk = b"x" * 70 + b"\r\n"
    talk.send(b"BDAT 14\r\nSubject: x\r\n\r\n")
    for _ in range(30):
        talk.send(b"BDAT %d\r\n" % (len(chunk) * 1000) + chunk * 1000)
    talk.send(b"BDAT 0 LAST\r\n")
    assert [talk.reply()[0] for _ in range(32)] == [250] * 32
    for user in "demo", "other":
        stored, = site.contents(user)
        assert stored.endswith(b"\n\n" + (b"x" * 70 + b"\n") * 30000)


def test_chunks_too_big_are_read_and_refused(lite):
    lite.conf(smtp_max_message_size="64K")
    talk = begun(lite)
    chunk = b"NOOP\r\n" * 10000
    for _ in range(3):
        talk.send(b"BDAT %d\r\n" % len(chunk) + chunk)
    assert [talk.reply()[0] for _ in range(3)] == [250, 552, 503]
    assert talk.envelope("demo@test.dev") == [250]
    assert talk.message() == 250
    assert len(lite.contents()) == 1


def test_chunks_of_a_client_that_vanishes(lite):
    for octets in (b"BDAT 100\r\nSubject: x\r\n", b"BDAT 4\r\nA: bBDAT 9 LAST"):
        talk = begun(lite)
        talk.send(octets)
        talk.sock.close()
    assert Talk(lite).ehlo()
    time.sleep(0.3)
    assert lite.contents() == []


# ---- SMTPUTF8 and DSN

def test_smtputf8_by_the_standard_client(site):
    site.sql("INSERT INTO forwarder (address, action, aliases) VALUES "
             "('jörg@test.dev', 'alias', 'demo@test.dev')")
    client = site.smtp()
    client.sendmail("grüße@example.org", ["jörg@test.dev"],
                    "Subject: Grüße\r\n\r\nü\r\n".encode(),
                    ["SMTPUTF8", "BODY=8BITMIME"])
    client.quit()
    stored, = site.contents("demo")
    assert stored.startswith("Return-Path: <grüße@example.org>\n".encode())
    assert b"with UTF8SMTP id" in stored
    assert "for <jörg@test.dev>".encode() in stored
    assert stored.endswith("\nSubject: Grüße\n\nü\n".encode())


def test_utf8_needs_its_parameter(lite):
    talk = Talk(lite)
    talk.ehlo()
    assert talk.say("MAIL FROM:<grüße@example.org>") == 553
    assert "5.6.7" in talk.last[1]
    assert talk.say("MAIL FROM:<s@example.org>") == 250
    assert talk.say("RCPT TO:<jörg@test.dev>") == 553
    assert talk.say("RCPT TO:<demo@test.dev>") == 250
    assert talk.message("Subject: ü\r\n\r\n".encode()) == 250, "as it comes"


@pytest.mark.parametrize("line", [
    "MAIL FROM:<s@example.org> RET=FULL ENVID=QQ314159 SIZE=100",
    "MAIL FROM:<s@example.org> ret=hdrs envid=a+2Bb smtputf8 body=8bitmime"])
def test_dsn_parameters_are_taken(lite, line):
    talk = Talk(lite)
    talk.ehlo()
    assert talk.say(line) == 250
    assert talk.say("RCPT TO:<demo@test.dev> NOTIFY=SUCCESS,DELAY "
                    "ORCPT=rfc822;Bob+2Bx@example.org") == 250
    assert talk.say("RCPT TO:<other@test.dev> NOTIFY=NEVER") == 250
    assert talk.message() == 250
    assert len(lite.contents("other")) == 1


# ---- line ends

SMUGGLING = [before + dot + after for before in (b"\n", b"\r", b"\r\n")
             for dot in (b".", b".\0")
             for after in (b"\n", b"\r", b"\r\n", b"\r\r\n", b"\n\r\n")
             if (before, dot, after) != (b"\r\n", b".", b"\r\n")]


@pytest.mark.parametrize("how", ["reject", "normalize"])
def test_smuggling(lite, how):
    lite.conf(bare_newline=how, smtp_max_errors=1000)
    talk = Talk(lite)
    talk.ehlo()
    for end in SMUGGLING:
        assert talk.envelope("demo@test.dev") == [250]
        assert talk.say("DATA") == 354
        talk.send(b"Subject: x\r\n\r\nfirst" + end +
                  b"MAIL FROM:<evil@x.org>\r\nRCPT TO:<other@test.dev>\r\n"
                  b"DATA\r\nSubject: smuggled\r\n\r\n\r\n.\r\n")
        good = how == "normalize" and b"\0" not in end
        code, text = talk.reply()
        assert code == (250 if good else 550), (end, text)
        assert good or text.startswith(("5.5.2", "5.6.0"))
        assert talk.say("NOOP") == 250, "nothing of it was a command"
    assert lite.contents("other") == []
    sent = lite.contents("demo")
    assert len(sent) == (len([e for e in SMUGGLING if b"\0" not in e])
                         if how == "normalize" else 0)
    for stored in sent:
        assert b"\r" not in stored
        assert b"\nMAIL FROM:<evil@x.org>\n" in stored or \
            b". MAIL FROM:<evil@x.org>\n" in stored


def test_commands_with_bare_lf(lite):
    assert lite.pipe("mx", b"EHLO me\nQUIT\n").count(b"500 ") == 2
    lite.conf(bare_newline="normalize")
    assert lite.pipe("mx", b"EHLO me\nQUIT\n").endswith(
        b"\r\n221 2.0.0 Bye\r\n")


# ---- LMTP

def lmtp_on(site):
    """An accept loop on a Unix socket."""
    path = site.folder + "/run/lmtp"
    listener = site.track(socket.socket(socket.AF_UNIX))
    listener.bind(path)
    listener.listen(8)
    return path, listener


def serve_one(site, listener):
    conn, _ = listener.accept()
    with conn, open(site.log_file, "ab") as log:
        site.daemons.append(subprocess.Popen(
            [site.build + "/njiwa-smtpd", "-p", "lmtp"], env=site.env,
            stdin=conn, stdout=conn, stderr=log, start_new_session=True))


def lmtp_client(site):
    path, listener = lmtp_on(site)
    client = smtplib.LMTP()
    client.timeout = 20
    client.sock = site.track(socket.socket(socket.AF_UNIX))
    client.sock.settimeout(60)
    client.sock.connect(path)
    serve_one(site, listener)
    assert client.getreply()[0] == 220
    return client


def test_lmtp_on_a_unix_socket(site):
    site.sql("UPDATE quota SET bytes = 1048000 "
             "WHERE username = 'small@test.dev'")
    client = lmtp_client(site)
    assert client.docmd("EHLO", "me")[0] == 500
    assert client.docmd("LHLO", "me")[0] == 250
    assert client.docmd("MAIL", "FROM:<s@example.org>")[0] == 250
    for name, code in (("demo", 250), ("nobody", 550), ("small", 250),
                       ("other", 250)):
        assert client.docmd("RCPT", "TO:<%s@test.dev>" % name)[0] == code
    assert client.docmd("RCPT", "TO:<x@far.example>")[0] == 550
    assert client.docmd("DATA")[0] == 354
    client.send(b"Subject: x\r\n\r\n" + b"y" * 60 + b"\r\n" +
                (b"x" * 998 + b"\r\n") * 1200 + b".\r\n")
    replies = [client.getreply() for _ in range(3)]
    assert [code for code, _ in replies] == [250, 552, 250]
    assert b"the mailbox of small@test.dev has exceeded" in replies[1][1]
    assert [len(site.contents(user)) for user in ("demo", "other", "small")
            ] == [1, 1, 0]
    assert b" with LMTP id " in site.contents("demo")[0]
    assert client.docmd("QUIT")[0] == 221


def test_lmtp_to_lists_that_are_full(site):
    """A list is full when all of its members are, and each recipient is told
    what became of his own."""
    site.add_alias("list", "small@test.dev", "tiny@test.dev")
    site.add_alias("half", "small@test.dev", "other@test.dev")
    site.add_user("tiny", quota="1")
    for user in "small", "tiny":
        site.sql("DELETE FROM quota WHERE username = '%s@test.dev'" % user)
        site.sql("INSERT INTO quota (username, bytes, messages) VALUES "
                 "('%s@test.dev', 1048000, 1)" % user)
    client = lmtp_client(site)
    assert client.docmd("LHLO", "me")[0] == 250

    def deliver(*names):
        assert client.docmd("MAIL", "FROM:<s@example.org>")[0] == 250
        for name in names:
            assert client.docmd("RCPT", "TO:<%s@test.dev>" % name)[0] == 250
        assert client.docmd("DATA")[0] == 354
        client.send(b"Subject: x\r\n\r\n" +
                    (b"x" * 998 + b"\r\n") * 200 + b".\r\n")
        return [client.getreply() for _ in names]

    replies = deliver("list", "demo", "half", "tiny")
    assert [code for code, _ in replies] == [552, 250, 250, 552]
    assert b"mailbox of list@test.dev has" in replies[0][1]
    assert b"mailbox of tiny@test.dev has" in replies[3][1]
    assert [len(site.contents(user)) for user in (
        "demo", "other", "small", "tiny")] == [1, 1, 0, 0]
    assert [code for code, _ in deliver("tiny", "list")] == [552, 552]


def test_lmtp_of_a_list_that_nobody_tends(lite):
    """Nobody is kept waiting, and nobody else loses the message for it."""
    talk = Talk(lite, "lmtp")
    assert talk.say("LHLO c.example") == 250
    begun_at = time.monotonic()
    for _ in range(3):
        assert talk.envelope(*["dead%d@test.dev" % i for i in range(60)],
                             "demo@test.dev") == [550] * 60 + [250]
        assert talk.say("RSET") == 250
    for _ in range(2):
        assert [talk.say("NOISE") for _ in range(10)] == [500] * 10
        assert talk.envelope("demo@test.dev") == [250]
        assert talk.message() == 250
    assert time.monotonic() - begun_at < 60, "300 s if it were a stranger"
    assert [talk.say("NOISE") for _ in range(11)] == [500] * 10 + [421]


def test_lmtp_by_njiwa_init(lite):
    """On a Unix socket that only the mail's own may use; removed at the end."""
    path = lite.folder + "/run/lmtp"
    lite.conf(listen="lmtp=%s lmtp=127.0.0.1:%d" % (path, servers.free_port()))
    process = lite.spawn(lite.build + "/njiwa-init")
    servers.wait_for("the socket", lambda: os.path.exists(path))
    assert os.stat(path).st_mode & 0o777 == 0o660
    assert os.stat(path).st_uid == os.stat(path).st_gid == MAIL_UID
    client = smtplib.LMTP(path)
    client.sendmail("s@example.org", [full("demo")], DATA)
    client.quit()
    stored, = lite.contents()
    assert b"(local)" in stored and b" with LMTP id " in stored
    servers.end_process(process)
    assert not os.path.exists(path)


# ---- time

def test_one_octet_a_while_is_no_command(lite):
    """The deadline is the whole line's, whatever comes of it."""
    lite.conf(smtp_command_timeout="1s")
    talk = Talk(lite)
    talk.sock.settimeout(0.2)
    began = time.monotonic()
    told = b""
    for octet in b"EHLO " + b"x" * 100:
        try:
            talk.send(bytes([octet]))
            told += talk.sock.recv(1000)
        except TimeoutError:
            continue
        except OSError:
            pass
        break
    assert told.startswith(b"421 ")
    assert 0.8 < time.monotonic() - began < 20


def test_one_octet_a_while_is_no_message(lite):
    lite.conf(smtp_data_timeout="1s", smtp_data_min_rate=1000)
    talk = begun(lite)
    assert talk.say("DATA") == 354
    talk.sock.settimeout(0.2)
    told = b""
    for _ in range(100):
        try:
            talk.send(b"x")
            told += talk.sock.recv(1000)
        except TimeoutError:
            continue
        except OSError:
            pass
        break
    assert told.startswith(b"421 4.4.2 ")
    assert lite.contents() == []


# ---- the end of the service

def test_idle_client_is_told_to_go(lite):
    talk = Talk(lite)
    talk.ehlo()
    process = lite.keeper()
    process.send_signal(signal.SIGTERM)
    assert talk.reply()[0] == 421
    assert talk.ended()
    assert process.wait(servers.PATIENCE) == 0


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("chunks", [False, True])
def test_message_in_hand_is_finished(site, tls, chunks):
    talk = Talk(site)
    talk.ehlo()
    if tls:
        talk.starttls()
        talk.ehlo()
    assert talk.envelope("demo@test.dev") == [250]
    process = site.keeper()
    if chunks:
        assert talk.say("BDAT 12\r\nSubject: x") == 250
    else:
        assert talk.say("DATA") == 354
        talk.send(b"Subject: x\r\n\r\n")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    talk.send(b"BDAT 5 LAST\r\n\r\nx\r\n" if chunks else b"x\r\n.\r\n")
    assert talk.reply()[0] == 250
    code, text = talk.reply()
    assert (code, text[:5]) == (421, "4.3.2")
    assert process.wait(servers.PATIENCE) == 0
    stored, = site.contents()
    assert stored.endswith(b"\nSubject: x\n\nx\n")


@pytest.mark.parametrize("start", [b"DATA\r\nSubject: x\r\n\r\n",
                                   b"BDAT 9\r\nSubject"])
def test_half_a_message_is_not_waited_for(lite, start):
    """Its client was told nothing, and can send it again."""
    talk = begun(lite)
    process = lite.keeper()
    talk.send(start)
    if start.startswith(b"DATA"):
        assert talk.reply()[0] == 354
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    code, text = talk.reply()
    assert (code, text[:5]) == (421, "4.3.2")
    assert process.wait(servers.PATIENCE) == 0
    assert lite.contents() == []


def test_envelope_in_hand_is_finished(lite):
    talk = begun(lite)
    process = lite.keeper()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert talk.say("RCPT TO:<other@test.dev>") == 250
    assert talk.message() == 250
    assert talk.reply()[0] == 421
    assert process.wait(servers.PATIENCE) == 0
    assert len(lite.contents("other")) == 1


def test_pipe_is_told_to_go(lite):
    with open(lite.log_file, "ab") as log, subprocess.Popen(
            lite.command("mx"), env=lite.env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=log,
            start_new_session=True) as process:
        assert process.stdout.readline().startswith(b"220 ")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline().startswith(b"421 ")
        assert process.wait(servers.PATIENCE) == 0


@pytest.mark.parametrize("service, word", [("imap", b"* BYE "),
                                           ("pop3", b"-ERR [SYS/TEMP] ")])
def test_others_say_goodbye(lite, service, word):
    sock = lite.connect(service)
    assert sock.recv(1000).startswith((b"* OK", b"+OK"))
    lite.keeper(service).send_signal(signal.SIGTERM)
    assert sock.recv(1000).startswith(word)
    assert sock.recv(1000) == b""


def test_errors_count_through_starttls(lite):
    lite.conf(smtp_max_errors=3)
    talk = Talk(lite)
    talk.ehlo()
    for _ in range(3):
        assert talk.say("NOISE") == 500
    talk.starttls()
    talk.ehlo()
    assert talk.say("NOISE") == 421


# ---- other people's clients

def test_swaks(lite):
    with open(lite.folder + "/swaks.log", "wb") as log:
        done = subprocess.run(
            ["swaks", "--server", "127.0.0.1:%d" % lite.port("submission"),
             "--tls", "--auth", "PLAIN", "--auth-user", full("demo"),
             "--auth-password", PASSWORD, "--from", full("demo"), "--to",
             full("other"), "--protocol", "ESMTPSA"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=60,
            check=False, env=dict(os.environ, LC_ALL="C.UTF-8"))
    assert done.returncode == 0
    assert len(lite.contents("other")) == 1


def test_curl(lite):
    subprocess.run(
        ["curl", "-sS", "smtp://127.0.0.1:%d" % lite.port("mx"),
         "--mail-from", "s@example.org", "--mail-rcpt", full("demo"),
         "-T", "-"], input=DATA, timeout=60, check=True)
    stored, = lite.contents()
    assert stored.endswith(b"\nSubject: hello\n\nbody\n")
