"""njiwa, the administrator's tool: settings and the command line."""
import os
import re
import subprocess

import pytest

import servers
from tool_under_test import CONFIG, OK, USAGE, bad, call, full, good


def conf(bare, text):
    path = bare.folder + "/conf"
    with open(path, "w") as out:
        out.write(text)
    return path


def test_config_check(bare):
    path = conf(bare, "hostname = mx.test.dev\n")
    assert good(bare, "-c", path, "config", "check") == (
        path + ": no mistakes\n")
    path = conf(bare, "smtp_max_hop = 5\nfsync = perhaps\n\nuser_query = "
                      "SELECT '\n")
    err = bad(bare, CONFIG, "config", "check", "-c", path)
    assert err.splitlines()[:2] == [
        "njiwa: %s:1: smtp_max_hop: there is no such setting; did you mean "
        "smtp_max_hops?" % path,
        "njiwa: %s:2: fsync: \"perhaps\" is neither yes nor no" % path]
    assert "user_query" in err and err.endswith("njiwa: 3 mistakes\n")
    bad(bare, CONFIG, "config", "check", "-c", "/nowhere/at/all")
    err = bad(bare, CONFIG, "config", "check", env={"MYSQL_PORT": "none"})
    assert "MYSQL_PORT" in err


@pytest.mark.parametrize("text,says", [
    ("content_commands = relative", ["content_commands: relative is no "]),
    ("content_commands = /bin/true /usr/bin/true", ["two are called true"]),
    ("filters_mx = clamd bogus", ["filters_mx: there is no bogus"]),
    ("filters_submission = spam spam", [
        "filters_submission: spam stands there twice"]),
    ("filters_lmtp = x\nmilters = { inet:1.2.3.4:5, color=red }", [
        "milters: color=red makes no sense", "filters_lmtp: there is no x"])])
def test_config_check_of_filters(bare, text, says):
    err = bad(bare, CONFIG, "-c", conf(bare, text + "\n"), "config", "check")
    assert len(err.splitlines()) == len(says) + 1, err
    for line, wanted in zip(err.splitlines(), says):
        assert wanted in line


def test_config_check_of_good_filters(bare):
    good(bare, "-c", conf(
        bare, "content_commands = { /bin/true a, name=one } /bin/false\n"
        "filters_mx = milters one clamd commands spam\n"
        "milters = { inet:1.2.3.4:5, default_action=accept }\n"),
        "config", "check")


def test_config_check_without_a_file(bare):
    path, said = good(bare, "config", "check",
                      env={"NJIWA_CONFIG": ""}).strip().split(": ")
    assert path.endswith("/etc/njiwa/njiwa.conf")
    assert said.startswith("not there") != os.path.exists(path)
    assert said.endswith("no mistakes")


def test_pages_name_the_file_of_this_build(build, tmp_path):
    servers.run("make", "-s", "-C", build, "install-man", "install-pages",
                "DESTDIR=%s" % tmp_path, "sysconfdir=/opt/conf",
                "mandir=/man", "libexecdir=/opt/lib")
    for page in ("man5/njiwa.conf.5", "man8/njiwa-smtpd.8"):
        text = (tmp_path / "man" / page).read_text()
        assert "\n.Pa /opt/conf/njiwa/njiwa.conf" in text or (
            "\n.It Pa /opt/conf/njiwa/njiwa.conf" in text)
        assert " /etc/njiwa" not in text
        assert "/usr/libexec" not in text
    assert " | /opt/lib/njiwa/njiwa-smtpd\n" in text


def test_secrets_that_only_a_service_has(site, tmp_path):
    """The tool wants the database's password alone, and that of a database."""
    site.conf(tls_key_password="credential:njiwa.tls_key_password")
    assert full("demo") in good(site, "user", "list")
    good(site, "db", "status")
    password = site.settings.get("mysql_password")
    site.conf(mysql_password="credential:njiwa.mysql_password")
    if password:
        err = bad(site, CONFIG, "user", "list")
        assert "mysql_password" in err and "tls_key" not in err
        with open(password[len("file:"):], "rb") as text:
            (tmp_path / "njiwa.mysql_password").write_bytes(text.read())
        assert full("demo") in good(site, "user", "list", env={
            "CREDENTIALS_DIRECTORY": str(tmp_path)})
    else:
        assert full("demo") in good(site, "user", "list")
    for words in (("check",), ("show", "mysql_password")):
        status, out, err = call(site, "config", *words)
        assert status == OK, err
        assert err.count("a credential, which only a service has") == 2
        assert out.endswith(": no mistakes\n") or out == (
            "# mysql_password = (set)\n")


def test_config_show(bare):
    path = conf(bare, "spam_subject_prefix = a ; b # c\nmysql_password = "
                      "geheim\nlogin_delay = 2s\nhostname = mx.test.dev\n")
    shown = good(bare, "config", "show", "-c", path)
    assert "geheim" not in shown
    assert "\nspam_subject_prefix = a ; b # c\n" in shown
    changed = good(bare, "config", "show", "-n", "-c", path)
    assert changed == ("hostname = mx.test.dev\n# mysql_password = (set)\n"
                       "mail_root = /data\nspam_subject_prefix = a ; b # c\n")
    assert good(bare, "config", "show", "-c", path, "login_delay") == (
        "login_delay = 2s\n")
    err = bad(bare, USAGE, "config", "show", "login_dely")
    assert "did you mean login_delay?" in err
    # what is shown is a file again
    again = conf(bare, shown)
    assert good(bare, "config", "show", "-c", again) == shown.replace(
        "# mysql_password = (set)", "mysql_password =")


def test_config_environment(bare):
    shown = good(bare, "config", "show", "-n", env={
        "MYSQL_HOST": "old", "NJIWA_MYSQL_HOST": "db1 db2", "HOSTNAME": "a.b",
        "MYSQL_PASS": "geheim", "SSL_KEY_PASSWORD": "", "MYSQL_PORT": ""})
    assert shown == ("hostname = a.b\nmysql_host = db1 db2\n"
                     "# mysql_password = (set)\nmail_root = /data\n")


# ---- the command line

@pytest.mark.parametrize("words", [
    (), ("elephant",), ("user",), ("user", "elephant"), ("user", "add"),
    ("user", "add", "a@b", "c@d"), ("user", "list", "-q", "1"), ("-q", "1"),
    ("user", "add", "-q"), ("quota", "set", "a@b"), ("help", "elephant")])
def test_usage(bare, words):
    found, out, err = call(bare, *words)
    assert (found, out) == (USAGE, "") and "njiwa" in err


def test_help(bare):
    for words in (("help",), ("-h",)):
        out = good(bare, *words)
        assert "njiwa user add " in out and "njiwa db init" in out
    assert good(bare, "user", "add", "-h") == good(bare, "help", "user", "add")
    assert re.fullmatch(r"njiwa \d+\.\d+\.\d+\n", good(bare, "version"))


def test_output_that_cannot_be_written(bare):
    with open("/dev/full", "w") as full_disk:
        done = subprocess.run(
            [bare.build + "/njiwa", "config", "show"], env=bare.env,
            stdout=full_disk, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 74 and b"output" in done.stderr
