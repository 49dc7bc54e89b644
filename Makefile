# shmtop: `make run` starts it, `make test` tests it; both install what is missing first.
# V=1 shows the commands, WERROR=1 makes warnings errors, BUILD=dir builds elsewhere.

BUILD   ?= build
CC      ?= gcc
SAN     ?=
PKGS    := ncursesw libproc2 smartcols jansson inih
VERSION := 0.1.0

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
        -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wpointer-arith -Wnull-dereference
CFLAGS ?= -O2 -g
# pkg-config is asked when something is compiled, so that `make deps` runs without it.
pc_cflags = $(shell pkg-config --cflags $(PKGS))
pc_libs   = $(shell pkg-config --libs $(PKGS))
# libproc2 4.0.5 dropped the `info` argument of its value macros.
proc2_def = $(shell pkg-config --atleast-version=4.0.5 libproc2 && echo -DPROC2_VALUE_WITHOUT_INFO)
BASE    := -std=gnu17 -D_GNU_SOURCE -DSHMTOP_VERSION='"$(VERSION)"' -Isrc -I. -Itests -pthread $(WARN) \
           $(if $(WERROR),-Werror) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
LINK    := -pthread $(if $(SAN),-fsanitize=$(SAN))

src_core   := $(wildcard src/core/*.c)
src_probes := $(wildcard probes/*.c)
src_ui     := $(wildcard ui/*.c)
src_app    := $(filter-out src/app/main.c,$(wildcard src/app/*.c))
src_supp   := $(wildcard tests/support/*.c)
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

unit_tests    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
fixture_tests := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/fixtures/test_*.c))
live_tests    := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/live/test_*.c))
screen_tests  := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/screen/test_*.c))
# A fuzz target with a plain main: its seeds and changed ones, in every `make test`.
fuzz_tests    := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/tests/fuzz/test_%,$(wildcard tests/fuzz/fuzz_*.c))
helpers       := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/support/tools/*.c))
all_tests     := $(unit_tests) $(fixture_tests) $(live_tests) $(screen_tests) $(fuzz_tests)

.PHONY: all run test deps demo bench fuzz lint asan tsan valgrind screenshots install deb clean tests check
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/shmtop

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(pc_cflags) $(proc2_def) -MMD -MP -c $< -o $@

define archive
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
endef
$(BUILD)/libcore.a: $(call obj,$(src_core))
	$(archive)
$(BUILD)/libprobes.a: $(call obj,$(src_probes))
	$(archive)
$(BUILD)/libui.a: $(call obj,$(src_ui))
	$(archive)
$(BUILD)/libapp.a: $(call obj,$(src_app))
	$(archive)
$(BUILD)/libsupport.a: $(call obj,$(src_supp))
	$(archive)

libs_all := $(BUILD)/libapp.a $(BUILD)/libui.a $(BUILD)/libprobes.a $(BUILD)/libcore.a

$(BUILD)/shmtop: $(BUILD)/obj/src/app/main.o $(libs_all)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(CFLAGS) $(LDFLAGS) $^ $(pc_libs) -o $@

# Unit tests link the core and nothing else of ours: that keeps it pure.
$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libcore.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(CFLAGS) $^ -lcmocka -o $@
$(BUILD)/tests/fixtures/%: $(BUILD)/obj/tests/fixtures/%.o $(BUILD)/libsupport.a $(BUILD)/libprobes.a $(BUILD)/libcore.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(CFLAGS) $^ -lcmocka $(pc_libs) -o $@
$(BUILD)/tests/live/%: $(BUILD)/obj/tests/live/%.o $(BUILD)/libsupport.a $(libs_all)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(CFLAGS) $^ -lcmocka $(pc_libs) -o $@
$(BUILD)/tests/screen/%: $(BUILD)/obj/tests/screen/%.o $(BUILD)/libsupport.a $(libs_all)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(CFLAGS) $^ -lcmocka -lvterm -lutil -lm $(pc_libs) -o $@
$(BUILD)/tests/fuzz/test_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/short_run.o $(libs_all)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(CFLAGS) $^ $(pc_libs) -o $@
$(BUILD)/tests/support/tools/%: $(BUILD)/obj/tests/support/tools/%.o $(BUILD)/libsupport.a $(libs_all)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(CFLAGS) $^ -lcmocka -lvterm -lutil -lm $(pc_libs) -o $@

# The man page and the completions come from the tables of the program.
$(BUILD)/docs: $(call obj,$(wildcard src/packaging/*.c)) $(libs_all)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK) $(CFLAGS) $(LDFLAGS) $^ $(pc_libs) -o $@
$(BUILD)/shmtop.1: src/packaging/shmtop.1.in $(BUILD)/docs
	$(Q)$(BUILD)/docs man $< >$@
$(BUILD)/completion.%: $(BUILD)/docs
	$(Q)$(BUILD)/docs $* >$@
documents := $(BUILD)/shmtop.1 $(BUILD)/completion.bash $(BUILD)/completion.zsh $(BUILD)/completion.fish

tests: $(BUILD)/shmtop $(all_tests) $(helpers) $(documents)

deps:
	@sh src/packaging/deps.sh run

run: deps
	@$(MAKE) --no-print-directory all
	@$(BUILD)/shmtop $(ARGS)

test:
	@sh src/packaging/deps.sh test
	@$(MAKE) --no-print-directory tests
	@$(MAKE) --no-print-directory tests BUILD=$(BUILD)/asan SAN=address,undefined CFLAGS='-O1 -g'
	@tests/run.sh $(BUILD) $(BUILD)/asan

# What `make test` runs, without the second build: for use while working.
check: tests
	@tests/run.sh $(BUILD)

asan:
	@$(MAKE) --no-print-directory tests BUILD=$(BUILD)/asan SAN=address,undefined CFLAGS='-O1 -g'
	@tests/run.sh $(BUILD)/asan
tsan:
	@$(MAKE) --no-print-directory tests BUILD=$(BUILD)/tsan SAN=thread CFLAGS='-O1 -g'
	@tests/run.sh $(BUILD)/tsan
valgrind: tests
	@VALGRIND=1 tests/run.sh $(BUILD)

demo: deps
	@$(MAKE) --no-print-directory all $(helpers)
	@tests/support/demo.sh $(BUILD)
bench:
	@sh src/packaging/deps.sh bench
	@$(MAKE) --no-print-directory tests
	@tests/bench/run.sh $(BUILD)
fuzz:
	@sh src/packaging/deps.sh fuzz
	@FUZZ_FLAGS='$(pc_cflags) $(proc2_def) $(pc_libs)' tests/fuzz/run.sh $(BUILD)/fuzz
lint:
	@sh src/packaging/deps.sh lint
	@tests/lint.sh
screenshots:
	@sh src/packaging/deps.sh screenshots
	@$(MAKE) --no-print-directory tests
	@tests/support/screenshots.sh $(BUILD)

PREFIX ?= /usr/local
share   = $(DESTDIR)$(PREFIX)/share
# Not enabled: systemctl enable --now shmtop-reap.timer does that.
UNITS   = $(DESTDIR)$(PREFIX)/lib/systemd/system
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions
install: all $(documents)
	install -D -m 0755 $(BUILD)/shmtop $(DESTDIR)$(PREFIX)/bin/shmtop
	install -D -m 0644 $(BUILD)/shmtop.1 $(share)/man/man1/shmtop.1
	install -D -m 0644 $(BUILD)/completion.bash $(share)/bash-completion/completions/shmtop
	install -D -m 0644 $(BUILD)/completion.zsh $(DESTDIR)$(ZSH_COMPLETIONS)/_shmtop
	install -D -m 0644 $(BUILD)/completion.fish $(share)/fish/vendor_completions.d/shmtop.fish
	install -D -m 0644 README.md $(share)/doc/shmtop/README.md
	install -D -m 0644 src/packaging/systemd/shmtop-reap.timer $(UNITS)/shmtop-reap.timer
	sed 's|@BINDIR@|$(PREFIX)/bin|' src/packaging/systemd/shmtop-reap.service >$(UNITS)/shmtop-reap.service
deb:
	@sh src/packaging/deps.sh deb
	@sh src/packaging/deb.sh $(BUILD)
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
