/* What the tool can do. */
#include <stdio.h>

#include "cmd/njiwa/handlers.h"

/* clang-format off */
const struct verb tool_verbs[] = {
	{ "db init", "", 0, 0, "", cmd_db_init,
	    "Makes the tables, in a database that may have some of them." },
	{ "db migrate", "", 0, 0, "", cmd_db_migrate,
	    "Brings the tables up to this version." },
	{ "db status", "", 0, 0, "", cmd_db_status,
	    "Lists the migrations and whether they are applied." },
	{ "domain add", "DOMAIN", 1, 1, "", cmd_domain_add,
	    "Makes a domain a local one." },
	{ "domain list", "", 0, 0, "", cmd_domain_list,
	    "Lists local domains and where each is named." },
	{ "domain remove", "DOMAIN", 1, 1, "", cmd_domain_remove,
	    "Removes a domain that has no users." },
	{ "domain alias add", "DOMAIN TARGET", 2, 2, "", cmd_domain_alias_add,
	    "Makes a domain another name for a local one." },
	{ "domain alias list", "", 0, 0, "", cmd_domain_alias_list,
	    "Lists such names and what they stand for." },
	{ "domain alias remove", "DOMAIN", 1, 1, "", cmd_domain_alias_remove,
	    "Removes such a name." },
	{ "user add", "ADDRESS", 1, 1, "pisqdeUG", cmd_user_add,
	    "Adds a user and makes the mail folder." },
	{ "user disable", "ADDRESS", 1, 1, "", cmd_user_disable,
	    "Switches an account off: no mail, no logins." },
	{ "user enable", "ADDRESS", 1, 1, "", cmd_user_enable,
	    "Switches it on again." },
	{ "user list", "[DOMAIN]", 0, 1, "", cmd_user_list,
	    "Lists users: address, limit in MB, octets, messages, whether "
	    "disabled." },
	{ "user passwd", "ADDRESS", 1, 1, "pis", cmd_user_passwd,
	    "Sets a user's password." },
	{ "user remove", "ADDRESS", 1, 1, "", cmd_user_remove,
	    "Removes a user.  The mail stays on disk." },
	{ "user show", "ADDRESS", 1, 1, "", cmd_user_show,
	    "Shows what is known of a user." },
	{ "alias add", "ADDRESS [TARGET ...]", 1, -1, "x", cmd_alias_add,
	    "Sends an address's mail to other addresses, or drops it." },
	{ "alias list", "[DOMAIN]", 0, 1, "", cmd_alias_list,
	    "Lists aliases: address, action, targets." },
	{ "alias remove", "ADDRESS", 1, 1, "", cmd_alias_remove,
	    "Removes an alias." },
	{ "sender add", "LOGIN SENDER ...", 2, -1, "", cmd_sender_add,
	    "Lets a user send as an address, or as @DOMAIN." },
	{ "sender list", "[LOGIN]", 0, 1, "", cmd_sender_list,
	    "Lists whom users may send as beside themselves." },
	{ "sender remove", "LOGIN SENDER", 2, 2, "", cmd_sender_remove,
	    "Takes that back." },
	{ "quota recalc", "[ADDRESS ...]", 0, -1, "a", cmd_quota_recalc,
	    "Counts the mail of users anew." },
	{ "quota set", "ADDRESS MB", 2, 2, "", cmd_quota_set,
	    "Sets a user's limit; 0 is none." },
	{ "quota show", "[ADDRESS ...]", 0, -1, "", cmd_quota_show,
	    "Shows octets, messages and limit (octets) of users." },
	{ "index drop", "ADDRESS", 1, 1, "", cmd_index_drop,
	    "Removes a user's index; the next session makes it anew." },
	{ "index show", "ADDRESS", 1, 1, "", cmd_index_show,
	    "Shows where a user's index is, and what it knows." },
	{ "explain rcpt", "ADDRESS [from ADDRESS] [size N] [ip IP] [helo NAME]", 1, 9,
	    "", cmd_explain_rcpt,
	    "Tells what SMTP says to a recipient, and why." },
	{ "greylist forget", "ADDRESS", 1, 1, "", cmd_greylist_forget,
	    "Forgets who has sent from the address's network." },
	{ "greylist list", "[ADDRESS]", 0, 1, "", cmd_greylist_list,
	    "Lists who has sent to whom from which network." },
	{ "tally forget", "ADDRESS", 1, 1, "", cmd_tally_forget,
	    "Forgets what an address or a network has done." },
	{ "tally list", "", 0, 0, "a", cmd_tally_list,
	    "Lists the addresses and networks that did most lately." },
	{ "spam prefs list", "", 0, 0, "", cmd_spam_list,
	    "Lists mailboxes with scores of their own: to mark, file, "
	    "refuse." },
	{ "spam prefs remove", "ADDRESS", 1, 1, "", cmd_spam_remove,
	    "Gives a mailbox the settings' scores again." },
	{ "spam prefs set", "ADDRESS", 1, 1, "Tjr", cmd_spam_set,
	    "Sets scores of a mailbox: numbers, never, or site." },
	{ "spam prefs show", "ADDRESS", 1, 1, "", cmd_spam_show,
	    "Shows the scores of a mailbox." },
	{ "queue list", "", 0, 0, "", cmd_queue_list,
	    "Lists the messages that wait in the spool." },
	{ "queue show", "ID", 1, 1, "", cmd_queue_show,
	    "Prints a message of the spool with its envelope." },
	{ "queue retry", "[ID ...]", 0, -1, "a", cmd_queue_retry,
	    "Makes messages due now; njiwa-queue tries them at its next run." },
	{ "queue hold", "[ID ...]", 0, -1, "a", cmd_queue_hold,
	    "Has messages stay where they are." },
	{ "queue release", "[ID ...]", 0, -1, "a", cmd_queue_release,
	    "Ends that." },
	{ "queue remove", "[ID ...]", 0, -1, "a", cmd_queue_remove,
	    "Removes messages for good, and tells nobody." },
	{ "pw", "", 0, 0, "lpistuV", cmd_pw,
	    "Makes the hash of a password, as doveadm pw does." },
	{ "config check", "", 0, 0, "", cmd_config_check,
	    "Tells all mistakes in the settings." },
	{ "config doc", "", 0, 0, "", cmd_config_doc,
	    "Prints the settings' part of njiwa.conf(5)." },
	{ "config show", "[NAME ...]", 0, -1, "n", cmd_config_show,
	    "Shows the settings in effect, secrets masked." },
	{ "version", "", 0, 0, "", cmd_version,
	    "Prints the version." },
	{ "help", "[WORD ...]", 0, 3, "", cmd_help,
	    "Prints this, or the usage of one verb." },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL }
};
/* clang-format on */

int
cmd_version(struct tool *tool)
{
	(void)tool;
	printf("njiwa %s\n", NJIWA_VERSION);
	return EX_OK;
}

int
cmd_help(struct tool *tool)
{
	STR_AUTO words = STR_INIT;
	STR_AUTO text = STR_INIT;
	int i;

	for (i = 0; i < tool->count; i++)
		str_appendf(&words, "%s%s", i ? " " : "", tool->operands[i]);
	tool_usage_all(tool, str_cstr(&words), &text);
	if (text.len == 0)
		return tool_fail(tool, EX_USAGE, "%s: there is no such verb",
		    str_cstr(&words));
	fputs(str_cstr(&text), stdout);
	return EX_OK;
}
