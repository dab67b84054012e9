# cmd/smtpd
