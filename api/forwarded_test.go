package api

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
)

func TestBaseBehindProxies(t *testing.T) {
	t.Parallel()
	b := Base{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"),
	}}
	const direct = "http://city.example"
	for _, c := range []struct {
		name, remote string
		headers      []string // pairs
		want         string
	}{
		{"nothing said", "10.0.0.1:5000", nil, direct},
		{"not trusted", "192.0.2.1:5000", []string{"X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example;proto=https"}, direct},
		{"not an address", "@", []string{"X-Forwarded-Host", "evil.example"}, direct},
		{"x headers", "10.0.0.1:5000", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "maps.example", "X-Forwarded-Prefix", "/city/"}, "https://maps.example/city"},
		{"over ipv6", "[fd00::1]:5000", []string{"X-Forwarded-Proto", "https"}, "https://city.example"},
		{"ipv4 in ipv6", "[::ffff:10.0.0.1]:5000", []string{"X-Forwarded-Proto", "https"}, "https://city.example"},
		{"the last of a list", "10.0.0.1:5000", []string{"X-Forwarded-Host", "evil.example, maps.example:8443"}, "http://maps.example:8443"},
		{"the last of several headers", "10.0.0.1:5000", []string{"X-Forwarded-Host", "evil.example", "X-Forwarded-Host", "maps.example"}, "http://maps.example"},
		{"forwarded", "10.0.0.1:5000", []string{"Forwarded", `for=192.0.2.60; Proto=HTTPS ;host="maps.example:8443"`}, "https://maps.example:8443"},
		{"forwarded before x", "10.0.0.1:5000", []string{"Forwarded", "proto=https", "X-Forwarded-Host", "other.example"}, "https://city.example"},
		{"a client's element", "10.0.0.1:5000", []string{"Forwarded", "host=evil.example, for=192.0.2.60;host=maps.example"}, "http://maps.example"},
		{"two proxies", "10.0.0.1:5000", []string{"Forwarded", `for=192.0.2.60;host=maps.example;proto=https, for="10.0.0.2:80";host=inner`}, "https://maps.example"},
		{"two proxies over ipv6", "10.0.0.1:5000", []string{"Forwarded", `for=x;host=maps.example`, "Forwarded", `for="[fd00::2]";host=inner`}, "http://maps.example"},
		{"malformed, beside a client's own", "10.0.0.1:5000", []string{"Forwarded", `host="evil.example`, "X-Forwarded-Host", "evil.example"}, direct},
		{"bad values", "10.0.0.1:5000", []string{"X-Forwarded-Proto", "gopher", "X-Forwarded-Host", "a b", "X-Forwarded-Prefix", "/../x"}, direct},
		{"bad host", "10.0.0.1:5000", []string{"X-Forwarded-Host", "user@maps.example"}, direct},
		{"bad port", "10.0.0.1:5000", []string{"X-Forwarded-Host", "maps.example:99999"}, direct},
		{"address", "10.0.0.1:5000", []string{"X-Forwarded-Host", "[2001:db8::1]:8080"}, "http://[2001:db8::1]:8080"},
		{"bad address", "10.0.0.1:5000", []string{"X-Forwarded-Host", "[2001:db8::1"}, direct},
		{"prefix with a query", "10.0.0.1:5000", []string{"X-Forwarded-Prefix", "/a?b"}, direct},
		{"prefix of slashes", "10.0.0.1:5000", []string{"X-Forwarded-Prefix", "//evil.example"}, direct},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://city.example/layers", nil)
		r.RemoteAddr = c.remote
		for i := 0; i < len(c.headers); i += 2 {
			r.Header.Add(c.headers[i], c.headers[i+1])
		}
		if got := b.URL(r); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzForwarded(f *testing.F) {
	f.Add(`for=192.0.2.60;proto=http;by=203.0.113.43, host="a\"b"`, "maps.example", "/x")
	b := Base{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
	f.Fuzz(func(t *testing.T, forwarded, host, prefix string) {
		r := httptest.NewRequest(http.MethodGet, "http://city.example/", nil)
		r.RemoteAddr = "192.0.2.1:1"
		r.Header = http.Header{"Forwarded": {forwarded}, "X-Forwarded-Host": {host}, "X-Forwarded-Prefix": {prefix}}
		if forwarded == "" {
			delete(r.Header, "Forwarded")
		}
		got := b.URL(r)
		u, err := url.Parse(got)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("got %q: %v", got, err)
		}
	})
}
