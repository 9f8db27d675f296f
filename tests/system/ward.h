/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A ward for the system tests: the real programs, each in its own process, on
 * pseudo-terminals and loopback, under a folder of their own.
 *
 * Easy to get wrong: nothing here sleeps for a guess.  ward_wait_*() looks
 * until what is expected is there, and fails the test when it does not come.
 */
#ifndef TESTS_SYSTEM_WARD_H
#define TESTS_SYSTEM_WARD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WARD_SET 8

struct ward {
	char dir[64];		/* everything lies below it */
	char build[256];	/* where the programs are */
	pid_t vitalsd, notify, sim, receiver, tap, systemd;
	int receiver_port;
	int control;		/* socket to vitalsd, -1 */
	char *pending;		/* bytes read beyond the last line */
	size_t pending_n;
	long next_id;
	uid_t uid;		/* vitalsd runs as this user and group; 0: ours */
	gid_t gid;
	const char *const *env;	/* vitalsd's own: NAME=VALUE ..., NULL */
	bool keep;
	char set[WARD_SET][320];	/* "NAME=VALUE", for vitalsd alone */
	size_t set_n;
};

/* Makes the folder; fails the test where it cannot. */
void ward_open(struct ward *w);

/* Ends every process and removes the folder (not when VITALS_KEEP is set). */
void ward_close(struct ward *w);

/* Sets NAME=VALUE in the environment of each vitalsd that is started after. */
void ward_env(struct ward *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A child that is told what systemd would be by each vitalsd that is started
 * after, and keeps it in DIR/systemd, a message a line, each begun with the ms
 * of ward_now_ms().  WATCHDOG=1 is asked for three times in watchdog_ms. */
void ward_be_systemd(struct ward *w, int watchdog_ms);

/* Preloads tests/shim/faultshim.c into vitalsd; its faults are switched on by
 * ward_write(w, "faults/NAME", TEXT) and off by ward_mend(w, "faults/NAME"). */
void ward_preload_faults(struct ward *w);
void ward_mend(const struct ward *w, const char *name);

/* For cmocka: a ward of its own for each test, closed when it has failed too. */
int ward_setup(void **state);
int ward_teardown(void **state);
#define WARD_TEST(f) cmocka_unit_test_setup_teardown(f, ward_setup, ward_teardown)

/* Writes a file below the ward's folder. */
void ward_write(const struct ward *w, const char *name, const char *text);

/* "DIR/name" in a static buffer that some call reuses: the 16th from here. */
const char *ward_path(const struct ward *w, const char *name);

/* Starts vitals-sim on that scenario text and waits for its links. */
void ward_start_sim(struct ward *w, const char *scenario,
    const char *const *links);
void ward_sim(const struct ward *w, const char *command);
/* Starts vitals-sim on a recording instead, as fast as it is read. */
void ward_play(struct ward *w, const char *file, const char *driver,
    const char *link);

/* A port of loopback that nobody has, and that the kernel gives to nobody by
 * itself, so that it is still free when it is used again. */
int ward_free_port(void);

/* Starts the receiver; mode is one of its --mode words. */
void ward_start_receiver(struct ward *w, const char *mode);
void ward_receiver_mode(const struct ward *w, const char *mode);

/* Starts vitalsd with that configuration text and waits until it answers. */
void ward_start_vitalsd(struct ward *w, const char *config);
/* Starts it again with the configuration that is there. */
void ward_restart_vitalsd(struct ward *w);
void ward_start_notify(struct ward *w);
/* The same with a configuration of the test's own. */
void ward_start_notify_with(struct ward *w, const char *config);

/* Runs build/WORDS[0] to its end: its exit status, what it said (both streams,
 * malloc'ed) in *out unless out is NULL.  Words are ended by NULL. */
int ward_run(const struct ward *w, char **out, const char *const *words);

/* Stands between vitalsd and the notifier that is started after it, and keeps
 * what they say in DIR/from-vitalsd and DIR/from-notify. */
void ward_start_tap(struct ward *w);

/* Holds every line of DIR/name against schemas/schema. */
void ward_check_schema(const struct ward *w, const char *schema,
    const char *name);

/* Kills a process and waits for it; *pid becomes 0. */
void ward_kill(pid_t *pid, int signal);

/* Ends a process in order; it must do so with status 0 within that time. */
void ward_stop(struct ward *w, pid_t *pid, int64_t within_ms);

/* One request; a new reference to the whole answer.  Every line that goes
 * either way is kept in DIR/messages. */
json_t *ward_rpc(struct ward *w, const char *method, json_t *params);

/* The same, and the test fails unless it succeeded; a new reference to the
 * result. */
json_t *ward_ask(struct ward *w, const char *method, json_t *params);

/* The error's message (malloc'ed); the test fails if it succeeded. */
char *ward_refused(struct ward *w, const char *method, json_t *params);

/* Runs vitalsctl with these words (ended by NULL); its exit status, its output
 * (both streams, malloc'ed) in *out unless out is NULL. */
int ward_ctl(const struct ward *w, char **out, const char *const *words);

/* Looks at the state until the alarm whose condition begins so is in that
 * state ("active", "latched", "" for gone), of at least that priority. */
json_t *ward_wait_alarm(struct ward *w, const char *condition,
    const char *state, const char *priority, int timeout_s);

/* The only bed's (the first) object in the state; a new reference. */
json_t *ward_bed(struct ward *w);

/* The text of one column of one row, malloc'ed; NULL where there is none. */
char *ward_sql_text(const struct ward *w, const char *query);

/* A number that the query of the log gives; -1 where the log cannot be read. */
int64_t ward_sql(const struct ward *w, const char *query);
/* Looks until the query gives at least that many. */
void ward_wait_sql(const struct ward *w, const char *query, int64_t at_least,
    int timeout_s);

/* How many lines of DIR/name hold that text; 0 where there is no such file. */
size_t ward_lines(const struct ward *w, const char *name, const char *text);
/* Looks until there are that many. */
void ward_wait_lines(const struct ward *w, const char *name, const char *text,
    size_t at_least, int timeout_s);

/* How many lines of the receiver's log hold that text. */
size_t ward_received(const struct ward *w, const char *text);
void ward_wait_received(const struct ward *w, const char *text,
    size_t at_least, int timeout_s);

/* CLOCK_BOOTTIME ms. */
int64_t ward_now_ms(void);
void ward_nap(int ms);

/* Fails the test with a sentence and what the programs printed. */
void ward_fail(const struct ward *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The two configurations that most tests use: one bed, an oximeter, one
 * channel; and the scenario beside it. */
extern const char ward_scenario[];
char *ward_config(const struct ward *w, const char *extra);

#endif
