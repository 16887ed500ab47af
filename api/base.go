package api

import (
	"net/http"
	"net/netip"
	"strings"
)

// Base says under which absolute URL clients reach the server.
type Base struct {
	// PublicURL is the absolute URL without a slash at its end; "" derives it from each request:
	// its Host header and whether it came by TLS, or what a trusted proxy says of these.
	PublicURL string
	// TrustedProxies are the addresses of proxies whose Forwarded (RFC 7239) or X-Forwarded-Proto,
	// -Host and -Prefix headers count. Of everybody else they are not read.
	TrustedProxies []netip.Prefix
}

// URL returns the base of absolute links in the answer to r, without a slash at its end.
func (b Base) URL(r *http.Request) string {
	if b.PublicURL != "" {
		return strings.TrimRight(b.PublicURL, "/")
	}
	o := origin{scheme: "http", host: r.Host}
	if r.TLS != nil {
		o.scheme = "https"
	}
	if b.trusts(r.RemoteAddr) {
		o.override(b.forwarded(r.Header))
	}
	return o.scheme + "://" + o.host + o.prefix
}

// trusts reports whether remote, an address with or without a port, is a trusted proxy.
func (b Base) trusts(remote string) bool {
	if len(b.TrustedProxies) == 0 {
		return false
	}
	addr := addressOf(remote)
	if !addr.IsValid() {
		return false
	}
	for _, p := range b.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
