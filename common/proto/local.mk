# sources of libnjiwa proto
