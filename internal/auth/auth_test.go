package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hutong/internal/telemetry"
)

var home = netip.MustParseAddr("192.0.2.1")

func keys(t testing.TB, now func() time.Time, list ...Key) *Keys {
	t.Helper()
	k, err := New(list, Options{Metrics: telemetry.NewMetrics(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestCheck(t *testing.T) {
	t.Parallel()
	one, two, other := NewSecret(), NewSecret(), NewSecret()
	k := keys(t, nil,
		Key{"gateway", one.Hash(), []Scope{{Ingest, "hotline"}}},
		Key{"operator", two.Hash(), []Scope{{Erase, Any}, {Refused, Any}}})
	for _, c := range []struct {
		name   string
		header http.Header
		scopes []Scope
		key    string
		want   error
	}{
		{"bearer", header("Authorization", "Bearer "+one.Reveal()), []Scope{{Ingest, "hotline"}}, "gateway", nil},
		{"scheme in any case", header("Authorization", "bearer   "+one.Reveal()), []Scope{{Ingest, "hotline"}}, "gateway", nil},
		{"api key", header("X-Api-Key", one.Reveal()), []Scope{{Ingest, "hotline"}}, "gateway", nil},
		{"one of two scopes", header("X-Api-Key", two.Reveal()), []Scope{{Ingest, "hotline"}, {Refused, "hotline"}}, "operator", nil},
		{"any", header("X-Api-Key", two.Reveal()), []Scope{{Erase, "reports"}}, "operator", nil},
		{"another source", header("X-Api-Key", one.Reveal()), []Scope{{Ingest, "forms"}}, "gateway", ErrScope},
		{"another action", header("X-Api-Key", one.Reveal()), []Scope{{Erase, "hotline"}}, "gateway", ErrScope},
		{"no scope asked for", header("X-Api-Key", one.Reveal()), nil, "gateway", ErrScope},
		{"another key", header("X-Api-Key", other.Reveal()), []Scope{{Ingest, "hotline"}}, "", ErrUnknown},
		{"its hash", header("X-Api-Key", one.Hash().String()), []Scope{{Ingest, "hotline"}}, "", ErrUnknown},
		{"cut short", header("X-Api-Key", one.Reveal()[:20]), []Scope{{Ingest, "hotline"}}, "", ErrUnknown},
		{"none", header(), []Scope{{Ingest, "hotline"}}, "", ErrMissing},
		{"empty", header("X-Api-Key", ""), []Scope{{Ingest, "hotline"}}, "", ErrMissing},
		{"basic", header("Authorization", "Basic "+one.Reveal()), []Scope{{Ingest, "hotline"}}, "", ErrMissing},
		{"no token", header("Authorization", "Bearer "), []Scope{{Ingest, "hotline"}}, "", ErrMissing},
		{"twice", header("Authorization", "Bearer "+one.Reveal(), "Authorization", "Bearer "+two.Reveal()), []Scope{{Ingest, "hotline"}}, "", ErrMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := k.Check(c.header, home, c.scopes...)
			if got != c.key || !errors.Is(err, c.want) {
				t.Errorf("got %q, %v; want %q, %v", got, err, c.key, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hk_") {
				t.Errorf("the error %v shows a key", err)
			}
		})
	}
}

func TestNewRefusesTwins(t *testing.T) {
	t.Parallel()
	one := NewSecret()
	_, err := New([]Key{{"a", one.Hash(), nil}, {"b", one.Hash(), nil}, {"a", NewSecret().Hash(), nil}}, Options{Metrics: telemetry.NewMetrics()})
	for _, want := range []string{`the keys "a" and "b" are the same`, `the key "a" is there twice`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestAttempts: an address may try a few unknown keys and then waits; others, and its own known key, do not.
func TestAttempts(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	good := NewSecret()
	k := keys(t, func() time.Time { return now }, Key{"good", good.Hash(), []Scope{{Ingest, Any}}})
	try := func(secret, from string) error {
		_, err := k.Check(header("X-Api-Key", secret), netip.MustParseAddr(from), Scope{Ingest, "s"})
		return err
	}
	for i := range Burst {
		if err := try("hk_wrong", "2001:db8::1"); !errors.Is(err, ErrUnknown) {
			t.Fatalf("attempt %d: got %v, want %v", i+1, err, ErrUnknown)
		}
	}
	for _, from := range []string{"2001:db8::1", "2001:db8::ffff"} { // one network
		err := try("hk_wrong", from)
		if e, ok := errors.AsType[*AttemptsError](err); !ok || e.Wait != Refill {
			t.Errorf("%s: got %v, want to wait %s", from, err, Refill)
		}
	}
	if err := try("hk_wrong", "2001:db8:1::1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("another network: got %v, want %v", err, ErrUnknown)
	}
	if err := try("hk_wrong", "::ffff:192.0.2.1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("IPv4: got %v, want %v", err, ErrUnknown)
	}
	if err := try(good.Reveal(), "2001:db8::1"); err != nil {
		t.Errorf("a known key from an address that has to wait: got %v, want none", err)
	}
	now = now.Add(Refill)
	if err := try("hk_wrong", "2001:db8::1"); !errors.Is(err, ErrUnknown) {
		t.Errorf("after the wait: got %v, want %v", err, ErrUnknown)
	}
}

// TestAddressesAreBounded: addresses beyond those told apart share one allowance, and room comes back.
func TestAddressesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	a := newAttempts(func() time.Time { return now }, telemetry.NewMetrics())
	address := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range maxAddresses {
		if wait := a.fail(address(i)); wait != 0 {
			t.Fatalf("address %d has to wait %s", i, wait)
		}
	}
	var refused int
	for i := range 2 * Burst {
		if a.fail(address(maxAddresses+i)) > 0 {
			refused++
		}
	}
	if refused != Burst || a.count() != maxAddresses {
		t.Errorf("%d of %d refused, %d addresses known; want %d, %d", refused, 2*Burst, a.count(), Burst, maxAddresses)
	}
	now = now.Add(2 * Refill)
	if wait := a.fail(address(maxAddresses)); wait != 0 || a.count() != 1 {
		t.Errorf("later: wait %s, %d addresses known; want 0, 1", wait, a.count())
	}
}

// TestSecretsAreHidden: no way to print a key shows it.
func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	s := NewSecret()
	held := struct{ Key Secret }{s}
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+verb, s, held)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", slog.Any("key", s), slog.Any("held", held))
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", slog.Any("key", s), slog.Any("held", held))
	text, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(text)
	for _, form := range []string{s.Reveal(), fmt.Sprintf("%x", s.Reveal())} {
		if strings.Contains(b.String(), form) {
			t.Errorf("a key is shown: %s", &b)
		}
	}
	if !strings.Contains(b.String(), hidden) {
		t.Errorf("got %s, want %s in it", &b, hidden)
	}
}

func TestSecretAndHashAreReadBack(t *testing.T) {
	t.Parallel()
	s := NewSecret()
	if s == NewSecret() {
		t.Fatal("two keys are the same")
	}
	got, err := ParseSecret(" " + s.Reveal() + "\n")
	if err != nil || got != s {
		t.Errorf("the key: got %v, want it back", err)
	}
	hash, err := ParseHash(s.Hash().String() + "\n")
	if err != nil || hash != s.Hash() {
		t.Errorf("got %v, %v; want %v", hash, err, s.Hash())
	}
	for _, text := range []string{"", "hunter2", "hk_", "hk_short", s.Reveal() + "A", s.Reveal()[3:], s.Hash().String()} {
		if _, err := ParseSecret(text); err == nil || text != "" && strings.Contains(err.Error(), text) && text != "hk_" {
			t.Errorf("key %q: got %v, want an error without it", text, err)
		}
	}
	for _, text := range []string{"", "sha256:", "sha256:00", s.Reveal(), s.Hash().String() + "00", strings.Repeat("0", 64), "sha256:" + strings.Repeat("g", 64)} {
		if _, err := ParseHash(text); err == nil || len(text) > 7 && strings.Contains(err.Error(), text) {
			t.Errorf("hash %q: got %v, want an error without it", text, err)
		}
	}
}

func TestParseScope(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ingest:hotline": "", "ingest:*": "", "refused:a-b_1": "", "erase:reports": "", "erase:*": "", "backup": "", "pin": "", "pin:a": "is of the whole server", "backup:*": "is of the whole server", "backup:": "is of the whole server",
		"ingest": "is no scope", "": "is no scope", "read:x": "is no action: the actions are ingest, refused, erase, backup, pin, metrics, view, audience", "import:reports": "is no action",
		"ingest:": "no name of a source", "erase:Reports": "no name of a layer", "ingest:a:b": "no name of a source", "Ingest:a": "is no action",
		"view:desk": "", "view:*": "", "audience:officer": "", "view": "is no scope", "view:A": "no name of a view", "audience:": "no name of an audience",
	} {
		s, err := ParseScope(text)
		switch {
		case want == "" && (err != nil || s.String() != text):
			t.Errorf("%q: got %v, %v; want it back", text, s, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestComparesInConstantTime holds the source itself to it, since a clock cannot: a hash is compared by
// crypto/subtle only, in a loop without a way out.
func TestComparesInConstantTime(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "auth.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	compared := false
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "find" {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			loop, ok := n.(*ast.RangeStmt)
			if !ok {
				return true
			}
			ast.Inspect(loop.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BranchStmt, *ast.ReturnStmt, *ast.IfStmt:
					t.Error("the loop over the keys branches")
				case *ast.SelectorExpr:
					compared = compared || n.Sel.Name == "ConstantTimeCompare"
				case *ast.BinaryExpr:
					t.Error("the loop over the keys compares by itself")
				}
				return true
			})
			return false
		})
	}
	if !compared {
		t.Error("find does not compare by crypto/subtle")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(NewSecret().Reveal())
	f.Add(NewSecret().Hash().String())
	f.Add("ingest:hotline")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseSecret(text); err == nil && s.Reveal() != strings.TrimSpace(text) {
			t.Errorf("key %q became another", text)
		}
		if h, err := ParseHash(text); err == nil && h.String() != strings.ToLower(strings.TrimSpace(text)) {
			t.Errorf("hash %q became %v", text, h)
		}
		if s, err := ParseScope(text); err == nil && s.String() != text {
			t.Errorf("scope %q became %v", text, s)
		}
	})
}

func TestHasKey(t *testing.T) {
	t.Parallel()
	key := NewSecret().Reveal()
	for text, want := range map[string]bool{
		key: true, "a=" + key + "&b": true, "Bearer " + key: true, "hk_x " + key: true, "hk_,hk_" + key[:9] + "," + key: true,
		"": false, "hk_": false, key[:len(key)-1]: false, key + "A": false, "x" + key: false, "-" + key: false, key + "_": false,
		"HK_" + key[3:]: false, key[:20] + " " + key[20:]: false, "hk_" + key: false,
	} {
		if got := HasKey(text); got != want {
			t.Errorf("%d characters, with %d of a key: got %t, want %t", len(text), len(key), got, want)
		}
	}
}
