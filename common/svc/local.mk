# sources of libnjiwa svc
