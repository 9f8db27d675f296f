/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Persons, places and devices in messages of HL7 version 2, in both encodings:
 *
 *	[0B] MSH|^~\&|... CR PID|1||id||name CR OBX|1|NM|code|sub|97 CR [1C 0D]
 *	<ORU_R01> <PID> <PID.5>name</PID.5> </PID> ... </ORU_R01>
 *
 * Of MSH, EVN, MSA, OBR and OBX the fields stay that are about the measurement
 * and the message; of all other segments none does.
 *
 * Easy to get wrong: an OBX may hold a name as well: by its code (patient name,
 * weight) or as text.  Then its value goes.
 */
#include "drivers/hl7_scrub.h"

#define MLLP_BEGIN 0x0B
#define MLLP_END 0x1C
#define FIELDS 64
/* Characters of the longest word that is looked for, with its NUL: tables have
 * so many for each. */
#define WORD_ROOM 16

struct span {
	size_t from, to;
};

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
word_stands(const struct window *w, size_t at, size_t to, const char *word)
{
	for (size_t k = 0; k < WORD_ROOM && word[k] != '\0'; k++) {
		if (at + k >= to || window_at(w, at + k) != (uint8_t)word[k])
			return false;
	}
	return true;
}

/* The same, small letters or not. */
static bool
sounds_at(const struct window *w, size_t at, size_t to, const char *word)
{
	for (size_t k = 0; k < WORD_ROOM && word[k] != '\0'; k++) {
		uint8_t c = at + k < to ? window_at(w, at + k) : 0;

		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		if (c != (uint8_t)word[k])
			return false;
	}
	return true;
}

static bool
is_whole_word(const struct window *w, struct span s, const char *word)
{
	size_t n = 0;

	while (n < WORD_ROOM && word[n] != '\0')
		n++;
	return s.to - s.from == n && word_stands(w, s.from, s.to, word);
}

/* Three characters that may name a segment. */
static bool
is_segment(const struct window *w, size_t at)
{
	for (size_t k = 0; k < 3; k++) {
		uint8_t c = window_at(w, at + k);

		if (!is_upper(c) && !(k > 0 && is_digit(c)))
			return false;
	}
	return true;
}

/* Whether an observation's code is that of a person's data. */
static bool
is_demographic(const struct window *w, struct span code)
{
	static const char words[][WORD_ROOM] = {
		"NAME", "PATIENT", "_PT_", "BIRTH", "DOB", "MRN", "ADDRESS",
		"PHONE", "SSN", "SEX", "GENDER", "WEIGHT", "HEIGHT",
		"MASS_BODY", "LEN_BODY", "188736", "188740", "DOCTOR", "NURSE",
		"PHYSICIAN", "BED_", "ROOM",
	};

	if (is_whole_word(w, code, "AGE") || is_whole_word(w, code, "BED"))
		return true;
	for (size_t i = code.from; i < code.to && i < WINDOW_CAPACITY; i++) {
		for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
			if (sounds_at(w, i, code.to, words[k]))
				return true;
		}
	}
	return false;
}

/* Whether values of that type (OBX-2) are numbers, codes or times. */
static bool
is_measured(const struct window *w, struct span type)
{
	static const char types[][WORD_ROOM] = {
		"NM", "SN", "NA", "CE", "CWE", "CNE", "CF", "TS", "DT", "TM",
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (is_whole_word(w, type, types[i]))
			return true;
	}
	return false;
}

static const char *
patient_field(unsigned field)
{
	switch (field) {
	case 2: case 3: case 4: case 18: case 19: case 20:
		return "patient id";
	case 5: case 6: case 9:
		return "patient name";
	case 7:
		return "birth date";
	case 11: case 12:
		return "address";
	case 13: case 14: case 40:
		return "telephone";
	default:
		return "patient data";
	}
}

/* Of the segments that are about more than persons: the fields that stay. */
static bool
stays(const struct window *w, size_t name, unsigned field)
{
	if (word_stands(w, name, name + 3, "MSH"))
		return field < 3 || field == 7 || field > 8;
	if (word_stands(w, name, name + 3, "EVN"))
		return field < 4 || field == 6;
	if (word_stands(w, name, name + 3, "MSA"))
		return field < 3;
	if (word_stands(w, name, name + 3, "OBR"))
		return field == 1 || (field >= 4 && field <= 8) ||
		    field == 22 || field == 25;
	if (word_stands(w, name, name + 3, "OBX"))
		return field < 15 || field == 17 || field == 19;
	return false;
}

/* What that field tells of somebody; NULL: nothing. */
static const char *
identity(const struct window *w, size_t name, unsigned field)
{
	static const struct {
		const char *name, *what;
	} kinds[] = {
		{ "PV", "visit" }, { "NK1", "next of kin" },
		{ "GT1", "guarantor" }, { "IN", "insurance" },
		{ "NTE", "note" }, { "MSH", "sender or receiver" },
		{ "EVN", "staff" }, { "OBR", "order or staff" },
		{ "OBX", "observer or device" },
	};

	if (stays(w, name, field))
		return NULL;
	if (word_stands(w, name, name + 3, "PID"))
		return patient_field(field);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (word_stands(w, name, name + 3, kinds[i].name))
			return kinds[i].what;
	}
	return "unknown segment";
}

static const char *
observed_identity(const struct window *w, struct span type, struct span code)
{
	if (is_demographic(w, code))
		return "patient data";
	return is_measured(w, type) ? NULL : "text";
}

/* One segment, its name at 'from'.  MSH-1 is the separator itself. */
static void
scrub_segment(const struct window *w, size_t from, size_t to,
    uint8_t separator, struct scrub *out)
{
	bool header = word_stands(w, from, to, "MSH");
	struct span type = { 0, 0 }, code = { 0, 0 };
	unsigned field = header ? 1 : 0;
	size_t at = from + 3;

	while (at < to && at < WINDOW_CAPACITY) {
		struct span s = { at + 1, window_find(w, at + 1, to,
		    separator) };
		const char *what;

		field++;
		what = identity(w, from, field);
		if (word_stands(w, from, to, "OBX")) {
			if (field == 2)
				type = s;
			else if (field == 3)
				code = s;
			else if (field == 5)
				what = observed_identity(w, type, code);
		}
		if (what != NULL)
			scrub_add(out, s.from, s.to, SCRUB_TEXT, what);
		at = s.to;
	}
}

/* Where the line that begins at 'from' ends. */
static size_t
line_end(const struct window *w, size_t from, size_t to)
{
	size_t cr = window_find(w, from, to, '\r');

	return window_find(w, from, cr, '\n');
}

static bool
scrub_lines(const struct window *w, size_t from, size_t to, struct scrub *out)
{
	uint8_t separator = window_at(w, from + 3);

	if (from + 8 > to || is_upper(separator) || is_digit(separator) ||
	    separator < ' ')
		return false;
	for (size_t at = from; at < to && at < WINDOW_CAPACITY; at++) {
		size_t end = line_end(w, at, to);

		if (end - at >= 3 && is_segment(w, at) &&
		    (end - at == 3 || window_at(w, at + 3) == separator))
			scrub_segment(w, at, end, separator, out);
		else
			scrub_add(out, at, end, SCRUB_TEXT,
			    "text in no segment");
		at = end;
	}
	return true;
}

/* XML: where in the message the reader is. */
struct place {
	bool inside;		/* a segment, */
	size_t name;		/* whose name stands here */
	unsigned field;		/* 0: between its fields */
	struct span type, code;	/* of an OBX */
};

/* A tag's name, after '<' or '</'. */
static void
go_to(const struct window *w, struct place *p, struct span name, bool closes)
{
	unsigned field = 0;

	if (name.to - name.from == 3 && is_segment(w, name.from)) {
		*p = (struct place){ .inside = !closes, .name = name.from };
		return;
	}
	if (!p->inside || name.to - name.from < 5 ||
	    window_at(w, name.from + 3) != '.')
		return;
	for (size_t k = 0; k < 3; k++) {
		if (window_at(w, name.from + k) != window_at(w, p->name + k))
			return;
	}
	for (size_t i = name.from + 4; i < name.to && i < name.from + 7 &&
	    is_digit(window_at(w, i)); i++)
		field = field * 10 + (window_at(w, i) - (unsigned)'0');
	/* A component that ends leaves its field open. */
	if (closes && window_find(w, name.from + 4, name.to, '.') == name.to)
		field = 0;
	p->field = field;
}

static const char *
xml_identity(const struct window *w, const struct place *p)
{
	if (!p->inside || p->field == 0)
		return "text in no segment";
	if (p->field == 5 && word_stands(w, p->name, p->name + 3, "OBX"))
		return observed_identity(w, p->type, p->code);
	return identity(w, p->name, p->field);
}

static void
scrub_content(const struct window *w, struct place *p, struct span s,
    struct scrub *out)
{
	const char *what;

	while (s.from < s.to && is_blank(window_at(w, s.from)))
		s.from++;
	while (s.to > s.from && is_blank(window_at(w, s.to - 1)))
		s.to--;
	if (s.from >= s.to)
		return;
	if (p->inside && word_stands(w, p->name, p->name + 3, "OBX")) {
		if (p->field == 2 && p->type.to == 0)
			p->type = s;
		else if (p->field == 3 && p->code.to == 0)
			p->code = s;
		else if (p->field == 3)
			p->code.to = s.to;
	}
	what = xml_identity(w, p);
	if (what != NULL)
		scrub_add(out, s.from, s.to, SCRUB_TEXT, what);
}

/* What stands in a tag behind its name. */
static void
scrub_attributes(const struct window *w, size_t from, size_t to,
    struct scrub *out)
{
	for (size_t at = from; at < to && at < WINDOW_CAPACITY; at++) {
		uint8_t quote = window_at(w, at);
		size_t end;

		if (quote != '"' && quote != '\'')
			continue;
		end = window_find(w, at + 1, to, quote);
		scrub_add(out, at + 1, end, SCRUB_TEXT, "attribute of a tag");
		at = end;
	}
}

static bool
scrub_xml(const struct window *w, size_t from, size_t to, struct scrub *out)
{
	struct place p = { .inside = false };
	size_t at = from;

	while (at < to && at < WINDOW_CAPACITY) {
		size_t open = window_find(w, at, to, '<');
		size_t close = window_find(w, open, to, '>');
		bool closes = window_at(w, open + 1) == '/';
		struct span name = { open + (closes ? 2 : 1), 0 };

		scrub_content(w, &p, (struct span){ at, open }, out);
		if (open >= to)
			break;
		/* A tag that does not end: the rest is none of a segment. */
		if (close >= to) {
			scrub_add(out, open + 1, to, SCRUB_TEXT,
			    "text in no segment");
			break;
		}
		name.to = name.from;
		while (name.to < close && !is_blank(window_at(w, name.to)) &&
		    !(window_at(w, name.to) == '/' && name.to + 1 == close))
			name.to++;
		/* A comment may hold anything, a '>' too. */
		if (window_at(w, open + 1) == '!')
			scrub_add(out, open + 2, close, SCRUB_TEXT, "comment");
		else if (window_at(w, open + 1) != '?')
			scrub_attributes(w, name.to, close, out);
		go_to(w, &p, name, closes);
		at = close + 1;
	}
	return true;
}

bool
hl7_scrub(const struct window *w, size_t n, struct scrub *out)
{
	size_t from = 0, to = n;

	if (window_at(w, 0) == MLLP_BEGIN) {
		from = 1;
		while (to > from && (window_at(w, to - 1) == '\r' ||
		    window_at(w, to - 1) == MLLP_END))
			to--;
	}
	while (from < to && is_blank(window_at(w, from)))
		from++;
	if (word_stands(w, from, to, "MSH"))
		return scrub_lines(w, from, to, out);
	return window_at(w, from) == '<' && scrub_xml(w, from, to, out);
}
