"""The keys of SCRAM: how they come into the database, and what ends them."""
import imaplib

import pytest

from scram_client import Scram, log_in
from scram_site import talk_to, turn_on
from site_under_test import PASSWORD, full
from tool_under_test import call, good as tool_good


def keys(site, name="demo"):
    return site.sql("SELECT salt, iterations, stored_key, server_key, digest "
                    "FROM scram_keys WHERE name = '%s'" % full(name))


def test_changed_by_another_tool(site):
    """A hash that somebody else wrote makes the old keys good for nothing,
    though they are still there."""
    turn_on(site)
    site.sql("UPDATE users SET password = '%s' WHERE name = 'demo'" %
             site.njiwa("pw", "-p", "new password").strip())
    assert keys(site)
    talk = talk_to(site, "imap")
    for password in (PASSWORD, "new password"):
        line = log_in(talk, Scram(full("demo"), password))
        assert line.startswith(talk.stranger), line
    site.conf(scram_store="yes")
    site.imap("demo", password="new password").logout()
    talk = talk_to(site, "imap")
    assert log_in(talk, Scram(full("demo"), PASSWORD)).startswith(
        talk.stranger)
    assert log_in(talk, Scram(full("demo"), "new password")).startswith("a OK")


def test_keys_are_made_at_a_login(site):
    site.conf(scram_store="yes", scram_iterations=5000)
    assert keys(site) == []
    site.imap("demo").logout()
    made, = keys(site)
    assert made[1] == "5000"
    site.imap("demo").logout()
    assert keys(site) == [made], "made once"
    site.conf(rehash="yes", rehash_scheme="$6$")
    site.sql("UPDATE users SET password = '%s'" %
             "$1$DpBbHS.2$vHGFpWG4V0aR24JpkiusC/")
    site.imap("demo").logout()
    (password,), = site.sql("SELECT password FROM users WHERE name = 'demo'")
    assert password.startswith("$6$")
    assert keys(site) != [made]
    site.conf(scram="yes", scram_store="no")
    talk = talk_to(site, "imap")
    assert log_in(talk, Scram(full("demo"), PASSWORD)).startswith("a OK")


def test_failed_login_makes_no_keys(site):
    site.conf(scram_store="yes")
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        site.imap("demo", password="wrong")
    assert keys(site) == []


@pytest.mark.parametrize("password", [
    "I\u00adX", "\u2168", "p\u00e4ss w\u00f6rd", "with,comma=and\"quote"])
def test_passwords_are_prepared(make_site, password):
    """RFC 4013 section 3: IX is written in three ways."""
    site = make_site("sqlite")
    turn_on(site)
    site.njiwa("user", "passwd", full("demo"), "--password-stdin",
               input=password.encode() + b"\n")
    talk = talk_to(site, "imap")
    line = log_in(talk, Scram(full("demo"), password))
    assert line.startswith("a OK"), line
    if password in ("I\u00adX", "\u2168"):
        talk = talk_to(site, "imap")
        assert log_in(talk, Scram(full("demo"), "IX")).startswith("a OK")


def test_tool(site):
    """No keys without the settings, and none for what cannot be prepared; they
    go with their user."""
    assert keys(site) == []
    site.conf(scram_store="yes")
    site.add_user("new")
    assert len(keys(site, "new")) == 1
    status, _, err = call(site, "user", "passwd", full("new"),
                          "--password-stdin", stdin=b"a\x07b\n")
    assert status == 0 and "no keys for SCRAM" in err, err
    status, _, err = call(site, "user", "passwd", full("new"),
                          "--password-stdin", stdin="\U0001f600\n".encode())
    assert status == 0 and "no keys for SCRAM" in err, err
    client = site.imap(None)
    client.authenticate("PLAIN", lambda _: (
        "\0%s\0\U0001f600" % full("new")).encode())
    client.logout()
    tool_good(site, "user", "remove", full("new"))
    assert keys(site, "new") == []


def test_query_of_ones_own(site):
    """Keys in a table of another's, which says that they are always good."""
    turn_on(site)
    site.sql("CREATE TABLE theirs (who VARCHAR(99), s VARCHAR(99), n INT, "
             "a VARCHAR(99), b VARCHAR(99))")
    site.sql("INSERT INTO theirs SELECT name, salt, iterations, stored_key, "
             "server_key FROM scram_keys WHERE name = '%s'" % full("demo"))
    site.sql("DELETE FROM scram_keys")
    site.conf(scram_query="SELECT s, n, a, b FROM theirs WHERE who = %u")
    site.sql("UPDATE users SET password = '$6$changed$x' WHERE name = 'demo'")
    talk = talk_to(site, "imap")
    assert log_in(talk, Scram(full("demo"), PASSWORD)).startswith("a OK")


@pytest.mark.parametrize("column, value", [
    ("iterations", "0"), ("iterations", "2000000"), ("stored_key", "''"),
    ("stored_key", "'AAAA'"), ("server_key", "'not base64'"),
    ("salt", "''"), ("salt", "'%s'" % ("A" * 124)), ("digest", "''")])
def test_broken_rows_are_no_keys(make_site, column, value):
    site = make_site("sqlite")
    turn_on(site)
    site.sql("UPDATE scram_keys SET %s = %s WHERE name = '%s'" % (
        column, value, full("demo")))
    talk = talk_to(site, "imap")
    line = log_in(talk, Scram(full("demo"), PASSWORD))
    assert line.startswith(talk.stranger), line
    assert log_in(talk, Scram(full("other"), PASSWORD)).startswith("a OK")
