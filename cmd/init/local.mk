# cmd/init
