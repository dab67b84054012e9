"""What the scripts for people say when they cannot work."""
import os
import shutil
import subprocess

import pytest

from conftest import SOURCE


@pytest.mark.parametrize("script", ["contrib/quickstart", "tests/run"])
def test_configured_sources(script, tmp_path):
    """No other build can be made of them: nothing is begun."""
    path = tmp_path / "src" / script
    os.makedirs(path.parent)
    shutil.copy(SOURCE + "/" + script, path)
    (tmp_path / "src/config.status").touch()
    done = subprocess.run(
        [path, tmp_path / "work"], cwd=tmp_path, timeout=30, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    assert done.returncode == 1
    assert b"src is configured: run make distclean there" in done.stdout
    assert os.listdir(tmp_path) == ["src"]


def test_lint_refuses_keys_and_binaries(tmp_path):
    check = tmp_path / "tests/lint/tracked"
    os.makedirs(check.parent)
    shutil.copy(SOURCE + "/tests/lint/tracked", check)
    (tmp_path / "empty").touch()
    (tmp_path / "tests/fuzz/corpus/x").mkdir(parents=True)
    (tmp_path / "tests/fuzz/corpus/x/1").write_bytes(b"\0")

    def refused():
        done = subprocess.run([check], cwd=tmp_path, timeout=30, check=False,
                              stdout=subprocess.PIPE)
        assert (done.returncode == 0) == (done.stdout == b"")
        return done.stdout.decode()

    assert refused() == ""
    (tmp_path / "made.o").write_bytes(b"\x7fELF\0\1")
    assert refused() == "./made.o: not text\n"
    os.unlink(tmp_path / "made.o")
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                    "key.pem"], cwd=tmp_path, timeout=30, check=True)
    assert refused() == "./key.pem\nthese hold a private key\n"
