"""njiwa, the administrator's tool, as a process that was run."""
import subprocess

from site_under_test import DOMAIN

OK, USAGE, DATAERR, NOUSER, UNAVAILABLE = 0, 64, 65, 67, 69
CANTCREAT, TEMPFAIL, NOPERM, CONFIG = 73, 75, 77, 78


def call(site, *words, stdin=b"", env=None):
    """Exit status, standard output and standard error."""
    done = subprocess.run(
        [site.build + "/njiwa", *words], env=dict(site.env, **(env or {})),
        input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def good(site, *words, **how):
    status, out, err = call(site, *words, **how)
    assert (status, err) == (OK, ""), (words, err)
    return out


def bad(site, status, *words, **how):
    found, out, err = call(site, *words, **how)
    assert (found, out) == (status, ""), (words, out, err)
    assert err.startswith("njiwa: ") or err.startswith("usage: "), err
    return err


def full(name):
    return name + "@" + DOMAIN
