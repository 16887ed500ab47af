package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/auth"
)

// audienced is a config with a public view and two others.
const audienced = `city: A
layers: {reports: {title: R, licence: L, fields: {}}}
views:
  desk: {layer: reports, audience: officer, title: Desk}
  yard: {layer: reports, audience: partner, title: Yard}
  open: {layer: reports, audience: public, title: Open}
`

func TestTokens(t *testing.T) {
	t.Parallel()
	env := func(name string) (string, bool) { return "/run/secrets", name == "SECRETS" }
	c, err := Parse("f", []byte(audienced+"tokens: {secret_file: '${SECRETS}/new', previous_file: '${SECRETS}/old'}\n"+
		"keys: {k: {hash: '"+auth.NewSecret().Hash().String()+"', scopes: ['view:desk', 'view:*', 'audience:officer', 'audience:*']}}\n"), env)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Tokens{SecretFile: "/run/secrets/new", PreviousFile: "/run/secrets/old"}, c.Tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	if n := len(c.Keys[0].Scopes); n != 4 {
		t.Errorf("got %d scopes, want 4", n)
	}
	for scope, want := range map[string]string{
		"view:desk": "", "audience:partner": "",
		"view:disk":        `the config has no view that is not public "disk"; did you mean "desk"?; there are "desk", "yard"`,
		"view:open":        `no view that is not public "open"`,
		"view:reports":     `no view that is not public "reports"`,
		"audience:public":  `no view for the audience "public"`,
		"audience:officre": `did you mean "officer"?; there are "officer", "partner"`,
	} {
		s, err := auth.ParseScope(scope)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.CheckScope(s); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", scope, err, want)
		}
	}
}

func TestTokensAreRefused(t *testing.T) {
	t.Parallel()
	key := func(scope string) string {
		return "keys: {k: {hash: '" + auth.NewSecret().Hash().String() + "', scopes: ['" + scope + "']}}\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"no file", "tokens: {}", `the key "secret_file" is missing`},
		{"a secret itself", "tokens: {secret: abc}", `"secret"`},
		{"the same file", "tokens: {secret_file: a, previous_file: a}", "tokens.previous_file: is the file of the secret itself"},
		{"no variable", "tokens: {secret_file: '${NOWHERE}/a'}", "tokens.secret_file: "},
		{"no view", key("view:disk"), `there is no view "disk"; did you mean "desk"?`},
		{"a layer", key("view:reports"), `there is no view "reports"`},
		{"no audience", key("audience:judge"), `there is no view for the audience "judge"`},
		{"everybody", key("audience:public"), `there is no view for the audience "public"`},
	} {
		if _, err := Parse("f", []byte(audienced+c.text), nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}
