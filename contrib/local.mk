EXTRA_DIST += %D%/packages.sh %D%/quickstart %D%/quickstart.py

# xinetd, tcpserver, a container
EXTRA_DIST += %D%/xinetd/make-services %D%/tcpserver/run \
	%D%/container/Containerfile

# settings to begin with
dist_doc_DATA = %D%/njiwa.conf.sample
