"""Domains beyond ASCII: a name in either form finds the rows in either form, on
both databases; the mail folder is the row's."""
import pytest

from site_under_test import PASSWORD
from smtp_talk import DATA, Talk

UTF8, ASCII = "bücher.example", "xn--bcher-kva.example"


def send(site, recipient):
    """The code of RCPT, and the message if it was good."""
    talk = Talk(site)
    talk.ehlo()
    option = "" if recipient.isascii() else " SMTPUTF8"
    code, = talk.envelope(recipient, options=option)
    if code == 250:
        assert talk.message(DATA) == 250
    return code


@pytest.fixture(params=[UTF8, ASCII], ids=["utf8", "ascii"])
def domain(request, site):
    """The form that the rows have."""
    site.sql("INSERT INTO users (name, domain, password) SELECT "
             "'ann', '%s', password FROM users WHERE name = 'demo'"
             % request.param)
    site.sql("INSERT INTO forwarder (address, action, aliases) VALUES "
             "('list@%s', 'alias', 'demo@test.dev')" % request.param)
    return request.param


def test_rows_in_either_form(site, domain):
    for form in UTF8, ASCII, "BÜCHER.Example", "Xn--BCHER-kva.example":
        before = len(site.messages("ann@" + domain)), len(site.messages())
        assert send(site, "ann@" + form) == 250, form
        assert send(site, "ann+x@" + form) == 250, form
        assert send(site, "list@" + form) == 250, form
        assert send(site, "nobody@" + form) == 550, form
        assert (len(site.messages("ann@" + domain)) - before[0],
                len(site.messages()) - before[1]) == (2, 1)


def test_aliases_lead_to_either_form(site, domain):
    for number, form in enumerate((UTF8, ASCII)):
        site.sql("INSERT INTO forwarder (address, action, aliases) VALUES "
                 "('to%d@test.dev', 'alias', 'ann@%s')" % (number, form))
        assert send(site, "to%d@test.dev" % number) == 250
    assert len(site.messages("ann@" + domain)) == 2


def test_domains_that_cannot_be(site):
    for form in "xn--99999999.example", "xn--a.example":
        assert send(site, "ann@" + form) == 550


def test_logins(site, domain):
    for form in UTF8, ASCII:
        pop3 = site.pop3(user="ann@" + ASCII) if form == ASCII else None
        if pop3:
            assert pop3.stat()[0] == 0
        talk = Talk(site, "submission", tls=None)
        talk.ehlo()
        talk.starttls()
        talk.ehlo()
        assert talk.login("ann@" + form, PASSWORD) == 235, form
        assert talk.say("MAIL FROM:<ann@%s> SMTPUTF8" % form) == 250
        talk = Talk(site, "submission", tls=None)
        talk.ehlo()
        talk.starttls()
        talk.ehlo()
        assert talk.login("ann@" + form, "wrong") == 535
