"""Clients that others wrote: a sending Postfix, swaks, curl, msmtp, smtplib,
nodemailer; and what Thunderbird and Outlook are known to say."""
import base64
import collections
import os
import re
import smtplib
import subprocess

import pytest

from conftest import lacking, need, subfolder
from sending_postfix import SendingPostfix
from site_under_test import DOMAIN, PASSWORD, full
import servers
from smtp_talk import Talk

MESSAGES, CONNECTIONS = 1000, 20
NUMBER = re.compile(rb"^X-Number: (\d+)$", re.M)


def run(*command, **how):
    """Its output; it must succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=60,
                          stderr=subprocess.STDOUT, check=False, **how)
    text = done.stdout.decode(errors="replace")
    assert done.returncode == 0, text
    return text


# ---- another server

def traces(site):
    """Of the connections that messages came by, once for each message."""
    return [line.split()[1] for line in site.log.splitlines()
            if " message accepted " in line]


@pytest.mark.parametrize("tls", ["none", "encrypt"])
def test_a_thousand_from_postfix(make_site, scratch, tls):
    """None lost, none doubled, over twenty connections."""
    need("postfix", "postqueue")
    site = make_site("mysql")
    site.add_user("third")
    site.init(services=("mx",), max_connections_per_ip=100)
    users = ("demo", "other", "third")
    peer = SendingPostfix(subfolder(scratch, "postfix-" + tls),
                          site.port("mx"), CONNECTIONS, tls)
    try:
        peer.submit("sender@example.org", [
            (full(users[i % 3]),
             b"Subject: %d\r\nX-Number: %d\r\n\r\n..dot\r\n%s" % (
                 i, i, b"z" * (i % 900))) for i in range(MESSAGES)])
        servers.wait_for("empty queue", lambda: peer.queued() == 0, 120)
    finally:
        peer.stop()
    found = collections.Counter()
    for index, user in enumerate(users):
        for text in site.contents(user):
            number = int(NUMBER.search(text).group(1))
            assert number % 3 == index
            assert b"\n.dot\n" in text
            found[number] += 1
    assert found == {i: 1 for i in range(MESSAGES)}, peer.log[-2000:]
    servers.wait_for("its lines in the log", lambda: len(
        traces(site)) >= MESSAGES)
    taken = traces(site)
    assert len(taken) == MESSAGES and len(set(taken)) >= CONNECTIONS
    if tls == "encrypt":
        servers.wait_for("TLS", lambda: "TLS connection established" in
                         peer.log)


def test_postfix_by_lmtp(make_site, scratch):
    """Behind a Postfix: each recipient's reply is heard, also of a list of
    which most are dead, and of a mailbox that is full."""
    need("postfix", "postqueue")
    site = make_site("sqlite")
    site.conf(quota_grace=0)
    site.sql("INSERT INTO quota (username, bytes, messages) "
             "VALUES ('small@test.dev', 1048000, 1)")
    site.init(services=("lmtp",), max_connections_per_ip=100)
    peer = SendingPostfix(
        subfolder(scratch, "postfix-lmtp"), site.port("lmtp"),
        transport="lmtp:inet", more="lmtp_destination_recipient_limit = 50\n")
    dead = " ".join(full("dead%d" % i) for i in range(30))
    names = " ".join(full(user) for user in ("demo", "other", "small"))
    try:
        peer.submit("sender@example.org", [
            (names + " " + dead,
             b"Subject: %d\r\nX-Number: %d\r\n\r\n" % (i, i) +
             b"z" * 900 + b"\r\n") for i in range(20)])
        servers.wait_for("empty queue", lambda: not any(
            "active" in line or "incoming" in line
            for line in peer.queue()), 120)
    finally:
        peer.stop()
    for user in ("demo", "other"):
        found = [int(NUMBER.search(t).group(1)) for t in site.contents(user)]
        assert sorted(found) == list(range(20)), peer.log[-2000:]
    assert site.contents("small") == []
    sent = [line for line in peer.log.splitlines() if "/lmtp[" in line]
    for who, status, says, count in (
            ("demo", "sent", "250 2.0.0", 20), ("other", "sent", "250", 20),
            ("small", "bounced", "552 5.2.2", 20),
            ("dead7", "bounced", "550 5.1.1", 20)):
        lines = [line for line in sent if "to=<%s>" % full(who) in line]
        assert len(lines) == count, (who, lines[:3])
        assert all("status=" + status in line and says in line
                   for line in lines), (who, lines[:3])


# ---- clients of users

def submitted(site, user="other"):
    """The one message that came, and its removal."""
    paths = site.messages(user)
    assert len(paths) == 1, paths
    with open(paths[0], "rb") as file:
        text = file.read()
    os.unlink(paths[0])
    return text


def test_swaks(lite):
    need("swaks")
    for service, tls in (("submission", "-tls"),
                         ("submissions", "-tlsc")):
        for mechanism in ("PLAIN", "LOGIN"):
            text = run("swaks", "--server", "127.0.0.1:%d" %
                       lite.port(service), tls, "--auth", mechanism,
                       "--auth-user", full("demo"), "--auth-password",
                       PASSWORD, "--from", full("demo"), "--to",
                       full("other"), "--body", "by swaks")
            assert "235 2.7.0" in text
            assert b"by swaks" in submitted(lite)


def test_curl(lite):
    need("curl")
    for service, url in (("submission", "smtp"), ("submissions", "smtps")):
        run("curl", "-sS", "--ssl-reqd", "--cacert", lite.certs.cert, "--url",
            "%s://localhost:%d/client.example" % (url, lite.port(service)),
            "--resolve", "localhost:%d:127.0.0.1" % lite.port(service),
            "-u", "%s:%s" % (full("demo"), PASSWORD), "--mail-from",
            full("demo"), "--mail-rcpt", full("other"), "-T", "-",
            input=b"From: <%s>\r\nSubject: curl\r\n\r\nby curl\r\n" %
            full("demo").encode())
        assert b"by curl" in submitted(lite)


def test_msmtp(lite):
    need("msmtp")
    for service, starttls in (("submission", "on"), ("submissions", "off")):
        run("msmtp", "--host=127.0.0.1", "--port=%d" % lite.port(service),
            "--file=/dev/null", "--auth=on", "--user=" + full("demo"),
            "--passwordeval=echo " + PASSWORD, "--tls=on",
            "--tls-starttls=" + starttls, "--tls-certcheck=off",
            "--from=" + full("demo"), full("other"),
            input=b"From: <%s>\nSubject: msmtp\n\n.by msmtp\n" %
            full("demo").encode())
        assert b"\n.by msmtp\n" in submitted(lite)


def test_smtplib(lite):
    for service, starttls in (("submission", True), ("submissions", False)):
        client = lite.smtp(service, starttls, "demo")
        client.sendmail(full("demo"), [full("other")],
                        "From: <%s>\r\nSubject: s\r\n\r\nby smtplib\r\n" %
                        full("demo"))
        client.quit()
        assert b"by smtplib" in submitted(lite)


NODEMAILER = """
const nodemailer = require("nodemailer");
const [port, secure, user, pass, to] = process.argv.slice(1);
const transport = nodemailer.createTransport({
    host: "127.0.0.1", port: Number(port), secure: secure === "yes",
    requireTLS: true, pool: true, auth: { user, pass },
    tls: { rejectUnauthorized: false } });
transport.sendMail({ from: user, to, subject: "nodemailer",
    text: "by nodemailer", attachments: [
        { filename: "a.bin", content: Buffer.alloc(70000, 7) }] })
    .then(info => { console.log(info.response); transport.close(); })
    .catch(error => { console.error(error); process.exit(1); });
"""


def test_nodemailer(lite):
    need("node")
    modules = "/usr/share/nodejs"
    if not os.path.isdir(modules + "/nodemailer"):
        lacking("node-nodemailer")
    for service, secure in (("submission", "no"), ("submissions", "yes")):
        text = run("node", "-e", NODEMAILER, "--", str(lite.port(service)),
                   secure, full("demo"), PASSWORD, full("other"),
                   env=dict(os.environ, NODE_PATH=modules))
        assert "250 2.0.0" in text
        assert b"by nodemailer" in submitted(lite)


# ---- what users' programs are known to say

def b64(text):
    return base64.b64encode(text.encode()).decode()


BODY = "From: <%s>\r\nTo: <%s>\r\nSubject: t\r\n\r\ntext\r\n" % (
    full("demo"), full("other"))


def test_thunderbird(lite):
    """EHLO with an address literal, STARTTLS, EHLO again, AUTH PLAIN with an
    initial response, BODY and SIZE, a pipelined nothing, QUIT."""
    talk = Talk(lite, "submission")
    assert talk.say("EHLO [192.168.1.17]") == 250
    talk.starttls()
    assert talk.say("EHLO [192.168.1.17]") == 250
    assert "SIZE" in talk.last[1] and "AUTH" in talk.last[1]
    assert talk.say("AUTH PLAIN " + b64(
        "\0%s\0%s" % (full("demo"), PASSWORD))) == 235
    assert talk.say("MAIL FROM:<%s> BODY=8BITMIME SIZE=%d" % (
        full("demo"), len(BODY))) == 250
    assert talk.say("RCPT TO:<%s>" % full("other")) == 250
    assert talk.message(BODY.encode()) == 250
    assert talk.say("QUIT") == 221
    assert b"text" in submitted(lite)


def test_outlook(lite):
    """A bare name in EHLO, AUTH LOGIN with the name asked for, RSET before
    and between messages, no SIZE."""
    talk = Talk(lite, "submission")
    assert talk.say("EHLO DESKTOPQ1") == 250
    talk.starttls()
    assert talk.say("EHLO DESKTOPQ1") == 250
    assert talk.say("AUTH LOGIN") == 334
    assert base64.b64decode(talk.last[1]).lower().startswith(b"user")
    assert talk.say(b64(full("demo"))) == 334
    assert base64.b64decode(talk.last[1]).lower().startswith(b"pass")
    assert talk.say(b64(PASSWORD)) == 235
    for _ in range(2):
        assert talk.say("RSET") == 250
        assert talk.say("MAIL FROM: <%s>" % full("demo")) == 250
        assert talk.say("RCPT TO: <%s>" % full("other")) == 250
        assert talk.message(BODY.encode()) == 250
        assert b"text" in submitted(lite)
    assert talk.say("QUIT") == 221


def test_apple_mail_keeps_the_connection(lite):
    """One connection, NOOP while it waits, AUTH PLAIN in two steps."""
    talk = Talk(lite, "submissions")
    assert talk.say("EHLO smtpclient.apple") == 250
    assert talk.say("AUTH PLAIN") == 334
    assert talk.say(b64("\0%s\0%s" % (full("demo"), PASSWORD))) == 235
    for _ in range(3):
        assert talk.say("NOOP") == 250
        assert talk.envelope(full("other"), sender=full("demo")) == [250]
        assert talk.message(BODY.encode()) == 250
        submitted(lite)


def test_pipelined_whole(lite):
    """A peer that says everything up to DATA at once, the next message with
    the end of the one before."""
    talk = Talk(lite)
    talk.ehlo()
    one = (b"MAIL FROM:<s@example.org>\r\nRCPT TO:<demo@%s>\r\nDATA\r\n" %
           DOMAIN.encode())
    talk.send(one)
    assert [talk.reply()[0] for _ in range(3)] == [250, 250, 354]
    talk.send(b"Subject: 1\r\n\r\none\r\n.\r\n" + one)
    assert [talk.reply()[0] for _ in range(4)] == [250, 250, 250, 354]
    talk.send(b"Subject: 2\r\n\r\ntwo\r\n.\r\nQUIT\r\n")
    assert [talk.reply()[0] for _ in range(2)] == [250, 221]
    assert talk.ended()
    assert len(lite.messages("demo")) == 2


def test_smtplib_is_told_who_is_refused(lite):
    client = lite.smtp()
    refused = client.sendmail("s@example.org", [
        full("demo"), full("nobody")], "Subject: x\r\n\r\nx\r\n")
    assert list(refused) == [full("nobody")]
    assert refused[full("nobody")][0] == 550
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("s@example.org", [full("nobody")], "x")
    assert len(lite.messages("demo")) == 1
