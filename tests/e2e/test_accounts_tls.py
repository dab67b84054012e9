"""TLS to the database server: used where it is asked for, and refused where the
server is not who it should be."""
import poplib

import pytest

import servers

# mysql_tls, whose certificate mysql_tls_ca names, does a login succeed?
WAYS = [("off", None, False), ("on", None, True), ("verify", "server", True),
        ("verify", "other", False), ("verify", None, False)]


@pytest.fixture
def site(make_site, mariadb, certs):
    site = make_site("mysql")
    mariadb.sql("CREATE OR REPLACE USER 'secure'@'%%' IDENTIFIED BY 'tls only' "
                "REQUIRE SSL; GRANT ALL ON `%s`.* TO 'secure'@'%%'"
                % site.database)
    with open(site.folder + "/dbpass", "w") as out:
        out.write("tls only\n")
    site.conf(mysql_host="127.0.0.1", mysql_port=mariadb.port,
              mysql_socket=None, mysql_user="secure")
    site.cas = {"server": mariadb.cert, "other": certs.cert, None: None}
    return site


@pytest.mark.parametrize("mode,ca,good", WAYS)
def test_tls_to_the_database(site, mode, ca, good):
    site.conf(mysql_tls=mode, mysql_tls_ca=site.cas[ca])
    if good:
        assert site.pop3().stat() == (0, 0)
        return
    with pytest.raises(poplib.error_proto, match="SYS/TEMP"):
        site.pop3()
    servers.wait_for("a line that says why",
                     lambda: "MySQL" in site.log or "TLS" in site.log)
