"""Fixtures of the end-to-end tests.  `make check-e2e` runs them on the build
tree named by NJIWA_BUILD; they need root, as mail is owned by uid 8."""
import importlib
import os
import re
import shutil
import signal
import tempfile

import pytest

import servers
from site_under_test import Site

# How a report of AddressSanitizer or UndefinedBehaviorSanitizer begins.
REPORT = re.compile(r"^.*(?:ERROR: \w+Sanitizer|: runtime error: ).*", re.M)
# Ends of broken memory and of forbidden calls, and the status of who saw one
# (common/svc/crash.h): to a client they are an end of the connection like any.
CRASHES = [signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL,
           signal.SIGSYS, signal.SIGFPE, signal.SIGTRAP]
CRASH_STATUS = os.EX_SOFTWARE
CRASHED = re.compile(r"^.*(?: has crashed$|\bstatus=\"(?:signal (?:%s)|exit %d)"
                     r"\").*" % ("|".join("%d" % how for how in CRASHES),
                                 CRASH_STATUS), re.M)
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
LOCAL = "/usr/local"  # where a build tree installs unless it is told


def lacking(package):
    """Without a Debian package a test is skipped; not under tests/run, which
    installs them all (contrib/packages.sh): there that is a failure."""
    end = pytest.fail if os.environ.get("NJIWA_TESTS") else pytest.skip
    end("%s is not installed" % package)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            lacking(program)


def need_module(name):
    """The Python module."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return lacking("Python's " + name)


def want(*programs):
    """For those of packages_wanted: nobody misses them."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip("%s is not installed" % program)


@pytest.fixture(scope="session")
def strace():
    need("strace")


@pytest.fixture(scope="session")
def build():
    """The build tree: programs and drivers are in its top folder."""
    path = os.environ.get("NJIWA_BUILD")
    if not path:
        pytest.exit("NJIWA_BUILD must name the build tree (make check-e2e)", 2)
    return os.path.abspath(path)


@pytest.fixture(scope="session")
def plain_build(build):
    """For tests of what the sanitizers themselves break: they keep freed
    memory, open files and need calls that the confinement forbids.  tests/run
    has a tree without them too."""
    with open(build + "/config.h") as file:
        if "#define NJIWA_SANITIZED 1" in file.read():
            pytest.skip("not with sanitizers")


@pytest.fixture(scope="session")
def scratch():
    """A temporary folder that uid 8 can reach, unlike pytest's own."""
    path = tempfile.mkdtemp(prefix="njiwa-e2e-")
    os.chmod(path, 0o755)
    yield path
    if not os.environ.get("NJIWA_KEEP"):
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def installed(build, scratch):
    """What `make install` puts under the prefix."""
    stage = scratch + "/stage"
    servers.run("make", "-s", "-C", build, "install", "DESTDIR=" + stage)
    if not os.path.isdir(stage + LOCAL + "/libexec/njiwa"):
        pytest.skip("the build tree is not configured for " + LOCAL)
    return stage + LOCAL


def subfolder(scratch, name):
    path = os.path.join(scratch, name)
    os.makedirs(path)
    os.chmod(path, 0o755)
    return path


@pytest.fixture(scope="session")
def mariadb(scratch):
    need("mariadbd", "mariadb-install-db")
    server = servers.Mariadb(subfolder(scratch, "mariadb"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def certs(scratch):
    return servers.Certs(subfolder(scratch, "certs"))


@pytest.fixture(scope="session")
def spamd(scratch):
    need("spamd")
    server = servers.Spamd(subfolder(scratch, "spamd"))
    yield server
    server.stop()


@pytest.fixture
def make_site(request, build, scratch, certs):
    """Makes sites: make_site("sqlite"), make_site("mysql").  Each is gone, with
    all its processes, when the test ends; one left running is an error, and so
    is one that has crashed, unless the test wants that (site.mortal)."""
    sites = []

    def make(backend):
        server = None
        if backend == "mysql":
            server = request.getfixturevalue("mariadb")
        folder = tempfile.mkdtemp(prefix="site-", dir=scratch)
        os.chmod(folder, 0o755)
        sites.append(Site(folder, build, SOURCE, certs, server))
        return sites[-1]

    yield make
    left = [line for site in sites for line in site.close()]
    assert not left, "still running after their clients left: %s" % left
    reports = [line for site in sites for line in REPORT.findall(site.log)]
    assert not reports, reports
    crashes = [crash for site in sites if not getattr(site, "mortal", False)
               for crash in CRASHED.findall(site.log) + crash_codes(site)]
    assert not crashes, crashes


def crash_codes(site):
    """Of what its launchers have started."""
    codes = []
    for launcher in site.launchers.values():
        codes += getattr(launcher, "codes", [])
        codes += [child.returncode
                  for child in getattr(launcher, "children", ())]
    return [code for code in codes
            if code == CRASH_STATUS or code is not None and -code in CRASHES]


def pytest_configure(config):
    """What is asserted in a thread is seen by nobody else."""
    config.addinivalue_line("filterwarnings", "error:(?s).*AssertionError:"
                            "pytest.PytestUnhandledThreadExceptionWarning")


def pytest_generate_tests(metafunc):
    """On which back ends a test's `site` is: on each, or on those that its
    module names in BACK_ENDS."""
    if "back_end" in metafunc.fixturenames:
        metafunc.parametrize("back_end", getattr(
            metafunc.module, "BACK_ENDS", ["sqlite", "mysql"]))


@pytest.fixture
def site(back_end, make_site):
    """A site on each of the back ends, for what depends on the accounts."""
    return make_site(back_end)


@pytest.fixture
def lite(make_site):
    """A site on SQLite, for what is the same wherever the accounts are."""
    return make_site("sqlite")


@pytest.fixture
def mysql_site(make_site):
    """A site on MariaDB, for what only a database server has or does."""
    return make_site("mysql")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows a failed test what the site logged."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    for value in item.funcargs.values():
        if isinstance(value, Site):
            tail = "\n".join(value.log.splitlines()[-40:])
            report.sections.append(("end of %s" % value.log_file, tail))


@pytest.fixture(scope="module")
def bare(build, tmp_path_factory):
    """No site: pw and config need none."""
    class Bare:
        folder = str(tmp_path_factory.mktemp("bare"))
        env = {"PATH": os.environ["PATH"], "NJIWA_CONFIG": "/dev/null",
               "NJIWA_LIBDIR": build, "LC_ALL": "C.UTF-8"}
    Bare.build = build
    return Bare
