"""Commands of content_commands: what they get, what they may answer, where they
stand in the chain of each profile, and all the ways in which they fail."""
import glob
import os
import time

import pytest

import servers
from smtp_talk import DATA, Talk
from test_smtp_filters import Filter

BACK_ENDS = ["sqlite"]
HEAD = ("#!/usr/bin/python3\nimport os, sys, time\n"
        "def out(*lines):\n"
        "    sys.stdout.write(''.join(l + '\\n' for l in lines))\n"
        "    sys.stdout.flush()\n")
READ = "message = sys.stdin.buffer.read()\n"


def program(site, name, text):
    path = site.folder + "/" + name
    with open(path, "w") as file:
        file.write(HEAD + text)
    os.chmod(path, 0o755)
    return path


@pytest.fixture
def command(site):
    """Puts a program into the settings, with options."""
    def put(text, options="", name="check", read=True, **settings):
        path = program(site, name, (READ if read else "") + text)
        site.conf(content_commands="{ %s%s }" % (path, options), **settings)
        return path
    return put


def send(site, octets=DATA, recipients=("demo@test.dev",), service="mx"):
    talk = Talk(site, service, timeout=60)
    assert talk.say(("LHLO" if service == "lmtp" else "EHLO") + " c.x") == 250
    assert set(talk.envelope(*recipients)) == {250}
    code = talk.message(octets)
    send.text = talk.last[1]
    return code


def alive(path):
    """The processes of a command."""
    found = []
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(name, "rb") as file:
                if path.encode() in file.read():
                    found.append(name)
        except OSError:
            pass
    return found


def head(site, user="demo"):
    """The fields of the user's only message, behind our trace."""
    stored, = site.contents(user)
    lines = stored.partition(b"\n\n")[0].replace(b"\n\t", b" ").split(b"\n")
    return [line.decode() for line in lines
            if not line.startswith((b"Return-Path", b"Received"))]


# ---- what a command gets

def test_what_it_gets(site, command):
    told = site.folder + "/told"
    os.mkdir(told)
    os.chmod(told, 0o777)
    command("name = %r\n"
            "open(name + '/message', 'wb').write(message)\n"
            "open(name + '/envelope', 'w').write(os.fdopen(3).read())\n"
            "open(name + '/rest', 'w').write(repr((\n"
            "    sorted(os.environ.items()), os.getcwd(), os.getuid(),\n"
            "    os.getgid(), os.getgroups(), sys.argv[1:], os.umask(0),\n"
            "    sorted(os.listdir('/proc/self/fd'))[:-1])))\n" % told,
            ' --strict "two words; $(id)" \'a "b", {c}\'')
    assert send(site, recipients=("demo@test.dev", "other@test.dev")) == 250
    with open(told + "/message", "rb") as file:
        assert file.read() == site.contents("demo")[0]
    with open(told + "/envelope") as file:
        lines = file.read().split("\n")
    assert lines[0].startswith("id ") and len(lines[0]) > 6
    assert lines[1:] == [
        "profile mx", "client 127.0.0.1", "helo c.x", "user ",
        "sender s@example.org", "recipient demo@test.dev",
        "recipient other@test.dev", ""]
    with open(told + "/rest") as file:
        env, cwd, uid, gid, groups, argv, umask, fds = eval(file.read())
    assert [name for name, _ in env if name != "LC_CTYPE"] == [
        "HOME", "LANG", "PATH"]
    assert (cwd, uid, gid, groups, umask) == ("/", 8, 8, [], 0o077)
    assert argv == ["--strict", "two words; $(id)", 'a "b", {c}']
    assert fds == ["0", "1", "2", "3"]


def test_whom_it_runs_as(site, command):
    command("out('add X-Ids: %d %d' % (os.getuid(), os.getgid()))",
            content_command_uid="65533", content_command_gid="65532")
    assert send(site) == 250
    assert head(site)[0] == "X-Ids: 65533 65532"


def test_a_large_envelope(site, command):
    """More than one message between keeper and runner holds."""
    command("out('add X-Count: %d' % os.fdopen(3).read().count('\\n'))")
    talk = Talk(site, timeout=60)
    talk.ehlo()
    names = ["demo+%03d%s@test.dev" % (i, "x" * 40) for i in range(100)]
    assert set(talk.envelope(*names)) == {250}
    assert talk.message() == 250
    assert head(site)[0] == "X-Count: 106"


# ---- what it may answer

@pytest.mark.parametrize("text,fields", [
    ("", ["Subject: hello"]),
    ("out('add X-A: b')", ["X-A: b", "Subject: hello"]),
    ("out('add X-A: b', ' folded', '\\tmore', 'add X-B: c')",
     ["X-A: b", " folded more", "X-B: c", "Subject: hello"]),
    ("out('replace Subject: *** hello')", ["Subject: *** hello"]),
    ("out('replace SUBJECT: a', 'replace X-New: b')",
     ["X-New: b", "SUBJECT: a"]),
    ("out('remove subject', 'remove X-None')", []),
    ("out('add X-A: b\\r', '', 'add X-B: c')",
     ["X-A: b", "X-B: c", "Subject: hello"]),
    ("out('reply only for a refusal')", ["Subject: hello"])],
    ids=["nothing", "add", "folded", "replace", "replace none", "remove",
         "odd ends", "reply"])
def test_changes(site, command, text, fields):
    command(text)
    assert send(site) == 250
    assert head(site) == fields
    stored, = site.contents("demo")
    assert stored.endswith(b"\nbody\n")
    site.wait_log("verdict=passed filter=check")


def test_replace_takes_all_of_the_name(site, command):
    command("out('replace X-Dlp: ok')")
    assert send(site, b"X-Dlp: forged\r\nA: b\r\nx-dlp: again\r\n and\r\n"
                      b"\r\nX-Dlp: body\r\n") == 250
    assert head(site) == ["X-Dlp: ok", "A: b"]
    assert site.contents("demo")[0].endswith(b"\n\nX-Dlp: body\n")


def test_a_large_message_is_changed_in_place(site, command):
    command("out('replace Subject: ' + 'x' * 900, 'add A: ' + 'y' * 900)")
    body = (b"z" * 76 + b"\r\n") * 5000
    assert send(site, b"Subject: s\r\n\r\n" + body) == 250
    stored, = site.contents("demo")
    assert stored.endswith(b"x" * 900 + b"\n\n" + body.replace(b"\r", b""))


@pytest.mark.parametrize("code,text,reply,says", [
    (69, "", 554, "5.7.1 Refused by a filter"),
    (77, "out('reply no cards, please')", 554, "5.7.1 no cards, please"),
    (75, "", 451, "4.7.1 A filter asks to try again later"),
    (75, "out('reply later')", 451, "4.7.1 later"),
    (69, "out('reply 100%s \\x01 \\xe9')", 554, "5.7.1 100%s ? ??"),
    (69, "out('reply ' + 'n' * 400)", 554, "5.7.1 " + "n" * 200 + " ["),
    (69, "out('add X-A: b', 'reply no')", 554, "5.7.1 no")],
    ids=["refuse", "text", "defer", "defer text", "odd", "long", "changes"])
def test_refusals(site, command, code, text, reply, says):
    command(text + "\nsys.exit(%d)" % code)
    assert send(site) == reply
    assert send.text.startswith(says)
    assert site.messages("demo") == []
    site.wait_log("verdict=%s filter=check" % (
        "refused" if reply == 554 else "deferred"))


def test_where_it_goes(site, command):
    site.conf(spam_folder="Junk")
    command("out('junk')")
    assert send(site) == 250
    assert len(site.messages("demo", "Junk")) == 1
    command("out('quarantine')")
    assert send(site) == 250
    assert len(site.messages("demo", "Quarantine")) == 1
    command("out('discard')")
    assert send(site) == 250
    assert site.messages("demo") == []
    for verdict in ("junk", "quarantined", "discarded"):
        site.wait_log("verdict=%s filter=check" % verdict)


def test_it_need_not_read_the_message(site, command):
    """Its exit code is its word, whatever it has looked at."""
    big = DATA + (b"x" * 76 + b"\r\n") * 20000
    command("sys.exit(69)", read=False)
    assert send(site, big) == 554
    command("os.close(0)\nout('add X-A: b')", read=False)
    assert send(site, big) == 250
    assert head(site)[0] == "X-A: b"


def test_it_may_close_its_output_first(site, command):
    """It still gets all of the message."""
    command("os.close(1)\nn = len(sys.stdin.buffer.read())\n"
            "sys.exit(69 if n > 1000000 else 75)", read=False)
    assert send(site, DATA + (b"x" * 76 + b"\r\n") * 20000) == 554


# ---- failures: each is its setting's

FAILURES = {
    "not there": (None, ""),
    "exit 1": ("sys.exit(1)", "exit code 1"),
    "exit 255": ("sys.exit(255)", "exit code 255"),
    "killed": ("os.kill(os.getpid(), 9)", "it was ended by a signal"),
    "aborts": ("os.abort()", "it was ended by a signal"),
    "hangs": ("time.sleep(60)", "took too long"),
    "hangs with its output closed":
        ("os.close(1)\ntime.sleep(60)", "took too long"),
    "answers too late": ("time.sleep(9)\nout('add X-Late: yes')",
                         "took too long"),
    "ignores its end": ("import signal\n"
                        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                        "time.sleep(60)", "took too long"),
    "garbage": ("out('hello')", "it says: hello"),
    "nuls": ("sys.stdout.write('\\0' * 100)", "it says: "),
    "no name": ("out('add : x')", "it says: : x"),
    "no colon": ("out('add X-A')", "it says: X-A"),
    "control": ("out('add X-A: \\x01')", "it says: X-A: "),
    "long line": ("out('add X-A: ' + 'x' * 998)", "it says: X-A: xx"),
    "fold of nothing": ("out(' x')", "it says:  x"),
    "junk with text": ("out('junk mail')", "it says: junk mail"),
    "two replies": ("out('reply a', 'reply b')", "it says: b"),
    "too many changes": ("out(*['add X-A: b'] * 101)", "more than 100"),
    "endless": ("while True: out('add X-A: b')", "more than 65536"),
    "huge line": ("sys.stdout.write('x' * 200000)", "more than 65536"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures(site, command, name):
    text, says = FAILURES[name]
    slow = says == "took too long"
    path = command(text or "", ", timeout=" + ("1s" if slow else "1m"))
    if text is None:
        os.unlink(path)
        says = "exit code 127"
    begun = time.monotonic()
    assert send(site) == 451
    assert time.monotonic() - begun < 40, "not as long as it likes"
    assert "A filter is not there" in send.text
    assert site.messages("demo") == []
    site.wait_log("command check: ")
    site.wait_log(says)
    site.wait_log("verdict=unavailable filter=check")
    servers.wait_for("the command's end", lambda: not alive(path))


@pytest.mark.parametrize("action,code,where", [
    ("accept", 250, ""), ("quarantine", 250, "Quarantine"),
    ("reject", 554, None), ("tempfail", 451, None)])
def test_default_action(site, command, action, code, where):
    command("sys.exit(3)", ", default_action=" + action)
    assert send(site) == code
    site.conf(content_command_default_action=action)
    command("sys.exit(3)")
    assert send(site) == code
    if where is not None:
        for path in site.messages("demo", where):
            with open(path, "rb") as file:
                assert b"\nX-Content-Checker: check unavailable\n" in (
                    file.read())
        assert len(site.messages("demo", where)) == 2
    else:
        assert site.messages("demo") == []


def test_what_it_leaves_behind_is_ended(site, command):
    """A child of its that holds the output open keeps nobody waiting."""
    path = command("if os.fork() == 0:\n    time.sleep(300)\n"
                   "out('add X-A: b')")
    begun = time.monotonic()
    assert send(site) == 250
    assert time.monotonic() - begun < 60
    servers.wait_for("its child's end", lambda: not alive(path))


def test_a_client_that_leaves(site, command):
    """The command of a connection that has ended ends too."""
    path = command("time.sleep(300)", ", timeout=5m")
    talk = Talk(site)
    talk.ehlo()
    talk.envelope("demo@test.dev")
    assert talk.say("DATA") == 354
    talk.send(DATA + b".\r\n")
    servers.wait_for("the command", lambda: alive(path))
    servers.kill(site.keeper().pid)
    servers.wait_for("its end", lambda: not alive(path))
    assert site.messages("demo") == []


@pytest.mark.parametrize("code,says", [
    (250, ""), (554, "sys.exit(69)"), (451, "sys.exit(1)"),
    (451, "os.kill(os.getpid(), 9)"), (451, "time.sleep(60)")])
def test_its_standard_error_is_logged(site, command, code, says):
    """Printable, and a line each, however it ends."""
    command("os.write(2, b'no table\\n\\n\\x1b[1m caf\\xc3\\xa9\\n')\n" + says,
            ", timeout=" + ("5s" if "sleep" in says else "1m"))
    assert send(site) == code
    site.wait_log("command check says: no table")
    site.wait_log(r"command check says: \x1b[1m caf\xc3\xa9")


def test_what_it_leaves_in_another_session_is_ended(site, command):
    path = command("if os.fork() == 0:\n    os.setsid()\n"
                   "    if os.fork() == 0:\n        time.sleep(300)\n"
                   "    time.sleep(300)\ntime.sleep(0.3)")
    assert send(site) == 250
    servers.wait_for("its children's end", lambda: not alive(path))


def test_spam_commands_standard_error_is_logged(site):
    path = program(site, "spam", READ + "sys.stderr.write('no rules\\n')\n"
                   "sys.exit(1)")
    site.conf(spam_command=path)
    assert send(site) == 250
    site.wait_log("command spam_command says: no rules")


@pytest.mark.parametrize("more,shown", [(0, True), (1, False)])
def test_size(site, command, more, shown):
    command("out('add X-Seen: yes')", ", max_size=2k")
    site.conf(hostname="mx.test.dev")
    probe = b"A: b\r\n\r\n"
    assert send(site, probe) == 250
    path, = site.messages("demo")
    trace = os.stat(path).st_size - len("X-Seen: yes\nA: b\n\n")
    os.unlink(path)
    room = 2048 - trace - len("A: b\n\n") + more
    lines = [b"x" * 63 + b"\r\n"] * (room // 64)
    if room % 64:
        lines.append(b"y" * (room % 64 - 1) + b"\r\n")
    assert send(site, probe + b"".join(lines)) == 250
    wanted = "X-Seen: yes" if shown else (
        "X-Content-Checker: check skipped (size)")
    assert wanted in head(site)
    if not shown:
        site.wait_log("verdict=skipped filter=check")


@pytest.mark.parametrize("text,says", [
    ("relative", "relative is no absolute path"),
    ("{ /bin/true", "} is missing"), ("{ }", "{ } is empty"),
    ("{ /bin/true, color=red }", "color=red makes no sense"),
    ("{ /bin/true 'a }", "a quote has no end"),
    ("/bin/true /usr/bin/true", "two are called true"),
    ("/usr/sbin/clamd", "needs an option name="),
    (" ".join("/b/%d" % i for i in range(9)), "more than 8"),
    ("{ /b %s }" % " ".join(map(str, range(32))), "more than 32 words")])
def test_wrong_setting(site, text, says):
    """Nothing passes unseen."""
    site.conf(content_commands=text)
    assert send(site) == 451
    site.wait_log(says)
    assert site.messages("demo") == []


# ---- the chain

def three(site):
    paths = [program(site, name, READ + "out('add X-Order: %s ' + str("
                     "message.count(b'X-Order')))" % name)
             for name in ("one", "two", "three")]
    site.conf(content_commands=" ".join(paths))


@pytest.mark.parametrize("order,seen", [
    ("commands", ["three 2", "two 1", "one 0"]),
    ("three commands", ["two 2", "one 1", "three 0"]),
    ("two, one", ["one 1", "two 0"]), ("", [])])
def test_order(site, order, seen):
    three(site)
    site.conf(filters_mx=order)
    assert send(site) == 250
    assert head(site) == ["X-Order: " + s for s in seen] + ["Subject: hello"]


def test_the_first_that_refuses_is_the_last_asked(site):
    three(site)
    program(site, "two", READ + "out('reply two')\nsys.exit(69)")
    program(site, "three", READ + "open(%r, 'w')" % (site.folder + "/asked"))
    assert send(site) == 554
    assert send.text.startswith("5.7.1 two")
    assert not glob.glob(site.folder + "/asked")


@pytest.mark.parametrize("order,says", [
    ("clamd bogus", "there is no bogus"),
    ("spam clamd spam", "spam stands there twice")])
def test_wrong_order(site, order, says):
    site.conf(filters_mx=order)
    assert send(site) == 451
    site.wait_log(says)


def spamd(points=b"9.9"):
    return Filter(b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; %s / 5.0\r\n\r\n"
                  b"X-Spam-Status: Yes\n\n" % points,
                  lambda octets: octets.endswith(b"body\n"))


def test_spam_command_beside_them(site, command):
    """One sees what the one before it has added, in either order."""
    path = program(site, "spamfilter", READ +
                   "sys.stdout.write('X-Spam-Status: No, score=%d required=5"
                   "\\n' % (1 + message.count(b'X-A')))\n"
                   "sys.stdout.flush()\nsys.stdout.buffer.write(message)")
    command("out('add X-A: %d' % message.count(b'X-Spam-Status'))")
    site.conf(spam_command=path)
    assert send(site) == 250
    site.wait_log("score=2.0 filter=spam_command")
    assert "X-A: 0" in head(site)
    os.unlink(site.messages("demo")[0])
    site.conf(filters_mx="spam commands")
    assert send(site) == 250
    site.wait_log("score=1.0 filter=spam_command")
    assert "X-A: 1" in head(site)


def submit(site):
    client = site.smtp("submissions", login="demo")
    client.sendmail("demo@test.dev", ["other@test.dev"],
                    b"From: demo@test.dev\r\n\r\nbody\r\n")
    stored, = site.contents("other")
    return stored


def test_submission_runs_what_its_setting_says(site, command):
    server = spamd()
    try:
        command("out('add X-User: ' + [l for l in os.fdopen(3).read()"
                ".split('\\n') if l.startswith('user')][0])",
                spamd=server.address)
        stored = submit(site)
        assert b"\nX-User: user demo@test.dev\n" in stored
        assert b"X-Spam-Status" not in stored and server.heard == []
        for path in site.messages("other"):
            os.unlink(path)
        site.conf(filters_submission="spam")
        stored = submit(site)
        assert b"X-User" not in stored
        assert b"\nX-Spam-Status: Yes\n" in stored
    finally:
        server.close()


def test_lmtp_runs_what_its_setting_says(site, command):
    server = spamd()
    try:
        command("out('add X-Seen: yes')", spamd=server.address)
        assert send(site, service="lmtp") == 250
        assert head(site) == ["Subject: hello"]
        assert server.heard == []
        os.unlink(site.messages("demo")[0])
        site.conf(filters_lmtp="commands spam", spam_folder="Junk")
        assert send(site, service="lmtp") == 250
        assert site.messages("demo") == []
        stored, = site.contents("demo", "Junk")
        assert b"\nX-Seen: yes\n" in stored
        assert b"\nSubject: *** SPAM *** hello\n" in stored
    finally:
        server.close()


def test_lmtp_tells_each_recipient(site, command):
    """A message that is refused is so for each; one that is not is the
    mailboxes' affair (RFC 2033 section 4.2)."""
    command("out('reply not here')\nsys.exit(69)", filters_lmtp="commands")
    talk = Talk(site, "lmtp")
    assert talk.say("LHLO c.x") == 250
    assert talk.envelope("demo@test.dev", "nobody@test.dev",
                         "other@test.dev") == [250, 550, 250]
    assert talk.message() == 554
    assert talk.last[1].startswith("5.7.1 not here")
    code, text = talk.reply()
    assert (code, text[:14]) == (554, "5.7.1 not here")
    assert talk.say("NOOP") == 250
    assert site.messages("demo") == site.messages("other") == []
