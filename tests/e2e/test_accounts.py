"""What njiwa-accountd answers, on real databases that come and go."""
import os
import socket
import statistics
import subprocess
import time

import pytest

import servers
from accountd_client import (DENIED, DISABLED, FOUND, LOGIN, LOOKUP,
                             NOT_LOCAL, TEMPFAIL, UNKNOWN, Client, text)
from accountd_under_test import pair_of, quota_row, start
from init_under_test import cpu_ns
from site_under_test import DOMAIN, PASSWORD

NASTY = ["'", '"', "`", "\\", "';--", "' OR '1'='1", '" OR ""="', "%u", "%n",
         "?", "/*", "\\' OR 1=1 #", "a'); DELETE FROM users; --", "${x}", "|",
         "x' UNION SELECT 1,2,3,4,5 -- ", "\u00e9", "\U0001f600", "%", "_"]


@pytest.fixture
def on_pair(site):
    """A client and its njiwa-accountd, on each database."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = start(site, theirs)
    theirs.close()
    client = Client(ours)
    client.site, client.process = site, process
    yield client
    ours.close()
    assert process.wait(servers.PATIENCE) == 0


def test_answers(on_pair):
    demo = "demo@" + DOMAIN
    assert on_pair.resolve(demo) == (FOUND, [demo])
    assert on_pair.resolve("Demo@" + DOMAIN.upper()) == (FOUND, [demo])
    assert on_pair.resolve("postmaster@" + DOMAIN) == (FOUND, [demo])
    assert on_pair.resolve("nobody@" + DOMAIN) == UNKNOWN
    assert on_pair.resolve("demo@elsewhere.org") == NOT_LOCAL
    user = on_pair.login(demo, PASSWORD)
    assert user["name"] == demo and user["limit"] == 0
    assert on_pair.login(demo, PASSWORD + "x") == DENIED
    assert on_pair.login("nobody@" + DOMAIN, PASSWORD) == DENIED
    assert on_pair.lookup("small@" + DOMAIN)["limit"] == 1 << 20
    assert on_pair.lookup("nobody@" + DOMAIN) == UNKNOWN


@pytest.mark.parametrize("queries", ["default", "without the domain"])
def test_another_spelling_is_another_name(site, queries):
    """MySQL takes more for equal than we do, and each would be a folder of its
    own.  But a row may be written in capitals, or with a blank behind it."""
    if queries != "default":
        where = "FROM users WHERE name = %n AND domain = %d"
        site.conf(user_query="SELECT name, home, uid, gid, quota " + where,
                  password_query="SELECT name, password " + where)
    site.sql("UPDATE users SET name = 'Demo' WHERE name = 'demo'")
    client = pair_of(site)
    for name in ("demo@" + DOMAIN + " ", "demo @" + DOMAIN,
                 "d\u00e9mo@" + DOMAIN, "demo@t\u00e9st.dev",
                 "demo@test.d\u00adev"):
        assert client.login(name, PASSWORD) == DENIED, name
        assert client.lookup(name) == UNKNOWN, name
        assert client.resolve(name) in (UNKNOWN, NOT_LOCAL), name
    assert client.login("demo@TEST.dev", PASSWORD)["name"] == "Demo@" + DOMAIN
    if site.mariadb:
        site.sql("UPDATE users SET domain = 'test.dev ' WHERE name = 'Demo'")
        assert client.login("demo@" + DOMAIN, PASSWORD) != DENIED
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


def test_another_spelling_of_an_alias(site):
    """It neither takes another mailbox's mail nor makes an address."""
    site.conf(alias_order="alias")
    site.sql("INSERT INTO users (name, password, domain, uid, gid) "
             "SELECT 'd\u00e9mo', password, domain, uid, gid FROM users "
             "WHERE name = 'demo'")
    for row in (("demo@" + DOMAIN, "alias", "small@" + DOMAIN),
                ("j\u00f6rg@" + DOMAIN, "alias", "small@" + DOMAIN),
                ("hole@" + DOMAIN, "drop", "")):
        site.sql("INSERT INTO forwarder (address, action, aliases) "
                 "VALUES ('%s', '%s', '%s')" % row)
    client = pair_of(site)
    assert client.resolve("DEMO@" + DOMAIN) == (FOUND, ["small@" + DOMAIN])
    assert client.resolve("J\u00f6rg@" + DOMAIN)[0] == FOUND
    assert client.resolve("d\u00e9mo@" + DOMAIN) == (
        FOUND, ["d\u00e9mo@" + DOMAIN])
    assert client.resolve("jorg@" + DOMAIN) == UNKNOWN
    assert client.resolve("h\u00f6le@" + DOMAIN) == UNKNOWN
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


def test_disabled_with_a_blank_behind(site):
    site.sql("UPDATE users SET name = 'Demo ' WHERE name = 'demo'")
    site.sql("INSERT INTO disabled_users (username) VALUES ('demo@test.dev')")
    client = pair_of(site)
    for name in "demo@" + DOMAIN, "Demo@" + DOMAIN:
        assert client.login(name, PASSWORD) in (DENIED, DISABLED)
        assert client.resolve(name) in (UNKNOWN, DISABLED)
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


def test_quota(on_pair):
    demo = "demo@" + DOMAIN
    for _ in range(30):
        on_pair.add(demo, 1000, 1)
    assert [on_pair.receive()[0] for _ in range(30)] == [FOUND] * 30
    assert quota_row(on_pair.site, demo) == [30000, 30]
    on_pair.add(demo, -31000, -29)
    assert on_pair.receive()[0] == FOUND
    assert quota_row(on_pair.site, demo) == [0, 1]
    used = on_pair.lookup(demo)
    assert (used["used"], used["messages"]) == (0, 1)


@pytest.mark.parametrize("octets, messages, good", [
    (1 << 42, (1 << 31) - 1, True), (-(1 << 42), 1 - (1 << 31), True),
    ((1 << 42) + 1, 0, False), (-(1 << 42) - 1, 0, False),
    (0, 1 << 31, False), (0, -(1 << 31), False),
    (-(1 << 63), 0, False)])
def test_bounds_of_additions(on_pair, octets, messages, good):
    """Without them sums of many would come out on the other side."""
    on_pair.add("demo@" + DOMAIN, octets, messages)
    if good:
        assert on_pair.receive()[0] == FOUND
        return
    with pytest.raises(EOFError):
        on_pair.receive()


def test_metacharacters(on_pair):
    site = on_pair.site
    before = site.sql("SELECT * FROM users ORDER BY id")
    for nasty in NASTY:
        for address in (nasty + "@" + DOMAIN, "demo@" + nasty,
                        "demo" + nasty + "@" + DOMAIN, nasty):
            assert on_pair.resolve(address) in (UNKNOWN, NOT_LOCAL), address
            assert on_pair.login(address, PASSWORD) == DENIED, address
            assert on_pair.lookup(address) == UNKNOWN, address
        assert on_pair.login("demo@" + DOMAIN, nasty) == DENIED, nasty
        on_pair.add(nasty + "@" + DOMAIN, 5, 1)
        on_pair.receive()
        on_pair.send(LOGIN, text("demo@" + DOMAIN) + text(PASSWORD) +
                     text(nasty[:8]) + text(nasty))
        assert on_pair.receive()[0] == FOUND
    assert site.sql("SELECT * FROM users ORDER BY id") == before
    assert on_pair.login("demo@" + DOMAIN, PASSWORD)["name"]


def test_bound(on_pair):
    demo = "demo@" + DOMAIN
    assert on_pair.bind(demo) == FOUND
    on_pair.add(demo, 10, 1)
    assert on_pair.receive()[0] == FOUND
    assert on_pair.lookup(demo)["used"] == 10
    on_pair.send(LOOKUP, text("other@" + DOMAIN))
    with pytest.raises(EOFError):
        on_pair.receive()


def test_time_of_unknown_user(on_pair):
    """Nobody learns from the time whether a user exists."""
    def seconds(name):
        begun = cpu_ns([on_pair.process.pid])
        assert on_pair.login(name, "wrong") == DENIED
        return cpu_ns([on_pair.process.pid]) - begun

    seconds("demo@" + DOMAIN)
    times = [(seconds("demo@" + DOMAIN), seconds("nobody@" + DOMAIN))
             for _ in range(40)]
    known, unknown = (statistics.median(column) for column in zip(*times))
    assert 0.7 < known / unknown < 1.4, (known, unknown)


def test_host_list_is_read_again(on_pair):
    path = on_pair.site.settings["host_list"]
    assert on_pair.resolve("x@new.dev") == NOT_LOCAL
    with open(path, "a") as file:
        file.write("New.dev\n")
    assert on_pair.resolve("x@new.dev") == UNKNOWN
    with open(path + ".tmp", "w") as file:
        file.write(DOMAIN + "\n")
    os.rename(path + ".tmp", path)
    assert on_pair.resolve("x@new.dev") == NOT_LOCAL


@pytest.mark.parametrize("columns, used", [
    ("", (7, 1)), (", 11", (7, 1)), (", 11, 2", (11, 2)),
    (", NULL, NULL", (0, 0)), (", -5, 'x'", (0, 0)), (", 11, 2, 3", (11, 2))])
def test_use_in_the_users_row(site, columns, used):
    site.sql("INSERT INTO quota (username, bytes, messages) "
             "VALUES ('demo@%s', 7, 1)" % DOMAIN)
    site.conf(user_query="SELECT name, home, uid, gid, quota, domain%s "
              "FROM users WHERE name = %%n AND domain = %%d" % columns)
    client = pair_of(site)
    user = client.lookup("demo@" + DOMAIN)
    assert (user["used"], user["messages"]) == used
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


def test_quota_that_is_no_number(on_pair):
    on_pair.site.sql("UPDATE users SET quota = 'lots' WHERE name = 'small'")
    assert on_pair.lookup("small@" + DOMAIN)["limit"] == 0
    assert "is no number of MB" in on_pair.site.log


# ---- MySQL alone

def test_database_comes_and_goes(mysql_site):
    server = mysql_site.mariadb
    client = pair_of(mysql_site)
    demo = "demo@" + DOMAIN
    assert client.login(demo, PASSWORD)["name"] == demo
    server.stop()
    try:
        for _ in range(2):
            assert client.resolve(demo) == TEMPFAIL and client.text
            assert client.resolve("nobody@" + DOMAIN) == TEMPFAIL
            assert client.login(demo, PASSWORD) == TEMPFAIL
            client.add(demo, 5, 1)
            assert client.receive()[0] == TEMPFAIL
    finally:
        server.start()
    assert client.resolve(demo) == (FOUND, [demo])
    servers.wait_for("what was added meanwhile", lambda: quota_row(
        mysql_site, demo) == [10, 2])
    # the connection is lost and nobody notices
    server.stop()
    server.start()
    assert client.resolve("nobody@" + DOMAIN) == UNKNOWN
    server.stop()
    server.start()
    client.add(demo, 5, 1)
    client.add(demo, 5, 1)
    assert [client.receive()[0] for _ in range(2)] == [FOUND] * 2
    assert quota_row(mysql_site, demo) == [20, 4]
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


def is_stopped(pid):
    """Every thread: SIGSTOP takes its time."""
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/stat" % (pid, task)) as file:
            if file.read().rpartition(")")[2].split()[0] != "T":
                return False
    return True


def test_database_hangs(mysql_site):
    mysql_site.conf(mysql_query_timeout="3s", mysql_connect_timeout="3s")
    client = pair_of(mysql_site)
    assert client.resolve("demo@" + DOMAIN)[0] == FOUND
    mysql_site.mariadb.pause()
    try:
        servers.wait_for("stopped MariaDB", lambda: is_stopped(
            mysql_site.mariadb.process.pid))
        begun = time.monotonic()
        assert client.resolve("demo@" + DOMAIN) == TEMPFAIL
        assert time.monotonic() - begun < 30
    finally:
        mysql_site.mariadb.resume()
    # for a second the failed connection is not tried again
    servers.wait_for("answer", lambda: client.resolve(
        "demo@" + DOMAIN) != TEMPFAIL)
    assert client.resolve("demo@" + DOMAIN)[0] == FOUND
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


def test_hosts_in_turn(mysql_site):
    server = mysql_site.mariadb
    mysql_site.conf(mysql_host="127.0.0.1:%d 127.0.0.1:%d" % (
        servers.free_port(), server.port))
    client = pair_of(mysql_site)
    assert client.resolve("demo@" + DOMAIN)[0] == FOUND
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


def test_wrong_password_of_the_database(mysql_site):
    with open(mysql_site.folder + "/dbpass", "w") as file:
        file.write("wrong\n")
    client = pair_of(mysql_site)
    assert client.resolve("demo@" + DOMAIN) == TEMPFAIL
    assert "Access denied" in client.text
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0
    assert "wrong" not in mysql_site.log


def test_dropped_table_is_no_unknown_user(mysql_site):
    """As while a backup is loaded: tables of a migrated database."""
    mysql_site.conf(alias_order="alias")
    mysql_site.sql("CREATE TABLE IF NOT EXISTS njiwa_schema (number INTEGER)")
    client = pair_of(mysql_site)
    for table in ("forwarder", "quota", "domains", "users"):
        mysql_site.sql("RENAME TABLE %s TO away" % table)
        assert client.resolve("demo@" + DOMAIN) == TEMPFAIL or \
            table == "domains", table
        assert client.resolve("demo@elsewhere.org") == TEMPFAIL, table
        mysql_site.sql("RENAME TABLE away TO %s" % table)
        assert client.resolve("demo@" + DOMAIN)[0] == FOUND
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


@pytest.mark.parametrize("alias_query, outcome", [
    (None, (FOUND, ["demo@" + DOMAIN])),
    ("SELECT action, aliases FROM forwarder WHERE address = %u AND 1",
     TEMPFAIL)])
def test_predecessors_database_without_aliases(site, alias_query, outcome):
    """Its first published schema, taken over as it is."""
    site.conf(alias_query=alias_query, alias_order="alias")
    for table in ("forwarder", "domains", "njiwa_schema"):
        site.sql("DROP TABLE " + table)
    client = pair_of(site)
    assert client.resolve("demo@" + DOMAIN) == outcome
    if alias_query is None:
        assert client.resolve("nobody@" + DOMAIN) == UNKNOWN
        site.sql("CREATE TABLE njiwa_schema (number INTEGER)")
        assert client.resolve("demo@" + DOMAIN) == TEMPFAIL
    client.close()
    assert client.process.wait(servers.PATIENCE) == 0


VARIANTS = {
    "none": [],
    "readme": ["""CREATE TABLE expires (username varchar(100) NOT NULL,
      mailbox varchar(255) NOT NULL, expire_stamp int(11) NOT NULL,
      PRIMARY KEY (username, mailbox)) ENGINE=InnoDB DEFAULT CHARSET=latin1""",
               """CREATE TABLE quota (username varchar(100) NOT NULL,
      bytes bigint(20) NOT NULL DEFAULT '0',
      messages int(11) NOT NULL DEFAULT '0',
      PRIMARY KEY (username)) ENGINE=InnoDB DEFAULT CHARSET=latin1""",
               """CREATE TABLE users (id int(11) NOT NULL AUTO_INCREMENT,
      name varchar(32) NOT NULL DEFAULT '',
      password varchar(255) NOT NULL DEFAULT '',
      domain varchar(255) NOT NULL DEFAULT '', uid int(11) DEFAULT NULL,
      gid int(11) DEFAULT NULL, gecos varchar(255) DEFAULT NULL,
      home varchar(255) DEFAULT NULL, quota varchar(255) DEFAULT NULL,
      PRIMARY KEY (id), KEY stress_test_com_idx (name))
      ENGINE=InnoDB AUTO_INCREMENT=8 DEFAULT CHARSET=latin1"""],
    "design": ["""CREATE TABLE users (id int(11) NOT NULL AUTO_INCREMENT,
      name varchar(32) NOT NULL, password varchar(255) NOT NULL,
      domain varchar(255) NOT NULL, uid int(11) DEFAULT NULL,
      gid int(11) DEFAULT NULL, gecos varchar(255) DEFAULT NULL,
      home varchar(255) NOT NULL, quota varchar(255) DEFAULT '0',
      PRIMARY KEY (id)) ENGINE=InnoDB""",
               """CREATE TABLE forwarder (id int(11) NOT NULL AUTO_INCREMENT,
      address varchar(128) NOT NULL, action varchar(8) NOT NULL,
      aliases text DEFAULT '', PRIMARY KEY (id)) ENGINE=InnoDB""",
               """CREATE TABLE quota (username varchar(255) NOT NULL,
      bytes bigint(20) NOT NULL DEFAULT '0',
      messages int(11) NOT NULL DEFAULT '0',
      PRIMARY KEY (username)) ENGINE=InnoDB"""],
    "keyless": ["""CREATE TABLE quota (username varchar(255) NOT NULL,
      bytes bigint(20) NOT NULL DEFAULT '0',
      messages int(11) NOT NULL DEFAULT '0') ENGINE=MyISAM"""],
}


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_units_on_the_predecessors_tables(build, scratch, mariadb, variant):
    """The unit test of the back ends, here on MariaDB; twice, as the second
    time nothing is left to migrate.  The tables keep their columns."""
    database = "njiwa_units_" + variant
    mariadb.sql("CREATE DATABASE " + database)
    for statement in VARIANTS[variant]:
        mariadb.sql(statement, database)
    columns = ("SELECT table_name, column_name, column_type, column_default "
               "FROM information_schema.columns WHERE table_schema = '%s' "
               "ORDER BY table_name, ordinal_position" % database)
    before = mariadb.sql(columns)
    source = os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    env = dict(os.environ, NJIWA_TEST_MYSQL="127.0.0.1:%d" % mariadb.port,
               NJIWA_TEST_MYSQL_USER=mariadb.user, srcdir=source,
               NJIWA_TEST_MYSQL_PASS=mariadb.password,
               NJIWA_TEST_MYSQL_DATABASE=database)
    first, *others = [build + "/tests/unit/test_" + name
                      for name in ("account_db", "account_quota", "greylist")]
    if not os.path.exists(first):
        pytest.skip("the unit tests are not built")
    for program in first, first, *others:
        done = subprocess.run([program], cwd=build, env=env, timeout=60,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout.decode()
    after = mariadb.sql(columns)
    assert [row for row in after if row in before] == before


@pytest.mark.parametrize("users, quota", [
    ("latin1", "latin1"), ("latin1", "utf8mb4"), ("utf8mb4", "latin1"),
    ("utf8mb4 COLLATE utf8mb4_unicode_ci", "utf8mb4"),
    ("utf8mb4 COLLATE utf8mb4_bin", "utf8mb4 COLLATE utf8mb4_bin")])
def test_tables_of_several_character_sets(mysql_site, users, quota):
    """The tables are asked as one, whatever each of them is made of."""
    for table, kind in (("users", users), ("quota", quota),
                        ("forwarder", quota)):
        mysql_site.sql("ALTER TABLE %s CONVERT TO CHARACTER SET %s" % (
            table, kind))
    client, demo = pair_of(mysql_site), "demo@" + DOMAIN
    client.add(demo, 77, 2)
    assert client.receive()[0] == FOUND
    assert client.lookup(demo)["used"] == 77
    assert client.resolve(demo) == (FOUND, [demo])
    assert client.resolve("postmaster@TEST.dev") == (FOUND, [demo])
    assert client.login(demo, PASSWORD)["used"] == 77
    for name in "nobody", "d\u00e9mo", "\u0434\u0435\u043c\u043e", \
            "\U0001f600":
        assert client.resolve(name + "@" + DOMAIN) == UNKNOWN, name
        assert client.lookup(name + "@" + DOMAIN) == UNKNOWN, name
