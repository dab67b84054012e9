# cmd/pop3d
