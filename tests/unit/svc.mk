# svc
