# cmd/njiwa
