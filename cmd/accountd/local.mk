# cmd/accountd
