"""njiwa, the administrator's tool: accounts and passwords."""
import crypt
import os
import pty
import re
import select
import socket
import subprocess
import termios
import time

import pytest

import servers
from site_under_test import DOMAIN, MAIL_UID, PASSWORD, USERS
from tool_under_test import (
    CANTCREAT, DATAERR, NOPERM, NOUSER, OK, TEMPFAIL, UNAVAILABLE, USAGE, bad,
    call, full, good)

# Names that must not become a file's, a statement's or another row's.
BAD_LOCAL = ("", ".", "..", ".x", "x.", "a..b", "../x", "a/b", "a b", "a|b",
             "a\nb", "a'; DROP TABLE users; --", '"a"', "a" * 65, "\u00fc")


def hash_of(site, name):
    return site.sql("SELECT password FROM users WHERE name = '%s' AND "
                    "domain = '%s'" % (name, DOMAIN))[0][0]


# ---- the schema

def test_database(site):
    first = good(site, "db", "status").splitlines()
    assert first and all(re.fullmatch(r"\d{4}\t\S+\tapplied", line)
                         for line in first)
    assert good(site, "db", "migrate") == ""
    assert good(site, "db", "init") == ""
    assert good(site, "db", "status").splitlines() == first


def test_hint_at_missing_tables(site):
    site.sql("DROP TABLE users")
    assert "run njiwa db migrate" in bad(site, UNAVAILABLE, "user", "list")
    site.pipe("mx", b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nQUIT\r\n" %
              full("demo").encode())
    site.wait_log("run njiwa db migrate")


def test_migrations_that_are_not_there(site):
    """Nothing is begun: a predecessor's database goes on to serve."""
    for table in "disabled_users", "njiwa_schema":
        site.sql("DROP TABLE " + table)
    site.env["NJIWA_SQLDIR"] = site.folder + "/nowhere"
    assert "/nowhere" in bad(site, NOUSER, "db", "migrate")
    said = site.pipe("mx", b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\n"
                     b"QUIT\r\n" % full("demo").encode())
    assert b"\r\n250 2.1.5 " in said


def test_sqlite_file_of_its_folder(make_site):
    site = make_site("sqlite")
    folder = site.folder + "/run/fresh"
    os.mkdir(folder)
    os.chown(folder, 12345, 12346)
    site.conf(sqlite_file=folder + "/db")
    assert "db init" in bad(site, UNAVAILABLE, "user", "list")
    assert os.listdir(folder) == []
    assert "applied" in good(site, "db", "init")
    for name in os.listdir(folder):
        st = os.stat(folder + "/" + name)
        assert (st.st_uid, st.st_gid) == (12345, 12346), name
        assert st.st_mode & 0o007 == 0, "hashes that all may read"
    site.conf(sqlite_file=site.folder + "/run/new/db")
    good(site, "db", "init")


def test_database_away(make_site):
    site = make_site("sqlite")
    site.conf(mysql_host="127.0.0.1", mysql_port=servers.free_port(),
              mysql_connect_timeout="2s")
    bad(site, TEMPFAIL, "user", "list")


# ---- domains

def test_domains(site):
    good(site, "domain", "add", "Second.Example")
    assert good(site, "domain", "list").splitlines() == [
        "second.example\ttable", DOMAIN + "\ttable,host_list"]
    bad(site, CANTCREAT, "domain", "add", "second.example")
    good(site, "domain", "remove", "second.example")
    bad(site, NOUSER, "domain", "remove", "second.example")
    # one with users, and which the file has
    assert "host_list" in bad(site, DATAERR, "domain", "remove", DOMAIN)
    site.conf(host_list=site.folder)
    status, out, err = call(site, "domain", "list")
    assert status != OK and "host_list" in err and DOMAIN in out


@pytest.mark.parametrize("name", ["", ".", "a..b", "-a", "a/b", "a b", "a_b",
                                  "x" * 64, "a'b"])
def test_bad_domain(make_site, name):
    bad(make_site("sqlite"), DATAERR, "domain", "add", "--", name)


# ---- users

def test_user_life(site):
    good(site, "user", "add", "-q", "7", "--gecos", "A new one",
         "--password-stdin", full("new"), stdin=b"first secret\nrest\n")
    assert site.sql("SELECT name, domain, quota, gecos, uid, gid FROM users "
                    "WHERE name = 'new'") == [
        ["new", DOMAIN, "7", "A new one", "8", "8"]]
    shown = good(site, "user", "show", full("new"))
    assert ("address: %s\n" % full("new")) in shown
    assert ("mail: %s\n" % site.maildir("new")) in shown
    assert "quota: 7\n" in shown and "$" not in shown
    stored = hash_of(site, "new")
    assert crypt.crypt("first secret", stored) == stored
    assert stored.startswith("$y$")
    bad(site, CANTCREAT, "user", "add", full("new"), stdin=b"x\n")
    assert hash_of(site, "new") == stored
    good(site, "user", "passwd", full("new"), stdin=b"second")
    stored = hash_of(site, "new")
    assert crypt.crypt("second", stored) == stored
    good(site, "user", "passwd", "-s", "MD5-CRYPT", "-p", "third", full("new"))
    assert "$1$" in hash_of(site, "new")
    assert full("new") in good(site, "user", "list", DOMAIN)
    good(site, "user", "remove", full("new"))
    assert full("new") not in good(site, "user", "list")
    assert os.path.isdir(site.maildir("new")), "the mail stays"
    for words in (("user", "remove"), ("user", "show"), ("quota", "show")):
        bad(site, NOUSER, *words, full("new"))
    bad(site, NOUSER, "user", "passwd", full("new"), stdin=b"x\n")


def test_user_list(site):
    assert good(site, "user", "list").splitlines() == sorted(
        "%s\t%d\t0\t0" % (full(name), quota) for name, quota in USERS)
    assert good(site, "user", "list", "elsewhere.example") == ""


def test_user_mail_folder(site):
    """The folders are the mail owner's alone, and of a Maildir."""
    good(site, "user", "add", "x@fresh.example", stdin=b"secret\n")
    assert "fresh.example" in good(site, "domain", "list")
    path = site.data
    for part in ("fresh.example", "x", "Maildir"):
        path += "/" + part
        st = os.lstat(path)
        assert (st.st_uid, st.st_gid) == (MAIL_UID, MAIL_UID), path
        assert st.st_mode & 0o777 == 0o700, path
    assert {"cur", "new", "tmp"} <= set(os.listdir(path))


def test_user_folder_through_a_link(site):
    """Who owns the mail cannot make root write elsewhere."""
    os.symlink(site.folder, site.data + "/trap.example")
    status, _, err = call(site, "user", "add", "x@trap.example",
                          stdin=b"secret\n")
    assert status != OK and "not made" in err
    assert not os.path.exists(site.folder + "/x")


@pytest.mark.parametrize("where", ["sqlite", "mysql"])
def test_bad_names(make_site, where):
    site = make_site(where)
    before = site.sql("SELECT COUNT(*) FROM users")
    for local in BAD_LOCAL:
        bad(site, DATAERR, "user", "add", "--", local + "@" + DOMAIN,
            stdin=b"secret\n")
        if local:  # without one it is the catch-all
            bad(site, DATAERR, "alias", "add", "--", local + "@" + DOMAIN,
                full("demo"))
        bad(site, DATAERR, "alias", "add", "--", full("al"),
            local + "@" + DOMAIN)
    bad(site, DATAERR, "user", "add", "nobody", stdin=b"secret\n")
    assert site.sql("SELECT COUNT(*) FROM users") == before
    assert os.listdir(site.data + "/" + DOMAIN) != []
    # names that are looked up are data, whatever is in them
    bad(site, NOUSER, "user", "remove", "'or'1'='1@" + DOMAIN)
    bad(site, NOUSER, "user", "passwd", "_@" + DOMAIN, stdin=b"x\n")
    assert site.sql("SELECT COUNT(*) FROM users") == before


@pytest.mark.parametrize("password, status", [
    (b"", DATAERR), (b"\n", DATAERR), (b"a\0b\n", DATAERR),
    (b"x" * 1025 + b"\n", DATAERR), (b"x" * 511 + b"\n", OK),
    ("\u00fc ;#'\" \\".encode() + b"\r\n", OK)])
def test_passwords(make_site, password, status):
    site = make_site("sqlite")
    found, _, _ = call(site, "user", "passwd", full("demo"), stdin=password)
    assert found == status
    stored = hash_of(site, "demo")
    text = password.rstrip(b"\r\n").decode() if status == OK else PASSWORD
    assert crypt.crypt(text, stored) == stored


@pytest.mark.parametrize("words", [
    ("-q", "x"), ("-q", "-1"), ("-q", "99999999999999999999"), ("-U", "x"),
    ("-U", "4294967295"), ("-d", "../x")])
def test_bad_options(make_site, words):
    site = make_site("sqlite")
    if words[0] == "-d":
        site.conf(mail_location="%h/Maildir")
    bad(site, DATAERR, "user", "add", *words, full("odd"), stdin=b"secret\n")
    bad(site, NOUSER, "user", "show", full("odd"))


def test_password_of_any_length_in_the_arguments(make_site):
    site = make_site("sqlite")
    for octets, status in ((1025, DATAERR), (100000, USAGE)):
        bad(site, status, "user", "add", full("odd"), "-p", "x" * octets)
    bad(site, NOUSER, "user", "show", full("odd"))


# ---- aliases

def test_aliases(site):
    good(site, "alias", "add", full("all"), full("demo"), "x@Far.Example")
    good(site, "alias", "add", "-x", full("gone"))
    assert good(site, "alias", "list").splitlines() == [
        full("all") + "\talias\t%s | x@far.example" % full("demo"),
        full("gone") + "\tdrop\t",
        full("postmaster") + "\talias\t" + full("demo")]
    good(site, "alias", "add", full("all"), full("other"))
    assert full("all") + "\talias\t" + full("other") + "\n" in good(
        site, "alias", "list", DOMAIN)
    assert good(site, "alias", "list", "far.example") == ""
    good(site, "alias", "remove", full("all"))
    bad(site, NOUSER, "alias", "remove", full("all"))
    bad(site, USAGE, "alias", "add", full("all"))
    bad(site, USAGE, "alias", "add", "-x", full("all"), full("demo"))


# ---- quota

def drop_mail(site, user, folder, name, octets):
    path = site.maildir(user, folder) + "/cur"
    os.makedirs(path, exist_ok=True)
    with open(path + "/" + name, "wb") as out:
        out.write(b"x" * octets)
    for made, folders, files in os.walk(site.maildir(user)):
        for entry in [made] + [made + "/" + f for f in folders + files]:
            os.chown(entry, MAIL_UID, MAIL_UID)


def test_quota(site):
    drop_mail(site, "demo", "", "1.M1P1.mx,S=100:2,S", 100)
    drop_mail(site, "demo", "", "2.M1P1.mx:2,", 50)
    drop_mail(site, "demo", "Sent", "3.M1P1.mx,S=1000:2,S", 1000)
    assert good(site, "quota", "recalc", full("demo")) == (
        full("demo") + "\t150\t2\n")
    assert good(site, "quota", "show", full("demo")) == (
        full("demo") + "\t150\t2\t0\n")
    site.conf(quota_ignore="")
    assert full("demo") + "\t1150\t3" in good(
        site, "quota", "recalc", "-a").splitlines()
    good(site, "quota", "set", full("demo"), "3")
    assert full("demo") + "\t1150\t3\t3145728" in good(
        site, "quota", "show").splitlines()
    bad(site, DATAERR, "quota", "set", full("demo"), "much")
    bad(site, NOUSER, "quota", "set", full("nobody"), "1")
    bad(site, USAGE, "quota", "recalc")
    status, out, _ = call(site, "quota", "recalc", full("nobody"),
                          full("demo"))
    assert status == NOUSER and out.startswith(full("demo"))


def test_domain_of_a_row_in_any_case(site):
    """The tool looks where the servers put the mail."""
    good(site, "user", "add", "Mixed@test.dev", stdin=b"secret\n")
    site.sql("UPDATE users SET domain = 'Test.Dev' WHERE name = 'Mixed'")
    reply = site.pipe("mx", b"EHLO a\r\nMAIL FROM:<a@b.example>\r\n"
                            b"RCPT TO:<Mixed@TEST.dev>\r\nDATA\r\n"
                            b"Subject: x\r\n\r\ny\r\n.\r\nQUIT\r\n")
    assert reply.count(b"\r\n250 ") >= 3 and b"\r\n221 " in reply, reply
    folder = site.data + "/test.dev/Mixed/Maildir"
    assert len(os.listdir(folder + "/new")) == 1
    shown = good(site, "user", "show", "Mixed@test.dev")
    assert "mail: %s\n" % folder in shown
    used = re.search(r"octets: (\d+)", shown).group(1)
    assert int(used) > 0
    assert good(site, "quota", "recalc", "Mixed@test.dev").split("\t")[1:] == [
        used, "1\n"]
    assert "Test.Dev" not in os.listdir(site.data)


# ---- pw

def test_pw_as_the_predecessor(make_site):
    site = make_site("sqlite")
    link = site.folder + "/doveadm"
    os.symlink(site.build + "/njiwa", link)
    out = servers.run(link, "pw", "-s", "MD5-CRYPT", "-p", PASSWORD,
                      env=site.env).decode()
    assert re.fullmatch(r"\{MD5-CRYPT\}\$1\$[./0-9A-Za-z]{8}\$\S{22}\n", out)
    stored = out[len("{MD5-CRYPT}"):].strip()
    assert crypt.crypt(PASSWORD, stored) == stored
    done = subprocess.run([link, "user", "list"], env=site.env, check=False,
                          stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    assert done.returncode == USAGE and done.stderr.startswith(b"doveadm: ")


@pytest.mark.parametrize("scheme, start", [
    ("MD5-CRYPT", "$1$"), ("SHA256-CRYPT", "$5$"), ("SHA512-CRYPT", "$6$"),
    ("BLF-CRYPT", "$2"), ("YESCRYPT", "$y$"), ("CRYPT", "$y$")])
def test_pw_schemes(bare, scheme, start):
    out = good(bare, "pw", "-s", scheme, "-p", "s e;cret").strip()
    assert out.startswith("{%s}%s" % (scheme, start))
    assert scheme in good(bare, "pw", "-l").split()
    stored = out.partition("}")[2]
    for text in (out, stored):
        assert good(bare, "pw", "-t", text, stdin=b"s e;cret\n") == (
            text + " (verified)\n")
        bad(bare, NOPERM, "pw", "-t", text, stdin=b"secret\n")
    assert out != good(bare, "pw", "-s", scheme, "-p", "s e;cret").strip()


def test_pw_refuses(bare):
    bad(bare, DATAERR, "pw", "-s", "ROT13", "-p", "x")
    bad(bare, DATAERR, "pw", stdin=b"")
    bad(bare, NOPERM, "pw", "-t", "", stdin=b"x\n")
    bad(bare, NOPERM, "pw", "-t", "$1$x", stdin=b"x\n")


def at_terminal(bare, words, answers):
    """Runs words on a terminal of its own; status and what was shown."""
    pid, tty = pty.fork()
    if pid == 0:
        os.execve(bare.build + "/njiwa", ["njiwa", *words], bare.env)
    shown = b""
    end = time.monotonic() + servers.PATIENCE
    while time.monotonic() < end:
        if not select.select([tty], [], [], 1)[0]:
            continue
        try:
            piece = os.read(tty, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if shown.endswith(b"password: ") and answers:
            servers.wait_for("the end of the echo", lambda: not (
                termios.tcgetattr(tty)[3] & termios.ECHO))
            os.write(tty, answers.pop(0))
    os.close(tty)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_prompt(bare):
    status, shown = at_terminal(bare, ["pw"], [b"geheim\n", b"geheim\n"])
    assert status == OK and "geheim" not in shown
    stored = re.search(r"\{CRYPT\}(\S+)", shown).group(1)
    assert crypt.crypt("geheim", stored) == stored
    status, shown = at_terminal(bare, ["pw"], [b"geheim\n", b"other\n"])
    assert status == DATAERR and "not the same" in shown
    status, shown = at_terminal(bare, ["pw"], [b"geh\x03"])
    assert status == USAGE and "geh" not in shown


def test_password_leaves_the_command_line(make_site):
    """-p is overwritten before the hash is made (ps shows it no more), here of
    one that waits for its database."""
    site = make_site("sqlite")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = subprocess.Popen(
            [site.build + "/njiwa", "user", "passwd", "-p", "streng-geheim",
             full("demo")], env=dict(
                 site.env, NJIWA_MYSQL_HOST="127.0.0.1:%d" %
                 silent.getsockname()[1], NJIWA_MYSQL_CONNECT_TIMEOUT="60s"))
        try:
            silent.settimeout(servers.PATIENCE)
            with silent.accept()[0]:
                held = []
                for name in ("cmdline", "environ"):
                    with open("/proc/%d/%s" % (process.pid, name), "rb") as f:
                        held.append(f.read())
                assert process.poll() is None
        finally:
            process.kill()
            process.wait()
    assert b"passwd" in held[0] and b"NJIWA_CONFIG" in held[1]
    assert b"geheim" not in held[0] + held[1]
