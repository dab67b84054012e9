"""A user who logged in to send."""
from site_under_test import full
from smtp_talk import Talk


def logged_in(site, user="demo", service="submission"):
    talk = Talk(site, service)
    talk.ehlo()
    assert talk.login(full(user)) == 235, talk.last
    return talk


def send(talk, *recipients, sender="demo@test.dev"):
    codes = talk.envelope(*recipients, sender=sender)
    return codes, talk.message() if 250 in codes else None
