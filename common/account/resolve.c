#include "common/account/expansion.h"
#include "common/base/mem.h"

/* The names that one visit is looked up under: its own, then that in the domain
 * which its domain is an alias of, and so on. */
struct names {
	struct account_name list[ACCOUNT_DOMAINS_MAX];
	struct str buffers[ACCOUNT_DOMAINS_MAX];
	size_t count;
	struct slice detail; /* of a subaddress, for what is found */
};

/* Looks one name of a visit up. */
typedef enum step name_step(struct expansion *e, const struct visit *visit,
    const struct account_name *name, struct slice detail);

/* ---- domains ---- */

/* The other form of a domain beyond ASCII may be the one that is ours. */
static enum account_outcome
ask_twin(struct expansion *e, const struct account_name *name)
{
	const struct idna_forms *forms = &e->forms;
	bool is_ascii = slice_equal(name->domain, str_slice(&forms->ascii));
	struct slice twin = str_slice(is_ascii ? &forms->utf8 : &forms->ascii);
	STR_AUTO address = STR_INIT;
	STR_AUTO buffer = STR_INIT;
	struct account_name other;

	if (!is_ascii && !slice_equal(name->domain, str_slice(&forms->utf8)))
		return ACCOUNT_UNKNOWN;
	str_append(&address, name->local);
	str_append_char(&address, '@');
	str_append(&address, twin);
	if (slice_equal(twin, name->domain) ||
	    !account_name_parse(str_slice(&address), &buffer, &other))
		return ACCOUNT_UNKNOWN;
	return e->source->domain(
	    e->source->ctx, &other, &e->memory.alias_of, e->err);
}

static enum account_outcome
ask_domain(struct expansion *e, const struct account_name *name)
{
	struct domain_memory *m = &e->memory;

	if (m->domain.len && slice_equal(str_slice(&m->domain), name->domain))
		return m->outcome;
	str_clear(&m->alias_of);
	str_set(&m->domain, name->domain);
	m->outcome =
	    e->source->domain(e->source->ctx, name, &m->alias_of, e->err);
	if (m->outcome == ACCOUNT_UNKNOWN && e->has_forms)
		m->outcome = ask_twin(e, name);
	if (m->outcome == ACCOUNT_UNKNOWN)
		expansion_trace(e, "domain of", name, "not ours");
	else if (m->outcome == ACCOUNT_FOUND && m->alias_of.len)
		expansion_trace(e, "domain of", name,
		    "ours, another name for %s", str_cstr(&m->alias_of));
	else if (m->outcome == ACCOUNT_FOUND)
		expansion_trace(e, "domain of", name, "ours");
	return m->outcome;
}

static enum step
check_domain(struct expansion *e, const struct account_name *name)
{
	switch (ask_domain(e, name)) {
	case ACCOUNT_FOUND:
		return STEP_GO_ON;
	case ACCOUNT_UNKNOWN:
		return STEP_ELSEWHERE;
	default:
		return STEP_FAILED;
	}
}

static bool
has_domain(const struct names *names, struct slice domain)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (slice_equal(names->list[i].domain, domain))
			return true;
	return false;
}

/* Adds the names under the domains that the visit's own is an alias of. */
static enum step
follow_domain(struct expansion *e, struct names *names)
{
	enum step step = STEP_GO_ON;

	while (step == STEP_GO_ON && names->count < ACCOUNT_DOMAINS_MAX) {
		const struct account_name *last =
		    &names->list[names->count - 1];
		struct account_name *next = &names->list[names->count];
		STR_AUTO address = STR_INIT;

		step = check_domain(e, last);
		if (step == STEP_ELSEWHERE && names->count > 1)
			return expansion_give_up(e,
			    "is in a domain that stands for one which is not "
			    "ours");
		if (step != STEP_GO_ON || e->memory.alias_of.len == 0)
			break;
		str_append(&address, last->local);
		str_append_char(&address, '@');
		str_append(&address, str_slice(&e->memory.alias_of));
		if (!account_name_parse(str_slice(&address),
			&names->buffers[names->count], next) ||
		    has_domain(names, next->domain))
			break;
		names->count++;
	}
	return step;
}

/* ---- aliases ---- */

/* Does the target mean the mailbox of the very name that has the alias? */
static bool
is_itself(const struct expansion *e, const struct account_name *name,
    struct slice target)
{
	STR_AUTO buffer = STR_INIT;
	STR_AUTO cut = STR_INIT;
	struct account_name parsed, base;
	struct slice detail;

	if (slice_equal_nocase(target, name->user))
		return true;
	return account_name_parse(target, &buffer, &parsed) &&
	       account_name_split(
		   &parsed, e->source->delimiters, &cut, &base, &detail) &&
	       slice_equal_nocase(base.user, name->user);
}

/* One target as it stands between two |. */
static enum step
follow(struct expansion *e, const struct visit *from,
    const struct account_name *name, struct slice detail, struct slice text)
{
	struct slice target = slice_trim(text);
	bool itself = is_itself(e, name, target);
	struct visit *visit;

	if (target.len == 0 || (!itself && expansion_was_met(e, target)))
		return STEP_DONE;
	if (from->depth == ACCOUNT_ALIAS_DEPTH)
		return expansion_give_up(e, "is nested too deep");
	if (e->count == VISITS_MAX)
		return expansion_give_up(e, "has too many targets");
	visit = expansion_meet(e, target, detail, from);
	if (itself)
		visit->self = mem_strndup(name->user.ptr, name->user.len);
	return STEP_DONE;
}

static enum step
look_alias(struct expansion *e, const struct visit *visit,
    const struct account_name *name, struct slice detail)
{
	STR_AUTO text = STR_INIT;
	struct slice rest, target;
	enum step step;

	if (visit->self && slice_is_nocase(name->user, visit->self))
		return STEP_GO_ON;
	switch (e->source->alias(e->source->ctx, name, &text, e->err)) {
	case ACCOUNT_FOUND:
		expansion_trace(e, "alias", name, "%s", str_cstr(&text));
		break;
	case ACCOUNT_DROP:
		expansion_trace(e, "alias", name, "drop");
		step = check_domain(e, name);
		e->dropped |= step == STEP_GO_ON;
		return step == STEP_GO_ON ? STEP_DONE : step;
	case ACCOUNT_UNKNOWN:
		expansion_trace(e, "alias", name, "none");
		return STEP_GO_ON;
	default:
		return STEP_FAILED;
	}
	step = check_domain(e, name); /* a row alone makes no domain ours */
	if (step != STEP_GO_ON)
		return step;
	rest = str_slice(&text);
	step = STEP_DONE;
	while (step == STEP_DONE && slice_next(&rest, '|', &target))
		step = follow(e, visit, name, detail, target);
	return step;
}

/* ---- mailboxes ---- */

static enum step
take_user(struct expansion *e, const struct visit *visit, struct slice detail,
    struct account_user *user)
{
	struct account_target target = { .local = true, .user = *user };

	if (user->disabled) {
		account_user_release(user);
		e->disabled = true;
		if (visit->depth > 0)
			expansion_notice(e, visit, "is disabled");
		return STEP_DONE;
	}
	if (detail.len)
		target.detail = mem_strndup(detail.ptr, detail.len);
	return expansion_add(e, target);
}

static enum step
look_user(struct expansion *e, const struct visit *visit,
    const struct account_name *name, struct slice detail)
{
	const struct account_source *source = e->source;
	struct account_user user = { 0 };

	switch (source->user(source->ctx, name, &user, e->err)) {
	case ACCOUNT_FOUND:
		expansion_trace(e, "mailbox", name, "%s%s", user.name,
		    user.disabled ? ", disabled" : "");
		return take_user(e, visit, detail, &user);
	case ACCOUNT_UNKNOWN:
		expansion_trace(e, "mailbox", name, "none");
		return STEP_GO_ON;
	default:
		return STEP_FAILED;
	}
}

/* ---- the order of looking ---- */

/* An alias and a mailbox of the same name are equally exact: which one counts
 * is the site's to say.  Where the alias does, it keeps a copy for the mailbox
 * by listing its own address. */
static enum step
look_exact(struct expansion *e, const struct visit *visit,
    const struct account_name *name, struct slice detail)
{
	bool mailbox_first = e->source->mailbox_first;
	enum step step = STEP_GO_ON;

	if (!e->source->users_make_domains)
		step = check_domain(e, name);
	if (step == STEP_GO_ON)
		step = (mailbox_first ? look_user : look_alias)(
		    e, visit, name, detail);
	if (step == STEP_GO_ON)
		step = (mailbox_first ? look_alias : look_user)(
		    e, visit, name, detail);
	return step;
}

static enum step
look_without_detail(struct expansion *e, const struct visit *visit,
    const struct account_name *name, struct slice detail)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name base;
	struct slice own;

	if (!account_name_split(
		name, e->source->delimiters, &buffer, &base, &own))
		return STEP_GO_ON;
	expansion_trace(e, "subaddress", name, "%.*s with the detail \"%.*s\"",
	    SLICE_FMT(base.user), SLICE_FMT(own));
	return look_exact(e, visit, &base, own.len ? own : detail);
}

static enum step
look_catch_all(struct expansion *e, const struct visit *visit,
    const struct account_name *name, struct slice detail)
{
	STR_AUTO buffer = STR_INIT;
	struct account_name all;

	str_append_char(&buffer, '@');
	str_append(&buffer, name->domain);
	all.user = str_slice(&buffer);
	all.local = slice_head(all.user, 0);
	all.domain = slice_skip(all.user, 1);
	return look_alias(e, visit, &all, detail);
}

static enum step
look_each(struct expansion *e, const struct visit *visit,
    const struct names *names, name_step *look, size_t from)
{
	enum step step = STEP_GO_ON;
	size_t i;

	for (i = from; i < names->count && step == STEP_GO_ON; i++)
		step = look(e, visit, &names->list[i], names->detail);
	return step;
}

/* The more exact first, and under its own domain before another one.  Who has a
 * mailbox costs no question about his domain. */
static enum step
look_everywhere(
    struct expansion *e, const struct visit *visit, struct names *names)
{
	enum step step = look_each(e, visit, names, look_exact, 0);

	if (step == STEP_GO_ON)
		step = follow_domain(e, names);
	if (step == STEP_GO_ON)
		step = look_each(e, visit, names, look_exact, 1);
	if (step == STEP_GO_ON)
		step = look_each(e, visit, names, look_without_detail, 0);
	if (step == STEP_GO_ON)
		step = look_each(e, visit, names, look_catch_all, 0);
	return step;
}

/* Not ours: kept as it is written. */
static enum step
add_elsewhere(struct expansion *e, const struct visit *visit)
{
	struct account_target target = { .address =
					     mem_strdup(visit->address) };

	return expansion_add(e, target);
}

/* Under a domain as it is written. */
static enum step
look_under(struct expansion *e, const struct visit *visit, struct slice local,
    struct slice domain)
{
	struct names names = { .count = 1 };
	STR_AUTO address = STR_INIT;
	enum step step = STEP_GO_ON;
	size_t i;

	str_append(&address, local);
	str_append_char(&address, '@');
	str_append(&address, domain);
	if (visit->detail)
		names.detail = slice_from(visit->detail);
	if (account_name_parse(
		str_slice(&address), &names.buffers[0], &names.list[0]))
		step = look_everywhere(e, visit, &names);
	for (i = 0; i < ACCOUNT_DOMAINS_MAX; i++)
		str_release(&names.buffers[i]);
	return step;
}

/* Under both forms of a domain beyond ASCII: rows may have either. */
static enum step
look_under_forms(struct expansion *e, const struct visit *visit,
    const struct account_name *name)
{
	struct idna_forms *forms = &e->forms;
	enum step step = STEP_GO_ON, other;

	switch (e->source->forms(name->domain, forms, e->err)) {
	case ACCOUNT_FOUND:
		e->has_forms = true;
		step =
		    look_under(e, visit, name->local, str_slice(&forms->ascii));
		break;
	case ACCOUNT_UNKNOWN:
		expansion_trace(e, "domain of", name, "none that can be");
		break;
	default:
		step = STEP_FAILED;
	}
	if ((step == STEP_GO_ON || step == STEP_ELSEWHERE) &&
	    !slice_equal(str_slice(&forms->utf8), str_slice(&forms->ascii))) {
		other =
		    look_under(e, visit, name->local, str_slice(&forms->utf8));
		if (other != STEP_ELSEWHERE)
			step = other;
	}
	e->has_forms = false;
	idna_forms_release(forms);
	return step;
}

static enum step
visit_next(struct expansion *e, size_t at)
{
	struct visit visit = e->visits[at]; /* a copy: they move */
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	enum step step;

	if (!account_name_parse(slice_from(visit.address), &buffer, &name) ||
	    name.domain.len == 0 || name.local.len == 0) {
		expansion_notice(e, &visit, "is no address");
		return STEP_GO_ON;
	}
	if (e->source->forms && idna_is_needed(name.domain))
		step = look_under_forms(e, &visit, &name);
	else
		step = look_under(e, &visit, name.local, name.domain);
	if (step == STEP_ELSEWHERE && visit.depth > 0)
		return add_elsewhere(e, &visit);
	if (step == STEP_GO_ON && visit.depth > 0)
		expansion_notice(e, &visit, "does not exist");
	return step;
}

/* ---- the whole ---- */

static enum account_outcome
outcome_of(struct expansion *e, enum step first)
{
	if (e->targets.count > 0)
		return ACCOUNT_FOUND;
	if (first == STEP_ELSEWHERE)
		return ACCOUNT_NOT_LOCAL;
	if (first == STEP_GO_ON)
		return ACCOUNT_UNKNOWN;
	if (e->dropped)
		return ACCOUNT_DROP;
	if (e->disabled)
		return ACCOUNT_DISABLED;
	(void)expansion_give_up(e, "leads nowhere"); /* for its text */
	return ACCOUNT_TEMPFAIL;
}

static enum account_outcome
expand_all(struct expansion *e)
{
	enum step first = STEP_GO_ON;
	size_t at;

	for (at = 0; at < e->count; at++) {
		enum step step = visit_next(e, at);

		if (step == STEP_FAILED)
			return ACCOUNT_TEMPFAIL;
		if (at == 0)
			first = step;
	}
	return outcome_of(e, first);
}

enum account_outcome
account_expand(const struct account_source *source, struct slice address,
    struct account_targets *ret_targets, struct err *err)
{
	struct expansion e = { .source = source, .err = err };
	STR_AUTO buffer = STR_INIT;
	struct account_name name;
	enum account_outcome outcome;

	if (!account_name_parse(address, &buffer, &name) ||
	    name.domain.len == 0)
		return ACCOUNT_UNKNOWN;
	(void)expansion_meet(/* the first visit */
	    &e, name.user, slice_from(""), NULL);
	outcome = expand_all(&e);
	if (outcome == ACCOUNT_FOUND) {
		*ret_targets = e.targets;
		e.targets = (struct account_targets){ 0 };
	}
	expansion_release(&e);
	return outcome;
}
