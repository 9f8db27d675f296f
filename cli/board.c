/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl board`: the bedside screen.  Keeps the connection, turns keys into
 * a selection and acknowledgements, and paints what cli/board_view.c laid out.
 *
 * Easy to get wrong: nothing here waits for vitalsd, not even for the answer to
 * an acknowledgement: a board that stands still is a board that lies.
 */
#include "cli/board_bell.h"
#include "cli/board_view.h"
#include "cli/cli.h"
#include "cli/pages.h"

#include <sys/signalfd.h>

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"

#define BOARD_TURN_MS 125	/* twice as often as anything flashes or rings */
#define BOARD_RETRY_MS 1000
#define BOARD_MESSAGE_MS 6000
#define BOARD_STEADY_MS 400	/* a selection that moved by itself can be
				 * acknowledged only after so long */
#define KEY_CTRL_C 3
#define KEY_TAB 9

struct screen {
	struct cli *c;
	struct client client;
	bool connected;
	int64_t retry_ms, heard_ms;
	json_t *whole;		/* as told on this connection */
	bool news;		/* 'state' is behind it */
	struct state *state;
	char trouble[sizeof(((struct client *)0)->error)];
	struct board_choice choice;
	int64_t moved_ms;	/* the selection last moved by itself */
	char message[300];
	int64_t message_ms;
	bool asking;		/* whether to quit */
	bool done;
	struct bell bell;
	struct grid grid;
};

static void __attribute__((format(printf, 2, 3)))
say(struct screen *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->message, sizeof(s->message), format, ap);
	va_end(ap);
	s->message_ms = clock_boot_ms();
}

/* What was told since the last time: the selection stays with its event, or says
 * that it moved. */
static void
state_show(struct screen *s)
{
	struct state *state;

	if (!s->news)
		return;
	s->news = false;
	state = state_parse(s->whole);
	if (!state) {
		snprintf(s->trouble, sizeof(s->trouble),
		    "vitalsd sent a state that makes no sense");
		return;
	}
	state_free(s->state);
	s->state = state;
	if (board_choice_follow(&s->choice, state))
		s->moved_ms = clock_boot_ms();
}

/* A page of the beds; the next one is asked for. */
static void
page_take(struct screen *s, json_t *page)
{
	const json_t *next = json_object_get(page, "next");

	if (json_is_integer(next) && client_send(&s->client, "status",
	    json_pack("{s:I}", "from", json_integer_value(next))) < 0)
		say(s, "vitalsd does not tell of all beds: %s",
		    s->client.error);
	pages_merge(&s->whole, page);
	s->news = true;
}

static void
answer_take(struct screen *s, const json_t *m)
{
	const json_t *e = json_object_get(m, "error");
	json_t *r = json_object_get(m, "result");

	if (e)
		say(s, "REFUSED: %s", client_text(e, "message"));
	else if (json_object_get(r, "beds"))
		page_take(s, r);
	else if (json_is_false(json_object_get(r, "durable")))
		say(s, "*** seen, but vitalsd's LOG IS FAILING: write it down "
		    "by hand");
	else if (json_array_size(json_object_get(r, "acknowledged")) > 0)
		say(s, "acknowledgement recorded");
	else
		say(s, "it had ended already");
}

static void
contact_lost(struct screen *s, const char *why)
{
	snprintf(s->trouble, sizeof(s->trouble), "%s", why);
	client_close(&s->client);
	json_decref(s->whole);
	s->whole = NULL;
	s->connected = false;
	s->retry_ms = clock_boot_ms() + BOARD_RETRY_MS;
}

static void
contact_try(struct screen *s)
{
	if (client_open(&s->client, s->c->paths.control_sock) < 0) {
		snprintf(s->trouble, sizeof(s->trouble), "%s",
		    s->client.error);
		s->retry_ms = clock_boot_ms() + BOARD_RETRY_MS;
		return;
	}
	s->connected = true;
	s->retry_ms = clock_boot_ms() + BOARD_SILENT_MS;
	if (client_send(&s->client, "watch", NULL) < 0)
		contact_lost(s, s->client.error);
}

/* What has arrived, as far as there is time before the screen and its bell are due
 * again; after BOARD_SILENT_MS of nothing, a new connection. */
static void
contact_read(struct screen *s)
{
	int64_t until_ms = clock_boot_ms() + BOARD_TURN_MS;
	json_t *m = NULL;
	int r = 0;

	while (clock_boot_ms() < until_ms &&
	    (r = client_next(&s->client, 0, &m)) == 0) {
		s->heard_ms = clock_boot_ms();
		if (strcmp(client_text(m, "method"), "state") == 0) {
			pages_merge(&s->whole, json_object_get(m, "params"));
			s->news = true;
		} else if (!json_object_get(m, "method")) {
			answer_take(s, m);
		}
		json_decref(m);
	}
	state_show(s);
	if (r < 0 && r != -EAGAIN)
		contact_lost(s, s->client.error);
	else if (clock_boot_ms() - s->heard_ms >= BOARD_SILENT_MS &&
	    clock_boot_ms() >= s->retry_ms) {
		contact_lost(s, "vitalsd is silent on its socket");
		contact_try(s);
	}
}

static void
acknowledge(struct screen *s)
{
	const char *by = s->c->value[OPTION_BY];
	json_t *params;

	if (!s->connected || !s->choice.event[0]) {
		say(s, "no alarm is selected; Tab goes to what calls");
		return;
	}
	if (clock_boot_ms() - s->moved_ms < BOARD_STEADY_MS) {
		say(s, "the selection has just moved; look, and press again");
		return;
	}
	params = json_pack("{s:s, s:s*}", "event", s->choice.event,
	    "by", by);
	if (client_send(&s->client, "alarm.ack", params) < 0)
		contact_lost(s, s->client.error);
}

static void
choose(struct screen *s, int key)
{
	switch (key) {
	case KEY_LEFT:
		board_choice_bed(&s->choice, s->state, -1);
		break;
	case KEY_RIGHT:
		board_choice_bed(&s->choice, s->state, 1);
		break;
	case KEY_UP:
		board_choice_alarm(&s->choice, s->state, -1);
		break;
	case KEY_DOWN:
		board_choice_alarm(&s->choice, s->state, 1);
		break;
	case KEY_TAB:
		if (!board_choice_calling(&s->choice, s->state))
			say(s, "no alarm calls");
		break;
	}
}

static void
key_take(struct screen *s, int key)
{
	if (s->asking) {
		s->done = key == 'y' || key == 'Y';
		s->asking = false;
		s->message[0] = '\0';
		return;
	}
	if (s->state)
		choose(s, key);
	switch (key) {
	case 'a':
		acknowledge(s);
		break;
	case 'q':
	case KEY_CTRL_C:
		s->asking = true;
		say(s, "Close the board?  Its alarms will be neither seen nor "
		    "heard.  [y/N]");
		break;
	}
}

/* The attributes of the styles; without colours, reverse and bold do. */
static void
styles_make(attr_t attr[STYLES], short pair[STYLES])
{
	static const struct { short text, ground; attr_t colour, mono; } of[] = {
		[STYLE_NORMAL] = { COLOR_WHITE, COLOR_BLACK, 0, 0 },
		[STYLE_DIM] = { COLOR_WHITE, COLOR_BLACK, A_DIM, A_DIM },
		[STYLE_STRONG] = { COLOR_WHITE, COLOR_BLACK, A_BOLD, A_BOLD },
		[STYLE_BAR] = { COLOR_BLACK, COLOR_WHITE, 0, A_REVERSE },
		[STYLE_HIGH] = { COLOR_WHITE, COLOR_RED, A_BOLD,
		    A_REVERSE | A_BOLD },
		[STYLE_HIGH_TEXT] = { COLOR_RED, COLOR_BLACK, A_BOLD, A_BOLD },
		[STYLE_MEDIUM] = { COLOR_BLACK, COLOR_YELLOW, 0, A_REVERSE },
		[STYLE_MEDIUM_TEXT] = { COLOR_YELLOW, COLOR_BLACK, 0, 0 },
		[STYLE_LOW_TEXT] = { COLOR_CYAN, COLOR_BLACK, 0, 0 },
	};
	bool colour = has_colors() && start_color() == OK && COLORS >= 8;

	for (short i = 0; i < STYLES; i++) {
		attr[i] = colour ? of[i].colour : of[i].mono;
		pair[i] = 0;
		if (colour && init_pair((short)(i + 1), of[i].text,
		    of[i].ground) == OK)
			pair[i] = (short)(i + 1);
	}
}

static void
paint(const struct grid *g, const attr_t attr[STYLES],
    const short pair[STYLES])
{
	erase();
	for (int i = 0; i < g->rows * g->columns; i++) {
		const struct cell *c = &g->cell[i];
		wchar_t text[2] = { c->c, 0 };
		cchar_t x;

		if (c->c == 0)
			continue;
		setcchar(&x, text, attr[c->style] |
		    (c->underline ? A_UNDERLINE : 0), pair[c->style], NULL);
		mvadd_wch(i / g->columns, i % g->columns, &x);
	}
	refresh();
}

static void
ring(struct screen *s, const struct board_view *v)
{
	enum priority worst = PRIORITY_HIGH;
	uint32_t n = 1;

	if (board_contact(v)) {
		worst = state_calling(s->state, &n);
		if (s->c->value[OPTION_QUIET])
			return;
	}
	if (bell_due(&s->bell, v->now_ms, worst, n))
		beep();
}

static void
draw(struct screen *s, const attr_t attr[STYLES], const short pair[STYLES])
{
	const char *by = s->c->value[OPTION_BY];
	struct board_view v = {
		.state = s->state, .now_ms = clock_boot_ms(),
		.wall_ms = clock_wall_ms(), .heard_ms = s->heard_ms,
		.trouble = s->trouble, .choice = s->choice, .by = by ? by : "",
		.message = s->message,
		.quiet = s->c->value[OPTION_QUIET] != NULL,
	};
	int rows = LINES, columns = COLS;

	if (!s->asking && v.now_ms - s->message_ms > BOARD_MESSAGE_MS)
		s->message[0] = '\0';
	if (columns > 1000)
		columns = 1000;
	if (rows > GRID_CELLS / columns)
		rows = GRID_CELLS / columns;
	s->grid.rows = rows;
	s->grid.columns = columns;
	board_draw(&s->grid, &v);
	paint(&s->grid, attr, pair);
	ring(s, &v);
}

static void
board_loop(struct screen *s, int signals)
{
	attr_t attr[STYLES];
	short pair[STYLES];
	int key;

	styles_make(attr, pair);
	while (!s->done) {
		struct pollfd p[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = signals, .events = POLLIN },
			{ .fd = s->connected ? s->client.fd : -1,
			  .events = POLLIN },
		};

		draw(s, attr, pair);
		if (poll(p, 3, BOARD_TURN_MS) > 0 &&
		    ((p[1].revents & POLLIN) ||
		    (p[0].revents & (POLLHUP | POLLERR))))
			return;
		while (!s->done && (key = getch()) != ERR)
			key_take(s, key);
		if (s->connected)
			contact_read(s);
		else if (clock_boot_ms() >= s->retry_ms)
			contact_try(s);
	}
}

static int
board_run(struct cli *c, int signals)
{
	struct screen *s = calloc(1, sizeof(*s));
	struct cell *cell = calloc(GRID_CELLS, sizeof(*cell));
	SCREEN *terminal = NULL;

	if (s && cell)
		terminal = newterm(NULL, stdout, stdin);
	if (!terminal) {
		free(s);
		free(cell);
		return cli_problem(c, s && cell ? "this terminal (TERM=%s) "
		    "cannot show a board" : "out of memory%.0s",
		    getenv("TERM") ? getenv("TERM") : "");
	}
	*s = (struct screen){ .c = c, .heard_ms = -1, .client.fd = -1 };
	s->grid.cell = cell;
	s->grid.ascii = cli_has(c, OPTION_ASCII) ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	raw();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	board_loop(s, signals);
	/* Many consoles keep what was on them: a dead board must not look
	 * alive. */
	erase();
	refresh();
	endwin();
	fprintf(c->out, "vitalsctl: the board is closed; nothing here shows "
	    "or rings alarms any more\n");
	delscreen(terminal);
	client_close(&s->client);
	json_decref(s->whole);
	state_free(s->state);
	free(cell);
	free(s);
	return EXIT_OK;
}

int
verb_board(struct cli *c)
{
	sigset_t set, before;
	int status, signals;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cli_problem(c, "the board needs a terminal; `vitalsctl "
		    "watch` writes lines");
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &before);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	status = signals < 0 ? cli_problem(c, "signalfd: %s",
	    strerror(errno)) : board_run(c, signals);
	if (signals >= 0)
		close(signals);
	return status;	/* the signal, if one came, stays taken */
}
