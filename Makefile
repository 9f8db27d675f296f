# vitalsd: one file, every command visible.  `make` builds into build/ (or
# build-san/ with SAN=1, build-tsan/ with TSAN=1); `make help` lists the rest.
#
# Easy to get wrong: the pure core (PURE below) is linked first and may not
# call anything outside tests/pure.allow; see `make purity`.

, := ,
VERSION  := 0.1.0
B        := build$(if $(SAN),-san)$(if $(TSAN),-tsan)$(if $(findstring clang,$(CC)),-clang)
CFLAGS   ?= -O2 -g
STD      := -std=gnu17 -D_GNU_SOURCE -I. -DVITALSD_VERSION='"$(VERSION)"'
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion \
            -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
            -Wundef -Wpointer-arith -Wwrite-strings -Wswitch-enum
WERROR   := $(if $(CI),-Werror)
SANFLAGS := $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all) \
            $(if $(TSAN),-fsanitize=thread)
PACKAGES := libserialport sqlite3 libsystemd jansson yaml-0.1 nettle
HARDEN   := $(if $(SAN)$(TSAN),,-fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE)
ifneq ($(filter-out deps help clean,$(or $(MAKECMDGOALS),all)),)
# pkg-config and the libraries come from here, before anything else is read.
DEPS_OK  := $(shell tests/install-deps build >&2 && echo yes)
ifneq ($(DEPS_OK),yes)
$(error the packages above are needed to build)
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) libcurl ncursesw)
endif
pkglibs   = $(shell pkg-config --libs $1)
ALL_CFLAGS = $(STD) $(WARN) $(WERROR) $(HARDEN) $(SANFLAGS) $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS  += $(SANFLAGS) $(if $(SAN)$(TSAN),,-pie -Wl$(,)-z$(,)relro$(,)-z$(,)now) -pthread

obj       = $(patsubst %.c,$B/%.o,$1)

# What does no I/O, reads no clock, allocates nothing and logs nothing.
PURE     := $(wildcard schemas/*.c drivers/*.c alerts/*.c) \
            $(wildcard daemon/session.c daemon/hub.c daemon/hub_out.c \
                       daemon/hub_relay.c daemon/hub_statement.c)
DAEMON   := $(filter-out $(PURE) daemon/main.c,$(wildcard daemon/*.c))
REVIEW   := $(wildcard review/*.c)
NOTIFY   := $(filter-out notify/main.c,$(wildcard notify/*.c))
CLI      := $(filter-out cli/main.c,$(wildcard cli/*.c))
SIM      := $(filter-out tests/sim/main.c tests/sim/receiver.c tests/sim/httpd.c,$(wildcard tests/sim/*.c))
MIGRATIONS := $(wildcard schemas/*.sql)
PROGRAMS := $(if $(wildcard daemon/main.c),$B/vitalsd) \
            $(if $(wildcard clock/main.c),$B/vitals-clock) \
            $(if $(wildcard notify/main.c),$B/vitals-notify) \
            $(if $(wildcard cli/main.c),$B/vitalsctl) \
            $(if $(wildcard tests/sim/main.c),$B/vitals-sim) \
            $(if $(wildcard tests/sim/receiver.c),$B/vitals-receiver)
UNIT     := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/test_*.c))
SYSTEM   := $(patsubst tests/system/%.c,$B/system/%,$(wildcard tests/system/test_*.c))

all: $(PROGRAMS)

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

# V=1 shows the commands whole.
Q         = $(if $(V),,@echo "  $1 $@";)
$B/%.o: %.c
	@mkdir -p $(@D)
	$(call Q,cc)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# SQL migrations become one C string each.
$B/schemas/migrations.c: $(MIGRATIONS) Makefile
	@mkdir -p $(@D)
	@{ echo '#include <stddef.h>'; echo '#include "schemas/migrations.h"'; \
	   echo 'const char *const migrations[] = {'; \
	   for f in $(sort $(MIGRATIONS)); do \
	     sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $$f; echo ','; done; \
	   echo 'NULL };'; } > $@
$B/schemas/migrations.o: $B/schemas/migrations.c
	$(call Q,cc)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$B/libpure.a: $(call obj,$(PURE))
	@rm -f $@; ar rcs $@ $^
$B/libdaemon.a: $(call obj,$(DAEMON)) $(if $(MIGRATIONS),$B/schemas/migrations.o)
	@rm -f $@; ar rcs $@ $^
$B/libreview.a: $(call obj,$(REVIEW))
	@rm -f $@; ar rcs $@ $^
$B/libnotify.a: $(call obj,$(NOTIFY))
	@rm -f $@; ar rcs $@ $^
$B/libcli.a: $(call obj,$(CLI))
	@rm -f $@; ar rcs $@ $^
$B/libsim.a: $(call obj,$(SIM))
	@rm -f $@; ar rcs $@ $^

CORE_LIBS = $(call pkglibs,$(PACKAGES)) -lm

$B/vitalsd: $B/daemon/main.o $B/libdaemon.a $B/libpure.a
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS)
$B/vitals-clock: $B/clock/main.o $B/libdaemon.a $B/libpure.a
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(call pkglibs,libsystemd)
$B/vitals-notify: $B/notify/main.o $B/libnotify.a $B/libdaemon.a $B/libpure.a
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS) $(call pkglibs,libcurl)
$B/vitalsctl: $B/cli/main.o $B/libcli.a $B/libreview.a $B/libdaemon.a $B/libpure.a
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS) $(call pkglibs,ncursesw)
$B/vitals-sim: $B/tests/sim/main.o $B/libsim.a $B/libreview.a $B/libdaemon.a $B/libpure.a
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS)
$B/vitals-receiver: $B/tests/sim/receiver.o $B/tests/sim/httpd.o $B/libdaemon.a $B/libpure.a
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS)

# A unit test links every library that there is; it includes no .c file.
ALL_LIBS := $(if $(CLI),$B/libcli.a) $(if $(NOTIFY),$B/libnotify.a) \
            $(if $(SIM),$B/libsim.a) $(if $(REVIEW),$B/libreview.a) \
            $(if $(DAEMON),$B/libdaemon.a) $B/libpure.a
$B/unit/%: $B/tests/unit/%.o $(ALL_LIBS)
	@mkdir -p $(@D)
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS) $(call pkglibs,libcurl ncursesw cmocka) -ldl

$B/unit/test_detect_verb: $B/tests/shim/pty.o
# What lets libserialport open pseudo-terminals; also to be preloaded.
SHIM     := $(call obj,tests/shim/ptyshim.c tests/shim/pty.c)
SHIMMED  := $(patsubst %,$B/unit/test_%,transport port devices detect_hear)
$(SHIMMED): $(SHIM)
$(SHIMMED): LDFLAGS += -rdynamic

unit: $(UNIT) ## the unit and capture tests
	@tests/run $(UNIT)

# The real programs, each ward in a folder of its own; most of it is waiting.
$B/system/%: $B/tests/system/%.o $B/tests/system/ward.o
	@mkdir -p $(@D)
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(call pkglibs,jansson sqlite3 cmocka)

# Faults by the thousand, noise by the gigabyte.  Each program prints its figures and
# takes counts from the environment: STATES, ROUNDS, EVERY, DAYS, BYTES, SEED, JOBS;
# without them it is short.
TORTURE  := $(patsubst tests/torture/%.c,$B/torture/%,$(wildcard tests/torture/test_*.c))
TORTURE_PARTS := $(call obj,$(filter-out $(wildcard tests/torture/test_*.c),$(wildcard tests/torture/*.c)))
$B/torture/%: $B/tests/torture/%.o $(TORTURE_PARTS) $B/tests/system/ward.o $B/libdaemon.a $B/libpure.a
	@mkdir -p $(@D)
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $^ $(CORE_LIBS) $(call pkglibs,cmocka)
$B/torture/test_store_calls: $B/tests/shim/failshim.o
SHIMS    := $B/powershim.so $B/failshim.so
$B/%shim.so: tests/shim/%shim.c $(wildcard tests/shim/*.h)
	@mkdir -p $(@D)
	$(call Q,cc)$(CC) $(STD) $(WARN) $(WERROR) $(PKG_CFLAGS) -O2 -shared -fPIC -o $@ $< -ldl

torture-short: $(PROGRAMS) $(TORTURE) $(SHIMS) ## power cuts, kills, failing calls, noise: some of each
	@VITALS_BUILD=$B tests/run $(TORTURE)

torture: STATES ?= 100000
torture: ROUNDS ?= 1000
torture: EVERY ?= 1
torture: DAYS ?= 30
torture: BYTES ?= 1G
torture: deps ## the same at length; the table is left in build/torture.txt
	@$(MAKE) --no-print-directory $(PROGRAMS) $(TORTURE) $(SHIMS)
	@STATES=$(STATES) ROUNDS=$(ROUNDS) EVERY=$(EVERY) DAYS=$(DAYS) BYTES=$(BYTES) VITALS_BUILD=$B \
	    VARIABLES='STATES=$(STATES) ROUNDS=$(ROUNDS) EVERY=$(EVERY) DAYS=$(DAYS) BYTES=$(BYTES)' \
	    tests/torture/all $B/torture.txt $(TORTURE)

soak-hour: deps ## an hour at 64 ports: does anything grow?  SOAK_SECONDS, SOAK_PORTS
	@$(MAKE) --no-print-directory $(PROGRAMS)
	@VITALS_BUILD=$B SOAK_RESULTS=$${SOAK_RESULTS:-$B/soak.txt} tests/soak/hour

system: $(PROGRAMS) $(SYSTEM) $B/faultshim.so $B/bench/feeder ## the real programs on pseudo-terminals
	@VITALS_BUILD=$B tests/run --together $(SYSTEM)

# What is measured, and what it is measured against; tests/bench/run says how.
BENCHERS := $(patsubst tests/bench/%.c,$B/bench/%,\
            $(filter-out tests/bench/pulse_%.c,$(wildcard tests/bench/*.c)))
$B/bench/pulse: $(call obj,tests/bench/pulse_fire.c tests/bench/pulse_http.c)
$B/bench/%: $B/tests/bench/%.o $B/libdaemon.a $B/libpure.a
	@mkdir -p $(@D)
	$(call Q,ld)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
	    $(CORE_LIBS) $(call pkglibs,libcurl)

bench: ## figures over floors and peers, in a table (BENCH="NAME ..." QUICK=1)
	@tests/install-deps bench
	@$(MAKE) --no-print-directory all $(BENCHERS) $B/stallshim.so
	@VITALS_BUILD=$B tests/bench/run $(if $(QUICK),--quick) \
	    $(if $(KEEP),--keep) $(BENCH)

accept: $B/unit/test_captures ## write the expected readings of the captures anew
	@ACCEPT=1 $B/unit/test_captures

# Fuzzing, with clang; findings are left in build-fuzz/.
FUZZ_SECONDS ?= 60
FUZZERS  := $(patsubst tests/fuzz/%.c,build-fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CORE := $(patsubst %.c,build-fuzz/obj/%.o,$(PURE) $(DAEMON) review/scrubber.c notify/retry.c)
FUZZ_CC  = clang $(STD) $(WARN) $(PKG_CFLAGS) -g -O1 -fno-sanitize-recover=all
build-fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call Q,cc)$(FUZZ_CC) -fsanitize=fuzzer-no-link$(,)address$(,)undefined -MMD -MP -c -o $@ $<
build-fuzz/libcore.a: $(FUZZ_CORE) $B/schemas/migrations.c
	@rm -f $@; $(FUZZ_CC) -c -o build-fuzz/obj/migrations.o $B/schemas/migrations.c
	@ar rcs $@ $(FUZZ_CORE) build-fuzz/obj/migrations.o
build-fuzz/%: build-fuzz/obj/tests/fuzz/%.o build-fuzz/libcore.a
	$(call Q,ld)$(FUZZ_CC) -fsanitize=fuzzer$(,)address$(,)undefined -pthread -o $@ $^ $(CORE_LIBS)

fuzz: deps ## each driver's and each parser's fuzzer for FUZZ_SECONDS (60); JOBS=2
	@$(MAKE) --no-print-directory fuzz-run

fuzz-run: $(FUZZERS)
	@tests/fuzz/seeds build-fuzz/seeds
	@JOBS=$(or $(JOBS),2) tests/fuzz/run build-fuzz $(FUZZ_SECONDS)

prove: ## no input whatever leads the core out of bounds (Frama-C); ONLY= for one
	@tests/install-deps prove
	@VITALS_BUILD=$B JOBS=$(or $(JOBS),2) tests/prove/run $(ONLY)

# The parts that take seconds, a driver of bytes and one of text.
prove-short: ONLY = nonin-2 nonin-ascii alarm box message phrase rule session
prove-short: prove ## the same for some of it

tsan: ## the log's writer under ThreadSanitizer
	@$(MAKE) --no-print-directory SAN= TSAN=1 \
	    build-tsan/unit/test_store build-tsan/unit/test_store_fault build-tsan/unit/test_keep
	@tests/run build-tsan/unit/test_store build-tsan/unit/test_store_fault build-tsan/unit/test_keep

purity: $B/libpure.a ## the pure core calls nothing outside tests/pure.allow
	@tests/purity $<

layers: ## every include points down the list in tests/layers
	@tests/check-layers

demo: ## two minutes: simulated monitors, a session, alarms, the review
	@tests/install-deps demo
	@$(MAKE) --no-print-directory all
	@VITALS_BUILD=$B tests/demo

manuals: $(PROGRAMS) ## the man pages are sound, and name every program's options
	@VITALS_BUILD=$B tests/check-manuals

references: ## every hazard and fault points to controls and tests that exist
	@tests/check-references

# Installing.  Nothing is built or asked for here but `make all`.  Debian's own
# package says UNITDIR=/lib/systemd/system UDEVDIR=/lib/udev.
PREFIX   ?= /usr/local
SYSCONFDIR ?= /etc
SBINDIR  := $(PREFIX)/sbin
UNITDIR  ?= $(PREFIX)/lib/systemd/system
UDEVDIR  ?= $(PREFIX)/lib/udev
MANDIR   := $(PREFIX)/share/man
DOCDIR   := $(PREFIX)/share/doc/vitalsd
DATADIR  := $(PREFIX)/share/vitalsd
UNITS    := $(wildcard systemd/*.service)
ETC      := $(wildcard systemd/etc/*)
MANUALS  := $(wildcard docs/*.[1-8])
INSTALL  := install -D -p

install: all ## programs, units, man pages, examples; DESTDIR= PREFIX= as usual
	@set -e; $(foreach p,vitalsd vitals-clock vitals-notify,$(INSTALL) -m 755 $B/$p $(DESTDIR)$(SBINDIR)/$p;) \
	$(foreach p,vitalsctl vitals-sim,$(INSTALL) -m 755 $B/$p $(DESTDIR)$(PREFIX)/bin/$p;) \
	$(foreach m,$(MANUALS),$(INSTALL) -m 644 $m $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $m))/$(notdir $m);)
	@set -e; $(foreach u,$(UNITS),$(INSTALL) -d $(DESTDIR)$(UNITDIR) && \
	    sed '/socat/!{ s,/usr/sbin/,$(SBINDIR)/,; s,/usr/bin/,$(PREFIX)/bin/,; }' $u > $(DESTDIR)$(UNITDIR)/$(notdir $u) && \
	    chmod 644 $(DESTDIR)$(UNITDIR)/$(notdir $u);)
	@$(INSTALL) -m 644 systemd/vitalsd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/vitalsd.conf
	@$(INSTALL) -m 644 systemd/vitalsd.catalog $(DESTDIR)$(PREFIX)/lib/systemd/catalog/vitalsd.catalog
	@$(INSTALL) -m 644 systemd/vitalsd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/vitalsd.conf
	@$(INSTALL) -m 644 systemd/98-vitalsd.rules $(DESTDIR)$(UDEVDIR)/rules.d/98-vitalsd.rules
	@$(INSTALL) -m 644 -t $(DESTDIR)$(DOCDIR) README.md LICENSE $(wildcard docs/*.md) \
	    schemas/vitalsd.yaml schemas/vitals-notify.yaml systemd/vitals-tcp.conf
	@$(INSTALL) -m 644 -t $(DESTDIR)$(DOCDIR)/examples tests/sim/scenarios/demo.yaml \
	    $(filter-out %/sim-mishaps.yaml,$(wildcard tests/captures/line/*.yaml))
	@$(INSTALL) -m 644 -t $(DESTDIR)$(DATADIR)/schemas $(wildcard schemas/*.schema.json)
	@$(INSTALL) -d -m 700 $(DESTDIR)$(SYSCONFDIR)/vitalsd/secrets
	@$(INSTALL) -d -m 755 $(DESTDIR)$(SYSCONFDIR)/vitalsd/tcp
	@# What the clinic has edited is never overwritten.
	@set -e; $(foreach f,$(ETC),test -e $(DESTDIR)$(SYSCONFDIR)/vitalsd/$(notdir $f) || \
	    $(INSTALL) -m $(if $(filter %notify.yaml,$f),600,644) $f $(DESTDIR)$(SYSCONFDIR)/vitalsd/$(notdir $f);)
	@echo "installed in $(DESTDIR)$(PREFIX); as root, if not by the package:"
	@echo "  systemd-sysusers; systemd-tmpfiles --create; udevadm control --reload; journalctl --update-catalog"
	@echo "  systemctl daemon-reload; systemctl enable --now vitals-clock vitalsd vitals-notify"

uninstall: ## what install put there; keeps the configuration and the log
	@rm -f $(foreach p,vitalsd vitals-clock vitals-notify,$(DESTDIR)$(SBINDIR)/$p) \
	    $(foreach p,vitalsctl vitals-sim,$(DESTDIR)$(PREFIX)/bin/$p) \
	    $(foreach m,$(MANUALS),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $m))/$(notdir $m)) \
	    $(foreach u,$(UNITS),$(DESTDIR)$(UNITDIR)/$(notdir $u)) \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d/vitalsd.conf \
	    $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/vitalsd.conf \
	    $(DESTDIR)$(PREFIX)/lib/systemd/catalog/vitalsd.catalog \
	    $(DESTDIR)$(UDEVDIR)/rules.d/98-vitalsd.rules
	@rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)

# Built in a copy, so that neither build/ nor debian/ here is touched.  The tests
# are `make check`'s.
DEBDIR   := build-deb/vitalsd-$(VERSION)
deb: ## Debian's package, into build/
	@tests/install-deps deb
	@rm -rf build-deb && mkdir -p $(DEBDIR)
	@tar --exclude-vcs --exclude='./build*' -cf - . | tar -xf - -C $(DEBDIR)
	@cd $(DEBDIR) && DEB_BUILD_OPTIONS="nocheck parallel=2 $(DEB_BUILD_OPTIONS)" \
	    dpkg-buildpackage -us -uc -b > ../build.log 2>&1 || { tail -30 ../build.log; exit 1; }
	@lintian --fail-on error --info build-deb/*.changes
	@mkdir -p build && mv build-deb/*.deb build-deb/*.changes build-deb/*.buildinfo build/
	@ls build/vitalsd_$(VERSION)_*.deb

package-test: deb ## the package in a bare Debian 12 root (as root)
	@tests/install-deps package
	@tests/package $(VERSION)

.PHONY: install uninstall units deb package-test

# The package in machines under QEMU: half an hour, as root.  CASE= names cases,
# CYCLES= says how many power cuts of each kind.
CASE     ?=
CYCLES   ?= 3
build-qemu/volatile.so: tests/qemu/volatile.c
	@mkdir -p $(@D)
	$(call Q,cc)$(CC) $(STD) $(WARN) -O2 -shared -fPIC -o $@ $<
system-test: ## the package in a Debian machine under QEMU; CASE= and CYCLES=
	@tests/install-deps system-test
	@$(MAKE) --no-print-directory all deb build-qemu/volatile.so
	@python3 -B tests/qemu/run.py --build $B --cycles $(CYCLES) \
	    --deb build/vitalsd_$(VERSION)_*.deb $(CASE)
.PHONY: system-test

units: all ## the units: sound, hardened, and all that they name is installed
	@tests/units

san: ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory SAN=1 unit
	@$(MAKE) --no-print-directory SAN=1 system

clang: ## everything builds under clang without a warning
	@$(MAKE) --no-print-directory SAN= CC=clang WERROR=-Werror all

check: ## everything short: builds, purity, layers, all tests
	@tests/install-deps check
	@$(MAKE) --no-print-directory WERROR=-Werror all purity layers manuals references units unit
	@$(MAKE) --no-print-directory WERROR=-Werror system
	@$(MAKE) --no-print-directory WERROR=-Werror torture-short
	@$(MAKE) --no-print-directory clang
	@$(MAKE) --no-print-directory san
	@$(MAKE) --no-print-directory tsan
	@$(MAKE) --no-print-directory fuzz-run FUZZ_SECONDS=1
	@$(MAKE) --no-print-directory prove-short

deps:
	@tests/install-deps check

clean:
	rm -rf build build-*

-include $(shell find $B build-fuzz -name '*.d' 2>/dev/null)
.PHONY: all help unit system bench san tsan clang accept fuzz fuzz-run prove prove-short purity layers manuals \
        references torture torture-short soak-hour demo check deps clean
.SECONDARY:
