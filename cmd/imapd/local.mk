# cmd/imapd
