# SPDX-License-Identifier: Apache-2.0
# weir: the whole build.  The order of FLOORS is the module graph: a file may
# include headers of its own or lower floors only (tests/lint checks it).

VERSION := 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
CORE := base format mta event stats detect alert engine
SHELL_FLOORS := conf embed wire store source notify httpd audit probe daemon cli
FLOORS ?= $(CORE) $(SHELL_FLOORS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

CC ?= cc
PKGS := libsystemd sqlite3 libmicrohttpd zlib libcurl nettle gnutls jansson \
	inih smartcols
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS := $(shell pkg-config --libs $(PKGS))
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wvla
HARDEN := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -Iinclude -DWEIR_VERSION='"$(VERSION)"' \
	$(WARN) $(HARDEN) $(PKG_CFLAGS) $(CFLAGS) $(EXTRA_CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS) $(EXTRA_LDFLAGS)

SRC := $(foreach f,$(FLOORS),$(sort $(wildcard src/$(f)/*.c)))
OBJ := $(SRC:src/%.c=$(BUILD)/obj/%.o)
MAIN := $(BUILD)/obj/cli/main.o
LIB := $(BUILD)/libweir.a
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

all: $(BUILD)/weir

$(BUILD)/obj/%.o: src/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(filter-out $(MAIN),$(OBJ))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/weir: $(MAIN) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lpthread -lm

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(LIB) \
	    $(PKG_LIBS) -lcmocka -lpthread -lm

unit: $(UNIT)
	$(Q)for t in $(UNIT); do $$t || exit 1; done

clean:
	$(Q)rm -rf $(BUILD)

.PHONY: all unit clean
-include $(OBJ:.o=.d) $(UNIT:=.d)
