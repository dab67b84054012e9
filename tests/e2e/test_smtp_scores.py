"""Spam judged by each mailbox's own scores; by LMTP each recipient is told."""
import os

import pytest

from milter_played import ACCEPT, Playing, text
from smtp_talk import Talk
from test_smtp_filters import Filter, send


@pytest.fixture
def scored(site):
    """A site whose spamd gives the score that the test sets."""
    server = Filter(b"", lambda octets: octets.endswith(b"body\n"))

    def score(points):
        server.answer = (b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; %s / 5.0\r\n\r\n"
                         b"X-Spam-Status: Yes\n\n" % str(points).encode())

    site.score = score
    site.conf(spamd=server.address, spam_folder="Junk", spam_junk_score="6",
              spam_reject_score="12",
              spam_query="SELECT tag, junk, reject FROM spam_prefs "
              "WHERE username = %u")
    yield site
    server.close()


def where(site, user):
    """What became of the user's only message; it is taken away."""
    found = []
    for folder in ("", "Junk"):
        for path in site.messages(user, folder):
            with open(path, "rb") as file:
                found.append((folder, b"*** SPAM ***" in file.read()))
            os.unlink(path)
    return found


def test_scores_of_the_site(scored):
    for points, code, found in (
            ("4.9", 250, [("", False)]), ("5.0", 250, [("", True)]),
            ("5.9", 250, [("", True)]), ("6.0", 250, [("Junk", True)]),
            ("11.9", 250, [("Junk", True)]), ("12.0", 554, [])):
        scored.score(points)
        assert send(scored) == code, points
        assert where(scored, "demo") == found, points


def test_scores_of_a_mailbox(scored):
    scored.njiwa("spam", "prefs", "set", "demo@test.dev", "--tag", "2.5",
                 "--junk", "3", "--reject", "4")
    for points, code, found in (
            ("2.4", 250, [("", False)]), ("2.5", 250, [("", True)]),
            ("3", 250, [("Junk", True)]), ("4", 554, [])):
        scored.score(points)
        assert send(scored) == code, points
        assert where(scored, "demo") == found, points
    scored.njiwa("spam", "prefs", "set", "demo@test.dev", "--tag", "never",
                 "--junk", "site", "--reject", "never")
    scored.score("99")
    assert send(scored) == 250
    assert where(scored, "demo") == [("Junk", False)]


def test_scores_of_several_mailboxes(scored):
    """Each is filed by its own; marked and refused only where all agree."""
    scored.njiwa("spam", "prefs", "set", "demo@test.dev", "--tag", "1",
                 "--junk", "2", "--reject", "3")
    both = ("demo@test.dev", "other@test.dev")
    scored.score("4")
    assert send(scored, recipients=both) == 250
    assert where(scored, "demo") == [("Junk", False)]
    assert where(scored, "other") == [("", False)]
    scored.score("5.5")
    assert send(scored, recipients=both) == 250
    assert where(scored, "demo") == [("Junk", True)]
    assert where(scored, "other") == [("", True)]
    scored.score("12")
    assert send(scored, recipients=both) == 554


def by_lmtp(site, *recipients):
    """One message; the code for each recipient."""
    talk = Talk(site, "lmtp", timeout=60)
    assert talk.say("LHLO client.example") == 250
    assert set(talk.envelope(*recipients)) == {250}
    first = talk.message()
    return [first] + [talk.reply()[0] for _ in recipients[1:]]


def test_scores_of_each_recipient_by_lmtp(scored):
    """Who refuses it is told so, whoever else takes it (RFC 2033)."""
    scored.conf(filters_lmtp="spam")
    scored.njiwa("spam", "prefs", "set", "demo@test.dev", "--reject", "3")
    scored.njiwa("spam", "prefs", "set", "small@test.dev", "--reject", "4.5")
    three = ("demo@test.dev", "other@test.dev", "small@test.dev")
    for points, codes, found in (
            ("2.9", [250, 250, 250], (1, 1, 1)),
            ("3", [554, 250, 250], (0, 1, 1)),
            ("4.5", [554, 250, 554], (0, 1, 0)),
            ("12", [554, 554, 554], (0, 0, 0))):
        scored.score(points)
        assert by_lmtp(scored, *three) == codes, points
        assert tuple(len(where(scored, user)) for user in (
            "demo", "other", "small")) == found, points
    scored.wait_log("demo@test.dev refuses the message as spam")
    scored.score("4.5")
    assert by_lmtp(scored, "demo@test.dev") == [554]
    # as many as there are, which a stranger would be sent away for
    assert by_lmtp(scored, *["demo@test.dev"] * 20) == [554] * 20
    assert by_lmtp(scored, "demo@test.dev", "small@test.dev") == [554, 554]
    assert by_lmtp(scored, "demo@test.dev", "demo@test.dev",
                   "other@test.dev") == [554, 554, 250]
    assert where(scored, "demo") == where(scored, "small") == []


def test_a_list_of_those_who_differ_by_lmtp(scored):
    """It has one reply, and is refused where all of its mailboxes want that;
    nobody of it loses a message that was taken."""
    scored.conf(filters_lmtp="spam")
    scored.sql("INSERT INTO forwarder (address, action, aliases) VALUES ("
               "'list@test.dev', 'alias', 'demo@test.dev|other@test.dev')")
    scored.njiwa("spam", "prefs", "set", "demo@test.dev", "--reject", "3")
    scored.score("4")
    assert by_lmtp(scored, "list@test.dev", "demo@test.dev") == [250, 554]
    assert len(where(scored, "demo")) == len(where(scored, "other")) == 1
    scored.njiwa("spam", "prefs", "set", "other@test.dev", "--reject", "3")
    assert by_lmtp(scored, "list@test.dev", "small@test.dev") == [554, 250]
    assert where(scored, "demo") == where(scored, "other") == []


def test_user_of_the_filter(site):
    """The mailbox where it goes to one alone, by whatever name, which is also
    who teaches; else nobody."""
    server = Filter(b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; 1.0 / 5.0\r\n\r\n\n",
                    lambda octets: octets.endswith(b"body\n"))
    both = ("demo@test.dev", "other@test.dev")
    try:
        site.njiwa("alias", "add", "a@test.dev", "demo@test.dev")
        site.njiwa("alias", "add", "b@test.dev", *both)
        for setting, recipients, user in (
                (None, both[:1], "demo@test.dev"), (None, both, None),
                (None, ("a@test.dev",), "demo@test.dev"),
                (None, ("demo+x@test.dev", "a@test.dev"), "demo@test.dev"),
                (None, ("b@test.dev",), None),
                ("all", both, "all"), ("all", both[:1], "all"),
                ("", both[:1], None)):
            site.conf(spamd=server.address, spam_user=setting)
            assert send(site, recipients=recipients) == 250
            head = server.heard.pop().partition(b"\r\n\r\n")[0].decode()
            assert head.startswith("HEADERS SPAMC/1."), head
            assert ("User: %s" % user in head.split("\r\n")) == bool(user)
            assert head.count("User:") == bool(user), (setting, head)
    finally:
        server.close()


def test_nobody_is_left_to_have_a_threshold(scored):
    """A milter takes all recipients away: the message goes nowhere, and is not
    refused in the name of nobody."""
    scored.score("1")
    with Playing(scored) as played:
        played({"E": [text("-", b"demo@test.dev"), ACCEPT]})
        assert send(scored) == 250
    assert where(scored, "demo") == []


def test_scores_that_cannot_be_had(scored):
    scored.njiwa("spam", "prefs", "set", "demo@test.dev", "--reject", "1")
    scored.sql("UPDATE spam_prefs SET tag = 'x'")
    scored.score("0.5")
    assert send(scored) == 250
    scored.wait_log('spam preferences of demo@test.dev: "x" is no score')
    scored.sql("DROP TABLE spam_prefs")
    scored.score("3")
    assert send(scored) == 250
    scored.wait_log("the settings count")
    assert where(scored, "demo") == [("", False)] * 2


def test_the_administrators_verbs(scored):
    njiwa = scored.njiwa
    assert njiwa("spam", "prefs", "list") == ""
    njiwa("spam", "prefs", "set", "demo@test.dev", "--junk", "3")
    njiwa("spam", "prefs", "set", "demo@test.dev", "--tag", "never")
    njiwa("spam", "prefs", "set", "other@test.dev", "--reject", "-1.5")
    assert njiwa("spam", "prefs", "list") == (
        "demo@test.dev\tnever\t3\tsite\nother@test.dev\tsite\tsite\t-1.5\n")
    assert njiwa("spam", "prefs", "show", "demo@test.dev") == (
        "demo@test.dev\tnever\t3\tsite\n")
    njiwa("spam", "prefs", "remove", "demo@test.dev")
    for words in (["set", "demo@test.dev"],
                  ["set", "demo@test.dev", "--tag", "much"],
                  ["set", "demo@test.dev", "--tag", "1000001"],
                  ["set", "who", "--tag", "1"],
                  ["set", "nobody@test.dev", "--tag", "1"],
                  ["remove", "demo@test.dev"], ["show", "demo@test.dev"]):
        with pytest.raises(RuntimeError):
            njiwa("spam", "prefs", *words)
