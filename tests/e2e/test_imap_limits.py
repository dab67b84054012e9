"""The ceilings of IMAP and POP3, each at the limit and one past it.  Where:

| limit | value | test |
|---|---|---|
| line before, after login | 8 KiB, imap_max_line | test_bad_input |
| literals before login; read past | 4 KiB; 64 KiB | here |
| literals of a command; read past | 64 KiB; 64 MiB | here |
| unasked literal (LITERAL-) | 4 KiB | test_imap_append |
| tag | 512 | test_imap_refusals test_long_tags |
| arguments, lists within lists | 5000, 32 | test_imap_parse.c |
| bad commands; after login | 3, imap_max_errors | test_imap_login, here |
| failed logins; their delay | login_tries; login_delay | test_login_throttle |
| time of a login | login_timeout | test_imap_shared |
| silence, and in IDLE | imap_idle_timeout | test_imap_shared |
| keep-alive | imap_idle_keepalive | test_imap_shared |
| nobody reads | 5 min, or the silence | test_bad_clients |
| sessions of a user | max_sessions_per_user | test_sessions |
| line in IDLE | 64 | here |
| ID: pairs, names, values, log | 30, 30, 1024, 512 | here |
| APPEND: size, number, parts | imap_append_max, 200, 1000 | test_imap_append |
| URL | 4096 | test_imap_url.c |
| mailbox name on the wire | 1024 | test_imap_limits.c |
| mailbox name: directory, levels | 255, 32 | test_folder.c, here |
| mailboxes; subscriptions | 10,000; 1 MiB | here, test_store_limits.c |
| LIST patterns | 100 | here |
| UIDs; uidlist | 2^32 - 2; 1 GiB | test_store_limits.c, test_uidlist.c |
| keywords: number, name | 26, 200 | test_side_files.c |
| keywords: file | 64 KiB | test_mailbox.c |
| sequence set | 16384 | test_imap_seqset.c |
| FETCH sections | 64 | test_imap_items.c |
| FETCH fields, numbers | 256, 100 | test_imap_limits.c |
| SEARCH keys, depth | 1000, 32 | test_imap_search_keys.c |
| SORT text | 1000 | test_imap_sort.c |
| THREAD references, missing | 1000, 400,000 | test_imap_thread.c |
| contexts | 8 | test_imap_context test_ceiling |
| NOTIFY groups, names, mailboxes | 32, 200, 1000 | test_imap_notify |
| METADATA entries, name, value | 200, 256, 32 KiB | test_metadata.c |
| METADATA file | 1 MiB | test_imap_metadata test_too_large |
| spam feedback | 100 | test_spam_feedback |
| MIME parts, depth, parameters | 10,000, 100, 100 | test_mime.c |
| MIME boundary, header, value | 998, 1 MiB, 64 KiB | test_mime.c |
| envelope addresses, languages | 2000, 100 | test_imap_limits.c |
| string in quotes | 1000 | test_imap_limits.c |
| PREVIEW parts | 100 | test_preview.c |
| decompression | what a read has room for | test_imap_compress test_bomb |
| POP3 line | 512 | test_pop3_login, test_bad_input |
| POP3 bad commands; after login | 10, 20 | test_pop3_login, test_pop3d.c |
| POP3 logins, time, silence | settings | test_pop3_login, test_bad_clients |
"""
import os

import pytest

from imap_client import Client
from site_under_test import PASSWORD

BACK_ENDS = ["sqlite"]
SKIPPED = 64 << 20  # octets of a refused literal that are read past


@pytest.fixture
def client(site):
    return Client(site)


def quoted(size, letter="x"):
    return '"%s"' % (letter * size)


# ---- literals

@pytest.mark.parametrize("size, code", [
    (4096, "AUTHENTICATIONFAILED"), (4097, "TOOBIG"), (65536, "TOOBIG")])
def test_literals_before_login(site, size, code):
    client = Client(site, user=None)
    client.send(b"a LOGIN {%d+}\r\n%s x\r\n" % (size, b"n" * size))
    assert client.finish(b"a").code == code
    got = client.cmd("LOGIN demo@test.dev " + PASSWORD)
    assert got.status == "OK"


def test_literals_before_login_count_together(site):
    client = Client(site, user=None)
    client.send(b"a LOGIN {4000+}\r\n%s {97+}\r\n%s\r\n"
                % (b"n" * 4000, b"p" * 97))
    assert client.finish(b"a").code == "TOOBIG"
    client.send(b"b LOGIN {4000+}\r\n%s {96+}\r\n%s\r\n"
                % (b"n" * 4000, b"p" * 96))
    assert client.finish(b"b").code == "AUTHENTICATIONFAILED"


def test_literals_before_login_read_past(site):
    client = Client(site, user=None)
    client.send(b"a LOGIN {65537+}\r\n")
    text = client.at_end()
    assert b"a BAD [TOOBIG]" in text and b"* BYE" in text


def test_literals(client):
    """64 KiB of all of a command's together."""
    for size, code in ((65536, "CANNOT"), (65537, "TOOBIG")):
        got = client.cmd("CREATE {}", b"n" * size)
        assert got.status == ("NO" if code == "CANNOT" else "BAD")
        assert got.code == code
    for more, code in ((b"x" * 536, "CANNOT"), (b"x" * 537, "TOOBIG")):
        got = client.cmd("RENAME {} {}", b"n" * 65000, more)
        assert got.code == code, len(more)
    assert client.cmd("NOOP").status == "OK"


def test_literals_read_past(client):
    """Of a refused one; more of it ends the connection."""
    client.send(b"a CREATE {%d+}\r\n" % SKIPPED)
    for _ in range(64):
        client.send(b"n" * (1 << 20))
    client.send(b"\r\n")
    assert client.finish(b"a").code == "TOOBIG"
    assert client.cmd("NOOP").status == "OK"
    client.send(b"b CREATE {%d+}\r\n" % (SKIPPED + 1))
    text = client.at_end()
    assert b"b BAD [TOOBIG]" in text and b"* BYE" in text


# ---- commands

def test_twenty_bad_commands(client):
    """As many as the setting says when nobody has set it."""
    client.send(b"x X\r\n" * 19 + b"y NOOP\r\n" + b"x X\r\n" * 20)
    text = client.at_end()
    assert text.count(b"x BAD") == 39 and b"y OK" in text
    assert text.endswith(b"* BYE Too many errors\r\n")


def test_id(site, client):
    def pairs(count, name=2, value=1):
        return "(%s)" % " ".join(
            "%s %s" % (quoted(name, "n"), quoted(value, "v"))
            for _ in range(count))

    for good, bad in ((pairs(30), pairs(31)), (pairs(1, 30), pairs(1, 31)),
                      (pairs(1, 2, 1024), pairs(1, 2, 1025))):
        assert client.cmd("ID " + good).status == "OK"
        assert client.cmd("ID " + bad).status == "BAD"
    longest = max(site.log.splitlines(), key=len)
    shown = longest[longest.index("client is ") + len("client is "):]
    assert len(shown) == 512


def test_line_that_ends_idle(client):
    """Long ones are no DONE, and are not kept."""
    for size in (60, 65, 1 << 20):
        client.send(b"i IDLE\r\n")
        assert client.response().startswith(b"+ ")
        client.send(b"DONE" + b" " * size + b"\r\n")
        assert client.finish(b"i").status == "BAD", size
    assert client.cmd("NOOP").status == "OK"


# ---- mailboxes

def test_list_patterns(client):
    client.cmd("CREATE last")
    many = "a " * 99
    got = client.cmd('LIST "" (%slast)' % many)
    assert got.status == "OK" and len(got.untagged) == 1
    assert client.cmd('LIST "" (%sa last)' % many).status == "BAD"


def test_length_of_a_pattern(client):
    """A longer one matches nothing; one with many wildcards takes no time."""
    stars = "*" * 1019 + "INBOX"
    assert len(stars) == 1024
    assert client.cmd('LIST "" "%s"' % stars).find("INBOX")
    assert client.cmd('LIST "" "*%s"' % stars).untagged == []
    client.cmd("CREATE " + "a" * 200)
    client.sock.settimeout(60)
    assert client.cmd('LIST "" "%sb"' % ("*a" * 500)).untagged == []


@pytest.mark.parametrize("name, more", [
    ("n" * 254, "n"), ("/".join("n" * 32), "/n")], ids=["octets", "levels"])
def test_names(client, name, more):
    """A directory's name, and the levels of a mailbox's."""
    assert client.cmd("CREATE " + name).status == "OK"
    got = client.cmd("CREATE " + name + more)
    assert got.status == "NO" and got.code == "CANNOT"
    assert client.cmd("RENAME %s x" % name).status == "OK"
    got = client.cmd("RENAME x " + name + more)
    assert got.status == "NO" and got.code == "CANNOT"
    assert client.cmd("RENAME x " + name).status == "OK"


def test_mailboxes(site, client):
    """Not more than 10,000, INBOX and those that were made at login included:
    directories count whatever is in them."""
    there = len(client.cmd('LIST "" *').untagged)
    made = ["%s/.f%d" % (site.maildir(), n) for n in range(there, 9999)]
    for path in made:
        os.mkdir(path)
    assert client.cmd("CREATE last").status == "OK"
    got = client.cmd("CREATE more")
    assert got.status == "NO" and got.code == "LIMIT"
    assert client.cmd("DELETE last").status == "OK"
    assert client.cmd("CREATE more").status == "OK"
    site.wait_log("too many folders")
    for path in made:
        os.rmdir(path)


def test_subscriptions(site, client):
    path = site.maildir() + "/subscriptions"
    with open(path, "w") as file:
        file.write("V\t2\n\n")
        file.write("x" * 200 + "\n")
        file.write("y" * ((1 << 20) - file.tell() - 5) + "\n")
    os.chown(path, 8, 8)
    assert os.path.getsize(path) == (1 << 20) - 4
    got = client.cmd("SUBSCRIBE four")
    assert got.status == "NO" and got.code == "LIMIT"
    assert client.cmd("SUBSCRIBE abc").status == "OK"
    assert client.cmd("UNSUBSCRIBE abc").status == "OK"
    assert os.path.getsize(path) == (1 << 20) - 4
