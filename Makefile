# make           build everything in release mode
# make install   install the plugin and the teaching captures: for you, or as root for everyone
# make demo      build, install, and show a failing connection with its diagnosis
# make test      build and run all tests
# make test-versions  the tests with Wireshark, once more with that of later Debians
# make deb       build a Debian package for the installed Wireshark, and try it in a fresh system
# make bench     cost per packet of the diagnosis, what the plugin costs tshark, and packets a second of generated captures
# make screenshots  the pictures of the README, anew
# make memcheck  tshark with the plugin under valgrind and AddressSanitizer
# make mutants   how many changes of the rules no test notices, of a tenth of all (SHARD=3/10 for the fourth)
# make twins     write the captures that are to be like real ones, and compare them where those are
# make docs      write the pages of the diagnoses and of the simulator's fidelity anew
# make fmt lint clean
#
# What one of them needs is installed first (Debian; as root or with sudo), but for bench, memcheck and twins.

CARGO := $(shell command -v cargo || echo "$${CARGO_HOME:-$$HOME/.cargo}/bin/cargo")
RELEASE := $(CURDIR)/target/release
export PATH := $(dir $(CARGO)):$(PATH)

.PHONY: all build install uninstall demo test test-versions deb bench screenshots memcheck mutants twins docs fmt lint man clean

all:
	scripts/need.sh build
	$(MAKE) build

build:
	$(CARGO) build --release --locked -p tcpdx -p tcpdx-extcap -p tcpdx-plugin
	$(MAKE) -C plugin/shim OUT=$(RELEASE) LIB=$(RELEASE)

install: all
	$(RELEASE)/tcpdx install

uninstall:
	$(RELEASE)/tcpdx uninstall

demo:
	scripts/need.sh demo
	$(MAKE) build
	$(RELEASE)/tcpdx install
	scripts/demo.sh

# The judges come first, so that the last lines are the summary of the tests.
test:
	scripts/need.sh test
	$(MAKE) build
	scripts/judge.sh
	$(CARGO) test --locked --workspace --doc
	if $(CARGO) nextest --version >/dev/null 2>&1; then \
		$(CARGO) nextest run --locked --workspace; \
	else \
		$(CARGO) test --locked --workspace --lib --bins --tests; \
	fi

test-versions:
	scripts/need.sh test
	scripts/versions.sh

deb:
	scripts/need.sh demo
	$(MAKE) build man
	package=$$(scripts/deb.sh) && scripts/deb-test.sh "$$package"

bench:
	$(CARGO) bench --locked -p tcpdx-engine --bench packets
	$(CARGO) bench --locked -p tcpdx-extcap --bench generate
	$(CARGO) bench --locked -p tcpdx-extcap --bench stream
	scripts/scapy.sh
	$(MAKE) build
	scripts/overhead.py

memcheck: build
	scripts/memcheck.sh

mutants:
	scripts/mutants.sh $(SHARD)

screenshots:
	scripts/need.sh screenshots
	$(MAKE) build
	scripts/screenshots.sh

twins: build
	scripts/twins.sh

docs:
	scripts/need.sh docs
	TCPDX_WRITE_PAGES=1 $(CARGO) test --locked -p tcpdx-tests --test pages
	TCPDX_WRITE_PAGES=1 $(CARGO) test --locked -p tcpdx-extcap --test twins

fmt:
	$(CARGO) fmt --all

lint:
	scripts/need.sh lint
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# Man pages and shell completions, for packages and for those who want them.
man:
	mkdir -p target/man target/completions
	$(RELEASE)/tcpdx man --dir target/man
	for shell in bash zsh fish; do \
		$(RELEASE)/tcpdx completions $$shell > target/completions/tcpdx.$$shell || exit 1; \
	done

clean:
	$(CARGO) clean
