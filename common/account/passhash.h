/* Password hashes: checking and making them, with libcrypt.
 * Never compares octet by octet until the first difference. */
#ifndef NJIWA_ACCOUNT_PASSHASH_H
#define NJIWA_ACCOUNT_PASSHASH_H

#include "common/base/err.h"
#include "common/base/str.h"

#define PASSHASH_TEXT_MAX 512 /* octets of a stored hash that is looked at */

/*
 * Is password the one that stored was made from?  stored is {SCHEME}hash or
 * what crypt(3) knows without a prefix ($1$, $5$, $6$, $2b$, $y$...).  An
 * empty, over-long or unknown stored hash fits no password; a password with a
 * NUL or above ACCOUNT_PASSWORD_MAX fits no hash.
 */
bool passhash_check(struct slice stored, struct slice password);

/* Could stored fit any password at all: a scheme that we know, well formed? */
bool passhash_is_usable(struct slice stored);

/* Takes the time of a check against a hash like stored ("" for the default),
 * and fits never: for users that do not exist. */
void passhash_waste(struct slice stored, struct slice password);

/* Appends a new hash of password.  scheme is a crypt prefix ("$y$", "$6$",
 * "$1$"), or a name as `doveadm pw -s` takes it (MD5-CRYPT, SHA512-CRYPT,
 * BLF-CRYPT...), whose {NAME} is then put in front.  0, -EINVAL for an unknown
 * scheme or a password that cannot be one, or -errno. */
int passhash_make(const char *scheme, struct slice password, struct str *out,
    struct err *err);

/* Is stored weaker than what passhash_make(scheme) gives: another method? */
bool passhash_is_weaker(struct slice stored, const char *scheme);

/* The i-th name that passhash_make knows, NULL after the last. */
const char *passhash_scheme_name(size_t i);

#endif
