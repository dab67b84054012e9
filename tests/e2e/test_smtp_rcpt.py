"""The verdict at RCPT: mailboxes, aliases, subaddresses, catch-alls, other
names for domains, disabled accounts; where the mail goes then, and what a
look-up costs the database."""
import os
import time

import pytest

from smtp_talk import DATA, Talk

MB = 1 << 20
UNMIGRATED_S = 3.2  # that a database is taken to be so, and a little


def forward(site, address, aliases, action="alias"):
    site.sql("INSERT INTO forwarder (address, action, aliases) "
             "VALUES ('%s', '%s', '%s')" % (address, action, aliases))


def send(site, *recipients, octets=DATA):
    """The codes of the recipients, and that of the message if any was good."""
    talk = Talk(site)
    talk.ehlo()
    codes = talk.envelope(*recipients)
    if 250 in codes:
        codes.append(talk.message(octets))
    site.last = talk.last[1]
    talk.say("QUIT")
    assert talk.ended()
    return codes


def counts(site, *users):
    return [len(site.messages(user)) for user in users]


# ---- who it is

def test_the_more_exact_goes_first(site):
    """exact, then without the detail, then the catch-all."""
    site.add_user("demo+exact")
    forward(site, "demo+list@test.dev", "other@test.dev")
    forward(site, "@test.dev", "small@test.dev")
    rows = (("demo@test.dev", "demo"), ("demo+exact@test.dev", "demo+exact"),
            ("demo+list@test.dev", "other"), ("demo+any@test.dev", "demo"),
            ("nobody@test.dev", "small"), ("nobody+x@test.dev", "small"))
    users = "demo", "demo+exact", "other", "small"
    for address, user in rows:
        before = counts(site, *users)
        assert send(site, address) == [250, 250], address
        after = counts(site, *users)
        got = [u for u, b, a in zip(users, before, after) if a > b]
        assert got == [user], address


FORMS = [  # as RCPT says them, and the code
    ('<"demo"@test.dev>', 250), ('<"de\\mo"@test.dev>', 250),
    ('<demo@TEST.dev>', 250), ('<@a.example,@[192.0.2.9]:demo@test.dev>', 250),
    ('<"demo+x"@test.dev>', 250), ('<PostMaster>', 250),
    ('<demo@[192.0.2.25]>', 250), ('<"demo"@[192.0.2.25]>', 250),
    ('<demo+x@[192.0.2.25]>', 250), ('<postmaster@[192.0.2.25]>', 250),
    ('<demo@[IPv6:::ffff:192.0.2.25]>', 250), ('<nobody@[192.0.2.25]>', 550),
    ('<demo@[192.0.2.26]>', 550), ('<demo@[IPv6:2001:db8::25]>', 550),
    ('<"demo x"@test.dev>', 550), ('<""@test.dev>', 550),
    ('<"demo@[192.0.2.25]"@test.dev>', 550),
    ('<"postmaster">', 501), ('demo@test.dev', 501), ('<demo@test.dev', 501),
    ('<demo @test.dev>', 501), ('<demo@test.dev.>', 501), ('<>', 501),
    ('<demo.@test.dev>', 501), ('<.demo@test.dev>', 501),
    ('<de..mo@test.dev>', 501), ('<demo@test..dev>', 501),
    ('<demo@-test.dev>', 501), ('<demo@[192.0.2.25>', 501),
    ('<demo@[192.0.2.256]>', 501), ('<demo@[2001:db8::25]>', 501),
    ('<demo@[IPv6:1::2::3]>', 501), ('<demo@[x:y]>', 501),
    ('<@a.example:>', 501), ('<demo@test.dev>NOTIFY=NEVER', 501)]


def from_afar(site, address, lines):
    """The codes of what is said to that address of ours."""
    out = site.pipe("mx", b"EHLO c.example\r\n" + b"".join(
        line.encode() + b"\r\n" for line in lines) + b"QUIT\r\n", env={
            "PROTO": "TCP", "TCPREMOTEIP": "192.0.2.1", "TCPREMOTEPORT": "1",
            "TCPLOCALIP": address, "TCPLOCALPORT": "25"})
    codes = [int(line[:3]) for line in out.splitlines() if line[3:4] == b" "]
    return codes[2:-1]  # without greeting, EHLO and QUIT


def test_address_forms(site):
    """RFC 5321 section 4.1.2 and 4.1.3; RFC 1123 section 5.2.17."""
    site.conf(smtp_max_errors=100, smtp_soft_errors=100)
    codes = from_afar(site, "192.0.2.25", [
        'MAIL FROM:<@a.example:"odd name"@[IPv6:2001:db8::1]>'] + [
            "RCPT TO:" + form for form, _ in FORMS])
    assert codes[0] == 250
    assert list(zip((form for form, _ in FORMS), codes[1:])) == FORMS


@pytest.mark.parametrize("hostname,code", [
    ("mx.test.dev", 250), ("test.dev", 250), ("mx.far.org", 550)])
def test_literal_of_our_own(site, hostname, code):
    """It stands for the host's name, and the domain that this is in."""
    site.conf(hostname=hostname)
    codes = from_afar(site, "2001:db8::25", [
        "MAIL FROM:<s@example.org>", "RCPT TO:<demo@[IPv6:2001:DB8:0::25]>",
        "RCPT TO:<other@test.dev>", "DATA", "Subject: x", "", "y", "."])
    assert codes == [250, code, 250, 354, 250]
    assert counts(site, "demo", "other") == [int(code == 250), 1]


def test_catch_all_that_drops(site):
    forward(site, "@test.dev", "", "drop")
    assert send(site, "nobody@test.dev", "demo@test.dev") == [550, 250, 250]


def test_alias_and_mailbox_of_one_name(site):
    """The predecessor's rows: the alias replaces the mailbox, unless it lists
    itself."""
    site.conf(alias_order="alias")
    forward(site, "demo@test.dev", "other@test.dev")
    assert send(site, "demo@test.dev", "demo+x@test.dev") == [250, 250, 250]
    assert counts(site, "demo", "other") == [0, 1]
    site.sql("UPDATE forwarder SET aliases = 'other@test.dev|DEMO@test.dev' "
             "WHERE address = 'demo@test.dev'")
    assert send(site, "demo@test.dev") == [250, 250]
    assert counts(site, "demo", "other") == [1, 2]
    site.conf(alias_order=None)  # the mailbox first
    assert send(site, "demo@test.dev", "demo+x@test.dev") == [250] * 3
    assert counts(site, "demo", "other") == [2, 2]


def test_names_for_domains(site):
    site.sql("INSERT INTO domain_aliases (name, target) VALUES "
             "('also.dev', 'test.dev'), ('third.dev', 'also.dev')")
    forward(site, "demo@also.dev", "other@test.dev")
    assert send(site, "other@also.dev", "OTHER+x@Third.DEV") == [250] * 3
    assert counts(site, "other") == [1], "one mailbox"
    assert send(site, "demo@also.dev", "demo@third.dev") == [250] * 3
    assert counts(site, "demo", "other") == [0, 2], "their own rows first"
    assert send(site, "nobody@third.dev", "x@fourth.dev") == [550, 550]
    assert "5.7.1" in site.last
    # in a ring, and to nowhere
    site.sql("INSERT INTO domain_aliases (name, target) VALUES "
             "('ring1.dev', 'ring2.dev'), ('ring2.dev', 'ring1.dev'), "
             "('stray.dev', 'far.org')")
    assert send(site, "demo@ring1.dev") == [550] and "5.1.1" in site.last
    assert send(site, "demo@stray.dev") == [451] and "4.3.0" in site.last
    site.conf(domain_alias_query="")
    assert send(site, "other@also.dev") == [550]


def test_domain_query_of_the_sites_own(site):
    """Users make no domain ours where a query says which are."""
    site.add_user("ann", domain="closed.dev")
    assert send(site, "ann@closed.dev") == [250, 250]
    site.conf(domain_query="SELECT 1 FROM users WHERE 'test.dev' = %d",
              host_list="")
    assert send(site, "ann@closed.dev", "demo@test.dev") == [550, 250, 250]


def test_another_delimiter(lite):
    lite.conf(subaddress_delimiter="-=")
    lite.add_user("a-b")
    assert send(lite, "demo-x@test.dev", "demo=y-z@test.dev",
                "a-b@test.dev", "demo+x@test.dev", "-demo@test.dev") == [
                    250, 250, 250, 550, 550, 250]
    assert counts(lite, "demo", "a-b") == [1, 1]
    lite.conf(subaddress_delimiter="")
    assert send(lite, "demo-x@test.dev", "demo+x@test.dev") == [550, 550]


def test_full_for_one_of_several(site):
    """Nobody got it for the list, whoever got it for another recipient."""
    forward(site, "list@test.dev", "small@test.dev|other@test.dev")
    site.sql("UPDATE users SET quota = 1 WHERE name = 'other'")
    for user in "small", "other":
        site.sql("INSERT INTO quota (username, bytes, messages) VALUES "
                 "('%s@test.dev', %d, 1)" % (user, MB - 100))
    big = DATA + (b"x" * 98 + b"\r\n") * (MB // 500)
    for both in (("list@test.dev", "demo@test.dev"),
                 ("demo@test.dev", "list@test.dev")):
        assert send(site, *both, octets=big) == [250, 250, 452]
    assert counts(site, "demo", "small", "other") == [0, 0, 0]


def test_disabled(site):
    forward(site, "half@test.dev", "demo@test.dev|other@test.dev")
    forward(site, "only@test.dev", "demo@test.dev")
    site.sql("INSERT INTO disabled_users (username) VALUES ('demo@test.dev')")
    for address in "demo@test.dev", "demo+x@test.dev", "only@test.dev":
        assert send(site, address) == [550], address
        assert site.last.startswith("5.2.1 <%s>: " % address), site.last
    assert send(site, "half@test.dev") == [250, 250]
    assert counts(site, "demo", "other") == [0, 1]
    site.wait_log("alias half@test.dev: target demo@test.dev is disabled")
    site.sql("DELETE FROM disabled_users")
    assert send(site, "demo@test.dev") == [250, 250]


def test_disabled_by_the_sites_own_query(site):
    site.sql("ALTER TABLE users ADD COLUMN off INTEGER")
    site.conf(user_query="SELECT name, home, uid, gid, quota, domain, 0, 0, "
              "off FROM users WHERE name = %n AND domain = %d")
    assert send(site, "demo@test.dev") == [250, 250]
    for value, codes in (("0", [250, 250]), ("1", [550])):
        site.sql("UPDATE users SET off = %s WHERE name = 'demo'" % value)
        assert send(site, "demo@test.dev") == codes, value
    site.sql("UPDATE users SET off = 0")
    site.conf(user_query="SELECT name, home, uid, gid, quota, domain "
              "FROM users WHERE name = '%n' AND domain = '%d'",
              disabled_query="SELECT 1 FROM users WHERE name = %n "
              "AND quota = '1'")
    assert send(site, "small@test.dev", "demo@test.dev") == [550, 250, 250]


def test_database_of_the_predecessor(site):
    """Never migrated: none of our tables, and nothing is missed."""
    for table in "domains", "domain_aliases", "disabled_users", \
            "njiwa_schema":
        site.sql("DROP TABLE " + table)
    site.conf(host_list="")
    assert send(site, "demo@test.dev", "demo+x@test.dev", "nobody@test.dev",
                "postmaster@test.dev") == [250, 250, 550, 250, 250]
    assert send(site, "x@far.org") == [550] and "5.7.1" in site.last
    # but one that was has them all, or somebody is at work on it
    time.sleep(UNMIGRATED_S)
    site.sql("CREATE TABLE njiwa_schema (number INTEGER, name VARCHAR(9))")
    assert send(site, "demo@test.dev") == [451]


def test_remote_and_local_targets(site):
    """Nothing could tell the sender afterwards: all or nothing."""
    forward(site, "@test.dev", "demo@test.dev|x@far.org")
    assert send(site, "any@test.dev", "demo@test.dev") == [451, 250, 250]
    assert counts(site, "demo") == [1]


def test_too_many_mailboxes(lite):
    """Of one message, 1000; and what is refused takes nobody's place."""
    lite.sql("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
             "WHERE i < 1000) INSERT INTO users (name, password, domain, uid, "
             "gid) SELECT 'u' || i, 'x', 'test.dev', 8, 8 FROM n")
    for name, begin, end in (("a", 0, 600), ("b", 600, 1001),
                             ("c", 600, 1000), ("all", 0, 1001)):
        forward(lite, name + "@test.dev", "|".join(
            "u%d@test.dev" % i for i in range(begin, end)))
    talk = Talk(lite)
    talk.ehlo()
    assert talk.envelope("a@test.dev", "b@test.dev", "c@test.dev",
                         "u1000@test.dev", "u5@test.dev") == [
                             250, 452, 250, 452, 250]
    assert talk.text("RCPT TO:<b@test.dev>").startswith("4.5.3 ")
    assert talk.say("RSET") == 250
    assert talk.envelope("b@test.dev", "all@test.dev") == [250, 451]


# ---- which folder

def test_folders(site):
    imap = site.imap("demo")
    for name in "Lists", "lists/njiwa", "Drafts", "Sent", "Trash", "Trash/old":
        assert imap.create(name)[0] == "OK"
    imap.logout()
    rows = (("Lists", "Lists"), ("lists", "Lists"), ("LISTS", "Lists"),
            ("lists.njiwa", "lists.njiwa"), ("lists+njiwa", "lists.njiwa"),
            ("lists/NJIWA", "lists.njiwa"), ("inbox", ""), ("none", ""),
            ("", ""), ("sent", ""), ("Drafts", ""), ("trash", ""),
            ("trash.old", ""), ("..", None), ("lists+", ""), ("a/b", ""))
    for detail, folder in rows:
        talk = Talk(site)
        talk.ehlo()
        assert talk.say("MAIL FROM:<>") == 250
        code = talk.say('RCPT TO:<demo+%s@test.dev>' % detail)
        if folder is None:
            assert code == 501, detail
            continue
        before = len(site.messages("demo", folder))
        assert (code, talk.message()) == (250, 250), detail
        assert len(site.messages("demo", folder)) == before + 1, detail
    names = {n for n in os.listdir(site.maildir("demo")) if n[0] == "."}
    assert names == {".Lists", ".lists.njiwa", ".Drafts", ".Sent", ".Trash",
                     ".Trash.old"}, "none is made"


def test_folder_through_an_alias_and_spam(site, spamd):
    site.conf(spamd=spamd.address, spam_folder="Junk")
    forward(site, "info@test.dev", "demo@test.dev|other@test.dev")
    for user in "demo", "other":
        imap = site.imap(user)
        assert imap.create("work")[0] == "OK"
        imap.logout()
    assert send(site, "info+work@test.dev") == [250, 250]
    assert len(site.messages("demo", "work")) == 1
    assert len(site.messages("other", "work")) == 1
    gtube = b"Subject: x\r\n\r\n" + spamd.gtube + b"\r\n"
    assert send(site, "info+work@test.dev", octets=gtube) == [250, 250]
    assert len(site.messages("demo", "work")) == 1
    assert len(site.messages("demo", "Junk")) == 1
    assert send(site, "demo+junk@test.dev") == [250, 250]
    assert len(site.messages("demo", "Junk")) == 1, "strangers choose it not"


def test_one_copy_in_the_folder_that_came_first(lite):
    imap = lite.imap("demo")
    assert imap.create("a")[0] == "OK"
    imap.logout()
    assert send(lite, "demo+a@test.dev", "demo@test.dev") == [250] * 3
    assert (len(lite.messages("demo")), len(lite.messages("demo", "a"))) == (
        0, 1)
    assert send(lite, "demo@test.dev", "demo+a@test.dev") == [250] * 3
    assert (len(lite.messages("demo")), len(lite.messages("demo", "a"))) == (
        1, 1)


# ---- bad days and what it costs

def test_database_down(mariadb, mysql_site):
    mariadb.stop()
    try:
        assert send(mysql_site, "demo@test.dev", "x@far.org") == [451, 451]
        assert "4.3.0" in mysql_site.last
    finally:
        mariadb.start()
    assert send(mysql_site, "demo@test.dev") == [250, 250]


@pytest.fixture
def questions(mariadb, mysql_site):
    """How many statements one recipient costs."""
    mysql_site.accountd()

    def ask(address, what="Execute"):
        talk = Talk(mysql_site)
        talk.ehlo()
        talk.envelope("other@test.dev")  # all is prepared and connected
        talk.say("RSET")
        assert talk.say("MAIL FROM:<>") == 250
        mariadb.sql("TRUNCATE mysql.general_log")
        mariadb.sql("SET GLOBAL log_output = 'TABLE', general_log = 1")
        code = talk.say("RCPT TO:<%s>" % address)
        mariadb.sql("SET GLOBAL general_log = 0")
        rows = mariadb.sql(
            "SELECT argument FROM mysql.general_log WHERE command_type = "
            "'%s' AND user_host LIKE 'mail%%'" % what)
        return code, len(rows)

    return ask


@pytest.fixture
def aliases_first(mysql_site, questions):
    mysql_site.conf(alias_order="alias")
    mysql_site.daemons[0].terminate()
    mysql_site.accountd()


def test_cost_with_the_predecessors_database(
        mysql_site, questions, aliases_first):
    """What it has not is not asked for each time."""
    for table in "domains", "domain_aliases", "disabled_users", \
            "njiwa_schema":
        mysql_site.sql("DROP TABLE " + table)
    assert questions("demo@test.dev", "Prepare") == (250, 0)
    assert questions("demo@test.dev") == (250, 2)


def test_cost_with_aliases_first(mysql_site, questions, aliases_first):
    forward(mysql_site, "one@test.dev", "demo@test.dev")
    forward(mysql_site, "two@test.dev", "demo@test.dev|other@test.dev")
    # alias and mailbox; with its domain; and so on
    assert questions("demo@test.dev") == (250, 2)
    assert questions("one@test.dev") == (250, 4)
    assert questions("two@test.dev") == (250, 6)
    assert questions("demo+x@test.dev") == (250, 5)
    assert questions("nobody@test.dev") == (550, 4)


def test_cost(mysql_site, questions):
    forward(mysql_site, "one@test.dev", "demo@test.dev")
    assert questions("demo@test.dev") == (250, 1)
    # mailbox and alias, its domain, and the target
    assert questions("one@test.dev") == (250, 4)
    assert questions("nobody@test.dev") == (550, 4)
    assert questions("postmaster@test.dev") == (250, 4)
    assert questions("x@far.org") == (550, 3)
