# sources of libnjiwa msg
