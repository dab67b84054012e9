"""A site where users log in by SCRAM."""
from scram_client import PROTOCOLS
from site_under_test import PASSWORD, full


def turn_on(site, **settings):
    """SCRAM with keys for all who are there."""
    site.conf(scram="yes", scram_iterations=4096, login_tries=100,
              smtp_max_errors=100, **settings)
    for name in ("demo", "other"):
        site.njiwa("user", "passwd", full(name), "--password-stdin",
                   input=PASSWORD.encode() + b"\n")


def talk_to(site, service):
    return PROTOCOLS[service](site.connect(service))
