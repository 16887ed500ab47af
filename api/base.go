package api

import (
	"net/http"
	"strings"
)

// Base says under which absolute URL clients reach the server.
type Base struct {
	// PublicURL is the absolute URL without a slash at its end; "" derives it from each request:
	// its Host header and whether it came by TLS. Proxy headers are not read, since nobody has said
	// which proxies to trust.
	PublicURL string
}

// URL returns the base of absolute links in the answer to r, without a slash at its end.
func (b Base) URL(r *http.Request) string {
	if b.PublicURL != "" {
		return strings.TrimRight(b.PublicURL, "/")
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
