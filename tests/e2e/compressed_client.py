"""An IMAP client that compresses (RFC 4978)."""
import zlib

from imap_client import Client


class CompressedSocket:
    """What Client needs of a socket; counts what is on the wire."""

    def __init__(self, sock, level=6):
        self.sock = sock
        self.out = zlib.compressobj(level, zlib.DEFLATED, -15)
        self.into = zlib.decompressobj(-15)
        self.sent = self.received = 0

    def sendall(self, octets):
        packed = self.out.compress(octets) + self.out.flush(zlib.Z_SYNC_FLUSH)
        self.sent += len(packed)
        self.sock.sendall(packed)

    def recv(self, size):
        while True:
            packed = self.sock.recv(size)
            if not packed:
                return b""
            self.received += len(packed)
            octets = self.into.decompress(packed)
            if octets:
                return octets

    def fileno(self):
        return self.sock.fileno()

    def close(self):
        self.sock.close()


class CompressedClient(Client):
    def __init__(self, site, service="imap", **how):
        super().__init__(site, service, **how)
        answer = self.cmd("COMPRESS DEFLATE")
        assert answer.status == "OK" and not self.buffer, answer.tagged
        self.sock = CompressedSocket(self.sock)
