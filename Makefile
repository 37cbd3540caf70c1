# lineman: build, check, install. `make help` lists the targets; man/lineman-style.7 is the guide.

VERSION  := 0.1.0
BUILD    ?= build
SAN      ?=
WERROR   ?=
PREFIX   ?= /usr/local
DESTDIR  ?=
COMPAT   ?= 0
# make V=1 shows every command
Q        := $(if $(V),,@)

# --- The house: what may use what. A line per library folder and per tool; a use that is not
# --- here fails to link, or fails tests/bats/style.bats.

LIBS := base wire net peer pty journal crypto tls redis queue conf store http web ssh

base_USES    :=
wire_USES    := base
net_USES     := base
journal_USES := wire base
peer_USES    := wire net base
pty_USES     := net base
crypto_USES  := base
tls_USES     := crypto net base
redis_USES   := net base
queue_USES   := redis net base
conf_USES    := base
store_USES   := base
http_USES    := crypto net base
web_USES     := http crypto net base
ssh_USES     := net base

ptybufferd_USES := peer journal pty net wire base
ptyattach_USES  := peer pty net wire base
qput_USES       := queue redis net wire base
qwait_USES      := queue redis net wire base
conctl_USES     := http peer journal pty crypto net wire base
conlog_USES     := journal wire base
tlspipe_USES    := tls crypto net base
resolve_USES    := net base
consoled_USES    := web ssh peer journal pty store conf http redis tls crypto net wire base
# The page, see below.
consoled_OBJS    := $(BUILD)/obj/tools/consoled/pages_data.o

TOOLS   := ptybufferd ptyattach qput qwait conlog consoled conctl
# Helpers of the tools, started by them and by nobody else: libexec/lineman.
HELPERS := tlspipe resolve
HELPER_SCRIPTS := redis-embedded
SCRIPTS := ptyautostart lineman

# Third-party libraries, by the folder that wraps them.
net_LINK     := -levent_core
journal_LINK := -lzstd -lz -lre2
redis_LINK   := -lhiredis
conf_LINK    := -lyaml-cpp
tls_LINK     := -levent_openssl
# Those that stay shared: their security updates must reach us without a new build.
tls_SHARED    := -lssl -lcrypto
crypto_SHARED := -lcrypto
store_SHARED  := -lsqlite3
http_SHARED   := -lwslay
ssh_SHARED    := -lssh

# --- Packages (Debian names). `make deps` asks apt only for what is not there.

DEPS_BUILD := g++ make pkg-config libevent-dev nlohmann-json3-dev libzstd-dev zlib1g-dev \
              libhiredis-dev libssl-dev libssh-dev libyaml-cpp-dev libsqlite3-dev \
              libre2-dev libboost1.81-dev libwslay-dev $(if $(shell command -v npm),,npm)
DEPS_RUN   := socat jq netcat-openbsd redis-server openssh-client openssh-server
DEPS_CHECK := bash-completion zsh fish bats bats-support bats-assert bats-file doctest-dev universal-ctags mandoc \
              clang-format shellcheck zstd logrotate systemd tmux python3 python3-redis git procps \
              bsdextrautils util-linux openssl iproute2 curl chromium nodejs
DEPS_FUZZ  := clang libclang-rt-14-dev python3
DEPS_LINT  := clang clang-tidy clang-format shellcheck
DEPS_MODEL := spin gcc
DEPS_BENCH := conserver-server conserver-client socat python3 redis-server redis-tools nq beanstalkd

# --- Compiler

CXX      := $(if $(filter-out default,$(origin CXX)),$(CXX),g++)
CCACHE   := $(shell command -v ccache 2>/dev/null)
OPT      ?= -O2
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast \
            -Wnon-virtual-dtor -Woverloaded-virtual -Wformat=2 -Wnull-dereference -Wcast-qual \
            -Wimplicit-fallthrough -Wextra-semi -Wmissing-declarations -Wundef \
            -Wzero-as-null-pointer-constant
HARDEN   := -D_GLIBCXX_ASSERTIONS -fstack-protector-strong -fstack-clash-protection -fPIE
HARDEN   += $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
HARDEN   += $(if $(SAN)$(filter -O0,$(OPT)),,-D_FORTIFY_SOURCE=2)
CXXFLAGS += -std=c++20 $(OPT) -g -ftree-vectorize $(WARN) $(HARDEN) $(if $(WERROR),-Werror) \
            $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
CPPFLAGS += -I. -I$(BUILD)/gen -D_GNU_SOURCE
LDFLAGS  += -pie -Wl,-z,relro,-z,now -Wl,--as-needed,--gc-sections -pthread $(if $(SAN),-fsanitize=$(SAN))
# A small tool must start like a C program, and the loader is what starting costs: the C++ runtime
# and libevent are linked in, except under a sanitizer, which brings its own. So is libm, for two
# functions of the runtime.
STATIC   := $(if $(SAN),,-static-libstdc++ -static-libgcc)
RUNTIME  := $(if $(SAN),,-l:libstdc++.a -l:libm.a)
link_of   = $(if $(SAN),$($(1)_LINK),$(patsubst -l%,-l:lib%.a,$($(1)_LINK)))

# --- Objects and archives

lib_srcs = $(wildcard lib/$(1)/*.cc)
objs     = $(patsubst %.cc,$(BUILD)/obj/%.o,$(1))
archives = $(patsubst %,$(BUILD)/lib/lib%.a,$($(1)_USES))
linkline = $(foreach u,$($(1)_USES),$(call link_of,$(u))) $(foreach u,$($(1)_USES),$($(u)_SHARED))

BINS := $(TOOLS:%=$(BUILD)/bin/%) $(SCRIPTS:%=$(BUILD)/bin/%) $(HELPERS:%=$(BUILD)/libexec/lineman/%) \
        $(HELPER_SCRIPTS:%=$(BUILD)/libexec/lineman/%) $(BUILD)/share/lineman/redis/lineman.lua

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all deps deps-check deps-fuzz deps-lint deps-model deps-bench run check check-asan unit bats fuzz \
        bench model soak format lint install uninstall clean help

all: $(BINS)

$(BUILD)/obj/%.o: %.cc Makefile
	@mkdir -p $(@D)
	@echo "  CXX $<"
	$(Q)$(CCACHE) $(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/lib/base/version.o: CPPFLAGS += -DLINEMAN_VERSION='"$(VERSION)"'

define lib_rule
$(BUILD)/lib/lib$(1).a: $(call objs,$(call lib_srcs,$(1)))
	@mkdir -p $$(@D) && rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call lib_rule,$(l))))

define tool_rule
$(BUILD)/$(2)/$(1): $(call objs,$(wildcard tools/$(1)/*.cc)) $$($(1)_OBJS) $(call archives,$(1))
	@mkdir -p $$(@D)
	@echo "  LD  $$@"
	$$(Q)$(CXX) $(LDFLAGS) $(STATIC) -o $$@ $$^ $(call linkline,$(1)) $(RUNTIME)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$(t),bin)))
$(foreach t,$(HELPERS),$(eval $(call tool_rule,$(t),libexec/lineman)))

# Lua stands in *.lua files: built in as constants, and installed as one function library.
LUA := $(wildcard lib/*/*.lua)
LUA_PARTS := $(wildcard lib/*/parts/*.lua) lib/redis/lua-whole
$(LUA:%.lua=$(BUILD)/gen/%.lua.h): $(BUILD)/gen/%.lua.h: %.lua lib/redis/lua-to-header $(LUA_PARTS)
	@mkdir -p $(@D)
	$(Q)lib/redis/lua-to-header $< >$@
$(filter $(BUILD)/obj/lib/queue/%,$(call objs,$(call lib_srcs,queue))): $(LUA:%.lua=$(BUILD)/gen/%.lua.h)
$(BUILD)/obj/tools/consoled/receiver_redis.o: $(BUILD)/gen/lib/redis/log_push.lua.h
$(BUILD)/share/lineman/redis/lineman.lua: $(LUA) lib/redis/lua-to-library $(LUA_PARTS)
	@mkdir -p $(@D)
	$(Q)lib/redis/lua-to-library $(LUA) >$@

# Pages: what a browser gets, packed into the program. xterm.js comes from npm, by a lock file.
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
$(BUILD)/npm/web/done: lib/web/package.json lib/web/package-lock.json
	@echo "  NPM $(@D)"
	@rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D)
	$(Q)cd $(@D) && $(NPM_CI) && touch done
$(BUILD)/npm/browser/done: tests/browser/package.json tests/browser/package-lock.json
	@echo "  NPM $(@D)"
	@rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D)
	$(Q)cd $(@D) && $(NPM_CI) && touch done
PAGE_FILES := $(wildcard lib/web/www/* tools/consoled/www/*)
$(BUILD)/gen/tools/consoled/pages.S: $(PAGE_FILES) $(BUILD)/npm/web/done lib/web/pack
	@rm -rf $(BUILD)/www/consoled && mkdir -p $(@D) $(BUILD)/www/consoled/xterm
	$(Q)cp $(PAGE_FILES) $(BUILD)/www/consoled
	$(Q)cp $(addprefix $(BUILD)/npm/web/node_modules/@xterm/,xterm/lib/xterm.mjs xterm/css/xterm.css \
	  xterm/LICENSE addon-fit/lib/addon-fit.mjs) $(BUILD)/www/consoled/xterm
	$(Q)lib/web/pack consoled_pages $(BUILD)/www/consoled >$@
$(BUILD)/obj/tools/consoled/pages_data.o: $(BUILD)/gen/tools/consoled/pages.S
	@mkdir -p $(@D)
	$(Q)$(CXX) -c -o $@ $<

$(SCRIPTS:%=$(BUILD)/bin/%): $(BUILD)/bin/%: tools/%/main.sh Makefile
$(HELPER_SCRIPTS:%=$(BUILD)/libexec/lineman/%): $(BUILD)/libexec/lineman/%: tools/%/main.sh Makefile
$(SCRIPTS:%=$(BUILD)/bin/%) $(HELPER_SCRIPTS:%=$(BUILD)/libexec/lineman/%):
	@mkdir -p $(@D)
	$(Q)sed 's|@VERSION@|$(VERSION)|g' $< >$@.new && chmod 755 $@.new && mv $@.new $@

UNIT_SRCS := $(wildcard tests/unit/*.cc tests/fuzz/*.cc)
$(BUILD)/obj/tests/fuzz/%.o: CPPFLAGS += -DFUZZ_NAME='"$(*F)"' -DLLVMFuzzerTestOneInput=fuzz_$(*F)
# What tools have of their own and is pure.
UNIT_TOOL_SRCS := tools/ptybufferd/history.cc tools/ptybufferd/about.cc \
                  tools/ptybufferd/stamp.cc tools/ptyattach/detach_keys.cc \
                  $(filter-out %/main.cc,$(wildcard tools/consoled/*.cc)) \
                  tools/conctl/keys.cc tools/conctl/prompt.cc tools/conctl/definition.cc
$(BUILD)/unit: $(call objs,$(UNIT_SRCS) $(UNIT_TOOL_SRCS)) $(consoled_OBJS) $(patsubst %,$(BUILD)/lib/lib%.a,web http queue redis peer journal pty tls crypto ssh conf store net wire base)
	@echo "  LD  $@"
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(foreach u,$(LIBS),$($(u)_LINK)) $(foreach u,$(LIBS),$($(u)_SHARED))

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- Dependencies

SUDO    = $(if $(filter 0,$(shell id -u)),,sudo)
missing = $(shell for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done)
define install_missing
	@set -e; m="$(call missing,$(1))"; [ -z "$$m" ] || { echo "installing: $$m"; \
	  $(SUDO) apt-get -qq update; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$m >/dev/null; }
endef

deps: ; $(call install_missing,$(DEPS_BUILD) $(DEPS_RUN))
deps-check: ; $(call install_missing,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_CHECK))
deps-fuzz: ; $(call install_missing,$(DEPS_BUILD) $(DEPS_FUZZ))
deps-lint: ; $(call install_missing,$(DEPS_BUILD) $(DEPS_LINT) doctest-dev)
deps-model: ; $(call install_missing,$(DEPS_MODEL))
deps-bench: ; $(call install_missing,$(DEPS_BUILD) $(DEPS_BENCH))

# --- Run

run: deps
	@$(MAKE) --no-print-directory all
	@$(BUILD)/bin/lineman tour $(if $(ONCE),--once) README.md

# --- Checks

unit: $(BUILD)/unit $(BUILD)/bin/ptybufferd $(HELPERS:%=$(BUILD)/libexec/lineman/%) $(HELPER_SCRIPTS:%=$(BUILD)/libexec/lineman/%)
	@mkdir -p $(BUILD)/results
	@$(BUILD)/unit >$(BUILD)/results/unit.out 2>&1; s=$$?; cat $(BUILD)/results/unit.out; exit $$s

bats: all $(BUILD)/npm/browser/done
	@mkdir -p $(BUILD)/results
	@BUILD=$(abspath $(BUILD)) tests/run-bats $(BUILD)/results/bats.tap $(BATS)

check: deps-check
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/check WERROR=1 check-tree

check-asan: deps-check
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SAN=address,undefined OPT=-O1 check-tree

.PHONY: check-tree
check-tree:
	@rm -rf $(BUILD)/results
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(BUILD)/unit
	@s=0; $(MAKE) --no-print-directory unit || s=1; $(MAKE) --no-print-directory bats || s=1; \
	  tests/summary $(BUILD)/results || s=1; exit $$s

FUZZERS := $(basename $(notdir $(wildcard tests/fuzz/*.cc)))
FUZZ_SECONDS ?= 30
fuzz: deps-fuzz all
	@CXX=clang++ BUILD=$(BUILD) SECONDS_EACH=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZERS)
	@BUILD=$(abspath $(BUILD)) SECONDS_EACH=$(FUZZ_SECONDS) tests/fuzz/autostart-names

bench: deps-bench all ; @BUILD=$(abspath $(BUILD)) tests/bench/run $(BENCH)

# Spin's exhaustive search: no program is needed for it.
model: deps-model ; @tests/model/run

soak: deps-check all ; @BUILD=$(abspath $(BUILD)) tests/soak/run $(SOAK)

CXX_FILES = $(shell git ls-files -co --exclude-standard '*.cc' '*.h')
SH_FILES  = $(shell git grep -lE '^.!.*/(env )?(ba|da)?sh( |$$)' -- . ':!*.bats')
format: deps-lint ; clang-format -i $(CXX_FILES)
lint: deps-lint
	@# Its findings come on stdout, how many it did not show on stderr.
	@printf '%s\n' $(filter %.cc,$(filter lib/% tools/%,$(CXX_FILES))) | xargs -P $(shell nproc) -I@ \
	  clang-tidy --quiet @ -- -std=c++20 $(CPPFLAGS) -DLINEMAN_VERSION='"0"' 2>/dev/null
	shellcheck $(SH_FILES)

# --- Install: pairs of file and place below PREFIX. Programs are copied (STRIP=strip makes them
# small), in everything else @PREFIX@ is filled in. COMPAT=1 adds the names of what is replaced.

STRIP    ?=
COMPATS  := ptybuffer:ptybufferd ptybufferconnect:ptyattach autostart.sh:ptyautostart congo:conctl \
            goconserver:consoled cloud-console:consoled
DOC      := share/doc/lineman
place     = $(foreach f,$(wildcard $(1)),$(f):$(2)/$(notdir $(f)))
complete  = $(foreach t,$(TOOLS) $(SCRIPTS),tools/$(t)/completion.$(1):$(2)/$(3)$(t)$(4))
EXAMPLE_DIRS := examples/queue examples/tls
COMPAT_FILES := systemd/compat/goconserver.service:lib/systemd/system/goconserver.service
FILES    := $(foreach n,1 5 7 8,$(call place,man/*.$(n),share/man/man$(n))) \
            $(call place,systemd/*.service systemd/*.socket,lib/systemd/system) \
            $(call place,systemd/user/*.service,lib/systemd/user) \
            systemd/lineman.sysusers:lib/sysusers.d/lineman.conf \
            systemd/lineman.tmpfiles:lib/tmpfiles.d/lineman.conf \
            $(call complete,bash,share/bash-completion/completions) \
            $(call complete,zsh,share/zsh/site-functions,_) \
            $(call complete,fish,share/fish/vendor_completions.d,,.fish) \
            $(BUILD)/share/lineman/redis/lineman.lua:share/lineman/redis/lineman.lua \
            $(call place,README.md COPYRIGHT,$(DOC)) $(call place,$(filter-out $(EXAMPLE_DIRS),$(wildcard examples/*)),$(DOC)/examples) \
            $(foreach d,$(EXAMPLE_DIRS),$(call place,$(d)/*,$(DOC)/$(d)))

install: all
	@set -e; to="$(DESTDIR)$(PREFIX)"; \
	for t in $(TOOLS); do install -D $(if $(STRIP),-s --strip-program=$(STRIP)) -m 755 $(BUILD)/bin/$$t "$$to/bin/$$t"; done; \
	for t in $(HELPERS); do install -D $(if $(STRIP),-s --strip-program=$(STRIP)) -m 755 $(BUILD)/libexec/lineman/$$t "$$to/libexec/lineman/$$t"; done; \
	for t in $(HELPER_SCRIPTS); do install -D -m 755 $(BUILD)/libexec/lineman/$$t "$$to/libexec/lineman/$$t"; done; \
	for t in $(SCRIPTS); do install -D -m 755 $(BUILD)/bin/$$t "$$to/bin/$$t"; done; \
	for p in $(FILES) $(if $(filter 1,$(COMPAT)),$(COMPAT_FILES)); do m=644; [ ! -x "$${p%%:*}" ] || m=755; install -d "$$to/$$(dirname "$${p#*:}")"; \
	  sed 's|@PREFIX@|$(PREFIX)|g' "$${p%%:*}" >"$$to/$${p#*:}"; chmod $$m "$$to/$${p#*:}"; done; \
	$(if $(filter 1,$(COMPAT)),for p in $(COMPATS); do ln -sf "$${p#*:}" "$$to/bin/$${p%%:*}"; done;) \
	echo "installed in $$to"

uninstall:
	@to="$(DESTDIR)$(PREFIX)"; \
	for p in $(patsubst %,:bin/%,$(TOOLS) $(SCRIPTS)) $(HELPERS:%=:libexec/lineman/%) $(HELPER_SCRIPTS:%=:libexec/lineman/%) $(FILES); do rm -f "$$to/$${p#*:}"; done; \
	for p in $(COMPATS); do [ "$$(readlink "$$to/bin/$${p%%:*}")" != "$${p#*:}" ] || rm -f "$$to/bin/$${p%%:*}"; done; \
	for p in $(COMPAT_FILES); do ! grep -qsF "$(PREFIX)/bin/consoled" "$$to/$${p#*:}" || rm -f "$$to/$${p#*:}"; done; \
	rmdir $(EXAMPLE_DIRS:%="$$to/$(DOC)/%") "$$to/$(DOC)/examples" "$$to/$(DOC)" "$$to/libexec/lineman" 2>/dev/null || true

clean: ; rm -rf $(BUILD)
help:
	@echo "make [all|deps|run [ONCE=1]|check|check-asan|fuzz|bench|model|soak|format|lint|install [COMPAT=1]|uninstall|clean]"
	@echo "variables: BUILD=$(BUILD) SAN= OPT=$(OPT) PREFIX=$(PREFIX) DESTDIR= STRIP= BATS=files BENCH=names SOAK=names"
