/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The command line itself: words to a verb with its options and arguments; and
 * what every verb needs to talk to vitalsd; see cli.h.
 *
 * Easy to get wrong: an option that the verb does not take is a usage error,
 * never ignored: `infusion stop --reason x` must not lose the reason silently.
 */
#include "cli/cli.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"

#define TAKES_ALWAYS \
	(TAKES(CONFIG) | TAKES(STATE) | TAKES(RUN) | TAKES(HELP) | \
	 TAKES(VERSION))

static void __attribute__((format(printf, 2, 0)))
complain(struct cli *c, const char *format, va_list ap)
{
	char text[1024], clean[1024];

	vsnprintf(text, sizeof(text), format, ap);
	for (size_t i = 0; ; i++) {
		/* Newlines are ours, other controls could be anybody's. */
		clean[i] = (text[i] > 0 && text[i] < ' ' && text[i] != '\n') ||
		    text[i] == 127 ? '?' : text[i];
		if (!text[i])
			break;
	}
	fprintf(c->err, "vitalsctl: %s\n", clean);
}

int
cli_problem(struct cli *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(c, format, ap);
	va_end(ap);
	return EXIT_PROBLEM;
}

int
cli_usage(struct cli *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(c, format, ap);
	va_end(ap);
	if (c->verb)
		fprintf(c->err, "usage: vitalsctl %s %s\n", c->verb->name,
		    c->verb->args);
	return EXIT_USAGE;
}

/* How many letters lie between two words (Levenshtein), for "did you mean". */
static size_t
word_distance(const char *a, const char *b)
{
	size_t row[40], n = strlen(b), corner, above;

	if (n >= 40 || strlen(a) >= 40)
		return 40;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			above = row[j];
			row[j] = corner + (a[i - 1] != b[j - 1]);
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			corner = above;
		}
	}
	return row[n];
}

static const struct verb *
verb_find(const struct verb *verbs, const char *name)
{
	for (const struct verb *v = verbs; v->name; v++) {
		if (strcmp(v->name, name) == 0)
			return v;
	}
	return NULL;
}

/* The first one or two words as a verb would write them. */
static void
words_join(const struct cli *c, int words, char out[64])
{
	if (words == 2)
		snprintf(out, 64, "%.31s %.31s", c->arg[0], c->arg[1]);
	else
		snprintf(out, 64, "%.31s", c->arg[0]);
}

int
cli_unknown(struct cli *c)
{
	const struct verb *best = NULL;
	bool group = false;
	size_t d, n, least = 4;
	char one[64], two[64];

	words_join(c, 1, one);
	words_join(c, c->args_n > 1 ? 2 : 1, two);
	n = strlen(one);
	for (const struct verb *v = c->verbs; v->name; v++) {
		group |= strncmp(v->name, one, n) == 0 && v->name[n] == ' ';
		d = word_distance(two, v->name);
		if (word_distance(one, v->name) < d)
			d = word_distance(one, v->name);
		if (d < least) {
			least = d;
			best = v;
		}
	}
	if (best && (c->args_n > 1 || !group)) {
		cli_problem(c, "there is no verb `%s`; did you mean `%s`?",
		    group ? two : one, best->name);
		return EXIT_USAGE;
	}
	if (!group) {
		cli_problem(c, "there is no verb `%s`; `vitalsctl help` lists "
		    "them", one);
		return EXIT_USAGE;
	}
	cli_problem(c, "`%s` is followed by one of:", one);
	for (const struct verb *v = c->verbs; v->name; v++) {
		if (strncmp(v->name, one, n) == 0 && v->name[n] == ' ')
			fprintf(c->err, "  vitalsctl %s %s\n", v->name,
			    v->args);
	}
	return EXIT_USAGE;
}

static int
option_unknown(struct cli *c, const char *name)
{
	const char *best = NULL;
	size_t d, least = 3;

	for (size_t i = 0; i < OPTIONS; i++) {
		d = word_distance(name, option_info[i].name);
		if (d < least) {
			least = d;
			best = option_info[i].name;
		}
	}
	if (best)
		return cli_usage(c, "there is no option %s; did you mean %s?",
		    name, best);
	return cli_usage(c, "there is no option %s", name);
}

static int
option_find(const char *word, size_t n)
{
	for (int i = 0; i < OPTIONS; i++) {
		if (strlen(option_info[i].name) == n &&
		    strncmp(option_info[i].name, word, n) == 0)
			return i;
	}
	if (n == 2 && strncmp(word, "-h", 2) == 0)
		return OPTION_HELP;
	return -1;
}

/* Takes the option at word[*i]; what is no option goes to arg[]. */
static int
option_take(struct cli *c, int n, char **word, int *i)
{
	char *w = word[*i], *equals = strchr(w, '=');
	size_t length = equals ? (size_t)(equals - w) : strlen(w);
	int o = option_find(w, length);
	char name[64];

	if (o < 0) {
		snprintf(name, sizeof(name), "%.*s", (int)length, w);
		return option_unknown(c, name);
	}
	if (c->value[o])
		return cli_usage(c, "%s is given twice", option_info[o].name);
	if (!option_info[o].value && equals)
		return cli_usage(c, "%s takes no value", option_info[o].name);
	if (!option_info[o].value)
		c->value[o] = "";
	else if (equals)
		c->value[o] = equals + 1;
	else if (*i + 1 < n)
		c->value[o] = word[++*i];
	else
		return cli_usage(c, "%s needs a value: %s",
		    option_info[o].name, option_info[o].value);
	return EXIT_OK;
}

static bool
is_option(const char *word)
{
	/* "-20" is a number and "-" a file. */
	return word[0] == '-' && word[1] != '\0' &&
	    !(word[1] >= '0' && word[1] <= '9');
}

/* Sorts the words into options and the rest. */
static int
words_sort(struct cli *c, int n, char **word)
{
	int status;
	bool literal = false;

	for (int i = 0; i < n; i++) {
		if (!literal && strcmp(word[i], "--") == 0) {
			literal = true;
		} else if (!literal && is_option(word[i])) {
			status = option_take(c, n, word, &i);
			if (status != EXIT_OK)
				return status;
		} else {
			c->arg[c->args_n++] = word[i];
		}
	}
	return EXIT_OK;
}

static int
verb_choose(struct cli *c)
{
	char name[64];

	if (c->args_n == 0) {
		c->verb = cli_has(c, OPTION_HELP) ?
		    verb_find(c->verbs, "help") : NULL;
		if (c->verb)
			return EXIT_OK;
		cli_problem(c, "say what to do; `vitalsctl help` lists it");
		return EXIT_USAGE;
	}
	for (int words = c->args_n > 1 ? 2 : 1; words > 0; words--) {
		words_join(c, words, name);
		c->verb = verb_find(c->verbs, name);
		if (c->verb) {
			c->arg += words;
			c->args_n -= words;
			return EXIT_OK;
		}
	}
	return cli_unknown(c);
}

static int
paths_take(struct cli *c)
{
	char error[256];

	paths_init(&c->paths);
	if (c->value[OPTION_CONFIG])
		c->paths.config = c->value[OPTION_CONFIG];
	if (c->value[OPTION_STATE])
		c->paths.state = c->value[OPTION_STATE];
	if (c->value[OPTION_RUN])
		c->paths.run = c->value[OPTION_RUN];
	if (paths_finish(&c->paths, error, sizeof(error)) < 0)
		return cli_usage(c, "%s", error);
	return EXIT_OK;
}

/* A time that is none is a slip of the hand; whether it may be is vitalsd's to
 * say. */
static bool
is_time(const char *text)
{
	enum refusal why = REFUSAL_NONE;
	int64_t wall;

	return clock_parse_at(text, clock_wall_ms(), &wall, &why) ||
	    why != REFUSAL_NO_TIME;
}

static int
options_check(struct cli *c)
{
	const char *format = c->value[OPTION_FORMAT];
	const char *at = c->value[OPTION_AT];

	for (size_t i = 0; i < OPTIONS; i++) {
		if (c->value[i] && !((TAKES_ALWAYS | c->verb->takes) >> i & 1))
			return cli_usage(c, "`%s` takes no %s", c->verb->name,
			    option_info[i].name);
	}
	if (format && strcmp(format, "json") != 0 &&
	    strcmp(format, "table") != 0)
		return cli_usage(c, "-o takes table or json, not `%s`",
		    format);
	c->json = format && strcmp(format, "json") == 0;
	if (at && !is_time(at))
		return cli_usage(c, "--at takes a time of day, 00:00 to 23:59 "
		    "or with seconds, like 14:02 or 14:02:31, not `%s`", at);
	if (c->args_n < c->verb->args_min)
		return cli_usage(c, "`%s` needs %s", c->verb->name,
		    c->verb->args_min == 1 ? "an argument" : "more arguments");
	if (c->args_n > c->verb->args_max)
		return cli_usage(c, "`%s` does not know what to do with `%s`",
		    c->verb->name, c->arg[c->verb->args_max]);
	return paths_take(c);
}

int
cli_run(const struct verb *verbs, int n, char **word, FILE *in, FILE *out,
    FILE *err)
{
	struct cli c = {
		.verbs = verbs, .in = in, .out = out, .err = err,
	};
	char **arg = calloc((size_t)n + 1, sizeof(*arg));
	int status;

	c.arg = arg;
	if (!arg)
		return cli_problem(&c, "out of memory");
	status = words_sort(&c, n, word);
	if (status == EXIT_OK && cli_has(&c, OPTION_VERSION)) {
		fprintf(out, "vitalsctl %s\n", VITALSD_VERSION);
	} else if (status == EXIT_OK) {
		status = verb_choose(&c);
		if (status == EXIT_OK && cli_has(&c, OPTION_HELP))
			status = verb_help(&c);
		else if (status == EXIT_OK)
			status = options_check(&c);
		if (status == EXIT_OK && !cli_has(&c, OPTION_HELP))
			status = c.verb->run(&c);
	}
	free(arg);
	if (fflush(out) != 0 && status == EXIT_OK)
		status = cli_problem(&c, "writing the output: %s",
		    strerror(errno));
	return status;
}

void
cli_stand_back(void)
{
	/* Not nice(): it counts only among the programs of one terminal. */
	(void)sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){ 0 });
}

bool
cli_has(const struct cli *c, enum cli_option o)
{
	return c->value[o] != NULL;
}

bool
cli_parse_number(const char *text, int64_t *out)
{
	char *end;
	long long v;

	/* strtoll() would take " 7", "+7" and the empty text. */
	if (!((text[0] >= '0' && text[0] <= '9') || text[0] == '-'))
		return false;
	errno = 0;
	v = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text ||
	    (text[0] == '-' && end == text + 1))
		return false;
	*out = v;
	return true;
}

bool
cli_number(struct cli *c, enum cli_option o, int64_t min, int64_t max,
    int64_t *out)
{
	int64_t v;

	if (cli_parse_number(c->value[o], &v) && v >= min && v <= max) {
		*out = v;
		return true;
	}
	cli_usage(c, "%s takes a whole number from %lld to %lld, not `%s`",
	    option_info[o].name, (long long)min, (long long)max, c->value[o]);
	return false;
}
