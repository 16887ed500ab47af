package auth

import (
	"bytes"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hutong/internal/telemetry"
)

var (
	noon      = time.Unix(1_790_000_000, 0)
	secretOne = bytes.Repeat([]byte("one secret "), 4)
	secretTwo = bytes.Repeat([]byte("two secret "), 4)
)

func signer(t testing.TB, secret, previous []byte) *Signer {
	t.Helper()
	s, err := NewSigner(secret, previous)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, s *Signer, scope Scope, lasts time.Duration) string {
	t.Helper()
	text, err := s.Sign(scope, noon.Add(lasts), noon)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestTokenIsPinned: tokens that were handed out must be read by every later version.
func TestTokenIsPinned(t *testing.T) {
	t.Parallel()
	const want = "ht1.view.complaints_officer.1790086400.4jVsC0Te.krvGh1cwaLXebveK1SgHFBqKCa8SbEwj89Qa-cU5-B4"
	if got := sign(t, signer(t, secretOne, nil), Scope{View, "complaints_officer"}, 24*time.Hour); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	one := signer(t, secretOne, nil)
	view := sign(t, one, Scope{View, "desk"}, time.Hour)
	long, err := one.Sign(Scope{View, "desk"}, noon.Add(MaxLifetime+90*time.Minute), noon.Add(90*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, by string) string {
		if !strings.Contains(view, old) {
			t.Fatalf("%s is not in %s", old, view)
		}
		return strings.Replace(view, old, by, 1)
	}
	last := view[len(view)-1:]
	other := map[bool]string{true: "E", false: "A"}[last == "A"]
	for _, c := range []struct {
		name, text string
		reader     *Signer
		now        time.Time
		want       error
	}{
		{"good", view, one, noon, nil},
		{"its last moment", view, one, noon.Add(time.Hour - 1), nil},
		{"expired", view, one, noon.Add(time.Hour), ErrExpired},
		{"by the previous secret", view, signer(t, secretTwo, secretOne), noon, nil},
		{"by a secret that was taken away", view, signer(t, secretTwo, nil), noon, ErrSigner},
		{"no tokens here", view, nil, noon, ErrSigner},
		{"another view", edit(".desk.", ".disk."), one, noon, ErrUnknown},
		{"another kind", edit(".view.", ".audience."), one, noon, ErrUnknown},
		{"another end", edit(".17900036", ".17900037"), one, noon, ErrUnknown},
		{"another signature", view[:len(view)-1] + other, one, noon, ErrUnknown},
		{"expired and not signed", edit(".17900036", ".16900036"), one, noon, ErrUnknown},
		{"too far ahead", long, one, noon, ErrUnknown},
		{"another version", edit("ht1.", "ht2."), one, noon, ErrUnknown},
		{"cut short", view[:len(view)-2], one, noon, ErrUnknown},
		{"longer", view + "A", one, noon, ErrUnknown},
		{"a line end", view[:len(view)-1] + "\n" + last, one, noon, ErrUnknown},
		{"one more part", view + ".", one, noon, ErrUnknown},
		{"a zero before the end", edit(".1790", ".01790"), one, noon, ErrUnknown},
		{"no end", edit(".1790003600.", ".0."), one, noon, ErrUnknown},
		{"too long", "ht1." + strings.Repeat("a", 300), one, noon, ErrUnknown},
		{"to erase", edit(".view.", ".erase."), one, noon, ErrUnknown},
		{"of everything", edit(".desk.", ".*."), one, noon, ErrUnknown},
		{"nothing", "", one, noon, ErrUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.reader.read(c.text, c.now)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if want := (claim{Scope{View, "desk"}, noon.Add(time.Hour)}); err == nil && (got.scope != want.scope || !got.expires.Equal(want.expires)) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	one := signer(t, secretOne, nil)
	for _, c := range []struct {
		scope Scope
		lasts time.Duration
		want  string
	}{
		{Scope{View, Any}, time.Hour, "one view or one audience, not for view:*"},
		{Scope{Audience, "Officer"}, time.Hour, "not for audience:Officer"},
		{Scope{Ingest, "hotline"}, time.Hour, "not for ingest:hotline"},
		{Scope{Action: Backup}, time.Hour, "not for backup"},
		{Scope{View, "a.b"}, time.Hour, "not for view:a.b"},
		{Scope{View, "desk"}, 0, "a second to 366 days"},
		{Scope{View, "desk"}, -time.Hour, "a second to 366 days"},
		{Scope{View, "desk"}, MaxLifetime + time.Second, "a second to 366 days"},
	} {
		if got, err := one.Sign(c.scope, noon.Add(c.lasts), noon); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: got %q, %v; want %s", c.scope, c.lasts, got, err, c.want)
		}
	}
	longest := sign(t, one, Scope{Audience, strings.Repeat("a", 64)}, MaxLifetime)
	if len(longest) > MaxToken || !IsToken(longest) {
		t.Errorf("the longest token has %d bytes", len(longest))
	}
}

func TestNewSignerRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secret, previous []byte
		want             string
	}{
		"short":          {secretOne[:31], nil, "the secret has 31 bytes"},
		"none":           {nil, nil, "the secret has 0 bytes"},
		"previous short": {secretOne, []byte{}, "the previous secret has 0 bytes"},
		"long":           {make([]byte, MaxSecret+1), nil, "4097 bytes"},
		"the same":       {secretOne, bytes.Clone(secretOne), "are the same"},
	} {
		if _, err := NewSigner(c.secret, c.previous); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "one secret") {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TestPass: where a credential is found, and what it opens.
func TestPass(t *testing.T) {
	t.Parallel()
	one := signer(t, secretOne, nil)
	key, stranger := NewSecret(), NewSecret()
	m := telemetry.NewMetrics()
	k, err := New([]Key{{"desk", key.Hash(), []Scope{{View, "desk"}, {Audience, "officer"}}}},
		Options{Metrics: m, Tokens: one, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	token := sign(t, one, Scope{View, "desk"}, time.Hour)
	old, err := one.Sign(Scope{View, "desk"}, noon, noon.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	rotated := sign(t, signer(t, secretTwo, nil), Scope{View, "desk"}, time.Hour)
	for _, c := range []struct {
		name   string
		header http.Header
		token  string
		err    error
		ends   bool
	}{
		{"token as bearer", header("Authorization", "Bearer "+token), "", nil, true},
		{"token as api key", header("X-Api-Key", token), "", nil, true},
		{"token in the URL", header(), token, nil, true},
		{"key as bearer", header("Authorization", "Bearer "+key.Reveal()), "", nil, false},
		{"key as api key", header("X-Api-Key", key.Reveal()), "", nil, false},
		{"of a proxy, and a key", header("Authorization", "Basic YTpi", "X-Api-Key", key.Reveal()), "", nil, false},
		{"of a proxy, and a token", header("Authorization", "Basic YTpi"), token, nil, true},
		{"the header before the URL", header("X-Api-Key", key.Reveal()), old, nil, false},
		{"a bad header before the URL", header("X-Api-Key", stranger.Reveal()), token, ErrUnknown, false},
		{"key in the URL", header(), key.Reveal(), ErrUnknown, false},
		{"anything in the URL", header(), "hello", ErrUnknown, false},
		{"nothing", header(), "", ErrMissing, false},
		{"expired", header(), old, ErrExpired, false},
		{"by another secret", header(), rotated, ErrSigner, false},
		{"forged", header(), token[:len(token)-3] + "AAA", ErrUnknown, false},
		{"unknown key", header("X-Api-Key", stranger.Reveal()), "", ErrUnknown, false},
		{"twice", header("X-Api-Key", token, "X-Api-Key", token), token, ErrMissing, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pass, err := k.Pass(Sent{c.header, c.token}, home)
			if !errors.Is(err, c.err) || pass.Until.IsZero() == c.ends {
				t.Errorf("got %+v, %v; want %v", pass, err, c.err)
			}
			if got := pass.Allows(Scope{View, "desk"}); got != (c.err == nil) {
				t.Errorf("opens the view: got %t", got)
			}
			if got := pass.Allows(Scope{Audience, "officer"}); got != (c.err == nil && !c.ends) {
				t.Errorf("opens the audience: got %t", got)
			}
			if pass.Allows(Scope{View, "other"}, Scope{Audience, "partner"}, Scope{Ingest, "desk"}) {
				t.Error("opens another view")
			}
		})
	}
	// A token is no key for what keys are for.
	if _, err := k.Check(header("Authorization", "Bearer "+token), home, Scope{Ingest, "desk"}); !errors.Is(err, ErrScope) {
		t.Errorf("a token where a key is needed: got %v, want %v", err, ErrScope)
	}
	if _, err := k.Password(token); !errors.Is(err, ErrUnknown) {
		t.Errorf("a token as a password: got %v, want %v", err, ErrUnknown)
	}
}

// TestAttemptsOfTokens: forged tokens are bounded as keys are; expired ones, which cannot be guessed, are not.
func TestAttemptsOfTokens(t *testing.T) {
	t.Parallel()
	one := signer(t, secretOne, nil)
	k, err := New(nil, Options{Metrics: telemetry.NewMetrics(), Tokens: one, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	token := sign(t, one, Scope{View, "desk"}, time.Hour)
	old, err := one.Sign(Scope{View, "desk"}, noon, noon.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	pass := func(text string) error {
		_, err := k.Pass(Sent{Token: text}, netip.MustParseAddr("192.0.2.7"))
		return err
	}
	for range 2 * Burst {
		if err := pass(old); !errors.Is(err, ErrExpired) {
			t.Fatalf("expired: got %v", err)
		}
	}
	for range Burst {
		if err := pass(token[:len(token)-3] + "AAA"); !errors.Is(err, ErrUnknown) {
			t.Fatalf("forged: got %v", err)
		}
	}
	if _, many := errors.AsType[*AttemptsError](pass(token[:len(token)-3] + "AAA")); !many {
		t.Error("one more forged token is no attempt too many")
	}
	if err := pass(token); err != nil {
		t.Errorf("a good token from an address that has to wait: got %v", err)
	}
}

func FuzzToken(f *testing.F) {
	one, err := NewSigner(secretOne, nil)
	if err != nil {
		f.Fatal(err)
	}
	good, err := one.Sign(Scope{View, "desk"}, noon.Add(time.Hour), noon)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(strings.Replace(good, "desk", "desk\n", 1))
	f.Add("ht1.audience.a.1.AAAAAAAA." + strings.Repeat("A", 43))
	f.Add("ht1.....")
	f.Fuzz(func(t *testing.T, text string) {
		c, _, _, ok := parseToken(text)
		if ok != IsToken(text) {
			t.Fatal("a token or not?")
		}
		if !ok {
			return
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r > '~' || r <= ' ' || strings.ContainsRune(`&?#=%"<>\+/:`, r) }) || len(text) > MaxToken {
			t.Errorf("%q would not do in a URL", text)
		}
		// Only what was signed is taken, and there is one text for it.
		if got, err := one.read(text, noon); err == nil {
			again, err := one.Sign(got.scope, got.expires, noon)
			if err != nil || again != text || c.scope != got.scope {
				t.Errorf("%q is taken; signed it is %q, %v", text, again, err)
			}
		}
	})
}
