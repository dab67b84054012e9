#include "cmd/smtpd/content/milter_macros.h"

#define MACROS_MAX 64 /* names of one stage that are looked at */

#define USUAL_AT_CONNECT                                                       \
	("j {daemon_name} {daemon_addr} {daemon_port} {client_addr} "          \
	 "{client_port} {client_name} {client_ptr} {client_resolve} v _")
#define USUAL_AT_MAIL                                                          \
	"i {auth_type} {auth_authen} {mail_addr} {mail_host} {mail_mailer}"

/* What Postfix and Sendmail say at each stage, when they are not told. */
static const char *const usual[MILTER_STAGES] = {
	[MILTER_AT_CONNECT] = USUAL_AT_CONNECT,
	[MILTER_AT_HELO] = "{tls_version} {cipher} {cipher_bits}",
	[MILTER_AT_MAIL] = USUAL_AT_MAIL,
	[MILTER_AT_RCPT] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
	[MILTER_AT_DATA] = "i {nrcpts}",
	[MILTER_AT_EOM] = "i",
	[MILTER_AT_EOH] = "i",
};

typedef void macro_value(
    const struct smtp *s, const struct milter_event *event, struct str *out);

static void
put_host(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_append_cstr(out, s->settings->hostname);
}

static void
put_id(const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_append_cstr(out, s->front->trace);
}

static void
put_version(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)s;
	(void)event;
	str_appendf(out, "njiwa %s", NJIWA_VERSION);
}

static void
put_local_address(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_append_cstr(out, s->front->peer->local_address);
}

static void
put_port(uint16_t port, struct str *out)
{
	if (port)
		str_appendf(out, "%u", port);
}

static void
put_local_port(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	put_port(s->front->peer->local_port, out);
}

static void
put_client(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_append_cstr(out, s->front->peer->address);
}

static void
put_client_port(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	put_port(s->front->peer->port, out);
}

static void
put_client_name(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	struct slice name = milter_client(s);

	(void)event;
	if (name.len)
		str_append(out, name);
	else
		str_append_cstr(
		    out, s->front->peer->is_pipe ? "localhost" : "unknown");
}

static void
put_resolved(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_append_cstr(out, milter_resolved(s));
}

/* "unknown [192.0.2.1]" */
static void
put_client_both(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	put_client_name(s, event, out);
	if (s->front->peer->address[0])
		str_appendf(out, " [%s]", s->front->peer->address);
}

/* "TLSv1.3 TLS_AES_256_GCM_SHA384": the version, then the cipher. */
static struct slice
tls_word(const struct smtp *s, bool cipher)
{
	struct slice text = slice_from(s->front->tls ? s->front->tls_text : "");
	size_t at = slice_find(text, ' ');

	return cipher ? slice_skip(text, at + 1) : slice_head(text, at);
}

static void
put_tls_version(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_append(out, tls_word(s, false));
}

static void
put_cipher(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_append(out, tls_word(s, true));
}

static void
put_cipher_bits(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	STR_AUTO cipher = STR_INIT;

	(void)event;
	str_append(&cipher, tls_word(s, true));
	if (strstr(str_cstr(&cipher), "256") ||
	    strstr(str_cstr(&cipher), "CHACHA20"))
		str_append_cstr(out, "256");
	else if (strstr(str_cstr(&cipher), "128"))
		str_append_cstr(out, "128");
}

static void
put_user(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	if (s->logged_in)
		str_append(out, str_slice(&s->user));
}

static void
put_mechanism(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	if (s->logged_in)
		str_append(out, str_slice(&s->mechanism));
}

static void
put_domain(struct slice address, struct str *out)
{
	size_t at = address.len;

	while (at && address.ptr[at - 1] != '@')
		at--;
	if (at)
		str_append(out, slice_skip(address, at));
}

static void
put_sender(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_append(out, str_slice(&s->tx.sender));
}

static void
put_sender_host(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	put_domain(str_slice(&s->tx.sender), out);
}

static void
put_mailer(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)s;
	(void)event;
	str_append_cstr(out, "smtp");
}

static void
put_recipient(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)s;
	str_append(out, event->recipient);
}

static void
put_recipient_host(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)s;
	put_domain(event->recipient, out);
}

static void
put_recipient_mailer(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)s;
	if (event->recipient.len)
		str_append_cstr(out, "local");
}

static void
put_count(
    const struct smtp *s, const struct milter_event *event, struct str *out)
{
	(void)event;
	str_appendf(out, "%zu", s->tx.count);
}

static const struct {
	const char *name; /* without braces */
	macro_value *put;
} macros[] = {
	{ "i", put_id },
	{ "j", put_host },
	{ "v", put_version },
	{ "_", put_client_both },
	{ "daemon_name", put_host },
	{ "daemon_addr", put_local_address },
	{ "if_addr", put_local_address },
	{ "daemon_port", put_local_port },
	{ "client_addr", put_client },
	{ "client_port", put_client_port },
	{ "client_name", put_client_name },
	{ "client_ptr", put_client_name }, /* none that is not borne out */
	{ "client_resolve", put_resolved },
	{ "tls_version", put_tls_version },
	{ "cipher", put_cipher },
	{ "cipher_bits", put_cipher_bits },
	{ "auth_type", put_mechanism },
	{ "auth_authen", put_user },
	{ "mail_addr", put_sender },
	{ "mail_host", put_sender_host },
	{ "mail_mailer", put_mailer },
	{ "rcpt_addr", put_recipient },
	{ "rcpt_host", put_recipient_host },
	{ "rcpt_mailer", put_recipient_mailer },
	{ "nrcpts", put_count },
};

/* The name between braces, or the letter. */
static struct slice
bare_name(struct slice name)
{
	if (name.len > 2 && name.ptr[0] == '{' && name.ptr[name.len - 1] == '}')
		return slice_of(name.ptr + 1, name.len - 2);
	return name;
}

static void
put_macro(const struct smtp *s, const struct milter_event *event,
    struct slice name, struct str *out)
{
	STR_AUTO value = STR_INIT;
	size_t i;

	for (i = 0; i < sizeof macros / sizeof macros[0]; i++)
		if (slice_is(bare_name(name), macros[i].name))
			macros[i].put(s, event, &value);
	if (value.len == 0)
		return;
	milter_put_text(out, name);
	milter_put_text(out, str_slice(&value));
}

void
milter_macros(const struct smtp *s, const struct milter *m,
    const struct milter_event *event, struct str *out)
{
	struct slice rest = m->has_symbols[event->stage]
				? str_slice(&m->symbols[event->stage])
				: slice_from(usual[event->stage]);
	struct slice name;
	size_t n = 0;

	while (n < MACROS_MAX && slice_next(&rest, ' ', &name)) {
		if (name.len == 0)
			continue;
		put_macro(s, event, name, out);
		n++;
	}
}
