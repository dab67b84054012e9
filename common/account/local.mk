# sources of libnjiwa account
