# Debian packages that njiwa needs, and how to get them.  To be sourced.
# shellcheck shell=sh
# shellcheck disable=SC2034 # used by the scripts that source this

packages_build="gcc libc6-dev linux-libc-dev make autoconf automake pkg-config
libmariadb-dev libsqlite3-dev libgnutls28-dev libcrypt-dev libsystemd-dev
libseccomp-dev libinih-dev libgsasl-dev libidn2-dev libunistring-dev
zlib1g-dev liblmdb-dev libxxhash-dev libcmocka-dev"

packages_demo="spamd spamassassin openssl python3"

packages_test="$packages_demo python3-pytest python3-pytest-xdist pyflakes3
mariadb-server mariadb-client dovecot-imapd dovecot-pop3d dovecot-lmtpd xinetd
ucspi-tcp strace gdb clang libclang-rt-14-dev clang-format clang-tidy cppcheck
shellcheck codespell mandoc universal-ctags binutils util-linux iproute2 procps git
e2fsprogs mount xz-utils curl gsasl spamc libpython3.11-testsuite python3-flufl.bounce
golang-github-jhillyerd-enmime-dev python3-openssl swaks libnet-ssleay-perl msmtp
haproxy postfix nodejs node-nodemailer clamav-daemon opendkim opendkim-tools
python3-milter isync offlineimap3 mutt fetchmail"

# A test that wants one of these, and a machine that lets it, skips without.
packages_wanted="systemd systemd-container debootstrap rspamd npm
roundcube-core roundcube-sqlite3 php-cli php-sqlite3 php-mbstring php-xml php-intl
chromium chromium-driver python3-selenium"

# packages_missing PACKAGE...: those that are not installed.
packages_missing() {
	for package; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
			grep -qx installed || printf '%s\n' "$package"
	done
}

# packages_install PACKAGE...: installs what is missing; three tries, as
# mirrors have bad minutes.
packages_install() {
	# shellcheck disable=SC2046 # names have no blanks
	set -- $(packages_missing "$@")
	[ $# -gt 0 ] || return 0
	echo "installing: $*"
	try=1
	while [ "$try" -le 3 ]; do
		# No daemon is started by being installed.
		if DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
			RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
			    apt-get -qq -y -o Dpkg::Use-Pty=0 \
			    --no-install-recommends install "$@"; then
			return 0
		fi
		echo "apt-get failed, try $try of 3"
		sleep $((try * 5))
		try=$((try + 1))
	done
	return 1
}
