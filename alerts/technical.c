/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Silence, missing values, overdue cuffs, damaged and frozen data.
 *
 * Easy to get wrong: the order.  T1 is judged before T2, which it explains.
 */
#include "alerts/technical.h"

#include "alerts/phrase.h"
#include "alerts/slices.h"
#include "alerts/source.h"

/* One damaged frame is no rate. */
#define DAMAGED_MIN 2
#define NIBP_GRACE_MS (3 * 60 * 1000)

void
technical_init(struct board *b)
{
	for (int i = SLOT_NO_DATA; i < SLOTS; i++) {
		struct alarm *a = board_alarm(b, i);

		if (a != NULL)
			alarm_init(a, i == SLOT_IDLE_VITALS ? ALARM_ADVISORY :
			    ALARM_TECHNICAL, i >= SLOT_NO_VALUE);
	}
}

void
technical_open(struct board *b)
{
	for (size_t i = 0; i < b->ports_n && i < BOARD_PORTS; i++) {
		slices_forget(&b->port[i], b->now_ms);
		b->port[i].same_ms = b->now_ms;
	}
	b->idle_vitals_ms = BOARD_NEVER;
}

void
technical_frame(struct board *b, struct port_state *p, bool good)
{
	slices_add(p, b->now_ms, good, 1);
	if (!good)
		return;
	p->good_ms = b->now_ms;
	p->other = false;
}

void
technical_lost(struct board *b, struct port_state *p, uint16_t n)
{
	slices_add(p, b->now_ms, false, n);
}

void
technical_link(struct board *b, size_t port, enum line_state line)
{
	struct port_state *p = &b->port[port];
	/* Once an event: a loose plug comes and goes every second. */
	bool *told = line == LINE_OTHER_DEVICE ? &p->told_other : &p->reworded;
	bool same = p->line == line;

	p->line = line;
	p->other = p->other || line == LINE_OTHER_DEVICE;
	if (same || *told || !alarm_is_open(&p->alarm[PORT_NO_DATA]))
		return;
	*told = true;
	technical_tell(b, SLOT_NO_DATA + (int)port, ALARM_UPDATE, NULL, NULL);
}

static void
move(struct board *b, int slot, enum priority level, int64_t since_ms)
{
	struct alarm *a = board_alarm(b, slot);
	int phase;

	if (a == NULL)
		return;
	phase = alarm_move(a, level, 0, b->ids);
	a->confirmed = true;
	if (phase == ALARM_START)
		a->since_ms = since_ms;
	if (phase != ALARM_UNCHANGED)
		technical_tell(b, slot, (enum alarm_phase)phase, NULL, NULL);
}

/* T1 */
static int64_t
silent_at_ms(const struct board *b, const struct port_state *p)
{
	int32_t limit = b->limits->no_data_ms;

	/* A wrong device is no silence that might end by itself; and once that
	 * was told, only data take it back. */
	if (p->other)
		return p->good_ms;
	if (limit < p->is.silent_after_ms)
		limit = p->is.silent_after_ms;
	return moment_after(p->good_ms, limit);
}

static bool
is_silent(const struct board *b, size_t port)
{
	return alarm_is_open(&b->port[port].alarm[PORT_NO_DATA]);
}

/* Whether T1 already says why this subject has no value. */
static bool
is_explained(const struct board *b, int subject)
{
	bool fed = false, silent = b->ports_n > 0;

	for (size_t i = 0; i < b->ports_n && i < BOARD_PORTS; i++) {
		if (!is_silent(b, i))
			silent = false;
		if (!(b->port[i].fed & UINT32_C(1) << subject))
			continue;
		fed = true;
		if (!is_silent(b, i))
			return false;
	}
	return fed || silent;
}

static void
update_no_data(struct board *b, size_t port)
{
	struct port_state *p = &b->port[port];
	bool explained[SUBJECT_LEVELS] = { false };
	enum priority level = PRIORITY_NONE;

	if (b->in_session && b->now_ms >= silent_at_ms(b, p)) {
		bool high = b->phase == PHASE_INFUSION &&
		    moment_between(p->good_ms, b->now_ms) >=
		    b->limits->no_data_high_ms;

		level = high ? PRIORITY_HIGH : PRIORITY_MEDIUM;
	}
	for (int i = 0; i < SUBJECT_LEVELS; i++)
		explained[i] = is_explained(b, i);
	move(b, SLOT_NO_DATA + (int)port, level, p->good_ms);
	p->reworded = p->reworded && is_silent(b, port);
	p->told_other = p->told_other && is_silent(b, port);
	for (int i = 0; i < SUBJECT_LEVELS; i++) {
		if (explained[i] && !is_explained(b, i) &&
		    b->subject[i].waiting_ms != BOARD_NEVER)
			b->subject[i].waiting_ms = b->now_ms;
	}
}

/* T2, T3: when a missing value becomes an alarm; NEVER if it does not. */
static int64_t
no_value_at_ms(const struct board *b, int subject)
{
	const struct subject_state *s = &b->subject[subject];

	if (!b->in_session || s->waiting_ms == BOARD_NEVER)
		return BOARD_NEVER;
	/* Many monitors have no respiration at all. */
	if (subject == SUBJECT_RR && !s->seen)
		return BOARD_NEVER;
	return moment_after(s->waiting_ms,
	    source_patience_ms(b, (enum subject)subject));
}

static void
update_no_value(struct board *b, int subject)
{
	const struct alarm *a = board_alarm(b, SLOT_NO_VALUE + subject);
	const struct subject_state *s = &b->subject[subject];
	bool holds = b->in_session && !source_has_value(s) &&
	    (alarm_is_open(a) || (b->now_ms >= no_value_at_ms(b, subject) &&
	    !is_explained(b, subject)));
	enum priority p = subject == SUBJECT_RR ? PRIORITY_LOW :
	    PRIORITY_MEDIUM;

	move(b, SLOT_NO_VALUE + subject, holds ? p : PRIORITY_NONE,
	    s->missing_ms);
}

/* T4: the interval of the present phase; 0: none is expected. */
static int64_t
nibp_due_ms(const struct board *b)
{
	switch (b->phase) {
	case PHASE_BASELINE:
		return b->limits->nibp_due_baseline_ms;
	case PHASE_INFUSION:
	case PHASE_PAUSED:
		return b->limits->nibp_due_infusion_ms;
	case PHASE_RECOVERY:
		return b->limits->nibp_due_recovery_ms;
	case PHASE_IDLE:
	case PHASE_CLOSED:
	case PHASE_ABORTED:
		break;
	}
	return 0;
}

static int64_t
nibp_since_ms(const struct board *b)
{
	return b->cuff_seen ? b->cuff.measured_ms : b->opened_ms;
}

static void
nibp_overdue_at(const struct board *b, int64_t *low_ms, int64_t *medium_ms)
{
	int64_t due = nibp_due_ms(b), since = nibp_since_ms(b);
	int64_t late = due + due / 2, later = 2 * due;

	if (!b->in_session || due <= 0) {
		*low_ms = *medium_ms = BOARD_NEVER;
		return;
	}
	if (late < due + NIBP_GRACE_MS)
		late = due + NIBP_GRACE_MS;
	if (later < late)
		later = late;
	*low_ms = moment_after(since, late);
	*medium_ms = moment_after(since, later);
}

static void
update_nibp_overdue(struct board *b)
{
	int64_t low = BOARD_NEVER, medium = BOARD_NEVER;
	enum priority level = PRIORITY_NONE;

	nibp_overdue_at(b, &low, &medium);
	if (b->now_ms >= medium)
		level = PRIORITY_MEDIUM;
	else if (b->now_ms >= low)
		level = PRIORITY_LOW;
	move(b, SLOT_NIBP_OVERDUE, level, nibp_since_ms(b));
}

/* T5 */
static void
update_damaged(struct board *b, size_t port)
{
	struct port_state *p = &b->port[port];
	/* Over at half the rate: around the limit it would come and go. */
	bool open = alarm_is_open(&p->alarm[PORT_DAMAGED]), holds;
	int64_t bad = 0, all = 0,
	    percent = (int64_t)b->limits->reject_percent * (open ? 50 : 100);

	slices_advance(p, b->now_ms);
	slices_sum(p, &bad, &all);
	/* Where none was sound T1 says so: they are hardly this driver's. */
	holds = b->in_session && bad >= DAMAGED_MIN && (open || bad < all) &&
	    bad * 10000 > percent * all;
	move(b, SLOT_DAMAGED + (int)port, holds ? PRIORITY_LOW : PRIORITY_NONE,
	    b->now_ms);
}

/* T6: only where a port gives all three; a steady pulse and saturation alone
 * are nothing unusual. */
static bool
gives_all(const struct board *b, const struct port_state *p)
{
	return source_is_fresh(b, p, LEVEL_SPO2) &&
	    source_is_fresh(b, p, LEVEL_RR) &&
	    (source_is_fresh(b, p, LEVEL_HR) ||
	    source_is_fresh(b, p, LEVEL_PR));
}

static void
update_frozen(struct board *b, size_t port)
{
	const struct port_state *p = &b->port[port];
	bool holds = b->in_session && gives_all(b, p) &&
	    moment_between(p->same_ms, b->now_ms) >= b->limits->frozen_ms;

	move(b, SLOT_FROZEN + (int)port, holds ? PRIORITY_LOW : PRIORITY_NONE,
	    p->same_ms);
}

static void
update_idle(struct board *b)
{
	bool any = false, holds;

	for (int i = 0; i < SUBJECT_LEVELS; i++)
		any = any || source_has_value(&b->subject[i]);
	if (b->in_session || !any)
		b->idle_vitals_ms = BOARD_NEVER;
	else if (b->idle_vitals_ms == BOARD_NEVER)
		b->idle_vitals_ms = b->now_ms;
	holds = b->idle_vitals_ms != BOARD_NEVER &&
	    moment_between(b->idle_vitals_ms, b->now_ms) >=
	    b->limits->idle_vitals_ms;
	move(b, SLOT_IDLE_VITALS, holds ? PRIORITY_LOW : PRIORITY_NONE,
	    b->idle_vitals_ms);
}

void
technical_update(struct board *b)
{
	for (size_t i = 0; i < b->ports_n && i < BOARD_PORTS; i++) {
		update_no_data(b, i);
		update_damaged(b, i);
		update_frozen(b, i);
	}
	for (int i = 0; i < SUBJECT_LEVELS; i++)
		update_no_value(b, i);
	update_nibp_overdue(b);
	update_idle(b);
}

int64_t
technical_next(const struct board *b)
{
	int64_t next = BOARD_NEVER, low = BOARD_NEVER, medium = BOARD_NEVER;

	if (!b->in_session) {
		if (b->idle_vitals_ms != BOARD_NEVER)
			board_soonest(&next, b->now_ms, moment_after(
			    b->idle_vitals_ms, b->limits->idle_vitals_ms));
		return next;
	}
	for (size_t i = 0; i < b->ports_n && i < BOARD_PORTS; i++) {
		const struct port_state *p = &b->port[i];

		board_soonest(&next, b->now_ms, silent_at_ms(b, p));
		if (b->phase == PHASE_INFUSION)
			board_soonest(&next, b->now_ms, moment_after(
			    p->good_ms, b->limits->no_data_high_ms));
		board_soonest(&next, b->now_ms,
		    moment_after(p->same_ms, b->limits->frozen_ms));
		if (!slices_empty(p))
			board_soonest(&next, b->now_ms,
			    moment_after(p->slice_ms, SLICE_MS));
	}
	for (int i = 0; i < SUBJECT_LEVELS; i++)
		board_soonest(&next, b->now_ms, no_value_at_ms(b, i));
	nibp_overdue_at(b, &low, &medium);
	board_soonest(&next, b->now_ms, low);
	board_soonest(&next, b->now_ms, medium);
	return next;
}

static const char subject_label[SUBJECT_LEVELS][20] = {
	[SUBJECT_HEART_RATE] = "heart rate",
	[SUBJECT_SPO2] = "SpO2",
	[SUBJECT_RR] = "respiratory rate",
};

/* "", or " for 37 s": what is told once says how long it has lasted by then; who
 * looks is shown that beside it, as of the moment of looking. */
static void
put_lasted(const struct board *b, int64_t since_ms, bool told,
    struct phrase *text)
{
	if (!told)
		return;
	phrase_put(text, " for ");
	phrase_put_span(text, moment_between(since_ms, b->now_ms));
}

/* Why a port says nothing, as far as its line shows it. */
static void
put_line(const struct port_state *p, struct phrase *text)
{
	const char *other = p->shares;

	switch (p->line) {
	case LINE_GONE:
		phrase_put(text, ": its cable or adapter is gone");
		return;
	case LINE_OPEN:
		/* Silence and noise look the same from here: T1 knows sound
		 * frames. */
		phrase_put(text, ": the line is open, nothing readable comes "
		    "(off? wrong driver or speed?)");
		return;
	case LINE_OTHER_DEVICE:
		phrase_put(text, ": another device is plugged in at its port, "
		    "and is not read");
		return;
	case LINE_IN_USE:
		phrase_put(text, ": another program has its port");
		return;
	case LINE_SHARED:
		phrase_put(text, ": it is the port of ");
		if (other != NULL)
			phrase_put(text, other);
		else
			phrase_put(text, "another monitor");
		phrase_put(text, " too");
		return;
	case LINE_NO_PERMISSION:
		phrase_put(text, ": no permission to open its port");
		return;
	case LINE_NO_PEER:
		phrase_put(text, ": nobody is at its socket");
		return;
	case LINE_NOT_OPENED:
		phrase_put(text, ": its port cannot be opened");
		return;
	}
}

static void
say_no_data(const struct board *b, const struct port_state *p, bool over,
    bool told, struct phrase *text)
{
	phrase_put_either(text, over, "data again from ", "no data from ");
	phrase_put(text, p->is.name);
	if (over)
		return;
	put_lasted(b, p->good_ms, told, text);
	put_line(p, text);
}

/* What the first port that knows the vital says about it. */
static const char *
reason_of(const struct board *b, int subject)
{
	enum level l = b->subject[subject].level;

	if (subject == SUBJECT_SPO2)
		l = LEVEL_SPO2;
	else if (subject == SUBJECT_RR)
		l = LEVEL_RR;
	for (size_t i = 0; i < b->ports_n && i < BOARD_PORTS; i++) {
		const struct board_level *at = &b->port[i].level[l];

		if (at->seen && at->quality != QUALITY_GOOD &&
		    at->quality != QUALITY_QUESTIONABLE)
			return quality_label(at->quality);
	}
	return NULL;
}

static void
say_no_value(const struct board *b, int subject, bool over, bool told,
    struct phrase *text)
{
	const char *reason = reason_of(b, subject);

	phrase_put(text, subject_label[subject]);
	if (over) {
		phrase_put(text, " has a value again");
		return;
	}
	phrase_put(text, " without a value");
	put_lasted(b, b->subject[subject].missing_ms, told, text);
	if (reason) {
		phrase_put(text, ": ");
		phrase_put(text, reason);
	}
}

static void
say_nibp_overdue(const struct board *b, bool over, bool told,
    struct phrase *text)
{
	if (over) {
		phrase_put(text, "blood pressure is no longer overdue");
		return;
	}
	phrase_put(text, "no blood pressure");
	put_lasted(b, nibp_since_ms(b), told, text);
	phrase_put(text, ", expected every ");
	phrase_put_span(text, nibp_due_ms(b));
}

static void
say_damaged(const struct port_state *p, bool over, struct phrase *text)
{
	int64_t bad = 0, all = 0;

	slices_sum(p, &bad, &all);
	phrase_put_either(text, over, "data are sound again from ",
	    "damaged data from ");
	phrase_put(text, p->is.name);
	if (over)
		return;
	phrase_put(text, ": ");
	phrase_put_int(text, bad);
	phrase_put(text, " of ");
	phrase_put_int(text, all);
	phrase_put(text, " messages in a minute");
}

static void
say_frozen(const struct board *b, const struct port_state *p, bool over,
    bool told, struct phrase *text)
{
	phrase_put_either(text, over, "no longer frozen: ", "no number of ");
	phrase_put(text, p->is.name);
	if (over)
		return;
	phrase_put_either(text, told, " has changed", " changes");
	put_lasted(b, p->same_ms, told, text);
	phrase_put(text, ": frozen?");
}

/* Which port a slot is about; NULL: none. */
static const struct port_state *
port_of(const struct board *b, int slot)
{
	size_t port = 0;

	return board_port_alarm(slot, &port) != PORT_ALARMS &&
	    port < b->ports_n ? &b->port[port] : NULL;
}

void
technical_describe(const struct board *b, int slot, bool told,
    struct alarm_change *out)
{
	struct phrase name = phrase_begin(out->condition,
	    sizeof out->condition);
	struct phrase text = phrase_begin(out->text, sizeof out->text);
	const struct port_state *p = port_of(b, slot);
	bool over = out->state == ALARM_INACTIVE;

	if (slot == SLOT_NIBP_OVERDUE) {
		phrase_put(&name, "nibp-overdue");
		say_nibp_overdue(b, over, told, &text);
	} else if (slot == SLOT_IDLE_VITALS) {
		phrase_put(&name, "vitals-without-session");
		phrase_put_either(&text, over,
		    "no vitals without a session any more",
		    "vitals arrive, but no session is open");
	} else if (!p) {
		unsigned subject = (unsigned)(slot - SLOT_NO_VALUE) %
		    SUBJECT_LEVELS;

		phrase_put(&name, "no-value:");
		phrase_put(&name, subject_name[subject]);
		say_no_value(b, (int)subject, over, told, &text);
	} else if (slot < SLOT_NO_DATA + BOARD_PORTS) {
		phrase_put(&name, "no-data:");
		say_no_data(b, p, over, told, &text);
	} else if (slot < SLOT_DAMAGED + BOARD_PORTS) {
		phrase_put(&name, "damaged-data:");
		say_damaged(p, over, &text);
	} else {
		phrase_put(&name, "frozen:");
		say_frozen(b, p, over, told, &text);
	}
	if (p)
		phrase_put(&name, p->is.name);
}

void
technical_tell(struct board *b, int slot, enum alarm_phase phase,
    const char *by, const char *reason)
{
	struct alarm *a = board_alarm(b, slot);
	const struct port_state *p = port_of(b, slot);
	struct alarm_change c = { .infusion_ms = INFUSION_NONE };
	struct phrase who = phrase_begin(c.by, sizeof c.by);

	if (a == NULL)
		return;
	if (p && p->demo)
		a->demo = true;
	alarm_tell(a, phase, b->pausing, &c);
	/* What ends for a reason of its own is not over: say what it was. */
	c.state = reason ? ALARM_ACTIVE : a->state;
	technical_describe(b, slot, true, &c);
	c.state = a->state;
	if (by)
		phrase_put(&who, by);
	phrase_put_reason(c.text, sizeof c.text, reason);
	b->sink.alarm(b->sink.arg, b->now_ms, &c);
}
