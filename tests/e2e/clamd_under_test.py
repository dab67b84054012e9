"""Debian's clamd with a database of one signature, and what it finds."""
import os
import subprocess

import servers

# In two halves, so that no scanner finds it here.
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" +
         b"ANTIVIRUS-TEST-FILE!$H+H*")
SIGNATURE = "Njiwa-Test-Signature"
STREAM_MAX = 1 << 20


class Clamd:
    """On a Unix socket; ended by its pid."""

    def __init__(self, folder):
        self.path = folder + "/clamd.sock"
        os.mkdir(folder + "/db")
        os.chmod(folder, 0o755)
        with open(folder + "/db/test.ndb", "w") as out:
            out.write("%s:0:*:%s\n" % (SIGNATURE, EICAR.hex()))
        with open(folder + "/clamd.conf", "w") as out:
            out.write("Foreground yes\nDatabaseDirectory %s/db\n"
                      "LocalSocket %s\nLocalSocketMode 666\nUser root\n"
                      "StreamMaxLength %d\nLogFile %s/clamd.log\n"
                      "ConcurrentDatabaseReload no\n"
                      % (folder, self.path, STREAM_MAX, folder))
        self.log = folder + "/clamd.log"
        self.process = subprocess.Popen(
            ["clamd", "-c", folder + "/clamd.conf"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        servers.wait_for("clamd (see %s)" % self.log,
                         lambda: os.path.exists(self.path), 60)

    def stop(self):
        servers.end_process(self.process)
