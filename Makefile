# tcpsim: build, test, check, install.  `make help` lists what there is.
#
# A variant (VARIANT=), a compiler (CC=) and an optimisation level (OPT=) choose both the flags and
# the build folder, so that builds never mix:
#
#     make                          build/release
#     make VARIANT=sanitize         build/sanitize
#     make CC=clang                 build/release-clang
#     make CC=clang OPT=-O3         build/release-clang-O3
#
# Nothing outside this tree is asked while make reads this file (pkg-config is asked by recipes
# only), so that `make deps` works on a machine that has nothing yet but make.

.DEFAULT_GOAL := all

# As many jobs as there are processors, unless the user chose.
ifeq ($(MAKELEVEL)$(findstring -j,$(MAKEFLAGS) $(shell printf '%s' "$$MAKEFLAGS")),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
endif

# Several goals on one command line (`make deps demo`, `make clean all`) run one after another, each
# of them as parallel as usual within itself.
ifneq ($(word 2,$(MAKECMDGOALS)),)

.PHONY: $(sort $(MAKECMDGOALS))
.NOTPARALLEL:
$(sort $(MAKECMDGOALS)):
	@+$(MAKE) --no-print-directory $@

else

# ---- choices ------------------------------------------------------------------------------------

VERSION := 0.1.0
VARIANT ?= release
WERROR  ?=
PREFIX  ?= /usr/local
DESTDIR ?=

# Seconds that one test program may take; ONLY=text runs the test programs whose path contains it.
TEST_TIMEOUT ?= 300
ONLY         ?=
# Seeds per scenario in `make determinism`.
SEEDS        ?= 100

FLAGS.release  := -O2 -g
FLAGS.debug    := -O0 -g
FLAGS.sanitize := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
                  -fno-omit-frame-pointer
FLAGS.coverage := -O0 -g --coverage
FLAGS.tiny     := -O1 -g -DTCPSIM_TINY_LIMITS
VARIANTS       := release debug sanitize coverage tiny

ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error VARIANT=$(VARIANT) is unknown; choose one of: $(VARIANTS))
endif

# CROSS= cross-compiles (for `make determinism-cross`): its own compiler, folder and static linking.
CROSS.i686    := i686-linux-gnu-gcc
CROSS.aarch64 := aarch64-linux-gnu-gcc
CROSS.s390x   := s390x-linux-gnu-gcc
CROSS.native  := cc

ifdef CROSS
override CC := $(CROSS.$(CROSS))
BUILD       := build/cross-$(CROSS)
STATIC      := -static
else
COMPILER_TAG := $(if $(filter-out default,$(origin CC)),-$(subst $() ,_,$(notdir $(CC))))
BUILD        := build/$(VARIANT)$(COMPILER_TAG)$(OPT)
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wvla -Wswitch-enum \
            -Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
LANGUAGE := -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -I.
COMPILE   = $(CC) $(LANGUAGE) $(WARNINGS) $(FLAGS.$(VARIANT)) $(OPT) $(CPPFLAGS) $(CFLAGS) -MMD -MP
LINK      = $(CC) $(FLAGS.$(VARIANT)) $(OPT) $(CFLAGS) $(LDFLAGS) $(STATIC)

# V=1 shows every command.
Q     := $(if $(V),,@)
quote  = '$(subst ','\'',$(1))'

# ---- what there is ------------------------------------------------------------------------------

INNER_FOLDERS := base core wire tcp net
LIB_FOLDERS   := $(INNER_FOLDERS) observe explore drill lua

objects  = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
programs = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/$(1)))

LIB_SOURCES   := $(wildcard $(LIB_FOLDERS:%=sim/%/*.c))
CLI_SOURCES   := $(wildcard sim/cli/*.c)
WORLD_SOURCES := $(wildcard $(patsubst %,sim/%/*.c,$(INNER_FOLDERS) observe))
SUPPORT       := $(call objects,$(wildcard tests/support/*.c))

LIBRARY := $(BUILD)/libtcpsim.a
PROGRAM := $(if $(CLI_SOURCES),$(BUILD)/tcpsim)

UNIT    := $(call programs,unit/test_*.c)
RFC     := $(call programs,rfc/test_*.c)
EXPLORE := $(call programs,explore/test_*.c)
BENCH   := $(call programs,bench/*.c)
CLI     := $(wildcard tests/cli/*.sh)
GOLDEN  := $(wildcard tests/golden/*.sh)
SCENARIOS := $(wildcard tests/scenarios/*.sh)
META    := $(wildcard tests/meta/*.sh)

COMPILED_TESTS := $(UNIT) $(RFC) $(EXPLORE)
ALL_TESTS      := $(COMPILED_TESTS) $(CLI) $(GOLDEN) $(SCENARIOS) $(META)

##@ Build
.PHONY: all programs deps
all: $(LIBRARY) $(PROGRAM) ## the program, ./tcpsim (VARIANT=release|debug|sanitize|coverage|tiny)
	$(if $(PROGRAM),@ln -sfn $(PROGRAM) tcpsim)

programs: $(LIBRARY) $(PROGRAM) $(COMPILED_TESTS) $(BENCH) ## everything that compiles; runs nothing

deps: ## install what building and testing needs, and only what is missing
	@tools/deps.sh

# An object depends on its source, on the headers it read (-MMD) and on the flags.
$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(COMPILE) $(EXTRA) -c -o $@ $<

# What pkg-config says is kept in a file that compiler and linker read (@file).
$(BUILD)/pkg/%.cflags: tools/pkg_flags.sh
	@mkdir -p $(@D)
	@tools/pkg_flags.sh --cflags $* >$@.new && mv $@.new $@
$(BUILD)/pkg/%.libs: tools/pkg_flags.sh
	@mkdir -p $(@D)
	@tools/pkg_flags.sh --libs $* >$@.new && mv $@.new $@

LUA_FLAGS  := $(BUILD)/pkg/lua.cflags
TEST_FLAGS := $(BUILD)/pkg/cmocka.cflags $(LUA_FLAGS)
LUA_LIBS   := $(BUILD)/pkg/lua.libs
TEST_LIBS  := $(BUILD)/pkg/cmocka.libs $(LUA_LIBS)

$(BUILD)/obj/sim/cli/%.o:           EXTRA = -DTCPSIM_VERSION='"$(VERSION)"'
$(BUILD)/obj/sim/lua/%.o:           EXTRA = $(LUA_FLAGS:%=@%)
$(BUILD)/obj/tests/%.o:             EXTRA = $(TEST_FLAGS:%=@%)
$(BUILD)/obj/tests/determinism/%.o: EXTRA =
$(call objects,$(wildcard sim/lua/*.c)): $(LUA_FLAGS)
$(SUPPORT) $(COMPILED_TESTS:$(BUILD)/%=$(BUILD)/obj/%.o) $(BENCH:$(BUILD)/%=$(BUILD)/obj/%.o): \
    $(TEST_FLAGS)

$(LIBRARY): $(call objects,$(LIB_SOURCES)) $(BUILD)/members
	@echo "  AR    $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/tcpsim: $(call objects,$(CLI_SOURCES)) $(LIBRARY) $(LUA_LIBS)
	@echo "  LINK  $@"
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(LIBRARY) @$(LUA_LIBS) -lm

$(COMPILED_TESTS) $(BENCH): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(SUPPORT) $(LIBRARY) \
    $(TEST_LIBS)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(LIBRARY) $(TEST_LIBS:%=@%) -lm

# The worlds of `make determinism-cross`: no Lua, nothing to find at run time.
$(BUILD)/determinism_worlds: $(call objects,tests/determinism/worlds.c $(WORLD_SOURCES))
	@echo "  LINK  $@"
	$(Q)$(LINK) -o $@ $^

# Two files that change only when their text does: the compiler command, so that another one
# rebuilds, and the list of sources, so that the library forgets a source that is gone.
only_if_new = { printf '%s\n' $(call quote,$(1)) >$@.new; cmp -s $@.new $@ && rm $@.new || \
              mv $@.new $@; }
.PHONY: force
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@$(call only_if_new,$(COMPILE) $(LINK))
$(BUILD)/members: force
	@mkdir -p $(@D)
	@$(call only_if_new,$(LIB_SOURCES))

.DELETE_ON_ERROR:
-include $(patsubst %.o,%.d,$(SUPPORT) $(call objects,$(LIB_SOURCES) $(CLI_SOURCES)))
-include $(patsubst $(BUILD)/%,$(BUILD)/obj/%.d,$(COMPILED_TESTS) $(BENCH))
-include $(BUILD)/obj/tests/determinism/worlds.d

##@ Try
.PHONY: demo
# Exit status 1 is the lesson here: the two-way handshake breaks its promises.
demo: all ## an old copy of a SYN against a two-way and a three-way handshake
	@./tcpsim scenarios/stale_syn.lua --compare handshake=two-way,three-way || test $$? -eq 1

##@ Test (ONLY=text picks programs by path; TEST_TIMEOUT=seconds)
TEST_ENV = TCPSIM=$(abspath $(BUILD)/tcpsim) BUILD=$(abspath $(BUILD)) VARIANT=$(VARIANT) \
           CC=$(call quote,$(CC)) SHARED=$(abspath $(wildcard ../shared))
only      = $(if $(ONLY),$(foreach test,$(1),$(if $(findstring $(ONLY),$(test)),$(test))),$(1))
run_tests = @$(TEST_ENV) tools/run_tests.sh -t $(TEST_TIMEOUT) -l $(BUILD)/test-logs \
            -s $(BUILD)/ $(2) -- $(call only,$(1))

.PHONY: test unit rfc cli golden scenarios meta
test: $(COMPILED_TESTS) $(PROGRAM) $(LIBRARY) ## every test below, with one closing line
	$(call run_tests,$(ALL_TESTS))
unit: $(UNIT) ## each module by itself
	$(call run_tests,$(UNIT))
rfc: $(RFC) ## the protocol, clause by clause
	$(call run_tests,$(RFC))
ifneq ($(EXPLORE),)
.PHONY: explore
explore: $(EXPLORE) ## the searches: random, exhaustive, shrinking, replay
	$(call run_tests,$(EXPLORE))
endif
cli: $(PROGRAM) ## the command line: options, exit codes, messages
	$(call run_tests,$(CLI))
golden: $(PROGRAM) ## whole outputs against the files kept beside the tests
	$(call run_tests,$(GOLDEN))
scenarios: $(PROGRAM) ## every scenario keeps its promises
	$(call run_tests,$(SCENARIOS))
meta: $(LIBRARY) $(PROGRAM) ## the house rules, and that each check can fail
	$(call run_tests,$(META))

.PHONY: golden-update
golden-update: export GOLDEN_UPDATE := 1
golden-update: $(PROGRAM) ## write the golden files anew (review them with git diff)
	$(call run_tests,$(GOLDEN))

##@ Test deeper
.PHONY: sanitize valgrind coverage determinism determinism-cross
sanitize: export ASAN_OPTIONS  ?= detect_stack_use_after_return=1:strict_string_checks=1
sanitize: export UBSAN_OPTIONS ?= print_stacktrace=1
sanitize: ## the whole suite under the address and undefined behaviour sanitizers
	@+$(MAKE) --no-print-directory VARIANT=sanitize TEST_TIMEOUT=900 test

need = command -v $(1) >/dev/null || { echo "$(1) is needed: run tools/deps.sh --ci" >&2; exit 1; }

valgrind: TEST_TIMEOUT = 900
valgrind: $(UNIT) ## the unit tests under valgrind
	@$(call need,valgrind)
	$(call run_tests,$(UNIT),-w 'valgrind -q --error-exitcode=9 --leak-check=full')

coverage: ## lines and branches that the test suite reaches, per folder (gcc and gcov)
	@find build/coverage -name '*.gcda' -exec rm -f {} + 2>/dev/null || true
	@+$(MAKE) --no-print-directory VARIANT=coverage CC=gcc BUILD=build/coverage test
	@tools/coverage.sh build/coverage

DETERMINISM_BUILDS := \
    $(foreach cc,gcc clang,$(foreach opt,-O0 -O2 -O3,build/release-$(cc)$(opt)/tcpsim))

determinism: ## one digest from gcc and clang at -O0 -O2 -O3, and on every rerun (SEEDS=100)
	@$(call need,gcc); $(call need,clang)
	@+for cc in gcc clang; do for opt in -O0 -O2 -O3; do \
	    $(MAKE) --no-print-directory CC=$$cc OPT=$$opt build/release-$$cc$$opt/tcpsim || exit 1; \
	done; done
	@tools/determinism.sh $(SEEDS) $(DETERMINISM_BUILDS)

determinism-cross: ## one digest on 32 and 64 bits, little and big endian (qemu-user)
	@+MAKE='$(MAKE)' tools/determinism_cross.sh native i686 aarch64 s390x

ifneq ($(BENCH),)
.PHONY: bench
bench: $(BENCH) ## measure
	@for bench in $(call only,$(BENCH)); do echo "== $${bench#$(BUILD)/}"; $$bench || exit 1; done
endif

##@ Check
.PHONY: layers purity format format-check tidy lint
layers: ## who includes whom
	@tools/check_layers.sh .
purity: $(LIBRARY) ## the inner folders call no clock, allocator, stdio; no float, no globals
	@tools/check_purity.sh . $(BUILD)/obj

C_FILES = $(shell find include sim tests -name '*.[ch]' 2>/dev/null | sort)

format: ## let clang-format lay out every C file
	@$(call need,clang-format)
	@printf '%s\n' $(C_FILES) | xargs clang-format -i
format-check: ## fail where clang-format would change something
	@$(call need,clang-format)
	@printf '%s\n' $(C_FILES) | xargs clang-format --dry-run -Werror && echo "format: fine"

# One stamp per file: only what changed is looked at again, and in parallel.
TIDY := $(patsubst %.c,$(BUILD)/tidy/%.ok,$(LIB_SOURCES) $(CLI_SOURCES))
tidy: $(TIDY) ## clang-tidy
	@echo "tidy: fine"
$(BUILD)/tidy/%.ok: %.c .clang-tidy $(LUA_FLAGS) $(wildcard include/tcpsim/*.h sim/*/*.h)
	@mkdir -p $(@D); $(call need,clang-tidy)
	@echo "  TIDY  $<"
	@said=$$(clang-tidy --quiet $< -- $(LANGUAGE) $$(cat $(LUA_FLAGS)) \
	    -DTCPSIM_VERSION='"$(VERSION)"' 2>&1) || { printf '%s\n' "$$said"; exit 1; }
	@touch $@

.PHONY: cppcheck
cppcheck:
	@$(call need,cppcheck)
	@cppcheck --quiet --template=gcc --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --error-exitcode=1 --suppress=missingIncludeSystem -Iinclude -I. \
	    -D_POSIX_C_SOURCE=200809L -DTCPSIM_VERSION='"$(VERSION)"' \
	    -j $$(getconf _NPROCESSORS_ONLN) sim && echo "cppcheck: fine"
lint: cppcheck tidy ## cppcheck and clang-tidy

##@ Install (PREFIX=/usr/local DESTDIR=)
SHARE := $(DESTDIR)$(PREFIX)/share
DATA  := $(SHARE)/tcpsim

# source:target, both as they are; the scenarios come as a tree.
INSTALLED := \
    lua/tcpsim.d.lua:$(DATA)/lua/tcpsim.d.lua \
    docs/man/tcpsim.1:$(SHARE)/man/man1/tcpsim.1 \
    completions/tcpsim.bash:$(SHARE)/bash-completion/completions/tcpsim \
    completions/_tcpsim:$(SHARE)/zsh/site-functions/_tcpsim \
    completions/tcpsim.fish:$(SHARE)/fish/vendor_completions.d/tcpsim.fish \
    README.md:$(SHARE)/doc/tcpsim/README.md \
    LICENSE:$(SHARE)/doc/tcpsim/LICENSE

.PHONY: install uninstall
install: all ## program, scenarios, manual page, completions
	@for pair in scenarios: $(INSTALLED); do \
	    test -e "$${pair%%:*}" || { echo "install: $${pair%%:*} is missing" >&2; exit 1; }; done
	@install -d $(DESTDIR)$(PREFIX)/bin
	@install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/tcpsim
	@for pair in $(INSTALLED) $$(find scenarios -type f | sed 's|.*|&:$(DATA)/&|'); do \
	    install -d "$$(dirname "$${pair#*:}")" && \
	    install -m 644 "$${pair%%:*}" "$${pair#*:}" || exit 1; done
	@echo "installed under $(DESTDIR)$(PREFIX)"

uninstall: ## take away what install put there
	@rm -f $(DESTDIR)$(PREFIX)/bin/tcpsim $(foreach pair,$(INSTALLED),$(lastword $(subst :, ,$(pair))))
	@rm -rf $(DATA) $(SHARE)/doc/tcpsim

##@ Other
.PHONY: clean help
clean: ## remove everything that was built
	@rm -rf build && rm -f tcpsim

help: ## this list
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' Makefile

endif
