"""Input that is wrong, or meant to do harm, in every field of every protocol:
an answer, nothing else, and the connection goes on."""
import base64
import os
import socket

import pytest

from imap_client import Client
from pop3_client import message, put, talk
from site_under_test import DOMAIN, MAIL_UID, PASSWORD
from smtp_talk import Talk

SECRET = b"the secret of somebody else"


# ---- limits of lines, at the limit and one past it

def sasl_line(octets):
    """A response to AUTH of so many octets, of which no login comes."""
    return base64.b64encode(b"\0demo@test.dev\0" + b"x" * (
        octets * 3 // 4 - 15))


def test_smtp_lines(lite):
    lite.conf(login_tries=100, smtp_max_errors=1000)
    client = Talk(lite, "submissions")
    client.ehlo()
    for verb, limit in ((b"RCPT TO:<", 1046), (b"MAIL FROM:<", 1179),
                        (b"EHLO ", 510), (b"VRFY ", 510),
                        (b"AUTH PLAIN ", 12288), (b"WHAT ", 510)):
        text = client.text(verb + b"x" * (limit - len(verb)))
        assert "too long" not in text.lower(), (verb, client.last)
        text = client.text(verb + b"x" * (limit + 1 - len(verb)))
        assert client.last[0] == 500 and "too long" in text.lower(), verb
    assert client.login() == 235


def test_sasl_lines(lite):
    """12288 octets (RFC 4954 section 4), in all three protocols."""
    lite.conf(login_tries=100, login_delay=0)
    good, long = sasl_line(12288), sasl_line(12292)
    assert (len(good), len(long)) == (12288, 12292)
    smtp = Talk(lite, "submissions")
    smtp.ehlo()
    for line, codes in ((good, (535, 501)), (long, (500, 501))):
        assert smtp.say("AUTH PLAIN") == 334
        assert smtp.say(line) in codes
    assert smtp.login() == 235
    pop3 = talk(lite)
    for line in (good, long):
        assert pop3.say("AUTH PLAIN").startswith(b"+ ")
        pop3.send(line + b"\r\n")
        assert pop3.line().startswith(b"-ERR")
    assert pop3.login().say("NOOP").startswith(b"+OK")
    imap = Client(lite, user=None)
    for line in (good, long):
        imap.send(b"a AUTHENTICATE PLAIN\r\n")
        assert imap.line() == b"+ \r\n"
        imap.send(line + b"\r\n")
        assert imap.finish(b"a").status in ("NO", "BAD")
    assert imap.cmd("LOGIN demo@test.dev " + PASSWORD).status == "OK"


def test_pop3_session_lines(lite):
    client = talk(lite).login()
    for octets, text in ((510, b"-ERR Unknown"), (511, b"-ERR Line too long"),
                         (300000, b"-ERR Line too long")):
        client.send(b"X" * octets + b"\r\n")
        assert client.line().startswith(text), octets
    for octets in (b"NO\0OP", b"\0", b"\xff" * 20, b"RETR \xb2", b" NOOP",
                   b"NOOP\r\r", b"N\rOOP"):
        client.send(octets + b"\r\n")
        assert client.line().startswith(b"-ERR"), octets
    assert client.say("NOOP").startswith(b"+OK")


@pytest.mark.parametrize("user, limit", [(None, 8192), ("demo", 65536)])
def test_imap_lines(lite, user, limit):
    client = Client(lite, user=user)
    for octets, code in ((limit, None), (limit + 1, "TOOBIG"),
                         (limit * 4, "TOOBIG")):
        line = b"a X "
        client.send(line + b"y" * (octets - 2 - len(line)) + b"\r\n")
        got = client.finish(b"a")
        assert got.status == "BAD" and got.code == code, (octets, got.tagged)
        if octets == limit:  # three mistakes end it before a login
            assert client.cmd("NOOP").status == "OK"
    assert client.cmd("NOOP").status == "OK"


def test_imap_strings(lite):
    """Quoted strings and literals with what must not be in them."""
    client = Client(lite)
    for octets in (b'SELECT "IN\0BOX"', b'SELECT "a\\b"', b'SELECT "a',
                   b"SELECT a\x80", b'CREATE "\r"', b"SELECT {1", b"CREATE a*",
                   b"SELECT {-1}", b"SELECT {1}x", b"SELECT {01x}",
                   b"STATUS INBOX (MESSAGES", b"STATUS INBOX MESSAGES)",
                   b"STATUS INBOX " + b"(" * 40, b"LIST {}"):
        client.send(b"a " + octets + b"\r\n")
        assert client.finish(b"a").status == "BAD", octets
    for octets in (b"a\0b", b"a\nb", b"a\rb"):
        assert client.cmd("CREATE {}", octets).status in ("NO", "BAD"), octets
    assert client.cmd("NOOP").status == "OK"


# ---- the wrong order

SMTP_ORDER = {
    "start": [("MAIL FROM:<>", 503), ("RCPT TO:<demo@test.dev>", 503),
              ("DATA", 503), ("AUTH PLAIN AAAA", 502), ("STARTTLS", 503),
              ("RSET", 250), ("NOOP", 250), ("VRFY x", 252)],
    "greeted": [("RCPT TO:<demo@test.dev>", 503), ("DATA", 503),
                ("RSET", 250), ("HELO x", 250), ("EHLO x", 250)],
    "mail": [("MAIL FROM:<>", 503), ("DATA", 554), ("STARTTLS", 503),
             ("MAIL FROM:<>", 503), ("NOOP", 250)],
    "rcpt": [("MAIL FROM:<>", 503), ("STARTTLS", 503), ("DATA now", 501),
             ("RCPT TO:<demo@test.dev>", 250), ("RSET", 250), ("DATA", 503)],
}


def test_smtp_order(lite):
    lite.conf(smtp_max_errors=100)
    steps = ["EHLO x", "MAIL FROM:<a@b.c>", "RCPT TO:<demo@test.dev>"]
    for number, state in enumerate(SMTP_ORDER):
        client = Talk(lite)
        for line in steps[:number]:
            assert client.say(line) == 250
        for line, code in SMTP_ORDER[state]:
            assert client.say(line) == code, (state, line, client.last)


SMTP_ARGUMENTS = [
    ("HELO", (501,)), ("EHLO ", (501,)), ("MAIL", (501,)),
    ("MAIL FROM", (501,)), ("MAIL FROM:", (501,)), ("MAIL FROM:a@b", (501,)),
    ("MAIL FROM:<a@b", (501, 553)), ("MAIL FROM:<a b@c>", (501, 553)),
    ("MAIL FROM:<a@b> SIZE", (501, 555)), ("MAIL FROM:<a@b> SIZE=x", (501,)),
    ("MAIL FROM:<a@b> SIZE=-1", (501,)), ("MAIL FROM:<a@b> FOO=1", (555,)),
    ("MAIL FROM:<a@b> SIZE=99999999999999999999999", (501, 552)),
    ("MAIL FROM:<a@b> BODY=9BIT", (501, 555)), ("MAIL TO:<a@b>", (501,)),
    ("MAIL FROM:<@>", (501, 553)), ("MAIL FROM:<a@" + "x" * 300 + ">",
                                    (501, 553)),
    ("MAIL FROM:<" + "x" * 251 + "@b.c>", (501, 553)), ("RSET now", (501,)),
    ("QUIT now", (501,)), ("VRFY", (501,)), ("EXPN", (502,)), ("A B", (500,)),
    ("STARTTLS now", (501,)), ("\tNOOP", (500,)), ("NOOP\tx", (500, 250))]


def test_smtp_arguments(lite):
    lite.conf(smtp_max_errors=1000)
    client = Talk(lite)
    client.ehlo()
    for line, codes in SMTP_ARGUMENTS:
        assert client.say(line) in codes, (line, client.last)
        assert client.say("RSET") == 250


# ---- names that mean something to SQL

NASTY = ["'", "\\'", '"', "' OR '1'='1", "'; DROP TABLE users; --",
         "x' UNION SELECT 'demo','test.dev", "demo' #", "dem_", "%", "%u",
         "\u00bf' OR 1=1 -- "]
MORE_NASTY = NASTY + [
    "''", "\\", "' OR 1=1 -- ", "_", "d%", "%n", "%%", "?", ":1", "$1", "{0}",
    "demo/*", "` OR 1", "\u0130", "demo\t", "(SELECT 1)", "0x64656d6f",
    "NULL", "1 OR 1"]


def tables(site):
    return [site.sql("SELECT * FROM %s ORDER BY 1" % name)
            for name in ("users", "forwarder", "domains")]


def sent(text):
    return text.encode().replace(b"\t", b" ")


def only_known_folders(site):
    assert set(os.listdir(site.data)) <= {DOMAIN}
    if os.path.exists(site.data + "/" + DOMAIN):
        assert set(os.listdir(site.data + "/" + DOMAIN)) <= {
            "demo", "other", "small"}


def test_sql_in_logins(site):
    """As user and as password; as itself, before the @ and behind it."""
    site.conf(login_tries=100, login_delay=0, smtp_max_errors=1000,
              imap_max_errors=1000)
    before = tables(site)
    pop3, smtp = None, None
    for i, nasty in enumerate(NASTY):
        if i % 8 == 0:  # a POP3 client has ten mistakes
            pop3, smtp = talk(site), Talk(site, "submissions")
            smtp.ehlo()
        name, demo = nasty + "@" + DOMAIN, "demo@" + DOMAIN
        for user, password in ((name, PASSWORD), (demo, nasty)):
            assert smtp.login(user, password) == 535, (user, smtp.last)
        plain = base64.b64encode(b"\0demo@" + nasty.encode() + b"\0x")
        pop3.send(b"AUTH PLAIN " + plain + b"\r\n")
        assert pop3.line().startswith(b"-ERR [AUTH]"), nasty
        imap = Client(site, user=None)
        got = imap.cmd("LOGIN {} {}", nasty.encode(), PASSWORD.encode())
        assert got.status == "NO" and got.code == "AUTHENTICATIONFAILED"
        imap.close()
    assert tables(site) == before
    only_known_folders(site)


def test_sql_in_envelopes(site):
    """As HELO name, sender and recipient; what is taken changes no row but
    the quota's, and reaches the header as it was said."""
    site.conf(smtp_max_errors=1000)
    before = tables(site)
    for nasty in MORE_NASTY:
        client = Talk(site)
        client.say(b"EHLO " + sent(nasty))
        client.ehlo()
        quoted = b'"%s"' % sent(nasty.replace("\\", "\\\\").replace(
            '"', '\\"'))
        for local in (sent(nasty), quoted):
            if client.say(b"MAIL FROM:<" + local + b"@x.org>") != 250:
                assert client.say("MAIL FROM:<>") == 250
            code = client.say(b"RCPT TO:<" + local + b"@test.dev>")
            assert code in (550, 501, 553), (nasty, client.last)
            assert client.say("RSET") == 250
    client.envelope("demo@test.dev", sender="o'brien@x.org")
    assert client.message() == 250
    assert tables(site) == before
    stored, = site.contents("demo")
    assert stored.startswith(b"Return-Path: <o'brien@x.org>\n")
    only_known_folders(site)


def test_names_that_only_the_database_takes_for_another(site):
    """A comparison may forgive blanks, accents or the case: whoever logs in
    is the one of the row then, and no second folder is made."""
    for name in ("DEMO", "demo ", "d\u00e9mo", "dem\u00f6", "demo\u0000"):
        client = Client(site, user=None)
        got = client.cmd("LOGIN {} {}", (name + "@test.dev").encode(),
                         PASSWORD.encode())
        if got.status == "OK":
            assert client.cmd("SELECT INBOX").status == "OK"
        smtp = Talk(site)
        smtp.ehlo()
        smtp.say("MAIL FROM:<>")
        if smtp.say(('RCPT TO:<"%s"@TEST.DEV>' % name).encode()) == 250:
            assert smtp.message() == 250
    only_known_folders(site)


# ---- names that mean something to the file system

PATHS = ["..", "../other", "../../other", "../../../secret", "/etc", "/",
         "./demo", ".", ".demo", "demo/", "demo/../other", "x/y", "..%2fother",
         "other\0", "\0", "x" * 300, "." * 300, "../" * 90 + "etc", "~root",
         "$HOME", "con\x7f", "\\..\\other", "cur", "-rf", "*"]


def tree(folder, *skip):
    """Every name below the folder, with its size."""
    found = {}
    for top, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if os.path.join(top, f) not in skip]
        for name in folders + files:
            path = os.path.join(top, name)
            if path not in skip and "/accounts.sqlite-" not in path:
                found[path] = os.lstat(path).st_size
    return found


def bait(site):
    """Maildirs with mail that a path could lead to; they are uid 8's."""
    put(site, message("secret", SECRET), user="other")
    for top in (site.folder + "/secret", site.data + "/secret"):
        for name in ("cur", "new", "tmp"):
            os.makedirs("%s/%s" % (top, name))
        with open(top + "/new/1.M1P1.x", "wb") as out:
            out.write(SECRET)
        for path, _, files in os.walk(top):
            os.chown(path, MAIL_UID, MAIL_UID)
            for name in files:
                os.chown(path + "/" + name, MAIL_UID, MAIL_UID)
    os.makedirs(site.maildir(), exist_ok=True)
    for path in (site.maildir(), os.path.dirname(site.maildir())):
        os.chown(path, MAIL_UID, MAIL_UID)


def test_paths_in_mailbox_names(lite):
    """Every command that takes one, as a literal."""
    bait(lite)
    lite.conf(imap_max_errors=1000)
    client = Client(lite)
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    skip = (lite.maildir(), lite.log_file)
    before = tree(lite.folder, *skip)
    for name in PATHS + ["INBOX/../../other", "INBOX/../../../secret",
                         "&AC4ALg-/x", "&AC8-etc", "&AAA-"]:
        octets = name.encode()
        answers = [client.cmd(verb, octets) for verb in (
            "SELECT {}", "EXAMINE {}", "STATUS {} (MESSAGES)", "CREATE {}",
            "SUBSCRIBE {}", "UNSUBSCRIBE {}")]
        answers.append(client.cmd("LIST {} *", octets))
        answers.append(client.append(message("x", b"y"), "INBOX"))
        client.cmd("SELECT INBOX")
        answers.append(client.cmd("COPY 1 {}", octets))
        answers.append(client.cmd("UID FETCH * BODY.PEEK[TEXT]"))
        for answer in answers:
            assert SECRET not in b"".join(answer.untagged), name
            assert b"secret" not in answer.tagged or "secret" in name
    assert tree(lite.folder, *skip) == before
    assert client.cmd("NOOP").status == "OK"


def test_paths_in_user_names(site):
    """Though rows have them: no login, no mail, and nothing is made."""
    site.conf(login_tries=100, login_delay=0, smtp_max_errors=1000)
    bait(site)
    hashed = site.sql("SELECT password FROM users WHERE name = 'demo'")[0][0]
    names = [n for n in PATHS if "\0" not in n and "\x7f" not in n
             and len(n) < 64]
    for name in names:
        site.sql("INSERT INTO users (name, password, domain, uid, gid) "
                 "VALUES ('%s', '%s', 'test.dev', 8, 8)" % (
                     name.replace("\\", "\\\\" if site.mariadb else "\\"),
                     hashed))
    skip = (site.log_file, site.data + "/" + DOMAIN)
    before = tree(site.folder, *skip)
    others = tree(site.maildir("other"))
    harmless = {"..%2fother", "~root", "$HOME", "cur", "-rf", "*",
                "\\..\\other"}
    for name in PATHS:
        client = Client(site, user=None)
        got = client.cmd("LOGIN {} {}", name.encode() + b"@test.dev",
                         PASSWORD.encode())
        if name not in harmless:
            assert got.status in ("NO", "BAD"), name
        client.close()
        smtp = Talk(site)
        smtp.ehlo()
        smtp.say("MAIL FROM:<>")
        code = smtp.say(b'RCPT TO:<"' + name.replace("\\", "\\\\").encode() +
                        b'"@test.dev>')
        if name not in harmless:
            assert code in (500, 501, 550, 553, 451), (name, smtp.last)
        elif code == 250:
            assert smtp.message() == 250, name
        smtp.sock.close()
    assert tree(site.folder, *skip) == before
    assert tree(site.maildir("other")) == others
    assert set(os.listdir(site.data + "/" + DOMAIN)) <= harmless | {
        "demo", "other", "small"}
