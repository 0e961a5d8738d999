# SPDX-License-Identifier: Apache-2.0
# weir: the whole build.
#
# make              build build/weir
# make check        install what the tests need, build, run every test
# make lab          as root: real mail servers in network namespaces
# make asan | tsan  the tests again, under the sanitizers
# make fuzz         each fuzz target for FUZZ_SECONDS (60)
# make fuzz-cover   what the fuzz corpora reach of each parser
# make lint         the checks of tests/lint, with clang-tidy and cppcheck
# make cover        line coverage of the tests
# make evaluate     judge the detectors by generated, labelled logs
# make bench        measure: one number a line
# make demo         import the recorded logs and serve the page
# make install      to DESTDIR and PREFIX (/usr/local)
# make uninstall    take it away again
# make dist         build/weir-VERSION.tar.gz
# make clean        remove build/
# V=1 shows the commands; BUILD=DIR builds elsewhere.
#
# The order of FLOORS is the module graph: a file may include headers of its
# own or lower floors only (tests/lint checks it).

VERSION := 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
CORE := base format mta event stats detect alert engine
SHELL_FLOORS := conf embed wire store source notify httpd audit probe daemon cli
FLOORS ?= $(CORE) $(SHELL_FLOORS)

# Quiet unless V=1.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

ifeq ($(origin CC),default)
CC := gcc
endif
PKGS := libsystemd sqlite3 libmicrohttpd zlib libcurl nettle gnutls jansson \
	inih smartcols
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wvla
# What this compiler has of it.
flag = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null \
	2>/dev/null && echo $(1))
HARDEN ?= -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	$(call flag,-fstack-protector-strong) \
	$(call flag,-fstack-clash-protection) $(call flag,-fcf-protection)
HARDEN := $(HARDEN)
HARDEN_LD ?= -pie -Wl,-z,relro,-z,now,-z,noexecstack
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -Iinclude -DWEIR_VERSION='"$(VERSION)"' \
	$(WARN) $(HARDEN) $(PKG_CFLAGS) $(CFLAGS) $(EXTRA_CFLAGS)
ALL_LDFLAGS = $(HARDEN_LD) $(LDFLAGS) $(EXTRA_LDFLAGS)

SRC := $(foreach f,$(FLOORS),$(sort $(wildcard src/$(f)/*.c)))
OBJ := $(SRC:src/%.c=$(BUILD)/obj/%.o)
MAIN := $(BUILD)/obj/cli/main.o
LIB := $(BUILD)/libweir.a
TESTS ?= $(sort $(wildcard tests/unit/test_*.c))
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(TESTS))
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,\
	$(sort $(wildcard tests/fuzz/$(or $(FUZZ_ONLY),fuzz_*).c)))
# Programs that tests run.
PROGRAMS := $(patsubst tests/%.c,$(BUILD)/%,\
	$(sort $(wildcard tests/bench/*.c tests/conformance/*.c tests/web/*.c)))
# Other projects' logs, which are no part of this one (tests/conformance).
export WEIR_CORPORA ?= $(abspath $(wildcard ../shared/corpora))
# Files that become part of the executable.
EMBED := $(sort $(wildcard schema/*.sql web/*.html web/*.css web/*.js \
	web/*.svg web/*.ico))
ifneq ($(filter embed,$(FLOORS)),)
OBJ += $(BUILD)/obj/embed/embed_data.o
endif

all: $(BUILD)/weir

# Stamps change when what they name does: other flags mean another build.
STAMP_flags := $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(PKG_LIBS)
STAMP_objects := $(OBJ)
STAMP_embed := $(EMBED)
$(BUILD)/stamp/%: FORCE
	@pkg-config --exists $(PKGS) || { echo 'weir: libraries are missing;' \
	    'run contrib/setup/build.sh as root (Debian 12)' >&2; exit 1; }
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(STAMP_$*))' | cmp -s - $@ || \
	    echo '$(subst ','\'',$(STAMP_$*))' >$@

$(BUILD)/obj/%.o: src/%.c $(BUILD)/stamp/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/embed/embed_data.c: src/embed/embed.sh $(EMBED) $(BUILD)/stamp/embed
	$(call say,EMBED,$@)
	$(Q)sh src/embed/embed.sh $(@D) $(foreach f,$(EMBED),$(f)=$(f))

$(BUILD)/obj/embed/embed_data.o: $(BUILD)/embed/embed_data.c \
	$(BUILD)/stamp/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIB): $(filter-out $(MAIN),$(OBJ)) $(BUILD)/stamp/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/weir: $(MAIN) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(LIB) \
	    $(PKG_LIBS) -lcmocka

$(BUILD)/fuzz/%: tests/fuzz/%.c $(LIB)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(ALL_LDFLAGS) -MMD -MP \
	    -o $@ $< $(LIB) $(PKG_LIBS)

$(PROGRAMS): $(BUILD)/%: tests/%.c $(LIB)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(LIB) \
	    $(PKG_LIBS)

# Tests.  A variant of the build is this Makefile in a directory of its own,
# with other flags.
unit: $(UNIT)
	$(Q)BUILD=$(BUILD) tests/check unit

built: all $(UNIT) $(PROGRAMS)

check: setup
	$(Q)$(MAKE) --no-print-directory built
	$(Q)BUILD=$(BUILD) tests/check

asan: setup-tools
	$(Q)$(MAKE) --no-print-directory sanitized BUILD=$(BUILD)/asan \
	    HARDEN=-fPIE CFLAGS='-O1 -g -fno-omit-frame-pointer' \
	    EXTRA_CFLAGS="-fsanitize=address,undefined \
	    -fno-sanitize-recover=undefined"

tsan: setup-tools
	$(Q)$(MAKE) --no-print-directory sanitized BUILD=$(BUILD)/tsan \
	    HARDEN=-fPIE CFLAGS='-O1 -g' EXTRA_CFLAGS=-fsanitize=thread

sanitized: built
	$(Q)BUILD=$(BUILD) tests/check unit stories run

cover: setup-tools
	$(Q)rm -rf $(BUILD)/cover
	$(Q)$(MAKE) --no-print-directory built BUILD=$(BUILD)/cover HARDEN= \
	    HARDEN_LD= CFLAGS='-O0 -g' EXTRA_CFLAGS=--coverage
	$(Q)BUILD=$(BUILD)/cover tests/check unit stories run
	$(Q)lcov -q -c -d $(BUILD)/cover/obj -o $(BUILD)/cover/all.info
	$(Q)lcov -q -e $(BUILD)/cover/all.info '$(CURDIR)/src/*' \
	    -o $(BUILD)/cover/src.info
	$(Q)lcov --list $(BUILD)/cover/src.info

# Seconds for each target; FUZZ_ONLY=fuzz_x for one of them.
FUZZ_SECONDS ?= 60
fuzz: setup-tools
	$(Q)$(MAKE) --no-print-directory fuzz-built BUILD=$(BUILD)/fuzzing \
	    CC=clang HARDEN= HARDEN_LD= CFLAGS='-O1 -g' EXTRA_CFLAGS="\
	    -fsanitize=fuzzer-no-link,address,undefined \
	    -fno-sanitize-recover=undefined"
	$(Q)BUILD=$(BUILD)/fuzzing tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ_ONLY)

fuzz-cover: setup-tools
	$(Q)$(MAKE) --no-print-directory fuzz-built BUILD=$(BUILD)/fuzzcover \
	    CC=clang HARDEN= HARDEN_LD= CFLAGS='-O1 -g' EXTRA_CFLAGS="\
	    -fprofile-instr-generate -fcoverage-mapping"
	$(Q)BUILD=$(BUILD)/fuzzcover FOUND=$(BUILD)/fuzzing \
	    tests/fuzz/cover $(FUZZ_ONLY)

fuzz-built: $(FUZZ)

lint: setup-tools
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(BUILD) tests/lint/run --deep $(ALL_CFLAGS)

# WEIR_BENCH_LOG=FILE for a log of one's own; the store grows to each number
# of events in turn, BENCH_EVENTS="1000000 5000000 20000000" for a large one.
BENCH_EVENTS ?= 300000
BENCH_LOG = $(or $(WEIR_BENCH_LOG),tests/stories/day.log.gz)
bench: all $(PROGRAMS)
	$(Q)BUILD=$(BUILD) tests/bench/import.sh
	$(Q)$(BUILD)/bench/bench_store $(BUILD) $(BENCH_EVENTS)
	$(Q)gzip -cdf $(BENCH_LOG) >$(BUILD)/bench/log
	$(Q)$(BUILD)/bench/bench_scan $(BUILD)/bench/log

# EVALUATE_SEEDS, EVALUATE_ORGS, EVALUATE_BUDGETS: tests/detect/README.md.
evaluate: setup
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(BUILD) python3 tests/detect/evaluate.py $(EVALUATE_FLAGS)

lab: setup
	$(Q)$(MAKE) --no-print-directory all
	$(Q)WEIR=$(abspath $(BUILD)/weir) tests/lab/run

demo: setup-build
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(BUILD) contrib/setup/demo.sh

setup-build:
	$(Q)contrib/setup/build.sh
setup:
	$(Q)contrib/setup/check.sh
setup-tools:
	$(Q)contrib/setup/check.sh tools

# Installing.
I = $(DESTDIR)$(PREFIX)
FILES := bin/weir share/man/man1/weir.1 share/man/man5/weir.conf.5 \
	share/man/man7/weir-events.7 share/man/man7/weir-detectors.7 \
	lib/systemd/system/weir.service \
	lib/sysusers.d/weir.conf lib/tmpfiles.d/weir.conf \
	share/bash-completion/completions/weir

install: all
	install -D -m 755 $(BUILD)/weir $(I)/bin/weir
	$(Q)for n in weir.1 weir.conf.5 weir-events.7 \
	    weir-detectors.7; do \
	    install -D -m 644 contrib/man/$$n \
	    $(I)/share/man/man$${n##*.}/$$n || exit 1; done
	install -d $(I)/lib/systemd/system
	sed 's,/usr/local/bin,$(PREFIX)/bin,' contrib/systemd/weir.service \
	    >$(I)/lib/systemd/system/weir.service
	install -D -m 644 contrib/systemd/weir.sysusers \
	    $(I)/lib/sysusers.d/weir.conf
	install -D -m 644 contrib/systemd/weir.tmpfiles \
	    $(I)/lib/tmpfiles.d/weir.conf
	install -D -m 644 contrib/completion/weir.bash \
	    $(I)/share/bash-completion/completions/weir

uninstall:
	rm -f $(addprefix $(I)/,$(FILES))

dist:
	@mkdir -p $(BUILD)
	git archive --prefix=weir-$(VERSION)/ HEAD | gzip -9n \
	    >$(BUILD)/weir-$(VERSION).tar.gz

clean:
	$(Q)rm -rf $(BUILD)

help:
	@sed -n '/^# make/,/^#$$/s/^# //p' Makefile

.PHONY: all unit built check asan tsan sanitized cover fuzz fuzz-cover \
	fuzz-built lint bench evaluate lab demo setup setup-build setup-tools \
	install uninstall dist clean help FORCE
.DELETE_ON_ERROR:
-include $(SRC:src/%.c=$(BUILD)/obj/%.d) $(UNIT:=.d) \
	$(FUZZ:=.d) $(PROGRAMS:=.d)
